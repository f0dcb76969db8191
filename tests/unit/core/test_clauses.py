"""What each part of a sentence does, and who is who in a meeting."""

from __future__ import annotations

import pytest

from aiprov.core.clauses import Act, clauses
from aiprov.core.cues.table import cues_of
from aiprov.core.meeting import understood
from aiprov.core.turns import sentences, utterances
from minutes_world import NAMES, document, sample, truth_of


def parts(text: str, language: str = "en") -> list[str]:
    return [each.text for each in clauses(sentences(utterances(document([("A", text)]))), language)]


def test_a_sentence_that_speech_recognition_ran_together_is_cut() -> None:
    text = "Agreed, from now on, certificates are installed by a script and never by hand, James, can you write it?"
    assert parts(text) == [
        "Agreed, from now on, certificates are installed by a script and never by hand,",
        "James, can you write it?",
    ]
    assert parts("Good point, we use the short version and Peter adds one line about the student discount.") == [
        "Good point, we use the short version",
        "and Peter adds one line about the student discount.",
    ]


def test_a_condition_stays_with_what_follows() -> None:
    assert parts("If nobody answers within five minutes, the second engineer gets the alarm.") == [
        "If nobody answers within five minutes, the second engineer gets the alarm."
    ]


@pytest.mark.parametrize(
    ("language", "text", "act"),
    [
        ("en", "I'll fix them by Thursday.", Act.COMMIT),
        ("en", "I'll be brief.", Act.PASSING),
        ("en", "David, please fix both bugs.", Act.REQUEST),
        ("en", "Can you hear me?", Act.QUESTION),
        ("en", "Then it's decided.", Act.DECIDE),
        ("en", "From now on we use a script.", Act.RULING),
        ("en", "Does anyone object to the short version?", Act.OBJECTIONS),
        ("en", "We don't know that yet.", Act.UNDECIDED),
        ("en", "Forget it, I take that back.", Act.RETRACT),
        ("en", "what is fast enough for you.", Act.QUESTION),
        ("de", "Ich schicke dir den Vertrag bis Freitag.", Act.COMMIT),
        ("de", "Kannst du das bis Montag prüfen?", Act.REQUEST),
        ("de", "Damit ist das beschlossen.", Act.DECIDE),
        ("de", "Das wissen wir noch nicht.", Act.UNDECIDED),
        ("fr", "Je vais envoyer le contrat avant vendredi.", Act.COMMIT),
        ("fr", "Est-ce que tout le monde est d'accord ?", Act.CONTENTED),
        ("fr", "On ne le sait pas encore.", Act.UNDECIDED),
        ("es", "Voy a enviar el contrato el viernes.", Act.COMMIT),
        ("es", "Queda decidido.", Act.DECIDE),
        ("es", "Todavía no lo sabemos.", Act.UNDECIDED),
    ],
)  # fmt: skip
def test_a_clause_does_what_its_words_say(language: str, text: str, act: Act) -> None:
    (clause,) = clauses(sentences(utterances(document([("A", text)]))), language)
    assert clause.does(act), clause.acts


def test_a_language_without_a_table_has_no_acts_but_a_question_mark() -> None:
    found = clauses(sentences(utterances(document([("A", "I'll do it. Va bene?")]))), "it")
    assert [set(each.acts) for each in found] == [set(), {Act.QUESTION}]
    assert cues_of("it") is cues_of("cs")


def test_who_answers_to_a_name_bears_it() -> None:
    names = {name: understood(sample(name, labels=True)).names for name in NAMES}
    assert names["customer-interview"] == {"SPEAKER_00": "Maria", "SPEAKER_01": "Daniel"}
    assert names["product-sync"] == {"SPEAKER_01": "David", "SPEAKER_02": "Peter", "SPEAKER_03": "Kevin"}
    assert names["incident-review"] == {"SPEAKER_01": "James"}


def test_a_name_that_two_could_bear_is_given_to_nobody() -> None:
    said = [("A", "Anna, can you start?"), ("B", "Yes."), ("C", "Anna, please go on."), ("D", "Sure.")]
    assert understood(document(said, labels=True)).names == {}


def test_who_introduces_themselves_keeps_that_name() -> None:
    said = [("A", "Hello, my name is Vera."), ("B", "Thank you, Vera. Anna, what is new?"), ("C", "Yes, the printer.")]
    assert understood(document(said, labels=True)).names == {"SPEAKER_00": "Vera", "SPEAKER_02": "Anna"}


@pytest.mark.parametrize("name", NAMES)
def test_what_was_taken_back_is_known(name: str) -> None:
    meeting = understood(sample(name))
    back = {segment for at in meeting.taken_back for segment in meeting.clauses[at].segments}
    truth = truth_of(name)
    assert all(back & set(fact["turns"]) for fact in truth["retracted"])
    assert not back & {turn for fact in truth["action_items"] for turn in fact["turns"]}


def test_the_day_of_the_meeting_is_known_where_it_is_given_or_said_with_its_year() -> None:
    assert understood(sample("product-sync")).today is None
    assert understood(sample("product-sync"), today=(2026, 3, 10)).today == (2026, 3, 10)
    assert understood(document([("A", "Today is March 10, 2026.")])).today == (2026, 3, 10)
