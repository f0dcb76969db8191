"""Cut a transcript into subtitle cues, with openai/whisper's meaning of its line options. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aiprov.errors import InputError
from aiprov.pipelines.options import RenderOptions

Segment = Mapping[str, Any]
Cue = tuple[float, float, str]

_LONG_PAUSE_S = 3.0  # openai/whisper starts a new cue here
_BREAKS = re.compile(r"[ \t]*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+[ \t]*")
_ARROW = re.compile("--+>")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word on its way into a cue; `text` holds the white space that stands before it."""

    start: float
    end: float
    text: str
    label: str
    opens: bool  # the first word of a segment, or of a group of `max_words_per_line`


def cues_of(
    segments: Sequence[Segment],
    options: RenderOptions,
    label: Callable[[Segment], str],
    safe: Callable[[str], str] = lambda text: text,
) -> Iterator[Cue]:
    """Yield start and end in seconds and the text of every cue.

    Args:
        segments: As in the transcript's JSON.
        options: How cues are cut.
        label: What stands before the words of a segment: its speaker, or nothing.
        safe: Makes spoken text harmless in the format at hand.

    Raises:
        InputError: The options need word times and a segment has none.
    """
    if not all(segment.get("words") for segment in segments):
        if options.needs_words:
            raise InputError(
                "the transcript has no word times, which line widths, word limits and highlighting need",
                "leave these options out, or transcribe the recording again",
                code="bad_transcript",
            )
        for segment in segments:
            yield segment["start"], segment["end"], label(segment) + safe(_arrowless(spoken(segment)))
        return
    for cue in _cues(list(_pieces(segments, options, label, safe)), options):
        yield from _highlighted(cue) if options.highlight_words else [_whole(cue)]


def _pieces(
    segments: Sequence[Segment],
    options: RenderOptions,
    label: Callable[[Segment], str],
    safe: Callable[[str], str],
) -> Iterator[_Piece]:
    group = options.max_words_per_line or 1000
    for segment in segments:
        name = label(segment)
        for number, word in enumerate(segment["words"]):
            yield _Piece(word["start"], word["end"], safe(flat(word["word"])), name, opens=number % group == 0)


def _cues(pieces: Sequence[_Piece], options: RenderOptions) -> Iterator[list[_Piece]]:
    """Group words into cues and break their lines.

    Cues keep to segments (or groups of words), unless both limits of lines are given: then they fill up across
    segments and end at a long pause. A change of speaker always starts a cue.
    """
    filling = bool(options.max_line_width and options.max_line_count)
    room = options.max_line_width or 1000
    cue: list[_Piece] = []
    line_length, lines = 0, 1
    for piece in pieces:
        pause = filling and bool(cue) and piece.start - cue[-1].start > _LONG_PAUSE_S
        turn = bool(cue) and (piece.label != cue[-1].label or (piece.opens and not filling))
        fits = line_length > 0 and line_length + len(piece.text) <= room
        if fits and not pause and not turn:
            line_length += len(piece.text)
            cue.append(piece)
            continue
        text = piece.text.strip()
        full = options.max_line_count is not None and (pause or lines >= options.max_line_count)
        if cue and (turn or full):
            yield cue
            cue, lines = [], 1
        elif line_length > 0:
            lines += 1
            text = "\n" + text
        line_length = len(text.strip())
        cue.append(replace(piece, text=text))
    if cue:
        yield cue


def _whole(cue: Sequence[_Piece]) -> Cue:
    return cue[0].start, cue[-1].end, cue[0].label + _arrowless("".join(piece.text for piece in cue))


def _highlighted(cue: Sequence[_Piece]) -> Iterator[Cue]:
    """Yield one cue per word with that word underlined, and the plain text between words."""
    last, _, plain = _whole(cue)
    for position, piece in enumerate(cue):
        if _milliseconds(last) != _milliseconds(piece.start):
            yield last, piece.start, plain
        words = [_underlined(other.text) if at == position else other.text for at, other in enumerate(cue)]
        yield piece.start, piece.end, piece.label + _arrowless("".join(words))
        last = piece.end


def _underlined(word: str) -> str:
    bare = word.lstrip()
    return f"{word[: len(word) - len(bare)]}<u>{bare}</u>"


def spoken(segment: Segment) -> str:
    """Return the words of a segment on one line."""
    return flat(segment["text"]).strip()


def flat(text: str) -> str:
    """Keep spoken text on one line: a blank line would end a cue."""
    return _CONTROLS.sub("", _BREAKS.sub(" ", text))


def clock(seconds: float, marker: str, *, hours: bool = False) -> str:
    """Write a time as subtitles do, `MM:SS` and milliseconds; the hours always or only when there are any."""
    minutes, rest = divmod(_milliseconds(seconds), 60_000)
    hour, minute = divmod(minutes, 60)
    head = f"{hour:02d}:" if hours or hour else ""
    return f"{head}{minute:02d}:{rest // 1000:02d}{marker}{rest % 1000:03d}"


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _arrowless(text: str) -> str:
    """Take the arrows out that separate times; whisper's plain replacement would leave one of `--->`."""
    return _ARROW.sub("->", text)
