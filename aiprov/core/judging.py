"""Is a transcript that came from elsewhere an answer? The audit where there are no passages to look into. Pure.

Knows what any provider can give: text, segments and perhaps words and speech heard; nothing of how it was made.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from aiprov.core.joining import spread
from aiprov.core.passages import Lines, compression_ratio, covers
from aiprov.core.quality import Limits, assessed, doubt, gaps, loop, too_fast
from aiprov.core.results import Finding, Quality, Segment, Transcript
from aiprov.core.speech import Span, merged

# Loops and impossible speed show over half a minute, which is what Whisper's own test of compression looks at.
# Where times are missing its text has an end as well, for any long text compresses well.
_WINDOW_S, _WINDOW_BYTES = 30.0, 1000
# The same again and again is a loop from so many times on, when it is so long in all: several people may say "Okay."
_TIMES, _CHARACTERS = 3, 16
# So much text in loops, and most of all there is: no answer. A test recording may well say one thing six times.
_LOOPING = 150
# A recording of this length without a word is suspicious even when nobody knows whether anybody speaks.
_LONG_S = 30.0
_BEHIND_S = 0.5
# Nobody speaks more slowly; in bytes, for a letter of Chinese or Japanese is a syllable and has three.
_PER_BYTE_S = 0.15
_WEB_PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.IGNORECASE)


def judged(
    transcript: Transcript, *, speech: Sequence[Span] | None, limits: Limits, damage: Sequence[Span] = ()
) -> Quality:
    """Judge a whole transcript; findings that it brings along are kept.

    Args:
        transcript: What a provider answered, or several joined. Times are seconds of the recording.
        speech: What voice activity detection heard, in order; None when nobody listened: then nothing can be missed.
        limits: Thresholds.
        damage: Stretches of the recording that could not be decoded.
    """
    segments = transcript.segments or spread(transcript.text, 0.0, transcript.duration_s)
    short = sorted(_short(segments), key=lambda segment: segment.start)
    looping = _looping(short, limits)
    findings = [
        *transcript.quality.findings,
        *(doubt("loop", span) for span in merged([_span(segment) for segment in looping], _BEHIND_S)),
        *_most_loops(looping, short, transcript.duration_s),
        *(finding for window in _windows(short) for finding in _hurry(window, speech)),
        *_unsure(segments, limits),
        *_behind(segments, transcript.duration_s),
        *_no_text(transcript, speech),
    ]
    missing = gaps(_covered(segments, speech), speech, shortest=0.5) if speech else []
    quality = assessed(findings, speech, missing, damage=damage, duration_s=transcript.duration_s)
    before = transcript.quality
    if speech is None:
        quality = replace(quality, coverage=before.coverage, speech_s=before.speech_s)
    return replace(quality, redecoded_s=before.redecoded_s)


def is_answer(quality: Quality) -> bool:
    """Whether a transcript may be kept; otherwise it was lost on the way, or made up, and somebody else is asked.

    It may not when it is a web page, loops for the most part, or has words for less than half of the speech.
    """
    return quality.verdict != "failed"


def _short(segments: Iterable[Segment]) -> Iterator[Segment]:
    """The segments, long ones cut into sentences: a phrase said twice means nothing in a whole speech."""
    for segment in segments:
        if len(segment.text) > Lines().most_characters:
            yield from spread(segment.text, segment.start, segment.end)
        else:
            yield segment


def _looping(segments: Sequence[Segment], limits: Limits) -> list[Segment]:
    """The segments that repeat themselves or each other."""
    found = {id(segment) for segment in segments if loop(segment.text, limits)}
    for text, run in groupby(segments, key=lambda segment: segment.text.strip().casefold()):
        same = list(run)
        if len(same) >= _TIMES and len(same) * len(text) >= _CHARACTERS:
            found |= {id(segment) for segment in same}
    for window in _windows(segments):
        ratio = compression_ratio("".join(segment.text for segment in window))
        if limits.compression_ratio is not None and ratio > limits.compression_ratio:
            found |= {id(segment) for segment in window}
    return [segment for segment in segments if id(segment) in found]


def _windows(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    """Neighbours in groups of about half a minute."""
    window: list[Segment] = []
    size = 0
    for segment in segments:
        size += len(segment.text.encode())
        if window and (segment.end - window[0].start > _WINDOW_S or size > _WINDOW_BYTES):
            yield window
            window, size = [], len(segment.text.encode())
        window.append(segment)
    if window:
        yield window


def _most_loops(looping: Sequence[Segment], segments: Sequence[Segment], duration_s: float) -> list[Finding]:
    size, whole = (sum(len(segment.text) for segment in each) for each in (looping, segments))
    if size < _LOOPING or size <= whole / 2:
        return []
    return [Finding("loop", 0.0, duration_s, "failed", "most of the text repeats itself")]


def _hurry(window: Sequence[Segment], speech: Sequence[Span] | None) -> list[Finding]:
    span = Span(window[0].start, max(segment.end for segment in window))
    heard = span.length if speech is None else sum(part.overlap(span.start, span.end) for part in speech)
    hurries = span.length > 0 and too_fast("".join(segment.text for segment in window), heard)
    return [doubt("too_fast", span)] if hurries else []


def _unsure(segments: Iterable[Segment], limits: Limits) -> list[Finding]:
    """Segments of whose words the model itself is not sure, where it says how sure it is."""
    if limits.logprob is None:
        return []
    return [doubt("low_confidence", _span(each)) for each in segments if each.avg_logprob < limits.logprob]


def _behind(segments: Iterable[Segment], duration_s: float) -> list[Finding]:
    """Words behind the end of the recording: nobody can have said them."""
    ends = [each.end for each in segments if each.text.strip() and each.start > duration_s + _BEHIND_S]
    if not duration_s or not ends:
        return []
    return [Finding("words_after_end", duration_s, max(ends), "suspect", "words after the end of the recording")]


def _no_text(transcript: Transcript, speech: Sequence[Span] | None) -> list[Finding]:
    end = transcript.duration_s
    if _WEB_PAGE.search(transcript.text):
        return [Finding("not_text", 0.0, end, "failed", "the answer is a web page")]
    if transcript.text.strip() or speech is not None or end < _LONG_S:
        return []
    return [Finding("no_words", 0.0, end, "suspect", "not a word in the whole recording")]


def _covered(segments: Iterable[Segment], speech: Sequence[Span]) -> Iterator[Span]:
    """The time that words account for; without words, as much of the speech in a segment as its text can fill."""
    ends = [part.end for part in speech]
    for segment in segments:
        if segment.words:
            yield from covers(segment.words)
            continue
        left = _PER_BYTE_S * len(segment.text.strip().encode())
        for part in speech[bisect(ends, segment.start) :]:
            if part.start >= segment.end or left <= 0:
                break
            start = max(part.start, segment.start)
            end = min(part.end, segment.end, start + left)
            yield Span(start, end)
            left -= end - start


def _span(segment: Segment) -> Span:
    return Span(segment.start, segment.end)
