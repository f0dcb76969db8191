"""What became of what somebody put or asked, and lines of minutes that say otherwise."""

from __future__ import annotations

import pytest

from aiprov.core.clauses import Act
from aiprov.core.evidence import checked
from aiprov.core.meeting import Meeting, understood
from aiprov.core.minutes import Entry
from aiprov.core.outcomes import Outcome, outcome
from minutes_world import document, likeness

Said = tuple[tuple[str, str], ...]


def meeting(*said: tuple[str, str]) -> Meeting:
    return understood(document(list(said)))


def became(*said: tuple[str, str]) -> Outcome:
    """What became of the first thing that was put or asked."""
    found = meeting(*said)
    put = next(each for each in found.clauses if each.does(Act.PROPOSE, Act.QUESTION))
    return outcome(put, found)


def problems(text: str, said: Said, kind: str = "decision") -> set[str]:
    entry = Entry(text, tuple(range(len(said))), kind=kind)
    return {problem.code for problem in checked(entry, meeting(*said), likeness).problems}


PUT = ("Anna", "Could we close the north gate in summer?")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((("Ben", "Yes, good idea."),), Outcome.TAKEN),
        ((("Ben", "No, absolutely not."),), Outcome.REFUSED),
        ((("Ben", "I don't know yet."),), Outcome.OPEN),
        ((("Ben", "The coffee is cold."),), Outcome.UNKNOWN),
        ((("Ben", "I'm not sure."), ("Anna", "Then it's decided, we close the north gate.")), Outcome.TAKEN),
        ((("Anna", "No, forget it, I take that back."), ("Ben", "Okay.")), Outcome.REFUSED),
    ],
)
def test_what_binds_decides_and_otherwise_a_yes_or_no(answers: Said, expected: Outcome) -> None:
    assert became(PUT, *answers) is expected


def test_an_answer_to_something_else_is_none() -> None:
    other = ("Ben", "Should we order new chairs for the library?")
    assert became(PUT, other, ("Anna", "Yes, good idea.")) is Outcome.UNKNOWN


GATE: Said = (PUT, ("Ben", "No, absolutely not. The lorries need it."))


def test_what_was_refused_is_not_what_was_decided() -> None:
    assert "undecided" in problems("The north gate is closed in summer", GATE)
    taken = (PUT, ("Ben", "Yes, good idea."), ("Anna", "Then it's decided, we close the north gate in summer."))
    assert problems("The north gate is closed in summer", taken) == set()


ROUTE: Said = (("Anna", "We decided to build the road from west to east."),)


def test_words_that_change_places_are_found() -> None:
    assert "opposite" in problems("The road is built from east to west", ROUTE)
    assert "opposite" not in problems("The road is built from west to east", ROUTE)


RULES: Said = (("Anna", "We decided that phones stay in lockers during lessons, and they are allowed at lunch."),)


def test_parts_that_exchange_words_are_found() -> None:
    assert "opposite" in problems("Phones are allowed during lessons, and they stay in lockers at lunch", RULES)
    assert "opposite" not in problems("Phones stay in lockers during lessons, and they are allowed at lunch", RULES)


KEPT: Said = (("Anna", "Shall we quarantine the twelve flaky tests?"), ("Ben", "Yes, good idea."))


def test_a_denial_of_what_was_taken_is_found() -> None:
    assert "negation" in problems("The twelve flaky tests are not quarantined", KEPT)
    assert "negation" not in problems("The twelve flaky tests are quarantined", KEPT)


PRICE: Said = (
    ("Anna", "I suggest a ticket price of twelve euros."),
    ("Ben", "That is too much. Let's agree on nine euros for the ticket price."),
)


def test_a_number_that_was_settled_otherwise_is_found() -> None:
    assert "number" in problems("The ticket price is twelve euros", PRICE)
    assert "number" not in problems("The ticket price is nine euros", PRICE)


def test_what_is_taken_back_is_what_is_named() -> None:
    found = meeting(
        ("Anna", "Let's rent a second van."),
        ("Anna", "And let's buy the big tent."),
        ("Anna", "Forget the van, that was silly."),
    )
    back = [found.clauses[at].text for at in sorted(found.taken_back)]
    assert any("van" in text for text in back)
    assert not any("tent" in text for text in back)
