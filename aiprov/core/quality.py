"""The coverage audit: is this transcript an answer?

Compares what voice activity detection heard with what was written, and looks for the ways in which speech models
fail silently: dropped turns, loops, impossible speed, words out of nothing. Pure; knows no engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from aiprov.core.passages import Passage, compression_ratio, covers, repeats
from aiprov.core.results import Finding, Quality
from aiprov.core.speech import Span, merged, near, uncovered

# Tolerance for word times when asking whether speech is covered, in seconds.
MARGIN = 0.15
# People speak 2-4 words a second; nobody keeps up 6.5.
_MOST_WORDS_PER_S = 6.5
# Of two readings that are as likely, the one with more words lost fewer: so much (log probability) is a word worth.
_PER_WORD = 0.03
_WORD = re.compile(r"\w+")
_RANK = {"ok": 0, "note": 0, "suspect": 1, "failed": 2}


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds of openai/whisper, under their names; None switches a test off."""

    compression_ratio: float | None = 2.4
    logprob: float | None = -1.0
    no_speech: float | None = 0.6


def suspicions(passage: Passage, speech: Sequence[Span], limits: Limits) -> tuple[str, ...]:
    """Name what is wrong with a passage: `loop`, `too_fast`, `low_confidence`, `no_words`; empty when nothing is."""
    text = passage.text
    heard = _heard(passage.span, speech)
    found = []
    if _loops(passage, text, limits):
        found.append("loop")
    if too_fast(text, heard):
        found.append("too_fast")
    if limits.logprob is not None and passage.avg_logprob < limits.logprob:
        found.append("low_confidence")
    if not text.strip() and heard >= 0.8:
        found.append("no_words")
    return tuple(found)


def is_silence(passage: Passage, limits: Limits) -> bool:
    """Whisper's own rule: the model doubts that anybody speaks, and doubts its words too."""
    if limits.no_speech is None or limits.logprob is None:
        return False
    return passage.no_speech_prob > limits.no_speech and passage.avg_logprob < limits.logprob


def score(passage: Passage, speech: Sequence[Span], limits: Limits) -> float:
    """Rank readings of one chunk: the higher, the better. Confidence, less what is missing, less what is impossible."""
    heard = _heard(passage.span, speech)
    missing = sum(hole.length for hole in holes([passage], _within(passage.span, speech), shortest=0.3))
    loops, hurries = _loops(passage, passage.text, limits), too_fast(passage.text, heard)
    words = 0 if loops or hurries else len(passage.words)
    penalty = 2.0 * loops + 1.0 * hurries + 2.0 * (missing / heard if heard > 0 else 0.0)
    return passage.avg_logprob + _PER_WORD * words - penalty


def holes(passages: Iterable[Passage], speech: Sequence[Span], shortest: float) -> list[Span]:
    """Stretches of speech of at least `shortest` seconds that no word accounts for."""
    words = sorted((word for passage in passages for word in passage.words), key=lambda word: word.start)
    return gaps(covers(words), speech, shortest)


def gaps(covered: Iterable[Span], speech: Sequence[Span], shortest: float) -> list[Span]:
    """Stretches of speech of at least `shortest` seconds outside what is covered."""
    found = uncovered(speech, sorted(covered), MARGIN)
    return [hole for hole in merged(found, 0.35) if hole.length >= shortest]


def audit(
    passages: Sequence[Passage],
    speech: Sequence[Span],
    limits: Limits,
    *,
    damage: Sequence[Span] = (),
    duration_s: float = 0.0,
    redecoded_s: float = 0.0,
    noticed: Sequence[Finding] = (),
) -> Quality:
    """Judge a whole transcript.

    Args:
        passages: What was written, in order.
        speech: What was heard, in order.
        limits: Thresholds.
        damage: Stretches of the recording that could not be decoded.
        duration_s: Length of the recording.
        redecoded_s: Seconds that were decoded more than once.
        noticed: Findings made while decoding.
    """
    doubts = [finding for passage in passages for finding in _doubts(passage, speech, limits)]
    missing = holes(passages, speech, shortest=0.5)
    quality = assessed([*doubts, *noticed], speech, missing, damage=damage, duration_s=duration_s)
    return replace(quality, redecoded_s=redecoded_s)


def assessed(
    found: Iterable[Finding],
    speech: Sequence[Span] | None,
    missing: Sequence[Span],
    *,
    damage: Sequence[Span] = (),
    duration_s: float = 0.0,
) -> Quality:
    """Sum up what was found, what of the speech is missing, and what was damaged. None is speech that nobody knows."""
    speech_s = sum(span.length for span in speech or ())
    coverage = 1.0 - min(1.0, sum(hole.length for hole in missing) / speech_s) if speech_s else 1.0
    findings = [
        *(_silence(duration_s) if speech is not None and not speech_s else ()),
        *(_hole(hole) for hole in missing if hole.length >= 1.0),
        *_damage(damage, duration_s),
        *found,
    ]
    if speech_s >= 3.0 and coverage < 0.5:
        findings.append(
            Finding("uncovered_speech", 0.0, duration_s, "failed", "less than half of the speech has words")
        )
    findings = sorted(dict.fromkeys(findings), key=lambda finding: (finding.start, finding.end, finding.code))
    return Quality(verdict(findings), coverage, tuple(findings), speech_s)


def verdict(findings: Iterable[Finding]) -> str:
    """The worst severity; notes are `ok`."""
    worst = max((finding.severity for finding in findings), key=_RANK.__getitem__, default="ok")
    return worst if _RANK[worst] else "ok"


def loop(text: str, limits: Limits) -> bool:
    """Whether a text repeats itself, as a looping decoder's does."""
    ratio = limits.compression_ratio
    return repeats(text) or (ratio is not None and compression_ratio(text) > ratio)


def too_fast(text: str, heard: float) -> bool:
    """Whether a text has more words than anybody can say in so many seconds."""
    words = len(_WORD.findall(text))
    return words >= 6 and words > _MOST_WORDS_PER_S * max(heard, 0.5)


def _heard(span: Span, speech: Sequence[Span]) -> float:
    return sum(part.overlap(span.start, span.end) for part in near(speech, span.start, span.end))


def _within(span: Span, speech: Sequence[Span]) -> list[Span]:
    """The parts of speech inside a span."""
    parts = near(speech, span.start, span.end)
    return [Span(max(s.start, span.start), min(s.end, span.end)) for s in parts]


def _loops(passage: Passage, text: str, limits: Limits) -> bool:
    return not passage.complete or loop(text, limits)


def _silence(duration_s: float) -> list[Finding]:
    return [Finding("no_speech", 0.0, duration_s, "note", "nobody speaks in this recording")]


def _hole(hole: Span) -> Finding:
    severity = "suspect" if hole.length >= 2.0 else "note"
    return Finding("uncovered_speech", hole.start, hole.end, severity, f"{hole.length:.1f} s of speech without words")


_DETAILS = {
    "loop": "the text repeats itself",
    "too_fast": "more words than anybody can say in this time",
    "low_confidence": "the model doubts its own words here",
    "no_words": "speech without words",
}


def doubt(code: str, span: Span) -> Finding:
    """Say that one of the `suspicions` fell on a stretch."""
    return Finding(code, span.start, span.end, "suspect", _DETAILS[code])


def _doubts(passage: Passage, speech: Sequence[Span], limits: Limits) -> list[Finding]:
    """What stays suspicious about one passage; a hole is reported once, by the coverage."""
    codes = [code for code in suspicions(passage, speech, limits) if code != "no_words"]
    span = passage.span
    return [doubt(code, span) for code in codes]


def _damage(damage: Sequence[Span], duration_s: float) -> list[Finding]:
    lost = sum(span.length for span in damage)
    severity = "suspect" if lost > min(1.0, 0.01 * duration_s) else "note"
    return [
        Finding("damaged_audio", span.start, span.end, severity, f"{span.length:.2f} s of audio could not be decoded")
        for span in damage
    ]
