"""Words and segments get speakers: by time, one for each segment, split only where the words allow it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aiprov.core.labelling import labelled
from aiprov.core.results import Segment, Transcript, Word
from aiprov.core.speakers import Diarization, Turn

A, B = "SPEAKER_00", "SPEAKER_01"


def words(text: str, start: float, each: float = 0.4, pause: float = 0.0) -> tuple[Word, ...]:
    """Words of one length, one after the other."""
    step = each + pause
    return tuple(
        Word(start + at * step, start + at * step + each, f" {word}", 0.9) for at, word in enumerate(text.split())
    )


def segment(said: tuple[Word, ...]) -> Segment:
    text = "".join(word.text for word in said)
    return Segment(7, 100, said[0].start, said[-1].end, text, 0.0, -0.2, 1.0, 0.1, said)


def transcript(*segments: Segment) -> Transcript:
    text = "".join(each.text for each in segments).strip()
    return Transcript(text, segments, "en", 60.0, "local", "base", None)


def turns(*spans: tuple[float, float, str]) -> Diarization:
    return Diarization(tuple(Turn(*span) for span in spans), 0.8, "cam++")


def told(found: Transcript) -> list[tuple[str, str | None]]:
    return [(each.text.strip(), each.speaker) for each in found.segments]


def test_a_segment_of_two_speakers_is_split_at_the_end_of_the_first_ones_sentence() -> None:
    said = segment(words("Are you there? Yes I am.", 0.0))
    found = labelled(transcript(said), turns((0.0, 1.25, A), (1.25, 3.0, B)))
    assert told(found) == [("Are you there?", A), ("Yes I am.", B)]
    times = [(each.id, round(each.start, 2), round(each.end, 2)) for each in found.segments]
    assert times == [(0, 0.0, 1.2), (1, 1.2, 2.4)]
    assert [word.speaker for each in found.segments for word in each.words] == [A, A, A, B, B, B]


def test_a_segment_is_split_at_a_pause() -> None:
    said = segment(words("and then we", 0.0) + words("no wait", 1.6))
    found = labelled(transcript(said), turns((0.0, 1.3, A), (1.5, 3.0, B)))
    assert told(found) == [("and then we", A), ("no wait", B)]


def test_where_neither_a_pause_nor_a_sentence_allows_it_the_most_of_the_words_win() -> None:
    said = segment(words("we should ship it on Monday then", 0.0))
    found = labelled(transcript(said), turns((0.0, 0.5, B), (0.5, 3.0, A)))
    assert told(found) == [("we should ship it on Monday then", A)]
    assert [word.speaker for word in found.segments[0].words] == [B] + [A] * 6


def test_a_word_said_by_two_at_once_stays_with_the_one_who_was_speaking() -> None:
    said = segment(words("one two three four", 0.0))
    found = labelled(transcript(said), turns((0.0, 1.7, B), (0.8, 1.2, A)))
    assert [word.speaker for word in found.segments[0].words] == [B, B, B, B]


def test_words_beside_every_turn_belong_to_the_nearest_one_and_far_ones_to_nobody() -> None:
    near, far = segment(words("Hm.", 10.5)), segment(words("Hm.", 30.0))
    found = labelled(transcript(near, far), turns((0.0, 4.0, A), (12.0, 13.0, B), (40.0, 41.0, A)))
    assert told(found) == [("Hm.", B), ("Hm.", None)]


@pytest.mark.parametrize(("second", "overlap"), [(0.3, False), (1.2, True)])
def test_a_segment_overlaps_when_a_second_speaker_talks_for_a_good_part_of_it(second: float, overlap: bool) -> None:
    said = segment(words("one two three four five", 0.0))
    found = labelled(transcript(said), turns((0.0, 2.0, A), (0.5, 0.5 + second, B)))
    assert [(each.speaker, each.overlap) for each in found.segments] == [(A, overlap)]


def test_segments_without_words_go_by_the_time_they_share() -> None:
    said = replace(segment(words("Good morning everyone", 0.0)), words=())
    assert told(labelled(transcript(said), turns((0.0, 0.4, A), (0.4, 3.0, B)))) == [("Good morning everyone", B)]


def test_the_text_is_the_same_before_and_after_and_the_people_are_there() -> None:
    said = [segment(words("Who is it? It is me. Ah.", start, pause=0.05)) for start in (0.0, 10.0)]
    before = transcript(*said)
    found = labelled(before, turns((0.0, 1.4, A), (1.4, 2.6, B), (2.6, 12.0, A), (12.0, 13.0, B)))
    assert found.text == before.text
    assert "".join(each.text for each in found.segments) == "".join(each.text for each in before.segments)
    assert [each.id for each in found.segments] == list(range(len(found.segments)))
    assert found.speakers is not None
    people = [(each.label, round(each.speech_s, 2)) for each in found.speakers.people]
    assert people == [(A, 10.8), (B, 2.2)]
    assert (found.speakers.method, found.speakers.model, found.speakers.confidence) == ("voices", "cam++", 0.8)


def test_a_segment_whose_text_is_not_its_words_is_not_split() -> None:
    said = replace(segment(words("Are you there? Yes I am.", 0.0)), text=" Are you there, Anna? Yes I am.")
    found = labelled(transcript(said), turns((0.0, 1.2, A), (1.2, 3.0, B)))
    assert len(found.segments) == 1


def test_where_nobody_was_heard_nobody_is_named() -> None:
    found = labelled(transcript(segment(words("Thank you.", 0.0))), turns())
    assert told(found) == [("Thank you.", None)]
    assert found.speakers is not None
    assert found.speakers.people == ()
