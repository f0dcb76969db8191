"""The audit: every silent failure of a speech model is named, and ordinary transcripts are left in peace."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiprov.core.passages import Passage, repeats
from aiprov.core.quality import Limits, audit, holes, is_silence, score, suspicions
from aiprov.core.results import Finding, Quality, Word
from aiprov.core.speech import Span

SAMPLES = Path(__file__).parents[3] / "recipes" / "samples"
LIMITS = Limits()
OFF = Limits(compression_ratio=None, logprob=None, no_speech=None)
PROSE = "we looked at the numbers again and found that most people like the second page better than the first one"


def said(text: str, start: float, end: float, *, logprob: float = -0.2, nobody: float = 0.01) -> Passage:
    """A passage whose words fill its time evenly."""
    texts = text.split()
    each = (end - start) / max(len(texts), 1)
    words = tuple(Word(start + at * each, start + (at + 1) * each, f" {text}", 0.9) for at, text in enumerate(texts))
    return Passage(Span(start, end), words, logprob, nobody)


def codes(quality: Quality) -> list[str]:
    return [finding.code for finding in quality.findings]


def judged(
    *passages: Passage, speech: list[tuple[float, float]], length: float = 60.0, limits: Limits = LIMITS
) -> Quality:
    return audit(passages, [Span(*each) for each in speech], limits, duration_s=length)


def test_a_transcript_that_covers_what_was_heard_is_ok() -> None:
    quality = judged(said(PROSE, 0, 8), said(PROSE, 10, 18), speech=[(0, 8), (10, 18)])
    assert quality == Quality("ok", 1.0, (), 16.0)


def test_the_sample_meetings_as_they_were_spoken_are_ok() -> None:
    for path in SAMPLES.glob("*.truth.json"):
        truth = json.loads(path.read_text(encoding="utf-8"))
        passages = [said(turn["text"], turn["start"], turn["end"]) for turn in truth["turns"]]
        speech = [Span(turn["start"], turn["end"]) for turn in truth["turns"]]
        quality = audit(passages, speech, LIMITS, duration_s=truth["duration_s"])
        assert (quality.verdict, quality.coverage, quality.findings) == ("ok", 1.0, ())


def test_silence_is_no_fault_and_is_said() -> None:
    quality = judged(speech=[], length=60.0)
    assert (quality.verdict, quality.coverage, codes(quality)) == ("ok", 1.0, ["no_speech"])
    assert (quality.findings[0].start, quality.findings[0].end, quality.findings[0].severity) == (0.0, 60.0, "note")


def test_a_dropped_turn_is_suspect_and_its_time_is_named() -> None:
    quality = judged(said(PROSE, 0, 8), said(PROSE, 14, 22), speech=[(0, 8), (9, 13), (14, 22)])
    assert (quality.verdict, codes(quality)) == ("suspect", ["uncovered_speech"])
    assert (quality.findings[0].start, quality.findings[0].end) == (9, 13)
    assert quality.coverage == pytest.approx(0.8)


def test_a_turn_dropped_inside_a_passage_is_found_although_a_word_is_stretched_over_it() -> None:
    start, end = said("We agree on the first point.", 0, 3), said("So that is the plan.", 9, 12)
    stretched = replace(start.words[-1], end=9.0)
    whole = Passage(Span(0, 12), (*start.words[:-1], stretched, *end.words), -0.2, 0.01)
    quality = judged(whole, speech=[(0, 3), (4, 8), (9, 12)])
    assert (quality.verdict, codes(quality)) == ("suspect", ["uncovered_speech"])
    hole = quality.findings[0]
    assert hole.start == pytest.approx(4, abs=0.5)
    assert hole.end == pytest.approx(8, abs=0.5)


def test_a_missing_word_or_two_is_at_most_a_note() -> None:
    quality = judged(said(PROSE, 0, 8), said(PROSE, 10, 18), speech=[(0, 8), (8.3, 9.7), (10, 18)])
    assert (quality.verdict, codes(quality)) == ("ok", ["uncovered_speech"])
    assert judged(said(PROSE, 0, 8), speech=[(0, 8.4)]).findings == ()


@pytest.mark.parametrize("written", [[], [said(PROSE, 0, 8)], [said("", 0, 30)]], ids=["nothing", "little", "no word"])
def test_a_transcript_that_misses_most_of_the_speech_is_no_answer(written: list[Passage]) -> None:
    quality = judged(*written, speech=[(0, 8), (10, 40)])
    assert quality.verdict == "failed"
    assert quality.coverage < 0.5


@pytest.mark.parametrize(
    ("passage", "code"),
    [
        (said("so we go on " * 6, 0, 9), "loop"),
        (said("ha " * 30, 0, 9), "loop"),
        (replace(said(PROSE, 0, 9), complete=False), "loop"),
        (said(PROSE, 0, 1.5), "too_fast"),
        (said(PROSE, 0, 9, logprob=-1.4), "low_confidence"),
    ],
    ids=["a loop", "a stutter", "cut off at the decoder's limit", "impossible speed", "the model's own doubt"],
)
def test_what_speech_models_make_up_is_suspect(passage: Passage, code: str) -> None:
    span = passage.span
    assert code in suspicions(passage, [span], LIMITS)
    quality = judged(passage, speech=[(span.start, span.end)])
    assert (quality.verdict, codes(quality)) == ("suspect", [code])
    assert (quality.findings[0].start, quality.findings[0].end) == (span.start, span.end)


def test_speech_without_any_word_is_suspicious_and_reported_once() -> None:
    empty = said("", 10, 14)
    assert suspicions(empty, [Span(10, 14)], LIMITS) == ("no_words",)
    assert suspicions(empty, [Span(10, 10.3)], LIMITS) == ()
    assert codes(judged(said(PROSE, 0, 8), empty, speech=[(0, 8), (10, 14)])) == ["uncovered_speech"]


def test_fast_talk_and_short_answers_are_not_suspicious() -> None:
    assert suspicions(said(PROSE, 0, 4.5), [Span(0, 4.5)], LIMITS) == ()
    assert suspicions(said("Yes, of course.", 0, 0.4), [Span(0, 0.4)], LIMITS) == ()


def test_words_are_too_fast_for_the_speech_heard_not_for_the_length_of_the_chunk() -> None:
    assert "too_fast" in suspicions(said(PROSE, 0, 9), [Span(0, 1), Span(8, 9)], LIMITS)


def test_thresholds_that_are_switched_off_are_silent() -> None:
    vocabulary = ["extraordinarily", "incomprehensible", "responsibilities", "acknowledgements", "misunderstanding"]
    dense = said(" ".join(Random(11).choices(vocabulary, k=40)), 0, 60)
    assert not repeats(dense.text)
    doubted = said(PROSE, 0, 9, logprob=-9.0, nobody=0.99)
    assert suspicions(dense, [dense.span], LIMITS) == ("loop",)
    assert suspicions(dense, [dense.span], OFF) == ()
    assert suspicions(doubted, [doubted.span], OFF) == ()
    assert is_silence(doubted, LIMITS)
    assert not is_silence(doubted, OFF)


@pytest.mark.parametrize(("logprob", "nobody", "silent"), [(-1.5, 0.9, True), (-0.5, 0.9, False), (-1.5, 0.2, False)])
def test_silence_needs_both_doubts(logprob: float, nobody: float, silent: bool) -> None:
    assert is_silence(said("Thanks.", 0, 2, logprob=logprob, nobody=nobody), LIMITS) is silent


@pytest.mark.parametrize(
    ("damage", "length", "verdict"),
    [
        ([], 120.0, "ok"),
        ([(5.0, 5.3)], 120.0, "ok"),
        ([(5.0, 6.5)], 120.0, "suspect"),
        ([(5.0, 5.6), (9.0, 9.6)], 120.0, "suspect"),
        ([(5.0, 5.3)], 10.0, "suspect"),
    ],
    ids=["whole", "a moment", "more than a second", "more than a second in all", "a large part of a short recording"],
)
def test_damage_is_reported_and_more_than_a_second_or_a_hundredth_is_suspect(
    damage: list[tuple[float, float]], length: float, verdict: str
) -> None:
    spans = [Span(*each) for each in damage]
    quality = audit([said(PROSE, 0, 8)], [Span(0, 8)], LIMITS, damage=spans, duration_s=length)
    assert quality.verdict == verdict
    assert [(finding.code, finding.start, finding.end) for finding in quality.findings] == [
        ("damaged_audio", *each) for each in damage
    ]


def test_findings_are_in_order_of_time_and_those_made_before_are_among_them() -> None:
    before = [Finding("words_on_silence", 30.0, 30.4, "note", "words on a noise were left out")]
    quality = audit(
        [said("so we go on " * 6, 40, 49), said(PROSE, 0, 8)],
        [Span(0, 8), Span(10, 14), Span(40, 49)],
        LIMITS,
        damage=[Span(20, 20.1)],
        duration_s=60.0,
        redecoded_s=4.5,
        noticed=before,
    )
    assert codes(quality) == ["uncovered_speech", "damaged_audio", "words_on_silence", "loop"]
    assert (quality.verdict, quality.redecoded_s, quality.speech_s) == ("suspect", 4.5, 21.0)


def test_notes_alone_leave_the_verdict_ok() -> None:
    note = [Finding("words_on_silence", 30.0, 30.4, "note", "words on a noise were left out")]
    assert audit([said(PROSE, 0, 8)], [Span(0, 8)], LIMITS, duration_s=60.0, noticed=note).verdict == "ok"


def test_findings_hold_no_words_of_the_transcript() -> None:
    quality = judged(said("zebra zebra zebra " * 6, 0, 1), speech=[(0, 1), (3, 9)])
    assert len(quality.findings) >= 3
    assert not any("zebra" in finding.detail for finding in quality.findings)


def better(one: Passage, other: Passage, *speech: tuple[float, float]) -> bool:
    spans = [Span(*each) for each in speech]
    return score(one, spans, LIMITS) > score(other, spans, LIMITS)


def test_the_better_reading_is_whole_without_loops_possible_and_confident() -> None:
    good, speech = said(PROSE, 0, 9, logprob=-0.5), (0.0, 9.0)
    assert better(said(PROSE, 0, 9, logprob=-0.2), good, speech)
    assert better(good, said("so we go on " * 6, 0, 9, logprob=-0.1), speech)
    assert better(good, replace(said(PROSE[:20], 0, 2, logprob=-0.1), span=Span(0, 9)), speech)
    assert better(good, said("", 0, 9, logprob=-0.1), speech)
    assert better(good, said(PROSE * 4, 0, 9, logprob=-0.1), speech)


def test_of_two_readings_that_are_about_as_likely_the_one_with_more_words_is_better_unless_it_loops() -> None:
    full, speech = said(PROSE, 0, 9, logprob=-0.52), (0.0, 9.0)
    shorter = said(PROSE.rpartition(" ")[0], 0, 9, logprob=-0.5)
    assert better(full, shorter, speech)
    assert better(replace(shorter, avg_logprob=-0.4), full, speech)
    assert better(shorter, said("so we go on " * 12, 0, 9, logprob=-0.1), speech)


@st.composite
def transcripts(draw: st.DrawFn) -> tuple[list[Passage], list[Span]]:
    """Speech, and passages that may or may not fit it."""
    speech, passages, at = [], [], 0
    for _ in range(draw(st.integers(0, 8))):
        length = draw(st.integers(1, 20))
        span = Span(at, at + length)
        if draw(st.booleans()):
            speech.append(span)
        if draw(st.booleans()):
            text = draw(st.sampled_from(["", "Yes.", PROSE, "so we go on " * 5]))
            passages.append(said(text, span.start, span.end, logprob=draw(st.floats(-3, 0))))
        at += length + draw(st.integers(1, 5))
    return passages, speech


@given(transcripts(), st.lists(st.tuples(st.integers(0, 90), st.integers(1, 30)), max_size=3))
def test_a_verdict_is_its_worst_finding(
    transcript: tuple[list[Passage], list[Span]], damage: list[tuple[int, int]]
) -> None:
    passages, speech = transcript
    spans = [Span(start, start + tenths / 10) for start, tenths in damage]
    quality = audit(passages, speech, LIMITS, damage=spans, duration_s=100.0)
    severities = {finding.severity for finding in quality.findings}
    assert severities <= {"note", "suspect", "failed"}
    expected = "failed" if "failed" in severities else "suspect" if "suspect" in severities else "ok"
    assert quality.verdict == expected
    assert 0.0 <= quality.coverage <= 1.0
    assert all(one.start <= other.start for one, other in pairwise(quality.findings))
    if not speech:
        assert quality.coverage == 1.0


@given(transcripts(), st.floats(0.1, 3.0))
def test_holes_are_speech_without_words_and_never_shorter_than_asked(
    transcript: tuple[list[Passage], list[Span]], shortest: float
) -> None:
    passages, speech = transcript
    for hole in holes(passages, speech, shortest):
        assert hole.length >= shortest
        assert any(span.start <= hole.start and hole.end <= span.end for span in speech)
