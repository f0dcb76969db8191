"""The transcripts of a recording's channels become one, each channel a speaker of its own. Pure.

Knows nothing of audio but its loudness, and nothing of who transcribed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from aiprov.core.crossing import Levels
from aiprov.core.echoes import Place, echoes
from aiprov.core.joining import joined
from aiprov.core.passages import covers
from aiprov.core.quality import verdict
from aiprov.core.results import Quality, Segment, Transcript
from aiprov.core.speakers import Speaker, Speakers, Turn
from aiprov.core.speech import Span, near
from aiprov.core.speech import merged as neighbours

__all__ = ["Levels", "merged"]

# One goes on speaking over pauses up to this length (seconds).
_PAUSE_S = 0.5
# A good part of a segment: so much of its time.
_OVERLAP = 0.3
# Found in a channel in which nobody speaks: no wonder while others do.
_OF_SILENCE = frozenset({"no_speech", "no_words"})


def merged(
    transcripts: Sequence[Transcript],
    names: Sequence[str] = (),
    levels: Levels | None = None,
    channels: Sequence[int] | None = None,
) -> Transcript:
    """Merge the transcripts of channels in order of time; what is an echo of another channel is written once.

    Args:
        transcripts: One for each channel, all of one recording; times count from its start.
        names: Who speaks in each; the rest have labels alone.
        levels: How loud the same channels are; None drops no echo, for nobody knows which of two is one.
        channels: Their numbers, from 0, which the labels have; None where these are the first ones.

    Returns:
        The whole: every segment and word with its channel's label, `SPEAKER_00` for channel 0. `cost` and `usage` are
        sums, None where one is unknown; `language` is the one that is spoken longest; `provider`, `model` and
        `provenance` are the first channel's.

    Raises:
        ValueError: There is no transcript.
    """
    labels = [f"SPEAKER_{channel:02}" for channel in channels or range(len(transcripts))]
    spoken = [tuple(map(_parted, each)) for each in _without_echoes(transcripts, levels)]
    spans = [[span for segment in each for span in _spans(segment)] for each in spoken]
    segments = [
        replace(_labelled(segment, label), overlap=_overlaps(segment, others))
        for own, label, others in zip(spoken, labels, _others(spans), strict=True)
        for segment in own
    ]
    segments.sort(key=lambda segment: segment.start)
    return replace(
        _summed(transcripts),
        text="".join(segment.text for segment in segments).strip(),
        segments=tuple(replace(segment, id=at) for at, segment in enumerate(segments)),
        speakers=_speakers([_turns(each, label) for each, label in zip(spans, labels, strict=True)], names),
    )


def _without_echoes(transcripts: Sequence[Transcript], levels: Levels | None) -> list[tuple[Segment, ...]]:
    segments = [each.segments for each in transcripts]
    if levels is None:
        return segments
    return [tuple(_kept(own, gone)) for own, gone in zip(segments, echoes(segments, levels), strict=True)]


def _kept(segments: Sequence[Segment], gone: set[Place]) -> Iterator[Segment]:
    """The segments without these words; one without times for its words stays or goes as a whole."""
    for at, segment in enumerate(segments):
        texts = [word.text for word in segment.words] or segment.text.split()
        kept = [place for place in range(len(texts)) if (at, place) not in gone]
        text = "".join(texts[place] for place in kept)
        has_words = any(map(str.isalnum, text))
        if len(kept) == len(texts) or (has_words and not segment.words):
            yield segment
        elif has_words:
            words = tuple(segment.words[place] for place in kept)
            yield replace(segment, start=words[0].start, end=words[-1].end, text=text, words=words)


def _parted(segment: Segment) -> Segment:
    """The segment with a space before it, where its script has spaces: another speaker's may come before it."""
    first = segment.text[:1]
    if not first or first.isspace() or not _is_spaced(first):
        return segment
    words = tuple(replace(word, text=f" {word.text.lstrip()}") for word in segment.words[:1])
    return replace(segment, text=f" {segment.text}", words=words + segment.words[1:])


def _is_spaced(character: str) -> bool:
    """Whether words are parted by spaces in a character's script: Chinese and Japanese are wide, and so is Korean."""
    wide = unicodedata.east_asian_width(character) in "WF"
    return not wide or unicodedata.name(character, "").startswith("HANGUL")


def _labelled(segment: Segment, label: str) -> Segment:
    return replace(segment, speaker=label, words=tuple(replace(word, speaker=label) for word in segment.words))


def _spans(segment: Segment) -> list[Span]:
    return covers(segment.words) if segment.words else [Span(segment.start, segment.end)]


def _others(spans: Sequence[Sequence[Span]]) -> Iterator[list[Span]]:
    """For each channel, when somebody speaks in another one."""
    for channel in range(len(spans)):
        yield neighbours(sorted(span for at, each in enumerate(spans) if at != channel for span in each), 0.0)


def _overlaps(segment: Segment, others: Sequence[Span]) -> bool:
    shared_s = sum(span.overlap(segment.start, segment.end) for span in near(others, segment.start, segment.end))
    return shared_s > _OVERLAP * (segment.end - segment.start)


def _turns(spans: Sequence[Span], label: str) -> list[Turn]:
    return [Turn(span.start, span.end, label) for span in neighbours(sorted(spans), _PAUSE_S)]


def _speakers(turns: Sequence[Sequence[Turn]], names: Sequence[str]) -> Speakers:
    people = []
    for channel, own in sorted(enumerate(turns), key=lambda each: each[1][0].start if each[1] else 0.0):
        if own:
            speech_s = sum(turn.end - turn.start for turn in own)
            name = names[channel] if channel < len(names) and names[channel] else None
            people.append(Speaker(own[0].speaker, speech_s, name, None if name is None else "channel"))
    in_order = sorted((turn for own in turns for turn in own), key=lambda turn: (turn.start, turn.end))
    return Speakers("channels", tuple(people), tuple(in_order))


def _summed(transcripts: Sequence[Transcript]) -> Transcript:
    """What is counted, as for parts of a recording; only that all channels have the same time."""
    length_s = max((each.duration_s for each in transcripts), default=0.0)
    same = [replace(each, provider=transcripts[0].provider, model=transcripts[0].model) for each in transcripts]
    whole = joined([(at * length_s, (at + 1) * length_s, each) for at, each in enumerate(same)])
    damaged_s = max(each.damaged_s for each in transcripts)
    return replace(whole, duration_s=length_s, damaged_s=damaged_s, quality=_quality(transcripts, whole.quality))


def _quality(transcripts: Sequence[Transcript], whole: Quality) -> Quality:
    silent = not any(each.segments for each in transcripts)
    found = dict.fromkeys(finding for each in transcripts for finding in each.quality.findings)
    findings = sorted(
        (each for each in found if silent or each.code not in _OF_SILENCE),
        key=lambda finding: (finding.start, finding.end, finding.code),
    )
    return replace(whole, verdict=verdict(findings), findings=tuple(findings))
