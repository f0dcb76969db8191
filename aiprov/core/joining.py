"""Transcripts of a recording's parts become one transcript, and text without times gets times. Pure.

Knows nothing of where the parts were cut or who transcribed them.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from itertools import pairwise

from aiprov.core.passages import Lines, compression_ratio, ends_sentence
from aiprov.core.quality import verdict
from aiprov.core.results import Finding, Quality, Segment, Transcript, Usage

Part = tuple[float, float, Transcript]

APPROXIMATE = "approximate_times"
_MOST = Lines().most_characters - 1  # and a space before it
# Chinese and Japanese letters and punctuation: nothing is written between their sentences.
_SPACELESS = re.compile(
    r"[\u3000-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff9f\U00020000-\U0003ffff]"
)
_CLOSING = "」』）”’"
# A word; nothing parts it from the next behind the full stops of Chinese and Japanese.
_PIECE = re.compile(rf"[^。！？]{{0,{_MOST}}}[。！？]+[{_CLOSING}]*|.{{1,{_MOST}}}", re.DOTALL)


def joined(parts: Sequence[Part]) -> Transcript:
    """Join the transcripts of one recording's parts.

    Args:
        parts: Start and end of each part in seconds of the recording, and its transcript, whose times count from the
            part's start. In order, without overlap.

    Returns:
        The whole, with times of the recording, each within its part. `duration_s` is the last part's end; `usage` and
        `cost` are sums, None where one is unknown; `language` is the one that is spoken longest; `provenance` is the
        first part's.

    Raises:
        ValueError: There is no part, they are out of order, or they come from different models: one recording is
            transcribed by one model.
    """
    _check(parts)
    placed = [_placed(*part) for part in parts]
    if len(placed) > 1:  # who is the first speaker of one part need not be the first of another
        placed = [_unlabelled(each) for each in placed]
    text, segments = "", []
    for each in placed:
        gap = _between(text, each.text)
        text += gap + each.text.strip()
        segments += _spaced(each.segments, gap)
    main = _mainly(placed)
    return replace(
        placed[0],
        text=text,
        segments=tuple(replace(segment, id=at) for at, segment in enumerate(segments)),
        language=main.language,
        language_probability=main.language_probability,
        duration_s=parts[-1][1],
        damaged_s=sum(each.damaged_s for each in placed),
        cost=_sum([each.cost for each in placed]),
        attempts=tuple(attempt for each in placed for attempt in each.attempts),
        usage=_usage([each.usage for each in placed]),
        quality=_quality([each.quality for each in placed]),
    )


def spread(text: str, start_s: float, end_s: float) -> tuple[Segment, ...]:
    """Cut a text without times into sentences, and give each a share of the time by its length.

    The times are approximate: put `approximate(start_s, end_s)` among the transcript's findings.

    Args:
        text: What was said between `start_s` and `end_s`.
    """
    sentences = list(_sentences(text))
    total = sum(map(len, sentences))
    done, segments = 0, []
    for at, sentence in enumerate(sentences):
        start = start_s + (end_s - start_s) * done / total
        done += len(sentence)
        end = end_s if done == total else start_s + (end_s - start_s) * done / total
        segments.append(_segment(at, start, end, sentence))
    return tuple(segments)


def approximate(start_s: float, end_s: float) -> Finding:
    """Say that times were not heard but follow from the length of the text."""
    return Finding(APPROXIMATE, start_s, end_s, "note", "times follow from the length of the text")


def _check(parts: Sequence[Part]) -> None:
    if not parts:
        raise ValueError("there are no parts to join")
    if any(end < start for start, end, _ in parts) or any(one[1] > other[0] for one, other in pairwise(parts)):
        raise ValueError("the parts are out of order")
    if len({(each.provider, each.model) for _, _, each in parts}) > 1:
        raise ValueError("the parts come from different models")


def _placed(start_s: float, end_s: float, part: Transcript) -> Transcript:
    """A part's transcript in times of the recording, all within the part."""

    def at(time: float) -> float:
        return min(max(start_s + time, start_s), end_s)

    findings = tuple(replace(each, start=at(each.start), end=at(each.end)) for each in part.quality.findings)
    return replace(
        part,
        segments=tuple(_moved(segment, at, start_s) for segment in part.segments),
        quality=replace(part.quality, findings=findings),
    )


def _unlabelled(part: Transcript) -> Transcript:
    return replace(part, segments=tuple(replace(each, speaker=None) for each in part.segments), speakers=None)


def _moved(segment: Segment, at: Callable[[float], float], start_s: float) -> Segment:
    words = tuple(replace(word, start=at(word.start), end=at(word.end)) for word in segment.words)
    seek = segment.seek + int(start_s * 100)
    return replace(segment, seek=seek, start=at(segment.start), end=at(segment.end), words=words)


def _between(before: str, after: str) -> str:
    """What stands between two texts: a space, unless one is empty or both are in a script that has none."""
    last, first = before.rstrip()[-1:], after.lstrip()[:1]
    if not last or not first or (_SPACELESS.match(last) and _SPACELESS.match(first)):
        return ""
    return " "


def _spaced(segments: Sequence[Segment], gap: str) -> list[Segment]:
    """The segments with the gap before the first one's text and word, where it has none: segments join to the text."""
    if not segments or not gap or segments[0].text[:1].isspace():
        return list(segments)
    first = segments[0]
    words = tuple(replace(word, text=gap + word.text.lstrip()) for word in first.words[:1]) + first.words[1:]
    return [replace(first, text=gap + first.text, words=words), *segments[1:]]


def _mainly(parts: Sequence[Transcript]) -> Transcript:
    """Of the parts in the language that is spoken longest, the one with most of it."""
    spoken: dict[str, float] = defaultdict(float)
    for part in parts:
        spoken[part.language] += _spoken_s(part)
    return max(parts, key=lambda part: (spoken[part.language], _spoken_s(part)))


def _spoken_s(part: Transcript) -> float:
    return sum(segment.end - segment.start for segment in part.segments)


def _sum(costs: Iterable[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total


def _usage(usages: Sequence[Usage | None]) -> Usage | None:
    known = [usage for usage in usages if usage is not None]
    if len(known) < len(usages):
        return None
    counted = [each.name for each in fields(Usage) if each.name != "tier"]
    tiers = {usage.tier for usage in known}
    sums = {name: sum(getattr(usage, name) for usage in known) for name in counted}
    return Usage(**sums, tier=known[0].tier if len(tiers) == 1 else None)


def _quality(parts: Sequence[Quality]) -> Quality:
    """One judgement out of those of the parts; that times are approximate is said once."""
    speech_s = sum(part.speech_s for part in parts)
    covered_s = sum(part.speech_s * part.coverage for part in parts)
    findings = [each for part in parts for each in part.findings if each.code != APPROXIMATE]
    guessed = [each for part in parts for each in part.findings if each.code == APPROXIMATE]
    if guessed:
        findings.append(replace(guessed[0], end=guessed[-1].end))
    findings.sort(key=lambda finding: (finding.start, finding.end, finding.code))
    coverage = covered_s / speech_s if speech_s else 1.0
    return Quality(verdict(findings), coverage, tuple(findings), speech_s, sum(part.redecoded_s for part in parts))


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a text, and parts of those that are too long for a subtitle; white space becomes one space."""
    sentence = ""
    for piece in _pieces(text):
        if sentence and len(sentence) + len(piece) > _MOST:
            yield sentence
            sentence = ""
        sentence += piece
        if ends_sentence(piece.rstrip(_CLOSING)):
            yield sentence
            sentence = ""
    if sentence:
        yield sentence


def _pieces(text: str) -> Iterator[str]:
    """The words of a text, all but the first with a space before them where there was white space."""
    for at, word in enumerate(text.split()):
        first, *others = _PIECE.findall(word)
        yield f" {first}" if at else first
        yield from others


def _segment(at: int, start: float, end: float, text: str) -> Segment:
    """A segment of which nothing but text and time is known."""
    unknown = math.nan
    return Segment(at, int(start * 100), start, end, text, unknown, unknown, compression_ratio(text), unknown)
