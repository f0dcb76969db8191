"""Minutes in the meeting's own words."""

from __future__ import annotations

from typing import Any

import pytest

from aiprov.core.minutes import Entry, Minutes
from aiprov.minutes.extractive import extract
from bench.planted import Tally, planted, rows, score
from minutes_world import NAMES, bag_of_words, document, sample, truth_of


def found(name: str, *, labels: bool = False) -> Minutes:
    return extract(sample(name, labels=labels), bag_of_words, today=(2026, 3, 10))


def entries(minutes: Minutes) -> list[Entry]:
    lists = (minutes.summary, minutes.topics, minutes.decisions, minutes.action_items, minutes.open_questions)
    return [entry for each in lists for entry in each]


def tally(*made: tuple[dict[str, Any], Minutes]) -> dict[str, dict[str, Any]]:
    counts = Tally()
    for truth, minutes in made:
        score(truth, minutes, counts)
    assert counts.misses == [] or all(not each.startswith("!") for each in counts.misses), counts.misses
    return {row["kind"]: row for row in rows(counts)}


def test_the_samples_facts_are_found_with_owners_and_days_and_nothing_else() -> None:
    table = tally(*[(truth_of(name), found(name)) for name in NAMES])
    for kind in ("decisions", "action_items", "open_questions"):
        assert (table[kind]["recall"], table[kind]["precision"]) == (1.0, 1.0), table
    assert table["owner"]["right"] == table["due"]["right"] == 1.0
    assert table["retracted as valid"]["found"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_line_is_verbatim_and_at_its_place(name: str) -> None:
    turns = truth_of(name)["turns"]
    for entry in entries(found(name)):
        said = [turns[segment] for segment in entry.segments]
        assert any(entry.text in turn["text"] for turn in said), entry
        assert said[0]["start"] <= entry.start < entry.end <= said[-1]["end"] + 0.001
        assert entry.support == 1.0


def test_the_owner_of_a_label_is_its_name_and_the_speaker_the_label() -> None:
    owners = {entry.text: (entry.owner, entry.speaker) for entry in found("product-sync", labels=True).action_items}
    assert owners["David, please fix both search bugs before that."] == ("David", "SPEAKER_00")
    assert set(owners.values()) >= {("Kevin", "SPEAKER_03")}
    assert {entry.owner for entry in found("incident-review", labels=True).action_items} == {
        "James", "SPEAKER_00", "SPEAKER_02",
    }  # fmt: skip


def test_days_are_days_where_the_meetings_day_is_known() -> None:
    days = {entry.owner: entry.due_date for entry in found("product-sync").action_items}
    assert days == {"David": "2026-03-19", "Peter": "2026-03-13", "Kevin": "2026-03-31"}
    unknown = extract(sample("product-sync"), bag_of_words)
    assert {entry.due_date for entry in unknown.action_items} == {None}


def test_planted_facts_in_phrases_that_were_in_sight_are_found() -> None:
    made = [planted(seed, 0) for seed in range(12)]
    table = tally(*[(each.facts, extract(each.document, bag_of_words)) for each in made])
    assert table["action_items"]["recall"] >= 0.9
    assert table["action_items"]["precision"] >= 0.95
    assert table["decisions"]["recall"] >= 0.95
    assert table["decisions"]["precision"] >= 0.95
    assert table["open_questions"]["recall"] >= 0.9


def test_what_is_said_in_passing_is_no_task() -> None:
    said = [
        ("A", "I'll be brief. Can you see my screen?"), ("B", "Yes."), ("A", "Let me show you the plan."),
        ("B", "Last year we decided to wait."), ("A", "You need to press the button twice. B, please go on."),
    ]  # fmt: skip
    minutes = extract(document(said), bag_of_words)
    assert (minutes.action_items, minutes.decisions) == ((), ())


def test_a_meeting_without_words_gives_empty_minutes() -> None:
    minutes = extract({"segments": [], "language": "en"}, bag_of_words)
    assert (minutes.title, entries(minutes)) == ("", [])


def test_topics_are_the_whole_meeting_and_the_summary_keeps_its_length() -> None:
    minutes = extract(sample("product-sync"), bag_of_words, summary_words=40)
    assert sorted({segment for topic in minutes.topics for segment in topic.segments}) == list(range(21))
    assert 0 < sum(len(entry.text.split()) for entry in minutes.summary) <= 40


@pytest.mark.parametrize(
    ("language", "said", "owner", "due"),
    [
        ("de", [("Eva", "Jonas, kannst du bis Freitag den Vertrag prüfen?"), ("Jonas", "Ja.")], "Jonas", "Freitag"),
        ("de", [("Eva", "Ich schicke den Bericht bis Ende März an alle.")], "Eva", "Ende März"),
        ("fr", [("Luc", "Je vais envoyer le contrat avant vendredi.")], "Luc", "avant vendredi"),
        ("es", [("Ana", "Voy a preparar el informe para el lunes.")], "Ana", "lunes"),
    ],
)  # fmt: skip
def test_tasks_are_found_in_other_languages(language: str, said: list[tuple[str, str]], owner: str, due: str) -> None:
    (task,) = extract(document(said, language=language), bag_of_words).action_items
    assert (task.owner, task.due) == (owner, due)
