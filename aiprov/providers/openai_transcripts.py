"""Transcripts as OpenAI-shaped servers answer them, checked part by part and brought into this package's form.

Knows `json` and `verbose_json`, and nothing of how they came. A transcript that leaves the recording, goes back in time
or loses a part of its own text is no answer.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiprov.core.languages import code_of
from aiprov.core.passages import compression_ratio
from aiprov.core.results import Segment, Transcript, Usage, Word
from aiprov.core.speakers import Speakers, Turn, label_of, speakers_of
from aiprov.providers.reply_parts import NoAnswerError, count_of, number_of, object_of, optional, seconds_of, text_of

# Whisper hears in windows of so many seconds, padded with silence: its times may pass the end by less than one.
_WINDOW_S = 30.0
# Times are rounded, each by itself: a word may seem to end before it begins, by so much.
_ROUNDING_S = 0.1
# Segments may overlap a little where two windows meet.
_OVERLAP_S = 1.0
# Segments may write numbers or punctuation otherwise than the whole text does; they may not lose a part of it.
_LEAST_SHARE = 0.9


def transcript(reply: object, *, provider: str, model: str, language: str, known_s: Callable[[], float]) -> Transcript:
    """Read `json` or `verbose_json`.

    Args:
        reply: The document.
        provider: Who answered.
        model: The model asked.
        language: What the request says it is, for replies that say nothing; "" when nobody knows.
        known_s: The length of the audio in seconds, asked for when the reply says nothing of it; 0 for unknown.

    Raises:
        NoAnswerError: It is no transcript.
    """
    body = object_of(reply, "the reply")
    text, usage = text_of(body, "text").strip(), optional(body, "usage", dict) or {}
    billed_s = seconds_of(usage, "seconds") if "seconds" in usage else None
    duration_s = seconds_of(body, "duration") if body.get("duration") is not None else billed_s
    duration_s = known_s() if duration_s is None else duration_s
    segments = _segments(body, text, duration_s)
    return Transcript(
        text="".join(segment.text for segment in segments).strip(),
        speakers=_speakers(segments, model),
        segments=tuple(segments),
        language=_language(body) or language,
        duration_s=duration_s,
        provider=provider,
        model=model,
        cost=None,
        usage=Usage(
            input_tokens=count_of(usage, "input_tokens", 0),
            output_tokens=count_of(usage, "output_tokens", 0),
            audio_s=duration_s if billed_s is None else billed_s,
        ),
    )


def _language(body: Mapping[str, Any]) -> str:
    """The code of the language: named by whisper in English, and by newer models in a list of codes."""
    name = optional(body, "language", str) or ""
    if not name and (codes := optional(body, "languages", list)):
        name = text_of(object_of(codes[0], "a language"), "code")
    short = name.strip().lower().partition("-")[0]
    return code_of(name) or code_of(short) or (short if short.isalpha() and len(short) <= 3 else "")


def _segments(body: Mapping[str, Any], text: str, duration_s: float) -> list[Segment]:
    raw = optional(body, "segments", list) or []
    rows = [object_of(item, "a segment") for item in raw]
    words = [
        object_of(item, "a word")
        for item in optional(body, "words", list) or [w for row in rows for w in optional(row, "words", list) or []]
    ]
    end_s = duration_s or math.inf
    if not any(text_of(row, "text").strip() for row in rows):
        found = [_plain(0, 0.0, duration_s, f" {text}")] if text else []
    else:
        found = _labelled(_spelled([_segment(at, row, end_s) for at, row in enumerate(rows)], text))
    _in_order((segment.start for segment in found), "segments")
    return _with_words(found, [_word(word, end_s) for word in words])


def _segment(at: int, row: Mapping[str, Any], end_s: float) -> Segment:
    start, end = _span(row, end_s)
    plain = _plain(at, start, end, text_of(row, "text"))
    plain = replace(plain, speaker=text_of(row, "speaker") if row.get("speaker") else None)
    numbers = ("temperature", "avg_logprob", "compression_ratio", "no_speech_prob")
    said: dict[str, Any] = {name: number_of(row, name) for name in numbers if row.get(name) is not None}
    return replace(plain, seek=count_of(row, "seek", 0), **said)


def _plain(at: int, start: float, end: float, text: str) -> Segment:
    return Segment(at, 0, start, end, text, 0.0, 0.0, compression_ratio(text), 0.0)


def _spelled(segments: list[Segment], text: str) -> list[Segment]:
    """Segments whose texts can be joined: some servers strip the space between them."""
    joined = "".join(segment.text for segment in segments)
    if len("".join(joined.split())) < _LEAST_SHARE * len("".join(text.split())):
        raise NoAnswerError("its segments leave out a part of its text")
    if len(joined.split()) < len(text.split()):
        return [replace(segment, text=f" {segment.text.strip()}") for segment in segments]
    return segments


def _labelled(segments: list[Segment]) -> list[Segment]:
    """Speakers by the labels that are used here, in the order in which they first speak."""
    names = dict.fromkeys(segment.speaker for segment in segments if segment.speaker)
    labels = {name: label_of(at) for at, name in enumerate(names)}
    return [replace(segment, speaker=labels.get(segment.speaker or "")) for segment in segments]


def _speakers(segments: Sequence[Segment], model: str) -> Speakers | None:
    turns = tuple(Turn(each.start, each.end, each.speaker) for each in segments if each.speaker)
    return speakers_of(turns, "provider", model) if turns else None


def _word(row: Mapping[str, Any], end_s: float) -> Word:
    start, end = _span(row, end_s)
    probability = number_of(row, "probability") if row.get("probability") is not None else 1.0
    return Word(start, end, text_of(row, "word"), probability)


def _with_words(segments: list[Segment], words: Sequence[Word]) -> list[Segment]:
    """Give each segment its words out of one list for all.

    There, words come without the white space and punctuation around them: each gets the stretch of the segment's text
    from its own start to the next word's. A list that does not match the text is left out.
    """
    _in_order((word.start for word in words), "words")
    waiting = deque(words)
    placed = [replace(segment, words=_own_words(segment.text, waiting)) for segment in segments]
    complete = not waiting and all(segment.words or not segment.text.strip() for segment in placed)
    return placed if complete else segments


def _own_words(text: str, waiting: deque[Word]) -> tuple[Word, ...]:
    starts: list[int] = []
    own: list[Word] = []
    position = 0
    while waiting and (at := text.find(waiting[0].text.strip(), position)) >= 0:
        starts.append(len(text[:at].rstrip()) if own else 0)
        position = at + len(waiting[0].text.strip())
        own.append(waiting.popleft())
    bounds = [*starts, len(text)]
    return tuple(replace(word, text=text[bounds[at] : bounds[at + 1]]) for at, word in enumerate(own))


def _span(row: Mapping[str, Any], end_s: float) -> tuple[float, float]:
    start, end = seconds_of(row, "start"), seconds_of(row, "end")
    if end < start - _ROUNDING_S:
        raise NoAnswerError("a time ends before it starts")
    if max(start, end) > end_s + _WINDOW_S:
        raise NoAnswerError("a time lies beyond the recording")
    return min(start, end_s), min(max(start, end), end_s)


def _in_order(starts: Iterable[float], what: str) -> None:
    if any(after < before - _OVERLAP_S for before, after in itertools.pairwise(starts)):
        raise NoAnswerError(f"its {what} are out of order")
