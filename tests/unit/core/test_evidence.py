"""Lines of minutes against what was said, by words alone; tests/e2e holds them against meaning."""

from __future__ import annotations

import pytest

from aiprov.core.evidence import checked
from aiprov.core.meeting import Meeting, understood
from aiprov.core.minutes import Entry
from minutes_world import document, likeness, sample

PRODUCT, INCIDENT, BAKERY = (
    understood(sample(name)) for name in ("product-sync", "incident-review", "customer-interview")
)


def problems(entry: Entry, meeting: Meeting) -> set[str]:
    return {problem.code for problem in checked(entry, meeting, likeness).problems}


def action(text: str, owner: str | None, due: str | None, *turns: int) -> Entry:
    return Entry(text, turns, kind="action_item", owner=owner, due=due)


def decision(text: str, *turns: int) -> Entry:
    return Entry(text, turns, kind="decision")


def test_a_line_that_was_said_is_supported_with_its_place() -> None:
    found = checked(action("Fix both search bugs", "David", "Thursday, the nineteenth", 8, 9), PRODUCT, likeness)
    assert found.problems == ()
    assert (found.segments, found.speaker) == ((8, 9), "Emma")
    assert 53 < found.start < 60 < found.end < 65
    assert found.support > 0.6
    assert found.quote == "David, please fix both search bugs before that."


@pytest.mark.parametrize(
    ("meeting", "entry", "problem"),
    [
        (PRODUCT, action("Fix both search bugs", "Peter", None, 8, 9), "owner"),
        (PRODUCT, action("Write a help page about passwords", "Emma", None, 17), "owner"),
        (INCIDENT, action("James will write to the customers whose orders failed", None, None, 20), "owner"),
        (PRODUCT, action("Fix both search bugs", "David", "Wednesday", 8, 9), "date"),
        (PRODUCT, decision("We release version five on Monday, March 16", 3, 8), "date"),
        (PRODUCT, decision("We release version six on Monday, March 23", 8), "number"),
        (INCIDENT, decision("A second engineer gets the alarm after fifteen minutes", 17), "number"),
        (PRODUCT, Entry("The announcement is written by Sarah", (4,)), "name"),
        (PRODUCT, decision("We do not use the short version", 13), "negation"),
        (INCIDENT, decision("Certificates are installed by hand from now on", 12, 13), "negation"),
        (PRODUCT, decision("We use the long version", 10, 13), "opposite"),
        (BAKERY, decision("We build a separate page for every shop", 8, 9), "retracted"),
        (INCIDENT, decision("We give them a discount", 21, 22), "undecided"),
        (PRODUCT, decision("The office moves to Berlin", 1), "unsaid"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(meeting: Meeting, entry: Entry, problem: str) -> None:
    assert problem in problems(entry, meeting)
    assert checked(entry, meeting, likeness).support <= 0.3


def test_a_better_place_is_found_before_a_line_is_condemned() -> None:
    found = checked(action("Write a help page about passwords", "Kevin", None, 2), PRODUCT, likeness)
    assert (found.problems, found.segments) == ((), (17,))
    assert checked(Entry("The newsletter can wait"), PRODUCT, likeness).segments == (4,)


def test_a_better_place_does_not_excuse_the_contrary() -> None:
    said = [("A", "We release on Monday. Anna, please test it."), ("B", "Sure."), ("C", "Paul tests the printer.")]
    meeting = understood(document(said))
    assert problems(action("Test it", "Paul", None, 0, 1), meeting) == {"owner"}


def test_open_questions_and_topics_state_nothing() -> None:
    question = Entry("Should we give them a discount?", (21, 22), kind="open_question")
    assert problems(question, INCIDENT) == set()
    topic = Entry("No discount", (21,), kind="topic")
    assert "negation" not in problems(topic, INCIDENT)


def test_what_is_told_as_taken_back_may_be_told() -> None:
    told = Entry("Kevin suggested to release without the search screen and took it back", (5, 7))
    assert problems(told, PRODUCT) == set()


def test_names_of_the_glossary_and_near_misses() -> None:
    said = [("Anna", "The new tool from Zermatt is ready. Hanna tests the tool."), ("Hanna", "Fine.")]
    meeting = understood(document(said), glossary=["Zermatt Systems"])
    assert problems(Entry("The new tool from Zermatt Systems is ready", (0,)), meeting) == set()
    assert problems(action("Test the tool", "Hanna", None, 0), meeting) == set()
    assert problems(action("Test the tool", "Anna", None, 0), meeting) == {"owner"}


def test_speakers_without_names_may_own_by_their_label() -> None:
    meeting = understood(sample("incident-review", labels=True))
    entry = action("Add an alarm that rings before a certificate expires", "SPEAKER_02", "tomorrow", 16)
    assert problems(entry, meeting) == set()
    assert problems(action(entry.text, "SPEAKER_00", "tomorrow", 16), meeting) == {"owner"}


def test_without_a_transcript_nothing_is_supported() -> None:
    assert problems(Entry("Anything", (3,)), understood({"segments": [], "language": "en"})) == {"uncited"}
