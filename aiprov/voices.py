"""The voices that people asked to be remembered: one file on this machine, which only its owner may read.

It holds vectors of one voice model under people's names: personal data, which nothing here or elsewhere sends anywhere.
Two that write wait for each other. A file that is damaged is never replaced. Knows nothing of audio and matching.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiprov.core.matching import centre
from aiprov.core.naming import checked_name
from aiprov.errors import ConfigError, IntegrityError
from aiprov.files import RunLock, write_private

_SCHEMA = 1
_MOST_BYTES = 64 << 20
_MOST_SAMPLES = 20  # of one voice; the oldest go first
_NEAR_ONE = 1e-3


@dataclass(frozen=True, slots=True)
class Sample:
    """One recording of a voice.

    Attributes:
        vector: Its length is 1.
        speech_s: Seconds of speech that it was made from.
        day: When it was taken up, such as 2026-03-01.
    """

    vector: tuple[float, ...]
    speech_s: float
    day: str


@dataclass(frozen=True, slots=True)
class Profile:
    """The voice of one person.

    Attributes:
        model: The voice model that made the vectors.
        samples: In the order in which they were taken up; never empty.
    """

    name: str
    model: str
    samples: tuple[Sample, ...]

    @property
    def speech_s(self) -> float:
        """Seconds of speech in all samples."""
        return sum(sample.speech_s for sample in self.samples)

    @property
    def voice(self) -> tuple[float, ...]:
        """The middle of its samples, of length 1."""
        return centre(sample.vector for sample in self.samples)


class VoiceProfiles:
    """The profiles in one file.

    Args:
        path: The file (`Settings.voices_file`); made, with mode 0600, with the first profile.
        locks: Folder for the notes that name the holders of locks (`Settings.locks_folder`).
    """

    def __init__(self, path: Path, locks: Path) -> None:
        self.path = path
        self._locks = locks

    def all(self) -> tuple[Profile, ...]:
        """Every profile, by name.

        Raises:
            ConfigError: Other users can read the file, or it cannot be read.
            IntegrityError: It is damaged or from a newer version of aiprov; it is kept as it is.
        """
        return tuple(sorted(self._read(), key=lambda profile: profile.name.casefold()))

    def find(self, name: str) -> Profile | None:
        """The profile of a name, in whatever case it is written; None when there is none."""
        return next((each for each in self._read() if _same(each.name, name)), None)

    def known(self, model: str) -> dict[str, tuple[float, ...]]:
        """The voices that a model can compare, by name."""
        return {profile.name: profile.voice for profile in self.all() if profile.model == model}

    def enroll(self, name: str, samples: Sequence[Sample], model: str) -> Profile:
        """Take up samples of a voice; samples of another model, which nothing can be compared with, are dropped.

        Raises:
            ConfigError: It is no name.
            StorageError: The file cannot be written.
        """
        with self._changing() as profiles:
            before = next((each for each in profiles if _same(each.name, name)), None)
            if before is not None:
                profiles.remove(before)
            kept = before.samples if before is not None and before.model == model else ()
            shown = checked_name(name) if before is None else before.name
            profile = Profile(shown, model, (*kept, *samples)[-_MOST_SAMPLES:])
            profiles.append(profile)
        return profile

    def forget(self, name: str) -> bool:
        """Remove a profile; whether there was one."""
        with self._changing() as profiles:
            left = [each for each in profiles if not _same(each.name, name)]
            found = len(left) < len(profiles)
            profiles[:] = left
        return found

    def forget_all(self) -> int:
        """Remove every profile; how many there were. Works on a damaged file, too: nobody can be found in it then."""
        with self._locked():
            count = 0
            with contextlib.suppress(IntegrityError):
                count = len(self._read())
            if self.path.exists():
                self._write([])
        return count

    @contextlib.contextmanager
    def _changing(self) -> Iterator[list[Profile]]:
        """Give the profiles to change, and write them when they were."""
        with self._locked():
            profiles = self._read()
            before = list(profiles)
            yield profiles
            if profiles != before:
                self._write(profiles)

    def _locked(self) -> RunLock:
        return RunLock([self.path.parent], self._locks, wait=True)

    def _read(self) -> list[Profile]:
        try:
            with self.path.open("rb") as stream:
                self._refuse_shared(os.fstat(stream.fileno()))
                content = stream.read(_MOST_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            message = f"cannot read {self.path}: {error.strerror or error}"
            raise ConfigError(message, "correct its permissions") from error
        try:
            return _profiles(json.loads(content, parse_constant=_refuse))
        except (ValueError, TypeError, KeyError, RecursionError, ConfigError):
            # Neither the error nor what is in the file is told: it is personal data.
            hint = "restore it from a backup, or `aiprov speakers forget --all` to begin a new one"
            raise IntegrityError(f"{self.path} is damaged", hint, code="voices_damaged") from None

    def _refuse_shared(self, found: os.stat_result) -> None:
        if found.st_mode & 0o077 or found.st_uid not in (os.getuid(), 0):
            raise ConfigError(f"{self.path} can be read by other users", f"chmod 600 {self.path}")

    def _write(self, profiles: Sequence[Profile]) -> None:
        shape = {"schema": _SCHEMA, "voices": [_shape(each) for each in profiles]}
        write_private(self.path, (json.dumps(shape, ensure_ascii=False) + "\n").encode("utf-8"))


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _shape(profile: Profile) -> dict[str, Any]:
    samples = [
        {"day": each.day, "speech_s": round(each.speech_s, 1), "vector": [round(value, 6) for value in each.vector]}
        for each in profile.samples
    ]
    return {"name": profile.name, "model": profile.model, "samples": samples}


def _profiles(shape: Any) -> list[Profile]:
    if shape["schema"] != _SCHEMA:
        raise ValueError("another schema")
    found = [_profile(each) for each in shape["voices"]]
    if len({each.name.casefold() for each in found}) < len(found):
        raise ValueError("a name stands there twice")
    return found


def _profile(shape: Any) -> Profile:
    samples = tuple(_sample(each) for each in shape["samples"])
    if not samples or len({len(sample.vector) for sample in samples}) > 1:
        raise ValueError("samples are missing, or of different lengths")
    return Profile(checked_name(shape["name"]), _text(shape["model"]), samples)


def _sample(shape: Any) -> Sample:
    vector = tuple(float(value) for value in shape["vector"])
    speech_s = float(shape["speech_s"])
    if not abs(math.hypot(*vector) - 1) < _NEAR_ONE or not 0 <= speech_s < math.inf:
        raise ValueError("no voice of length 1")
    return Sample(vector, speech_s, _text(shape["day"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _refuse(constant: str) -> float:
    raise ValueError(constant)
