"""Transcripts from elsewhere: what is no answer is named, and ordinary transcripts are left in peace."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiprov.core.joining import approximate, spread
from aiprov.core.judging import is_answer, judged
from aiprov.core.passages import compression_ratio
from aiprov.core.quality import Limits
from aiprov.core.results import Finding, Quality, Segment, Transcript, Word
from aiprov.core.speech import Span

SAMPLES = Path(__file__).parents[3] / "recipes" / "samples"
LIMITS = Limits()
PROSE = "We looked at the numbers again and found that most people like the second page better than the first one."
LOOP = "Thank you for watching, see you in the next video. "


def segment(text: str, start: float, end: float, *, logprob: float = -0.2, words: bool = False) -> Segment:
    texts = text.split() if words else []
    each = (end - start) / max(len(texts), 1)
    own = tuple(Word(start + at * each, start + (at + 1) * each, f" {one}", 0.9) for at, one in enumerate(texts))
    return Segment(0, 0, start, end, f" {text}", 0.0, logprob, 1.0, 0.01, own)


def transcript(*segments: Segment, length: float = 60.0, text: str | None = None) -> Transcript:
    whole = "".join(each.text for each in segments).strip() if text is None else text
    return Transcript(whole, segments, "en", length, "openai", "whisper-1", None)


def judge(whole: Transcript, *speech: tuple[float, float], limits: Limits = LIMITS) -> Quality:
    return judged(whole, speech=[Span(*each) for each in speech] or None, limits=limits)


def meeting(name: str = "product-sync") -> Any:
    return json.loads((SAMPLES / f"{name}.truth.json").read_text(encoding="utf-8"))


def long_text() -> str:
    """All that is said in the sample meetings, and again in two other orders."""
    names = ("product-sync", "customer-interview", "incident-review")
    said = [word for name in names for turn in meeting(name)["turns"] for word in turn["text"].split()]
    return " ".join([*said, *Random(3).sample(said, len(said)), *Random(4).sample(said, len(said))])


def codes(quality: Quality) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity) for finding in quality.findings]


@pytest.mark.parametrize("words", [True, False], ids=["with words", "with segments alone"])
@pytest.mark.parametrize("listened", [True, False], ids=["speech known", "speech unknown"])
def test_the_sample_meetings_as_they_were_spoken_are_ok(words: bool, listened: bool) -> None:
    for path in SAMPLES.glob("*.truth.json"):
        truth = json.loads(path.read_text(encoding="utf-8"))
        turns = [(turn["text"], turn["start"], turn["end"]) for turn in truth["turns"]]
        whole = transcript(*(segment(*turn, words=words) for turn in turns), length=truth["duration_s"])
        quality = judge(whole, *([turn[1:] for turn in turns] if listened else []))
        assert (quality.verdict, quality.coverage, quality.findings) == ("ok", 1.0, ())


def test_the_sample_meetings_as_bare_text_are_ok() -> None:
    for path in SAMPLES.glob("*.truth.json"):
        truth = json.loads(path.read_text(encoding="utf-8"))
        text = " ".join(turn["text"] for turn in truth["turns"])
        assert judge(transcript(text=text, length=truth["duration_s"])).findings == ()


def test_nothing_written_where_somebody_speaks_is_no_answer() -> None:
    quality = judge(transcript(), (0, 2), (4, 7))
    assert ("uncovered_speech", "failed") in codes(quality)
    assert quality.coverage == 0.0
    assert not is_answer(quality)


def test_nothing_written_where_nobody_speaks_is_an_answer() -> None:
    quality = judged(transcript(), speech=[], limits=LIMITS)
    assert codes(quality) == [("no_speech", "note")]
    assert is_answer(quality)
    assert is_answer(judge(transcript(), (3, 4)))


def test_nothing_written_where_nobody_listened_is_suspect_in_a_long_recording() -> None:
    assert codes(judge(transcript(text=" \n"))) == [("no_words", "suspect")]
    assert judge(transcript(length=5.0)).findings == ()
    assert is_answer(judge(transcript()))


def test_a_dropped_turn_is_suspect_and_its_time_is_named() -> None:
    for words in (True, False):
        whole = transcript(segment(PROSE, 0, 8, words=words), segment(PROSE, 14, 22, words=words))
        quality = judge(whole, (0, 8), (9, 13), (14, 22))
        assert codes(quality) == [("uncovered_speech", "suspect")]
        assert (quality.findings[0].start, quality.findings[0].end) == (9, 13)
        assert quality.coverage == pytest.approx(0.8)


def test_a_segment_covers_no_more_speech_than_its_text_can_fill() -> None:
    quality = judge(transcript(segment("Yes, that is right.", 0, 30)), (0, 10), (12, 30))
    assert not is_answer(quality)
    assert quality.coverage < 0.2
    assert judge(transcript(segment("Yes, that is right.", 0, 30)), (1, 2), (28, 29)).coverage == 1.0


def test_chinese_fills_its_time_with_few_letters() -> None:
    assert judge(transcript(segment("我们今天先看一下上个月的数字", 0, 6)), (0, 6)).coverage == 1.0


@pytest.mark.parametrize(
    "segments",
    [
        [segment("so we go on " * 6, 10, 19)],
        [segment("Thank you.", 10 + 3 * at, 13 + 3 * at) for at in range(3)],
        [segment(("Yes, of course we do.", "No, of course not.")[at % 2], 10 + at, 11 + at) for at in range(16)],
        [segment(f"{PROSE} " * 4, 10, 50)],
    ],
    ids=["a phrase in a row", "equal segments", "segments in turns", "sentences in one long segment"],
)
def test_loops_are_suspect(segments: list[Segment]) -> None:
    before, after = (segment(turn["text"], 0, 9) for turn in meeting()["turns"][:2])
    quality = judge(transcript(before, *segments, replace(after, start=51.0, end=60.0)))
    assert {code for code, _ in codes(quality)} == {"loop"}
    assert any(10 <= finding.start < finding.end <= 50 for finding in quality.findings)


def test_a_loop_over_most_of_the_text_is_no_answer() -> None:
    looping = [segment(LOOP, 8 + 4 * at, 12 + 4 * at) for at in range(10)]
    assert not is_answer(judge(transcript(segment(PROSE, 0, 8), *looping)))
    assert not is_answer(judge(transcript(text=LOOP * 30, length=120.0)))
    others = [segment(turn["text"], 60 + turn["start"], 60 + turn["end"]) for turn in meeting()["turns"]]
    partly = judge(transcript(segment(PROSE, 0, 8), *looping[:4], *others, length=300.0))
    assert partly.verdict == "suspect"
    assert is_answer(partly)


def test_a_short_recording_may_say_one_thing_again_and_again() -> None:
    assert is_answer(judge(transcript(segment("test " * 10, 0, 6), length=6.0)))
    several = [segment("Okay.", at, at + 1) for at in range(3)]
    assert judge(transcript(*several)).findings == ()


def test_a_loop_is_one_finding_however_often_it_goes_round() -> None:
    looping = [segment(LOOP, 4 * at, 4 * at + 4) for at in range(200)]
    quality = judge(transcript(*looping, length=800.0))
    assert len(quality.findings) == 2
    assert {(finding.start, finding.end) for finding in quality.findings} == {(0, 800)}


def test_more_words_than_anybody_can_say_are_suspect() -> None:
    assert codes(judge(transcript(segment(PROSE, 3, 4), segment(PROSE[3:], 4, 5)))) == [("too_fast", "suspect")]
    assert ("too_fast", "suspect") in codes(judge(transcript(text=" ".join(map(str, range(900))), length=60.0)))
    assert ("too_fast", "suspect") in codes(judge(transcript(segment(PROSE, 0, 20)), (0, 1)))


def test_one_hasty_segment_among_others_is_a_matter_of_its_times() -> None:
    whole = transcript(segment(PROSE, 0, 9), segment("Let us go on with that", 9, 9.2), segment(PROSE[::-1], 9.2, 19))
    assert judge(whole).findings == ()


def test_a_text_whose_length_in_time_is_unknown_is_not_too_fast_and_no_loop_by_its_size() -> None:
    assert compression_ratio(long_text()) > 2.6
    assert judge(transcript(text=long_text(), length=0.0)).findings == ()


def test_a_phrase_that_comes_back_in_one_long_segment_is_no_loop() -> None:
    text = f"{PROSE} {long_text()} {PROSE}"
    assert judge(transcript(segment(text, 0, 1800), length=1800.0)).findings == ()


def test_words_after_the_end_of_the_recording_are_suspect() -> None:
    whole = transcript(segment(PROSE, 0, 9.4), segment("Thanks for watching.", 12, 15), length=9.0)
    assert codes(judge(whole)) == [("words_after_end", "suspect")]
    assert judge(transcript(segment(PROSE, 0, 9.4), length=9.0)).findings == ()


@pytest.mark.parametrize("page", ["<!DOCTYPE html><p>Log in</p>", "<html lang='en'>login</html>", "<HEAD>"])
def test_a_web_page_is_no_answer(page: str) -> None:
    quality = judge(transcript(text=page))
    assert ("not_text", "failed") in codes(quality)
    assert not is_answer(quality)


def test_talk_about_tags_is_an_answer() -> None:
    assert is_answer(judge(transcript(text="The body tag, I mean <b>, is less than the header, a < b.", length=8.0)))


def test_the_models_own_doubt_is_told_where_it_has_one() -> None:
    whole = transcript(segment(PROSE, 0, 8), segment(PROSE[::-1], 9, 17, logprob=-1.4))
    assert codes(judge(whole)) == [("low_confidence", "suspect")]
    assert judge(whole, limits=Limits(logprob=None)).findings == ()
    assert judge(transcript(*spread(PROSE, 0, 9))).findings == ()


def test_findings_made_before_are_kept_and_judging_twice_adds_nothing() -> None:
    note = approximate(0.0, 60.0)
    whole = replace(transcript(segment(PROSE, 0, 8)), quality=Quality("ok", 0.75, (note,), 10.0, 2.5))
    quality = judge(whole)
    assert quality == whole.quality
    once = judge(transcript(segment(PROSE, 0, 8), segment("so we go on " * 6, 30, 39)), (0, 8), (12, 20), (30, 39))
    again = judge(replace(transcript(segment(PROSE, 0, 8), segment("so we go on " * 6, 30, 39)), quality=once))
    assert again == once


def test_damage_is_told() -> None:
    quality = judged(transcript(segment(PROSE, 0, 8)), speech=None, limits=LIMITS, damage=[Span(20.0, 23.0)])
    assert quality.findings == (
        Finding("damaged_audio", 20.0, 23.0, "suspect", "3.00 s of audio could not be decoded"),
    )


def test_findings_hold_no_words_of_the_transcript() -> None:
    quality = judge(transcript(segment("zebra <html> " * 40, 0, 1), segment("zebra", 90, 91)), (0, 30))
    assert len(quality.findings) >= 4
    assert not any("zebra" in finding.detail for finding in quality.findings)


written = st.lists(
    st.tuples(st.sampled_from(["", "Yes.", PROSE, LOOP * 3, "今天。", "<html>"]), st.floats(0, 90), st.floats(0, 20)),
    max_size=8,
)
heard = st.lists(st.tuples(st.floats(0.1, 5), st.floats(0.1, 20)), max_size=6)


@given(written, heard, st.booleans(), st.floats(0, 100))
def test_a_verdict_is_its_worst_finding_and_findings_are_in_order(
    drawn: list[tuple[str, float, float]], stretches: list[tuple[float, float]], listened: bool, length: float
) -> None:
    segments = [segment(text, start, start + more, words=listened) for text, start, more in drawn]
    speech, at = [], 0.0
    for gap, more in stretches:
        speech.append(Span(at + gap, at + gap + more))
        at += gap + more
    quality = judged(transcript(*segments, length=length), speech=speech if listened else None, limits=LIMITS)
    severities = {finding.severity for finding in quality.findings}
    assert severities <= {"note", "suspect", "failed"}
    expected = "failed" if "failed" in severities else "suspect" if "suspect" in severities else "ok"
    assert quality.verdict == expected
    assert is_answer(quality) is (expected != "failed")
    assert 0.0 <= quality.coverage <= 1.0
    assert all(one.start <= other.start for one, other in pairwise(quality.findings))
