"""Decoded words on their way to segments: none lost, none moved where it was not spoken, loops seen."""

from __future__ import annotations

import json
import zlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiprov.core.passages import (
    Lines,
    Passage,
    compression_ratio,
    covers,
    ends_sentence,
    fitted,
    repeats,
    segments,
)
from aiprov.core.results import Word
from aiprov.core.speech import Span

SAMPLES = Path(__file__).parents[3] / "recipes" / "samples"
LINES = Lines(longest=12.0, pause=0.8, most_characters=220)
TEXTS = [" We", " agree", " then.", " So", " the", " 3", " 3.", " 5", " e.g.", " What?", " no,", " Mr.", " Well"]


@st.composite
def spoken(draw: st.DrawFn, most: int = 40, texts: list[str] = TEXTS) -> list[Word]:
    """Words one after the other, with pauses, in hundredths of a second."""
    at = draw(st.integers(0, 500))
    words = []
    for _ in range(draw(st.integers(0, most))):
        length = draw(st.one_of(st.integers(0, 60), st.integers(0, 800)))
        words.append(Word(at / 100, (at + length) / 100, draw(st.sampled_from(texts)), 0.9))
        at += length + draw(st.sampled_from([0, 0, 0, 20, 200]))
    return words


@st.composite
def heard(draw: st.DrawFn) -> list[Span]:
    """Stretches of speech, in hundredths of a second."""
    at = draw(st.integers(0, 300))
    spans = []
    for _ in range(draw(st.integers(0, 15))):
        length = draw(st.integers(1, 700))
        spans.append(Span(at / 100, (at + length) / 100))
        at += length + draw(st.integers(1, 300))
    return spans


def word(start: float, end: float, text: str) -> Word:
    return Word(start, end, text, 0.9)


def passage(words: list[Word], logprob: float = -0.2) -> Passage:
    span = Span(words[0].start, words[-1].end) if words else Span(0.0, 1.0)
    return Passage(span, tuple(words), logprob, 0.01)


def evenly(text: str, start: float, seconds_each: float = 0.3) -> list[Word]:
    """The words of a text, one after the other."""
    return [
        Word(start + i * seconds_each, start + (i + 1) * seconds_each, f" {each}", 0.9)
        for i, each in enumerate(text.split())
    ]


@pytest.mark.parametrize(
    "text",
    [
        "I think so. I think so. I think so.",
        "so we go on and so we go on and",
        "Thank you very much. Thank you very much!",
        "you know what I mean, you know what I mean",
        "the team will look at the numbers on Monday, and Ann agrees, but the team will look at the numbers on Monday",
        "Yeah. " * 6,
    ],
)
def test_a_looping_decoder_is_seen(text: str) -> None:
    assert repeats(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Yes.",
        "No, no. That is very, very good.",
        "It is what it is.",
        "We will see. They will see that we will do it.",
        "On Monday we ship, and on Tuesday we rest, and on Friday we look back.",
        "bye bye, bye bye",
    ],
)
def test_what_people_say_is_no_loop(text: str) -> None:
    assert not repeats(text)


def test_no_turn_of_the_sample_meetings_is_taken_for_a_loop() -> None:
    truths = [json.loads(path.read_text(encoding="utf-8")) for path in SAMPLES.glob("*.truth.json")]
    turns = [turn["text"] for truth in truths for turn in truth["turns"]]
    assert len(turns) > 50
    assert not [turn for turn in turns if repeats(turn)]


@given(st.lists(st.integers(0, 10_000), unique=True, min_size=3, max_size=20), st.integers(2, 4))
def test_distinct_words_are_no_loop_until_they_are_said_again(numbers: list[int], times: int) -> None:
    phrase = " ".join(f"w{number}" for number in numbers)
    assert not repeats(phrase)
    assert repeats(" ".join([phrase] * times))
    assert repeats(f"before {phrase.upper()}, {phrase}. After")


@given(st.text())
def test_the_compression_ratio_is_that_of_whisper(text: str) -> None:
    expected = len(text.encode()) / len(zlib.compress(text.encode())) if text else 0.0
    assert compression_ratio(text) == expected


@pytest.mark.parametrize("text", [" then.", " What?", " no!", ' done."', " 是。", " so...", " well…", " end.)", " 3."])
def test_a_full_stop_ends_a_sentence(text: str) -> None:
    assert ends_sentence(text)


@pytest.mark.parametrize("text", [" then", " no,", " Mr.", " e.g.", " U.S.", " Dr.", " etc.", "", " ", " so-"])
def test_an_abbreviation_or_a_comma_does_not(text: str) -> None:
    assert not ends_sentence(text)


@given(spoken(), heard())
def test_fitting_keeps_every_word_in_order_and_inside_its_own_time(words: list[Word], speech: list[Span]) -> None:
    moved = fitted(words, speech)
    assert [(each.text, each.probability) for each in moved] == [(each.text, each.probability) for each in words]
    assert all(before.start <= after.start for before, after in pairwise(moved))
    for before, after in zip(words, moved, strict=True):
        assert before.start <= after.start <= after.end <= before.end


@given(spoken())
def test_without_silences_or_without_speech_no_word_is_moved(words: list[Word]) -> None:
    assert fitted(words, [Span(-1.0, 10_000.0)]) == words
    assert fitted(words, []) == words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([(0.0, 1.5, " So"), (1.5, 2.0, " we")], [(1.0, 1.5), (1.5, 2.0)]),
        ([(2.0, 2.4, " we"), (2.4, 4.6, " go.")], [(2.0, 2.4), (2.4, 3.0)]),
        ([(2.4, 6.5, " go."), (6.5, 7.0, " Then")], [(2.4, 3.0), (6.5, 7.0)]),
        ([(2.4, 2.8, " go."), (2.8, 6.4, " Then"), (6.4, 7.0, " we")], [(2.4, 2.8), (6.0, 6.4), (6.4, 7.0)]),
        ([(2.4, 2.8, " we"), (2.8, 6.9, " should"), (6.9, 7.0, " go")], [(2.4, 2.8), (6.0, 6.9), (6.9, 7.0)]),
        ([(3.5, 5.0, " hm")], [(3.5, 5.0)]),
    ],
    ids=[
        "a word that begins in silence begins with speech",
        "a word that ends in silence ends with speech",
        "a sentence's last word stays before the pause",
        "a sentence's first word goes behind the pause",
        "any other word goes where it is longer",
        "a word in pure silence stays where it is",
    ],
)
def test_a_word_stretched_over_a_pause_goes_to_where_it_was_spoken(
    words: list[tuple[float, float, str]], expected: list[tuple[float, float]]
) -> None:
    moved = fitted([word(*each) for each in words], [Span(1.0, 3.0), Span(6.0, 8.0)])
    assert [(each.start, each.end) for each in moved] == expected


@given(spoken())
def test_a_word_accounts_only_for_time_of_its_own_and_for_no_more_than_saying_it_takes(words: list[Word]) -> None:
    for each, cover in zip(words, covers(words), strict=True):
        assert each.start <= cover.start <= cover.end <= each.end
        assert cover.length <= 0.5 + 0.2 * len(each.text)


def test_a_word_stretched_over_a_minute_hides_no_dropped_turn() -> None:
    first, last = covers([word(0.0, 60.0, " done."), word(60.0, 120.0, " so")])
    assert first.end < 5 < 115 < last.start


@given(st.lists(spoken(most=15), max_size=5))
def test_segments_keep_every_word_once_and_in_order(groups: list[list[Word]]) -> None:
    passages = []
    for shift, words in enumerate(groups):
        moved = [Word(each.start + 300 * shift, each.end + 300 * shift, each.text, 0.9) for each in words]
        passages.append(passage(moved))
    made = segments(passages)
    words = [each for segment in made for each in segment.words]
    assert words == [each for part in passages for each in part.words]
    assert [segment.id for segment in made] == list(range(len(made)))
    for segment in made:
        assert segment.words
        assert segment.text == "".join(each.text for each in segment.words)
        assert segment.start == segment.words[0].start
        assert segment.end == max(each.end for each in segment.words)
    assert all(before.start <= after.start for before, after in pairwise(made))


@given(spoken(), st.integers(1, 15), st.integers(20, 200))
def test_no_segment_is_too_long_unless_it_is_one_word(words: list[Word], longest: int, characters: int) -> None:
    for segment in segments([passage(words)], Lines(longest=longest, most_characters=characters)):
        fits = segment.end - segment.start <= longest and len(segment.text) <= characters
        assert fits or len(segment.words) == 1


@given(spoken(texts=[" We", " Agree", " Then.", " What?", ' "No!"', " So,"]))
def test_no_segment_holds_two_sentences(words: list[Word]) -> None:
    for segment in segments([passage(words)]):
        assert not any(ends_sentence(each.text) for each in segment.words[:-1])


@given(spoken())
def test_no_segment_lasts_through_a_long_pause(words: list[Word]) -> None:
    for segment in segments([passage(words)], LINES):
        assert all(after.start - before.end < LINES.pause for before, after in pairwise(segment.words))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We agree. So it is.", [" We agree.", " So it is."]),
        ("Ask Mr. Smith. He knows.", [" Ask Mr. Smith.", " He knows."]),
        ("It grew by 3. 5 percent.", [" It grew by 3. 5 percent."]),
        ("Tools, e.g. hammers. Fine.", [" Tools, e.g. hammers.", " Fine."]),
        ("He said. and went on", [" He said. and went on"]),
        ("Really? Yes! Good.", [" Really?", " Yes!", " Good."]),
    ],
)
def test_sentences_become_segments(text: str, expected: list[str]) -> None:
    assert [segment.text for segment in segments([passage(evenly(text, 1.0))])] == expected


def test_a_long_sentence_is_cut_at_a_pause_or_comma_rather_than_anywhere() -> None:
    before, after = (
        evenly("one two three four five six seven,", 0.0, 1.0),
        evenly("eight nine ten eleven twelve", 7.0, 1.0),
    )
    assert [len(segment.words) for segment in segments([passage(before + after)], Lines(longest=10.0))] == [7, 5]
    before, after = evenly("one two three four five six seven", 0.0, 1.0), evenly("eight nine ten eleven", 7.7, 1.0)
    assert [len(segment.words) for segment in segments([passage(before + after)], Lines(longest=10.0))] == [7, 4]


def test_a_breath_between_two_long_parts_ends_a_segment_and_one_beside_a_few_words_does_not() -> None:
    lines = Lines(breath=0.4, shortest=2.0)
    before = evenly("one two three four five six seven eight", 0.0)
    later = evenly("nine ten eleven twelve thirteen fourteen fifteen", before[-1].end + 0.5)
    assert [len(segment.words) for segment in segments([passage(before + later)], lines)] == [8, 7]
    assert [len(segment.words) for segment in segments([passage(before + later[:2])], lines)] == [10]


def test_words_found_later_in_a_hole_stand_where_they_were_spoken() -> None:
    around = passage([*evenly("We begin.", 0.0), *evenly("We end.", 10.0)])
    found = passage(evenly("And we go on.", 5.0), logprob=-0.7)
    assert [segment.text for segment in segments([around, found])] == [" We begin.", " And we go on.", " We end."]
    assert [segment.avg_logprob for segment in segments([around, found])] == [-0.2, -0.7, -0.2]


def test_words_of_one_passage_keep_their_order_even_when_they_begin_at_one_moment() -> None:
    words = [word(1.0, 1.5, " one"), word(1.0, 1.2, " two"), word(1.0, 1.0, " three")]
    assert segments([passage(words)])[0].text == " one two three"


def test_a_segment_carries_the_figures_of_its_passage() -> None:
    said = Passage(Span(12.34, 14.0), tuple(evenly("We agree.", 12.5)), -0.3, 0.02, temperature=0.2)
    segment = segments([said])[0]
    assert (segment.seek, segment.temperature, segment.avg_logprob, segment.no_speech_prob) == (1234, 0.2, -0.3, 0.02)
    assert segment.compression_ratio == compression_ratio(" We agree.")
    assert said.text == " We agree."
