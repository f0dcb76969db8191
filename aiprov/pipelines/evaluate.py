"""Hold transcripts against references: read both, compare what both know, and add up.

Knows files; which belong together is `pairing`'s business, the arithmetic is `evaluation`'s.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import reduce
from pathlib import Path
from typing import Any

from aiprov.errors import ConfigError, InputError
from aiprov.evaluation import accounts, require_packages, turns, words
from aiprov.evaluation.accounts import Account
from aiprov.evaluation.counts import Coverage, Recall, SpeakerCount, TurnErrors, WordErrors
from aiprov.pipelines.pairing import Pair, pairs
from aiprov.pipelines.reading import parse

_MOST_BYTES = 512 << 20
_ALIASES = re.compile(r":\s|:$|\s=\s")


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """How to compare.

    Attributes:
        reference: A folder of references, or one reference; None looks beside each transcript.
        language: ISO 639-1 code, whose normaliser is used; None takes what the reference or the transcript says.
        collar_s: Seconds on each side of a turn's start and end that the diarization error rate leaves out.
        skip_overlap: Whether it leaves out where several speak at once.
        rare_words: Terms whose recall is counted.
    """

    reference: Path | None = None
    language: str | None = None
    collar_s: float = 0.25
    skip_overlap: bool = False
    rare_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted in one recording or in several; None where nothing could be compared."""

    words: WordErrors | None = None
    words_by_speaker: WordErrors | None = None
    turns: TurnErrors | None = None
    speakers: SpeakerCount | None = None
    rare_words: Recall | None = None
    coverage: Coverage | None = None

    def __add__(self, other: Figures) -> Figures:
        both = {each.name: (getattr(self, each.name), getattr(other, each.name)) for each in fields(self)}
        return Figures(**{name: b if a is None else a if b is None else a + b for name, (a, b) in both.items()})


@dataclass(frozen=True, slots=True)
class Evaluated:
    """How one transcript stands.

    Attributes:
        status: `done`, `skipped` (it has no reference) or `failed`.
        references: What it was held against.
        normaliser: What evened out the words.
        model: Who made the transcript, as (provider, model); None when it does not say.
    """

    path: Path
    status: str
    references: tuple[Path, ...] = ()
    figures: Figures = field(default_factory=Figures)
    normaliser: str | None = None
    model: tuple[str, str] | None = None
    error: InputError | None = None


def run(paths: Sequence[Path], options: EvalOptions) -> list[Evaluated]:
    """Compare every transcript among `paths`, files and folders, with its reference.

    One that cannot be read does not stop the others.

    Raises:
        ConfigError: There is no transcript, or none has a reference; or the packages that compare are missing.
    """
    paired = pairs(paths, options.reference)
    require_packages()
    return [_evaluated(pair, options) for pair in paired]


def pooled(done: Iterable[Evaluated]) -> Figures:
    """Add up all recordings: every word and every second weighs the same."""
    return reduce(Figures.__add__, (each.figures for each in done), Figures())


def compared(truth: Account, account: Account, even: words.Normaliser, options: EvalOptions) -> Figures:
    """Count what differs between a reference and a transcript, as far as both know it."""
    return Figures(
        words_by_speaker=words.errors_by_speaker(truth.said, account.said, even)
        if truth.said and account.said
        else None,
        coverage=account.coverage,
        **_by_text(truth, account, even, options.rare_words),
        **_by_turns(truth, account, options),
    )


def terms_in(path: Path) -> tuple[str, ...]:
    """Read terms, one per line; `#` begins a comment. A glossary's aliases, after `: ` or ` = `, are left out.

    Raises:
        ConfigError: The file cannot be read.
    """
    try:
        lines = (line.partition("#")[0].strip() for line in _read(path).splitlines())
    except InputError as error:
        raise ConfigError(error.message, "check --rare-words", code="usage") from None
    return tuple(dict.fromkeys(term for line in lines if (term := _ALIASES.split(line)[0].strip())))


def _by_text(truth: Account, account: Account, even: words.Normaliser, terms: Sequence[str]) -> dict[str, Any]:
    if truth.text is None or account.text is None:
        return {}
    found = words.aligned(truth.text, account.text, even)
    return {"words": words.errors_of(found), "rare_words": words.recall_of(found, terms, even) if terms else None}


def _by_turns(truth: Account, account: Account, options: EvalOptions) -> dict[str, Any]:
    if truth.turns is None or account.turns is None:
        return {}
    found = turns.turn_errors(truth.turns, account.turns, collar_s=options.collar_s, skip_overlap=options.skip_overlap)
    return {"turns": found, "speakers": turns.speaker_count(truth.turns, account.turns)}


def _evaluated(pair: Pair, options: EvalOptions) -> Evaluated:
    path, references = pair
    if not references:
        return Evaluated(path, "skipped")
    try:
        truth = accounts.together([_account(each, path.stem) for each in references])
        account = _account(path, path.stem)
        even = words.normaliser(options.language or truth.language or account.language or "")
        figures = compared(truth, account, even, options)
        _refuse_nothing(figures, pair)
    except InputError as error:
        return Evaluated(path, "failed", references, error=error)
    return Evaluated(path, "done", references, figures, even.name if figures.words else None, account.model)


def _refuse_nothing(figures: Figures, pair: Pair) -> None:
    if figures.words is None and figures.turns is None:
        named = ", ".join(map(str, pair.references))
        hint = "who speaks when can only be compared where the transcript has speakers, words only where both have some"
        raise InputError(f"{pair.transcript} and {named} tell nothing of the same kind", hint, code="not_comparable")


def _account(path: Path, recording: str) -> Account:
    content, name = _read(path), str(path)
    readers: Mapping[str, Callable[[], Account]] = {
        ".stm": lambda: accounts.from_stm(content, name, recording),
        ".rttm": lambda: accounts.from_rttm(content, name, recording),
        ".txt": lambda: Account(text=content),
    }
    return readers.get(path.suffix.lower(), lambda: _from_json(content, name))()


def _from_json(content: str, name: str) -> Account:
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError):
        raw = None  # `parse` says what is wrong with it
    if isinstance(raw, dict) and "turns" in raw and "segments" not in raw:
        return accounts.from_turns(raw, name)
    return accounts.from_transcript(parse(content, name), name)


def _read(path: Path) -> str:
    try:
        if not path.is_file():
            code = "not_a_file" if path.exists() else "not_found"
            raise InputError(f"{path} is not a file", "check the name", code=code)
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path} is too large to be a transcript", code="bad_reference")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} cannot be read: it is not UTF-8 text", code="bad_reference") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}", code="bad_reference") from None
