"""What a file tells of a recording: its words, whose they are, and who speaks when. Pure: texts in, accounts out.

Understood are plain text, STM, RTTM, a list of turns in JSON, and transcripts that were read already.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from aiprov.core.speakers import Turn
from aiprov.errors import InputError
from aiprov.evaluation.counts import Coverage

# STM's words for stretches that are not to be scored.
# Source: NIST SCTK, doc/infmts.htm, STM.
_NOT_SCORED = {"inter_segment_gap", "excluded_region", "ignore_time_segment_in_scoring"}
_LABEL = re.compile(r"^<[^>]*>\s*")


@dataclass(frozen=True, slots=True)
class Account:
    """What one file tells of one recording; None for what it does not know.

    Attributes:
        text: All words in order of time.
        said: The words of each speaker, in order of time.
        turns: Who speaks when.
        language: ISO 639-1 code.
        coverage: What a transcript's own audit says.
        model: Who made a transcript, as (provider, model).
    """

    text: str | None = None
    said: Mapping[str, str] | None = None
    turns: tuple[Turn, ...] | None = None
    language: str | None = None
    coverage: Coverage | None = None
    model: tuple[str, str] | None = None


class _Said(NamedTuple):
    start: float
    end: float
    speaker: str | None
    text: str


def together(accounts: Sequence[Account]) -> Account:
    """Put several accounts of one recording together: each thing as the first that knows it says."""
    return Account(
        text=next((each.text for each in accounts if each.text is not None), None),
        said=next((each.said for each in accounts if each.said), None),
        turns=next((each.turns for each in accounts if each.turns is not None), None),
        language=next((each.language for each in accounts if each.language), None),
    )


def from_stm(content: str, name: str, recording: str) -> Account:
    """Read an STM file: `<recording> <channel> <speaker> <start> <end> [<label>] <words>` in each line.

    Args:
        content: The file's text.
        name: What messages call the file.
        recording: Whose lines are taken where the file is about several.

    Raises:
        InputError: A line is not as it should be (`bad_reference`).
    """
    rows = []
    for number, line in _lines(content):
        fields = line.split(None, 5)
        where = f"{name}, line {number}"
        if len(fields) < 5:
            raise _wrong(where, "it has fewer than five fields")
        uri, _, speaker, start, end = fields[:5]
        words = _LABEL.sub("", fields[5]) if len(fields) > 5 else ""
        if not _NOT_SCORED & {speaker.lower(), words.lower()}:
            rows.append((uri, _said(start, end, speaker, words, where)))
    return _account(_about(rows, recording, name))


def from_rttm(content: str, name: str, recording: str) -> Account:
    """Read the SPEAKER lines of an RTTM file; arguments and errors as for `from_stm`."""
    rows = []
    for number, line in _lines(content):
        fields = line.split()
        where = f"{name}, line {number}"
        if fields[0] != "SPEAKER":
            continue
        if len(fields) < 8:
            raise _wrong(where, "it has fewer than eight fields")
        start, length = _seconds(fields[3], where), _seconds(fields[4], where)
        rows.append((fields[1], _said(start, start + length, fields[7], "", where)))
    return Account(turns=_turns(_about(rows, recording, name)))


def from_turns(document: Mapping[str, Any], name: str) -> Account:
    """Read `{"turns": [{"start", "end", "speaker"?, "text"?}, ...], "language"?}`.

    Raises:
        InputError: A part is not as it should be (`bad_reference`).
    """
    turns, language = document["turns"], document.get("language")
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise _wrong(name, "its turns are no list of objects")
    said = [
        _said(turn.get("start"), turn.get("end"), turn.get("speaker"), turn.get("text", ""), f"{name}, turns[{at}]")
        for at, turn in enumerate(turns)
    ]
    return _account(said, language if isinstance(language, str) else None)


def from_transcript(document: Mapping[str, Any], name: str) -> Account:
    """Take over a transcript's document, checked before by `reading.parse`; a speaker of words goes before a segment's.

    Raises:
        InputError: Its `aiprov.speakers` is not as it should be (`bad_reference`).
    """
    segments, ours = document["segments"], document.get("aiprov", {})
    quality = ours.get("quality", {})
    heard_s = quality.get("speech_s", 0.0)
    who = (ours["provider"], ours["model"]) if "provider" in ours else None
    said = [each for segment in segments for each in _by_words(segment)]
    labelled = [each for each in said if each.speaker is not None]
    return Account(
        text=document["text"],
        # Words of nobody stand against nobody's: they count as errors of cpWER.
        said=_joined(said) if labelled else None,
        turns=_turns_of(ours.get("speakers"), name) if "speakers" in ours else _turns_in(segments),
        language=document["language"] or None,
        coverage=Coverage(heard_s, heard_s * quality["coverage"]) if heard_s else None,
        model=who,
    )


def _account(said: Iterable[_Said], language: str | None = None) -> Account:
    in_order = sorted(said, key=lambda each: (each.start, each.end))
    known = any(each.speaker is not None for each in in_order)
    words = " ".join(each.text for each in in_order if each.text)
    silent = not in_order  # which is something to know, too
    return Account(
        text=words if words or silent else None,
        said=_joined(in_order) if known and words else None,
        turns=_turns(in_order) if known or silent else None,
        language=language,
    )


def _joined(said: Iterable[_Said]) -> dict[str, str]:
    texts: dict[str, list[str]] = {}
    for each in said:
        texts.setdefault(each.speaker or "", []).append(each.text)
    return {speaker: " ".join(parts) for speaker, parts in texts.items() if any(part.strip() for part in parts)}


def _by_words(segment: Mapping[str, Any]) -> Iterator[_Said]:
    """A segment, or its stretches of words by one speaker where words have speakers."""
    words = segment.get("words", ())
    if not any("speaker" in word for word in words):
        yield _Said(segment["start"], segment["end"], segment.get("speaker"), segment["text"].strip())
        return
    # Whisper's words bring their own spaces, those of other tools none.
    space = "" if any(word["word"].startswith(" ") for word in words) else " "
    for speaker, stretch in groupby(words, lambda word: word.get("speaker", segment.get("speaker"))):
        own = list(stretch)
        yield _Said(own[0]["start"], own[-1]["end"], speaker, space.join(word["word"] for word in own).strip())


def _turns(said: Iterable[_Said]) -> tuple[Turn, ...]:
    return tuple(Turn(each.start, each.end, each.speaker) for each in said if each.speaker is not None)


def _turns_in(segments: Iterable[Mapping[str, Any]]) -> tuple[Turn, ...] | None:
    turns = tuple(Turn(each["start"], each["end"], each["speaker"]) for each in segments if "speaker" in each)
    return turns or None


def _turns_of(speakers: Any, name: str) -> tuple[Turn, ...]:
    """The turns of `aiprov.speakers`; labels that were given one name are one speaker."""
    where = f"{name}, aiprov.speakers"
    try:
        names = {each["label"]: each.get("name") or each["label"] for each in speakers["people"]}
        rows = [_said(start, end, names.get(label, label), "", where) for start, end, label in speakers["turns"]]
        return _turns(rows)
    except (TypeError, ValueError, KeyError, AttributeError):
        raise _wrong(where, "it is not as aiprov writes it") from None


def _said(start: Any, end: Any, speaker: Any, text: Any, where: str) -> _Said:
    if not isinstance(speaker, str | None) or not isinstance(text, str):
        raise _wrong(where, "speaker or text is not text")
    first, last = _seconds(start, where), _seconds(end, where)
    if last < first:
        raise _wrong(where, "it ends before it starts")
    return _Said(first, last, speaker, text.strip())


def _seconds(value: Any, where: str) -> float:
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not 0 <= seconds <= 1e9:
        raise _wrong(where, "a time is not a number of seconds")
    return seconds


def _lines(content: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, without empty ones and comments."""
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith(";;"):
            yield number, line.strip()


def _about(rows: Sequence[tuple[str, _Said]], recording: str, name: str) -> list[_Said]:
    """The rows of one recording: the only one, or the one of this name."""
    uris = {uri for uri, _ in rows}
    if len(uris) > 1 and recording not in uris:
        raise _wrong(name, f"it is about {len(uris)} recordings, and none of them is called {recording}")
    return [said for uri, said in rows if len(uris) == 1 or uri == recording]


def _wrong(where: str, reason: str) -> InputError:
    hint = "references are .txt, .stm, .rttm, a transcript's JSON, or JSON with turns"
    return InputError(f"{where}: {reason}", hint, code="bad_reference")
