"""What may be shown as a name, and who says who they are."""

import pytest

from aiprov.core.naming import checked_name, introductions
from aiprov.errors import ConfigError


def segments(*texts, speaker="SPEAKER_00"):
    return [
        {"id": at, "start": 2.0 * at, "end": 2.0 * at + 1.5, "text": f" {text}", "speaker": speaker}
        for at, text in enumerate(texts)
    ]


def names(text, language="en"):
    return [each.name for each in introductions(segments(text), language)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("This is Maria.", "Maria"),
        ("Hello everyone, this is Maria from accounting.", "Maria"),
        ("So this is Dr. Smith.", "Dr. Smith"),
        ("It's Maria.", "Maria"),
        ("Maria speaking.", "Maria"),
        ("Good morning, Maria Lopez speaking.", "Maria Lopez"),
        ("Peter here, can you hear me?", "Peter"),
        ("Hi all, Peter here.", "Peter"),
        ("My name is Maria and I run sales.", "Maria"),
        ("my name's Ursula von der Leyen.", "Ursula von der Leyen"),
        ("I'm Maria Lopez, head of sales.", "Maria Lopez"),
        ("Hi, I’m Maria.", "Maria"),
        ("Yes, I am Jean-Luc O'Brien.", "Jean-Luc O'Brien"),
        ("And I'm Will.", "Will"),
        ("I'm Zoë Šimić.", "Zoë Šimić"),
    ],
)
def test_people_who_say_who_they_are_are_found(text, name):
    assert names(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "This is Monday.",
        "This is Canada.",
        "I'm American.",
        "I'm OK.",
        "I'm CEO here.",
        "I'm Head of Sales.",
        "I'm Director of Sales.",
        "I'm sorry.",
        "I'm maria.",
        "I'm not Maria.",
        "I'm I'm in agreement.",
        "This is Maria's team.",
        "This is Python code.",
        "Generally speaking.",
        "Before speaking, please wait.",
        "Frankly speaking, no.",
        "Right here.",
        "Is Maria speaking?",
        "Hi, this is Maria, she joined us last week.",
        "We think this is Maria.",
        "If I'm Maria, I would say no.",
        "He said I'm Maria.",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text):
    assert names(text) == []


@pytest.mark.parametrize(
    ("language", "text", "name"),
    [
        ("de", "Guten Morgen, hier ist Maria.", "Maria"),
        ("de", "Ich bin die Maria.", "Maria"),
        ("de", "Mein Name ist Maria Schmidt.", "Maria Schmidt"),
        ("de", "Hier spricht Peter Müller.", "Peter Müller"),
        ("de", "Ich bin Entwickler.", None),
        ("de", "Ich bin Chef der Abteilung.", None),
        ("de", "Hier ist Maria, sie ist neu.", None),
        ("fr", "Bonjour, je m'appelle Marie Dupont.", "Marie Dupont"),
        ("fr", "Je suis désolé.", None),
        ("es", "Hola, me llamo María.", "María"),
        ("es", "Soy Carlos.", "Carlos"),
        ("it", "Ciao, mi chiamo Luca.", "Luca"),
        ("it", "Sono americano.", None),
    ],
)
def test_other_languages_have_their_own_ways(language, text, name):
    assert names(text, language) == ([name] if name else [])


def test_a_language_without_phrases_gives_nothing():
    assert names("This is Maria.", "nl") == []


def test_the_evidence_is_the_segment_that_the_name_is_in():
    (found,) = introductions(segments("Good morning.", "My name is", "Maria and I run sales."), "en")
    assert (found.speaker, found.name, found.segment) == ("SPEAKER_00", "Maria", 2)
    assert (found.start, found.end, found.text) == (4.0, 5.5, "Maria and I run sales.")


def test_a_sentence_does_not_go_on_in_another_speakers_mouth():
    talk = [*segments("My name is"), *segments("Maria.", speaker="SPEAKER_01")]
    assert introductions(talk, "en") == ()


def test_a_name_is_suggested_once_for_each_speaker():
    talk = [
        *segments("I'm Maria.", "Maria speaking."),
        *segments("This is Peter.", speaker="SPEAKER_01"),
        *segments("Maria here."),
    ]
    assert [(each.speaker, each.name, each.text) for each in introductions(talk, "en")] == [
        ("SPEAKER_00", "Maria", "I'm Maria."),
        ("SPEAKER_01", "Peter", "This is Peter."),
    ]


def test_who_has_no_label_cannot_be_named():
    assert introductions([{"id": 0, "start": 0.0, "end": 1.0, "text": " I'm Maria."}], "en") == ()


def test_a_long_speech_is_read_in_time_that_grows_with_its_length():
    talk = segments(*["This is what I'm saying and here we are speaking"] * 20_000)
    assert introductions(talk, "en") == ()


@pytest.mark.parametrize("name", ["Maria", "  Maria   Lopez ", "R&D", "张伟", "Zoe\u0308", "7"])
def test_names_are_taken_with_single_spaces(name):
    assert checked_name(name) == " ".join(name.replace("e\u0308", "ë").split())


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "-",
        "a\x1bb",
        "a\u202eb",
        "a\u200bb",
        "\ud800",
        "<b>",
        "[Maria]",
        "a=b",
        "x" * 81,
        "SPEAKER_00",
        "speaker_7",
    ],
)
def test_what_would_be_mistaken_for_something_else_is_no_name(name):
    with pytest.raises(ConfigError) as caught:
        checked_name(name)
    assert caught.value.exit_code == 2
