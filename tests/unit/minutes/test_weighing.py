"""Lines held against the meeting: where they begin, and those that state nothing."""

import pytest

from aiprov.core.evidence import checked_all
from aiprov.core.meeting import understood
from aiprov.core.minutes import Entry
from aiprov.minutes.hollow import is_hollow
from aiprov.minutes.likeness import word_similarity
from aiprov.minutes.weighing import dated, held
from clerk_world import TALK, document
from minutes_world import claims, sample, told

MEETING = understood(document())


def near(left, right):
    """Takes everything for the same, as embeddings do with phrases that fit everywhere."""
    return [[0.9 for _ in right] for _ in left]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("decision", "The team decided to proceed."),
        ("decision", "It was agreed to move forward with the next steps"),
        ("action_item", "Ben will do it"),
        ("action_item", "Ben will take on the task"),
        ("open_question", "What are the next steps?"),
        ("point", "The participants discussed the matter."),
    ],
)
def test_a_line_that_fits_every_meeting_never_passes(kind, text):
    entry = Entry(text, (2, 3), owner="Ben" if kind == "action_item" else None, kind=kind)
    (found,) = held([entry], MEETING, near)
    assert [problem.code for problem in found.problems] in (["unsaid"], ["owner"])
    assert found.support <= 0.3


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("decision", "The short version is used"),
        ("action_item", "Ben will write the release notes"),
        ("open_question", "What does the second licence cost?"),
        ("topic", "Next steps"),
    ],
)
def test_a_line_with_a_word_of_the_matter_is_not_hollow(kind, text):
    assert not is_hollow(Entry(text, (2, 3, 4), kind=kind), MEETING)


@pytest.mark.parametrize("file", ["minutes_claims.yaml", "minutes_others.yaml", "minutes_heldout.yaml"])
def test_no_right_line_about_a_real_meeting_is_hollow(file):
    for name, lines in claims(file).items():
        meeting = understood(sample(name) if file == "minutes_claims.yaml" else told(lines))
        right = [Entry(line["text"], tuple(line["turns"]), kind=line["kind"]) for line in lines["right"]]
        checks = checked_all(right, meeting, word_similarity)
        assert [entry.text for entry in checks if entry.segments and is_hollow(entry, meeting)] == []


def test_what_was_said_in_just_these_words_is_not_hollow():
    meeting = understood(document([("Anna", "We decided to proceed."), ("Ben", "Fine.")]))
    assert not is_hollow(Entry("Decided to proceed", (0,), kind="decision"), meeting)


@pytest.mark.parametrize(
    ("language", "said", "text"),
    [
        ("de", "Wir nehmen die kurze Fassung.", "Das Team hat beschlossen, fortzufahren."),
        ("fr", "Nous prenons la version courte.", "L'équipe a décidé de poursuivre."),
        ("es", "Usamos la versión corta.", "El equipo decidió continuar."),
    ],
)
def test_hollow_lines_are_known_in_other_languages(language, said, text):
    meeting = understood(document([("Anna", said)], language=language))
    assert is_hollow(Entry(text, (0,), kind="decision"), meeting)
    assert not is_hollow(Entry(said, (0,), kind="decision"), meeting)


def test_a_line_begins_where_its_quote_is_said_and_a_topic_with_its_stretch():
    talk = [
        ("Anna", "Does anybody mind the short version?"),
        ("Ben", "No."),
        ("Anna", "Then we use the short version."),
    ]
    meeting = understood(document(talk))
    (line,) = held([Entry("We use the short version", (0, 1, 2), kind="decision")], meeting, word_similarity)
    assert line.supported
    assert (line.quote, line.start) == ("Then we use the short version.", 10.0)
    (topic,) = held([Entry("short version", (0, 1, 2), kind="topic")], meeting, word_similarity)
    assert topic.start == 0.0


def test_days_are_days_where_the_meetings_day_is_known():
    meeting = understood(document(TALK), today=(2026, 3, 10))
    assert dated(Entry("Ben writes notes", due="Friday"), meeting).due_date == "2026-03-13"
    assert dated(Entry("Ben writes notes", due="Friday"), MEETING).due_date is None
