"""Transcripts and minutes cut for searching."""

import pytest

from aiprov.core.excerpts import Content, Line, of_minutes, of_transcript, text_of
from aiprov.core.minutes import SECTIONS


def document(*said, length=5.0):
    segments = [
        {"start": at * length, "end": at * length + length, "text": text, "speaker": speaker}
        for at, (speaker, text) in enumerate(said)
    ]
    return {"segments": segments}


def words(count, start=0):
    return " ".join(f"w{start + at}" for at in range(count)) + "."


def covered(content: Content) -> list[int]:
    return sorted({at for first, last in content.bounds for at in range(first, last)})


def test_every_line_is_in_an_excerpt_and_none_is_cut():
    content = of_transcript(document(*((f"S{at % 3}", words(17, 100 * at)) for at in range(60))))
    assert covered(content) == list(range(60))
    assert [line.text for line in content.lines] == [words(17, 100 * at) for at in range(60)]


@pytest.mark.parametrize("size", [3, 11, 40, 90, 119])
def test_an_excerpt_has_at_most_160_words_and_begins_with_the_end_of_the_one_before(size):
    content = of_transcript(document(*(("A" if at % 2 else "B", words(size, 1000 * at)) for at in range(40))))
    assert all(len(text.split()) <= 160 for text in content.excerpts)
    for (_, last), (first, _) in zip(content.bounds, content.bounds[1:], strict=False):
        shared = sum(len(line.text.split()) for line in content.lines[first:last])
        assert last - first == 40 // size
        assert shared <= 40


def test_a_turn_that_fits_is_not_cut_between_two_excerpts():
    said = [("A", f"{words(30)} {words(30)}"), ("B", f"{words(35)} {words(35)}"), ("A", f"{words(20)} {words(20)}")]
    content = of_transcript(document(*said))
    ends = [
        content.lines[last - 1].speaker + content.lines[min(last, len(content.lines) - 1)].speaker
        for _, last in content.bounds
    ]
    assert ends[0] == "AB"


def test_a_speech_without_a_full_stop_is_cut_between_words():
    content = of_transcript(document(("A", words(1000)[:-1])))
    assert all(len(text.split()) <= 160 for text in content.excerpts)
    assert [word for line in content.lines for word in line.text.split()] == words(1000)[:-1].split()


def test_names_are_in_what_is_read_and_not_in_what_is_embedded():
    content = of_transcript(document(("Anna", "We have a budget."), ("Anna", "It is small."), ("Ben", "Yes.")))
    assert text_of(content.lines) == "Anna: We have a budget. It is small. Ben: Yes."
    assert content.excerpts == ["We have a budget. It is small. Yes."]
    assert content.texts == [*content.excerpts, "We have a budget.", "It is small.", "Yes."]


def test_what_could_steer_a_terminal_or_is_no_unicode_is_left_out():
    content = of_transcript(document(("An\x1b[31mna", "Red \x1b]0;title\x07 text\u202e and \ud800 half.")))
    (line,) = content.lines
    assert (line.speaker, line.text) == ("An [31mna", "Red ]0;title text and half.")


def test_nothing_said_is_nothing_cut():
    assert of_transcript(document(("A", "  "))) == Content((), ())


def test_each_entry_of_minutes_is_an_excerpt_and_the_unsupported_are_left_out():
    lists = {name: [] for name in SECTIONS}
    lists["decisions"] = [{"text": "We buy  a boat.", "start": 3, "end": 9.5, "speaker": "Anna"}]
    lists["topics"] = [{"text": "Boats", "start": 0, "end": 60}, {"text": " ", "start": 0, "end": 1}]
    content = of_minutes({**lists, "unsupported": [{"text": "Nobody said so", "start": 0, "end": 1}]})
    assert set(content.lines) == {Line(3.0, 9.5, "Anna", "We buy a boat."), Line(0.0, 60.0, None, "Boats")}
    assert content.bounds == ((0, 1), (1, 2))
