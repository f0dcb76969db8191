"""What stands under the output names, and putting new outputs there without losing anybody's work.

A file that this program wrote and nobody touched may be replaced. One that was edited is kept. One that somebody
else wrote stops the job. Knows nothing of what the outputs hold.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from aiprov.batch.work import Answer, Job, Work
from aiprov.errors import InputError
from aiprov.files import sha256_of, write_atomic
from aiprov.state import Result, State, Written


class _Stand(Enum):
    ABSENT = auto()
    OURS = auto()  # written by us and untouched since: may be replaced
    EDITED = auto()  # written by us for this request, and changed by somebody
    FOREIGN = auto()
    FOLDER = auto()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened, or would happen, to a job's outputs.

    Attributes:
        written: Formats that were written.
        kept: Edited outputs that were left alone.
    """

    written: tuple[str, ...]
    kept: tuple[Path, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What to tell people."""
        return tuple(f"{path} was edited and is kept; --force overwrites it" for path in self.kept)


class Outputs:
    """The outputs of one run's jobs.

    Args:
        force: Overwrite edited and foreign files, too. A folder is never replaced.
    """

    def __init__(self, work: Work, state: State, *, force: bool) -> None:
        self._work = work
        self._state = state
        self._force = force

    def refuse_foreign(self, job: Job, hashes: Sequence[str]) -> None:
        """Raise InputError (code `output_exists`) when an output's place is taken; ask before paying for an answer."""
        self._stands(job, hashes, {})

    def preview(self, job: Job, hashes: Sequence[str], answer: Answer) -> Outcome:
        """Say what `save` would do, or raise what it would raise."""
        digests = _digests(self._work.render(job, answer))
        return self._outcome(job, self._stands(job, hashes, digests))

    def save(self, job: Job, content_sha256: str, hashes: Sequence[str], answer: Answer) -> Outcome:
        """Render the answer, write what is missing or outdated, and note it in the journal.

        Raises:
            InputError: An output's place is taken; nothing was written.
            StorageError: Something could not be written.
        """
        contents = self._work.render(job, answer)
        digests = _digests(contents)
        outcome = self._outcome(job, self._stands(job, hashes, digests))
        for suffix in outcome.written:
            write_atomic(job.outputs[suffix], contents[suffix])
        origin = (
            answer.request_hash,
            self._work.rendering(content_sha256),
            hashlib.sha256(answer.document).hexdigest(),
        )
        rows = {
            key: _row(job.outputs[suffix], origin, digests[suffix])
            for suffix, key in zip(job.formats, job.keys, strict=True)
            if job.outputs[suffix] not in outcome.kept
        }
        result = Result(answer.provider, answer.model, answer.audio_s, answer.verdict)
        self._state.record(rows, {answer.request_hash: result})
        return outcome

    def _outcome(self, job: Job, stands: Mapping[str, _Stand | None]) -> Outcome:
        edited = [suffix for suffix, stand in stands.items() if stand is _Stand.EDITED and not self._force]
        written = [suffix for suffix, stand in stands.items() if stand is not None and suffix not in edited]
        return Outcome(tuple(written), tuple(job.outputs[suffix] for suffix in edited))

    def _stands(self, job: Job, hashes: Sequence[str], digests: Mapping[str, str]) -> dict[str, _Stand | None]:
        """Look at every output; raise when one may not be written."""
        rows = self._state.written(job.keys)
        stands = {}
        for suffix, key in zip(job.formats, job.keys, strict=True):
            path = job.outputs[suffix]
            stands[suffix] = self._standing(path, rows.get(key), hashes, digests.get(suffix))
            self._check(path, stands[suffix])
        return stands

    def _check(self, path: Path, stand: _Stand | None) -> None:
        if stand is _Stand.FOLDER:
            raise InputError(
                f"{path} is a folder", "move it away, or choose another --output-dir", code="output_exists"
            )
        if stand is _Stand.FOREIGN and not self._force:
            raise InputError(
                f"{path} is there already, and aiprov did not write it in this form",
                "move it away, choose another --output-dir, or overwrite it with --force",
                code="output_exists",
            )

    def _standing(self, path: Path, row: Written | None, hashes: Sequence[str], sha256: str | None) -> _Stand | None:
        """Say what stands under `path`; None when it is exactly the content with this `sha256`."""
        try:
            status = path.stat()
            if stat.S_ISDIR(status.st_mode):
                return _Stand.FOLDER
            if not stat.S_ISREG(status.st_mode):
                return _Stand.FOREIGN
            known = row is not None and (row.size, row.mtime_ns) == (status.st_size, status.st_mtime_ns)
            found = row.sha256 if row is not None and known else sha256_of(path)
        except OSError:
            # Nothing there, or something that cannot be looked at: a broken link, a file without permission.
            return _Stand.FOREIGN if os.path.lexists(path) else _Stand.ABSENT
        if found == sha256:
            return None
        if (row is not None and found == row.sha256) or any(self._state.wrote(each, found) for each in hashes):
            return _Stand.OURS
        return _Stand.EDITED if row is not None and row.request_hash in hashes else _Stand.FOREIGN


def _digests(contents: Mapping[str, bytes]) -> dict[str, str]:
    return {suffix: hashlib.sha256(content).hexdigest() for suffix, content in contents.items()}


def _row(path: Path, origin: tuple[str, str, str], sha256: str) -> Written:
    status = path.stat()
    return Written(*origin, sha256, status.st_size, status.st_mtime_ns)


def unchanged(path: str, row: Written | None) -> bool:
    """Whether the file still looks as it did when it was written. Called for every output of a finished run."""
    if row is None:
        return False
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return False
    return (row.size, row.mtime_ns) == (status.st_size, status.st_mtime_ns)
