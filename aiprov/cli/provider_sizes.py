"""How much work is to be compared: from what stands on the command line, or from recordings' headers, to sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aiprov.cli.output import Output, hours
from aiprov.core.requests import ModelCapability
from aiprov.errors import ConfigError, InputError

if TYPE_CHECKING:
    from aiprov.manager.comparing import Work

# People say about so many words a minute, and a token is about three quarters of an English word.
_WORDS_PER_MINUTE, _WORDS_PER_TOKEN = 150, 0.75
_SUMMARY_TOKENS = 1000
TEXT_TOKENS = 200  # of a text to be embedded


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks about; exactly one of these, but that a meeting has minutes."""

    files: tuple[Path, ...]
    minutes: float | None
    tokens: tuple[int, int] | None
    inputs: int | None
    meeting: bool


def checked(asked: Asked) -> Asked:
    """Refuse what cannot be asked together, and sizes that are none.

    Raises:
        ConfigError: Such was given.
    """
    named = {
        "--minutes": asked.minutes is not None and not asked.meeting,
        "--tokens": asked.tokens is not None,
        "--inputs": asked.inputs is not None,
        "--meeting": asked.meeting,
        "files": bool(asked.files),
    }
    given = [name for name, there in named.items() if there]
    if len(given) > 1:
        raise ConfigError(f"{' and '.join(given)} cannot be compared at once", "give one of them", code="usage")
    if asked.minutes is not None and not 0 < asked.minutes < math.inf:
        raise ConfigError("--minutes must be above 0", "give the length of the audio", code="usage")
    if asked.tokens is not None and min(asked.tokens) < 1:
        raise ConfigError("--tokens takes two numbers above 0", "give tokens read, then tokens written", code="usage")
    return asked


def sized(asked: Asked, lengths_s: Sequence[float]) -> tuple[str, Work] | None:
    """What is asked about, in words and as work; None when it is nothing in particular."""
    from aiprov.manager.comparing import Work

    if lengths_s:
        said = f"{len(lengths_s)} recordings" if len(lengths_s) > 1 else "1 recording"
        return f"{said}, {hours(sum(lengths_s))}", Work(ModelCapability.TRANSCRIPTION, audio_s=tuple(lengths_s))
    if asked.minutes:
        return f"{asked.minutes:g} min of audio", listened(asked.minutes)
    if asked.tokens:
        said = f"a request of {asked.tokens[0]} tokens, an answer of {asked.tokens[1]}"
        return said, Work(ModelCapability.CHAT, *asked.tokens)
    if asked.inputs:
        return f"{asked.inputs} texts of about {TEXT_TOKENS} tokens each", embedded(asked.inputs)
    return None


def listened(minutes: float) -> Work:
    """Audio to be transcribed."""
    from aiprov.manager.comparing import Work

    return Work(ModelCapability.TRANSCRIPTION, audio_s=(minutes * 60,))


def embedded(texts: int) -> Work:
    """Texts to be embedded, each for itself."""
    from aiprov.manager.comparing import Work

    return Work(ModelCapability.EMBEDDING, TEXT_TOKENS, times=texts)


def meeting_works(minutes: float) -> dict[str, Work]:
    """The pieces of work that a meeting makes: heard once, read once for its minutes, embedded text by text."""
    from aiprov.manager.comparing import Work

    tokens = math.ceil(minutes * _WORDS_PER_MINUTE / _WORDS_PER_TOKEN)
    return {
        "transcribe": listened(minutes),
        "summarize": Work(ModelCapability.CHAT, tokens, _SUMMARY_TOKENS),
        "embed": embedded(math.ceil(tokens / TEXT_TOKENS)),
    }


def lengths(files: Sequence[Path], out: Output) -> tuple[tuple[float, ...], int]:
    """The recordings' lengths in seconds, and how many have none that can be read, which is said.

    Raises:
        InputError: None has one.
        ConfigError: There are no recordings, or nothing is installed that reads them.
    """
    from aiprov.batch.plan import make_plan
    from aiprov.pipelines.transcribe import SUFFIXES

    plan = make_plan([str(file) for file in files], suffixes=SUFFIXES, formats=("json",), on_collision="suffix")
    for note in plan.notes:
        out.note(f"note: {note}")
    failed = [report.error for report in plan.failures if report.error is not None]
    found = []
    for job in plan.jobs:
        try:
            found.append(_length(job.source))
        except InputError as error:
            failed.append(error)
    if not found:
        raise failed[0]
    for each in failed:
        out.error(each)
    return tuple(found), len(failed)


def _length(path: Path) -> float:
    from aiprov.audio import probe

    length_s = probe(path).duration_s
    if length_s is None:
        raise InputError(f"{path} does not say how long it is", "give its length with --minutes", code="no_length")
    return length_s
