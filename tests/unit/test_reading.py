"""Transcripts from outside are checked part by part."""

import json

import pytest

from aiprov.errors import InputError
from aiprov.pipelines.formats import render
from aiprov.pipelines.options import RenderOptions
from aiprov.pipelines.reading import parse

WHISPER = {
    "text": " Hi there.",
    "segments": [
        {
            "id": 0,
            "seek": 0,
            "start": 0.0,
            "end": 1.2,
            "text": " Hi there.",
            "tokens": [50364, 2421],
            "temperature": 0.0,
            "avg_logprob": -0.3,
            "compression_ratio": 0.9,
            "no_speech_prob": 0.02,
        }
    ],
    "language": "en",
}

VERBOSE = {
    "task": "transcribe",
    "language": "english",
    "duration": 4.5,
    "text": "Hello there, Bob. Well-known.",
    "segments": [
        {"id": 0, "start": 0.0, "end": 1.5, "text": " Hello there, Bob.", "tokens": [1], "avg_logprob": -0.2},
        {"id": 1, "start": 1.5, "end": 4.5, "text": " Well-known."},
    ],
    "words": [
        {"word": "Hello", "start": 0.0, "end": 0.4},
        {"word": "there", "start": 0.4, "end": 0.8},
        {"word": "Bob", "start": 0.9, "end": 1.5},
        {"word": "Well-known", "start": 1.6, "end": 2.5},
    ],
}

OURS = {
    **WHISPER,
    "aiprov": {
        "schema": 1,
        "source": {"path": "a.mp3", "sha256": "ab", "duration_s": 1.2, "damaged_s": 0.0},
        "provider": "local",
        "model": "base",
        "quality": {"verdict": "ok", "coverage": 1.0, "speech_s": 1.0, "redecoded_s": 0.0, "findings": []},
        "language_probability": 1.0,
    },
}


def changed(document, path, value):
    """A copy of the document with one part replaced, or taken out when the value is None."""
    copy = json.loads(json.dumps(document))
    *way, last = path
    part = copy
    for step in way:
        part = part[step]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return copy


def refused(document):
    with pytest.raises(InputError) as caught:
        parse(document if isinstance(document, str) else json.dumps(document), "meeting.json")
    assert caught.value.code == "bad_transcript"
    return caught.value.message


SPEAKERS = {
    "method": "voices",
    "count": 2,
    "confidence": 0.9,
    "model": "cam++",
    "people": [
        {"label": "SPEAKER_00", "speech_s": 1.0, "name": "Maria", "source": "profile", "match": 0.8},
        {"label": "SPEAKER_01", "speech_s": 0.2},
    ],
    "turns": [[0.0, 1.0, "SPEAKER_00"], [0.9, 1.2, "SPEAKER_01"]],
}
SPOKEN = json.loads(json.dumps(OURS))
SPOKEN["segments"][0] |= {"speaker": "Maria", "overlap": True}
SPOKEN["aiprov"]["speakers"] = SPEAKERS


@pytest.mark.parametrize("document", [WHISPER, OURS, SPOKEN], ids=["whisper", "ours", "speakers"])
def test_a_whisper_document_is_taken_as_it_is(document):
    assert parse(json.dumps(document), "a.json") == document


def test_verbose_json_gets_its_words_back_with_their_punctuation():
    document = parse(json.dumps(VERBOSE), "a.json")
    assert document["language"] == "en"
    assert [word["word"] for word in document["segments"][0]["words"]] == [" Hello", " there,", " Bob."]
    assert document["segments"][1]["words"] == [{"word": " Well-known.", "start": 1.6, "end": 2.5}]
    assert "\nHello there,\nBob.\n" in render(document, "srt", RenderOptions(max_line_width=13))


def test_verbose_json_whose_words_do_not_match_the_text_keeps_the_text():
    document = parse(json.dumps(changed(VERBOSE, ("words", 2, "word"), "Rob")), "a.json")
    assert "words" not in document["segments"][0]
    assert "Hello there, Bob." in render(document, "srt")


def test_a_byte_that_is_no_number_or_list_is_named_by_its_place():
    assert "segments is missing" in refused(changed(WHISPER, ("segments",), None))
    assert "segments is not a list" in refused(changed(WHISPER, ("segments",), {"a": 1}))
    assert "segments[0] is not an object" in refused(changed(WHISPER, ("segments", 0), "x"))
    assert "segments[0].start is missing" in refused(changed(WHISPER, ("segments", 0, "start"), None))
    assert "segments[0].start is not a number" in refused(changed(WHISPER, ("segments", 0, "start"), "0"))
    assert "segments[0].start is not a number" in refused(changed(WHISPER, ("segments", 0, "start"), True))
    assert "segments[0].start is not a number" in refused(changed(WHISPER, ("segments", 0, "start"), 10**400))
    assert "segments[0].start is negative" in refused(changed(WHISPER, ("segments", 0, "start"), -1))
    assert "segments[0] ends before it starts" in refused(changed(WHISPER, ("segments", 0, "start"), 3))
    assert "segments[0].text is not text" in refused(changed(WHISPER, ("segments", 0, "text"), 3))
    assert "segments[0].speaker is not text" in refused(changed(WHISPER, ("segments", 0, "speaker"), 3))
    assert "segments[0].words[0].word is missing" in refused(changed(WHISPER, ("segments", 0, "words"), [{}]))
    assert "language is missing" in refused(changed(WHISPER, ("language",), None))


@pytest.mark.parametrize(
    "part",
    [
        ("schema",),
        ("source",),
        ("source", "sha256"),
        ("source", "duration_s"),
        ("model",),
        ("quality",),
        ("quality", "verdict"),
        ("quality", "findings"),
        ("language_probability",),
    ],
)
def test_our_own_part_is_checked_as_strictly(part):
    refused(changed(OURS, ("aiprov", *part), None))
    refused(changed(OURS, ("aiprov", *part), [["x"]]))


@pytest.mark.parametrize(
    "part", [("method",), ("count",), ("people",), ("people", 1, "label"), ("people", 0, "speech_s"), ("turns",)]
)
def test_what_is_said_of_speakers_is_checked(part):
    assert "aiprov.speakers." in refused(changed(SPOKEN, ("aiprov", "speakers", *part), None))


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        (("aiprov", "speakers"), [], "aiprov.speakers is not an object"),
        (("aiprov", "speakers", "confidence"), "x", "aiprov.speakers.confidence is not a number"),
        (("aiprov", "speakers", "model"), 7, "aiprov.speakers.model is not text"),
        (("aiprov", "speakers", "people", 0), "x", "people[0] is not an object"),
        (("aiprov", "speakers", "people", 0, "name"), 7, "people[0].name is not text"),
        (("aiprov", "speakers", "people", 0, "match"), "x", "people[0].match is not a number"),
        (("aiprov", "speakers", "turns", 0), [0.0, 1.0], "turns[0] is not a start, an end and a label"),
        (("aiprov", "speakers", "turns", 0), {"a": 1, "b": 2, "c": 3}, "turns[0] is not a start"),
        (("aiprov", "speakers", "turns", 1), [2.0, 1.0, "A"], "turns[1] ends before it starts"),
        (("aiprov", "speakers", "turns", 1), [1.0, 2.0, 3], "turns[1].label is not text"),
        (("segments", 0, "overlap"), "yes", "segments[0].overlap is not true or false"),
    ],
)
def test_a_wrong_part_of_the_speakers_is_named_by_its_place(part, value, said):
    assert said in refused(changed(SPOKEN, part, value))


def test_a_newer_schema_is_refused_with_that_reason():
    assert "newer version" in refused(changed(OURS, ("aiprov", "schema"), 2))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '"x"', "[" * 100_000, '{"segments": NaN}', '{"a": Infinity}'])
def test_what_is_no_transcript_at_all_is_refused(text):
    assert "meeting.json is not a transcript" in refused(text)


def test_messages_hold_no_words_of_the_transcript():
    assert "secret" not in refused(changed(WHISPER, ("segments", 0, "end"), "secret"))
