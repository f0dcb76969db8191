"""Transcripts of parts become one: nothing is lost, every time lies in its part, and sums are honest."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiprov.core.joining import approximate, joined, spread
from aiprov.core.results import Attempt, Finding, Provenance, Quality, Segment, Transcript, Usage, Word


def segment(text: str, start: float, end: float, *, words: tuple[Word, ...] = ()) -> Segment:
    return Segment(0, int(start * 100), start, end, text, 0.0, -0.2, 1.0, 0.01, words)


def transcript(*segments: Segment, text: str | None = None, language: str = "en", **more: object) -> Transcript:
    whole = "".join(each.text for each in segments).strip() if text is None else text
    return Transcript(whole, segments, language, 10.0, "openai", "whisper-1", Decimal("0.01"), **more)  # type: ignore[arg-type]


def test_times_count_from_the_start_of_the_recording() -> None:
    words = (Word(1.0, 1.5, " So", 0.9), Word(1.5, 2.0, " what?", 0.8))
    first = transcript(segment(" Good morning.", 0.5, 2.0))
    second = transcript(segment(" So what?", 1.0, 2.0, words=words), segment(" Fine.", 3.0, 4.0))
    whole = joined([(0.0, 10.0, first), (10.0, 18.5, second)])
    assert [(each.id, each.start, each.end) for each in whole.segments] == [
        (0, 0.5, 2.0),
        (1, 11.0, 12.0),
        (2, 13.0, 14.0),
    ]
    assert [(word.start, word.end) for word in whole.segments[1].words] == [(11.0, 11.5), (11.5, 12.0)]
    assert [each.seek for each in whole.segments] == [50, 1100, 1300]
    assert whole.text == "Good morning. So what? Fine."
    assert whole.duration_s == 18.5


def test_times_beyond_a_part_end_with_it() -> None:
    late = segment(" Bye.", 9.0, 31.0, words=(Word(-0.5, 33.0, " Bye.", 0.5),))
    whole = joined([(0.0, 10.0, transcript(late)), (10.0, 12.0, transcript(late))])
    assert [(each.start, each.end) for each in whole.segments] == [(9.0, 10.0), (12.0, 12.0)]
    assert [(each.words[0].start, each.words[0].end) for each in whole.segments] == [(0.0, 10.0), (10.0, 12.0)]


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("We start.", "We go on.", "We start. We go on."),
        (" We start. ", "\nWe go on.\n", "We start. We go on."),
        ("今天开会。", "我们开始。", "今天开会。我们开始。"),
        ("会議を始めます", "はい、お願いします。", "会議を始めますはい、お願いします。"),
        ("회의를 시작합니다.", "네.", "회의를 시작합니다. 네."),
        ("今天开会。", "OK then.", "今天开会。 OK then."),
        ("", "We go on.", "We go on."),
        ("We start.", "  ", "We start."),
        ("", "", ""),
    ],
)  # fmt: skip
def test_text_is_joined_as_its_script_does_it(first: str, second: str, whole: str) -> None:
    assert joined([(0, 5, transcript(text=first)), (5, 9, transcript(text=second))]).text == whole


def test_segments_without_a_leading_space_get_one_where_parts_meet() -> None:
    bare = segment("We go on.", 0, 2, words=(Word(0, 1, "We", 0.9), Word(1, 2, " go on.", 0.9)))
    whole = joined([(0, 5, transcript(bare)), (5, 9, transcript(bare)), (9, 12, transcript(segment(" Yes.", 0, 1)))])
    assert "".join(each.text for each in whole.segments) == whole.text == "We go on. We go on. Yes."
    assert [word.text for word in whole.segments[1].words] == [" We", " go on."]


def test_money_and_usage_are_sums() -> None:
    parts = [
        transcript(usage=Usage(10, 20, 1, 2, 30.0, "flex"), attempts=(Attempt("openai", "whisper-1", "failed"),)),
        transcript(usage=Usage(1, 2, 3, 4, 0.5, "flex"), attempts=(Attempt("openai", "whisper-1", "ok"),)),
    ]
    whole = joined([(0, 5, parts[0]), (5, 9, parts[1])])
    assert whole.cost == Decimal("0.02")
    assert whole.usage == Usage(11, 22, 4, 6, 30.5, "flex")
    assert [attempt.outcome for attempt in whole.attempts] == ["failed", "ok"]


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    known = transcript(usage=Usage(1, 2, tier="flex"))
    free = Transcript("", (), "en", 4.0, "openai", "whisper-1", None)
    assert joined([(0, 5, known), (5, 9, free)]).cost is None
    assert joined([(0, 5, known), (5, 9, free)]).usage is None
    usage = joined([(0, 5, known), (5, 9, transcript(usage=Usage(1, 2)))]).usage
    assert usage is not None
    assert usage.tier is None


def test_the_language_is_the_one_spoken_longest() -> None:
    parts = [
        transcript(segment("Hallo.", 0, 3), language="de", language_probability=0.5),
        transcript(segment("Hello there.", 0, 4), language="en", language_probability=0.9),
        transcript(segment("Guten Tag.", 0, 2), language="de", language_probability=0.8),
        transcript(language="fr"),
    ]
    whole = joined([(at * 5, at * 5 + 5, part) for at, part in enumerate(parts)])
    assert (whole.language, whole.language_probability) == ("de", 0.5)
    assert joined([(0, 5, parts[3]), (5, 9, transcript(language="en"))]).language == "fr"


def test_findings_move_and_the_worst_one_is_the_verdict() -> None:
    parts = [
        transcript(quality=Quality("ok", 1.0, (), 6.0)),
        transcript(quality=Quality("suspect", 0.5, (Finding("loop", 1.0, 99.0, "suspect", "loop"),), 2.0, 1.5)),
    ]
    quality = joined([(0, 10, parts[0]), (10, 19, parts[1])]).quality
    assert quality == Quality("suspect", 0.875, (Finding("loop", 11.0, 19.0, "suspect", "loop"),), 8.0, 1.5)
    assert joined([(0, 10, parts[0])]).quality == parts[0].quality


def test_damage_is_a_sum_and_the_first_parts_provenance_stays() -> None:
    provenance = Provenance("whisper-1", "whisper-1", reason="the first in order of priority (50)")
    parts = [transcript(damaged_s=0.5, provenance=provenance), transcript(damaged_s=1.0)]
    whole = joined([(0, 5, parts[0]), (5, 9, parts[1])])
    assert (whole.damaged_s, whole.provenance) == (1.5, provenance)


def test_that_times_are_approximate_is_said_once() -> None:
    parts = [transcript(quality=Quality("ok", 1.0, (approximate(0.0, 30.0),))) for _ in range(3)]
    quality = joined([(0, 30, parts[0]), (30, 60, parts[1]), (60, 71, parts[2])]).quality
    assert quality.verdict == "ok"
    assert [(each.code, each.start, each.end) for each in quality.findings] == [("approximate_times", 0.0, 71.0)]


def test_parts_that_do_not_belong_together_are_refused() -> None:
    part = transcript()
    other = Transcript("", (), "en", 4.0, "openai", "gpt-transcribe", None)
    elsewhere = Transcript("", (), "en", 4.0, "groq", "whisper-1", None)
    for wrong in ([], [(5.0, 9.0, part), (0.0, 5.0, part)], [(0.0, 5.0, part), (4.0, 9.0, part)], [(5.0, 4.0, part)]):
        with pytest.raises(ValueError, match=r"no parts|out of order"):
            joined(wrong)
    for stranger in (other, elsewhere):
        with pytest.raises(ValueError, match="different models"):
            joined([(0.0, 5.0, part), (5.0, 9.0, stranger)])


# Words in several scripts, with the punctuation and white space that models put between them.
words = st.sampled_from(
    ["We", "agree.", "Dr.", "no?", "今天。", "会议", "はい！", "네", "3.5", "é" * 300, "好" * 500, "\n"]
)
texts = st.lists(words, max_size=25).map(" ".join)
moments = st.floats(-5, 100)
segments = st.builds(lambda text, one, other: segment(f" {text}", min(one, other), max(one, other)),
                     st.sampled_from(["Yes.", "No, not yet.", "今天。"]), moments, moments)  # fmt: skip
parts = st.lists(st.tuples(st.floats(0, 5), st.floats(0, 60), st.lists(segments, max_size=4)), min_size=1, max_size=6)


@given(parts)
def test_every_segment_stays_in_its_part_and_in_its_order(drawn: list[tuple[float, float, list[Segment]]]) -> None:
    placed, at = [], 0.0
    for gap, length, each in drawn:
        placed.append((at + gap, at + gap + length, transcript(*each)))
        at = placed[-1][1]
    whole = joined(placed)
    expected = [(bounds, each.text) for *bounds, part in placed for each in part.segments]
    assert [each.id for each in whole.segments] == list(range(len(expected)))
    for written, ((start, end), text) in zip(whole.segments, expected, strict=True):
        assert start <= written.start <= written.end <= end
        assert written.text.strip() == text.strip()
    assert whole.text.replace(" ", "") == "".join(part.text for *_, part in placed).replace(" ", "")
    assert whole.duration_s == placed[-1][1]


@given(texts, st.floats(0, 1000), st.floats(0.1, 100))
def test_a_spread_text_keeps_its_words_and_fills_its_time(text: str, start_s: float, length_s: float) -> None:
    found = spread(text, start_s, start_s + length_s)
    assert "".join(each.text for each in found) == " ".join(text.split())
    assert all(len(each.text) <= 220 for each in found)
    assert [each.id for each in found] == list(range(len(found)))
    assert all(one.end == other.start and one.start < one.end for one, other in pairwise(found))
    if found:
        assert (found[0].start, found[-1].end) == (start_s, start_s + length_s)


def test_a_text_is_spread_by_sentences_in_proportion_to_their_length() -> None:
    found = spread("Dr. Who agrees. Yes.  No, we will see!", 10.0, 48.0)
    assert [each.text for each in found] == ["Dr. Who agrees.", " Yes.", " No, we will see!"]
    lengths = [(each.end - each.start) / len(each.text) for each in found]
    assert lengths == pytest.approx([lengths[0]] * 3)
    assert [each.text for each in spread("今天开会。谁来？「我。」好", 0, 9)] == [
        "今天开会。",
        "谁来？",
        "「我。」",
        "好",
    ]


def test_of_a_spread_text_nothing_is_claimed_that_nobody_knows() -> None:
    (only,) = spread("Yes.", 0, 1)
    assert all(math.isnan(each) for each in (only.avg_logprob, only.no_speech_prob, only.temperature))
    assert only.words == ()
    assert spread("  \n", 0, 1) == ()


def test_a_text_as_long_as_a_day_is_spread_at_once() -> None:
    assert len(spread("字" * 1_000_000, 0, 86_400)) == pytest.approx(1_000_000 / 219, abs=1)
    assert len(spread("word " * 200_000, 0, 86_400)) < 6_000
