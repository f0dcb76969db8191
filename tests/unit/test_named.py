"""Names go into a transcript's JSON and out of it again, and follow a voice when labels change."""

import json

from aiprov.pipelines.named import moments_of, named, names_at, names_mark, people_of, turns_of, unnamed


def segment(start, end, label, **more):
    words = [{"word": " Hi", "start": start, "end": end, "speaker": label}]
    return {"id": 0, "start": start, "end": end, "text": " Hi", "words": words, "speaker": label, **more}


def meeting(*turns, **people):
    """A meeting in which each turn is a segment; `people` are names of known voices."""
    labels = dict.fromkeys(label for _, _, label in turns)
    persons = [
        {"label": label, "speech_s": 2.0}
        | ({"name": people[label], "source": "profile", "match": 0.8} if label in people else {})
        for label in labels
    ]
    speakers = {"method": "voices", "count": len(labels), "people": persons, "turns": [list(turn) for turn in turns]}
    segments = [segment(*turn) for turn in turns]
    return {"text": "", "segments": segments, "language": "en", "aiprov": {"schema": 1, "speakers": speakers}}


TALK = meeting((0.0, 2.0, "A"), (2.0, 5.0, "B"), (5.0, 6.0, "A"))


def spoken(document):
    return [(each["speaker"], each["words"][0]["speaker"]) for each in document["segments"]]


def test_segments_and_words_show_names_and_turns_keep_labels():
    shown = named(TALK, {"A": "Maria"})
    assert spoken(shown) == [("Maria", "Maria"), ("B", "B"), ("Maria", "Maria")]
    assert shown["aiprov"]["speakers"]["people"] == [
        {"label": "A", "speech_s": 2.0, "name": "Maria", "source": "given"},
        {"label": "B", "speech_s": 2.0},
    ]
    assert shown["aiprov"]["speakers"]["turns"] == TALK["aiprov"]["speakers"]["turns"]


def test_the_document_that_was_given_stays_as_it_was():
    before = json.dumps(TALK)
    named(TALK, {"A": "Maria"})
    unnamed(named(TALK, {"A": "Maria"}))
    assert json.dumps(TALK) == before


def test_known_voices_show_without_anybody_naming_them_and_a_given_name_counts_more():
    heard = meeting((0.0, 2.0, "A"), (2.0, 5.0, "B"), A="Mary", B="Bob")
    assert spoken(named(heard, {})) == [("Mary", "Mary"), ("Bob", "Bob")]
    shown = named(heard, {"A": "Maria", "B": ""})
    assert spoken(shown) == [("Maria", "Maria"), ("B", "B")]
    assert shown["aiprov"]["speakers"]["people"] == [
        {"label": "A", "speech_s": 2.0, "name": "Maria", "source": "given"},
        {"label": "B", "speech_s": 2.0},
    ]


def test_names_can_be_taken_out_again():
    shown = named(TALK, {"A": "Maria", "B": "Bob"})
    assert spoken(unnamed(shown)) == spoken(TALK)
    assert named(unnamed(shown), {}) == shown


def test_labels_that_share_a_name_are_told_apart_by_their_turns():
    shown = named(TALK, {"A": "Maria", "B": "Maria"})
    assert {each["speaker"] for each in shown["segments"]} == {"Maria"}
    assert spoken(unnamed(shown)) == spoken(TALK)


def test_other_tools_documents_are_named_by_their_segments():
    foreign = {"segments": [segment(0.0, 1.0, "A"), {"start": 1.0, "end": 2.0, "text": "x"}], "language": "en"}
    assert people_of(foreign) == {"A": "A"}
    assert spoken(named({**foreign, "segments": foreign["segments"][:1]}, {"A": "Maria"})) == [("Maria", "Maria")]
    assert named(foreign, {"A": "Maria"})["segments"][1] == foreign["segments"][1]


def test_without_speakers_nothing_changes():
    bare = {"segments": [{"start": 0.0, "end": 1.0, "text": "x"}], "language": "en"}
    assert named(bare, {"A": "Maria"}) == unnamed(bare) == bare
    assert people_of(bare) == {}
    assert turns_of(bare) == []


def test_a_name_is_kept_for_the_middle_of_the_longest_turn_of_that_speaker_alone():
    overlapping = meeting((0.0, 9.0, "A"), (3.0, 6.0, "B"), (10.0, 14.0, "A"), (20.0, 21.0, "B"))
    assert moments_of(overlapping, {"A": "Maria", "B": "Bob", "C": "nobody"}) == {12.0: "Maria", 20.5: "Bob"}


def test_a_speaker_who_never_speaks_alone_keeps_the_name_as_well():
    hidden = meeting((0.0, 9.0, "A"), (3.0, 6.0, "B"), (6.0, 9.0, "A"))
    moments = moments_of(hidden, {"B": "Bob"})
    assert names_at(hidden, moments) == {"B": "Bob"}


def test_names_follow_the_voice_when_labels_are_others():
    moments = moments_of(TALK, {"A": "Maria", "B": "Bob"})
    again = meeting((0.0, 0.4, "A"), (0.4, 1.9, "B"), (2.1, 4.9, "C"), (5.1, 6.0, "B"))
    assert names_at(again, moments) == {"B": "Maria", "C": "Bob"}


def test_two_people_under_one_label_are_not_named():
    moments = moments_of(TALK, {"A": "Maria", "B": "Bob"})
    assert names_at(meeting((0.0, 6.0, "A")), moments) == {}
    assert names_at(meeting((20.0, 26.0, "A")), moments) == {}


def test_other_names_have_another_mark_and_no_names_none():
    assert names_mark({}) == ""
    marks = {names_mark({1.0: "Maria"}), names_mark({1.0: "Mária"}), names_mark({2.0: "Maria"}), names_mark({1.0: ""})}
    assert len(marks) == 4
    assert names_mark({1.0: "a", 2.0: "b"}) == names_mark({2.0: "b", 1.0: "a"})
