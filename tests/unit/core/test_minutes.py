"""Minutes as values and as JSON."""

from __future__ import annotations

import json

from aiprov.core.minutes import Author, Entry, Problem, from_document, gathered, to_document

AUTHOR = Author("abstractive", "local", "qwen2.5-7b", "en")
POINT = Entry("The export is done.", (1,), 12.877, 22.107, 0.91, "the export feature is finished", "SPEAKER_01")
TASK = Entry(
    "Fix both bugs.", (8, 9), 53.67, 64.732, 0.8, "I'll fix them", "SPEAKER_01", "David", "Fix both bugs",
    "Thursday", "2026-03-19", kind="action_item",
)  # fmt: skip
WRONG = Entry(
    "Ship on Monday.", (3,), 1.0, 2.0, 0.3, "too early", problems=(Problem("date", "Monday"),), kind="decision"
)


def test_entries_go_where_their_kind_belongs_and_those_with_problems_apart() -> None:
    minutes = gathered("Sync", [TASK, POINT, WRONG], AUTHOR)
    assert (minutes.summary, minutes.action_items, minutes.unsupported) == ((POINT,), (TASK,), (WRONG,))
    assert minutes.decisions == minutes.topics == minutes.open_questions == ()


def test_the_document_has_the_contracts_shape() -> None:
    document = to_document(gathered("Sync", [POINT, TASK, WRONG], AUTHOR), {"path": "sync.json"})
    assert list(document) == [
        "schema", "source", "title", "summary", "topics", "decisions", "action_items", "open_questions",
        "unsupported", "method", "provider", "model", "language",
    ]  # fmt: skip
    assert document["summary"] == [
        {"text": "The export is done.", "segments": [1], "start": 12.877, "end": 22.107, "speaker": "SPEAKER_01",
         "support": 0.91, "quote": "the export feature is finished"}
    ]  # fmt: skip
    task = document["action_items"][0]
    assert (task["owner"], task["task"], task["due"], task["due_date"]) == (
        "David", "Fix both bugs", "Thursday", "2026-03-19",
    )  # fmt: skip
    wrong = document["unsupported"][0]
    assert (wrong["kind"], wrong["problems"]) == ("decision", [{"code": "date", "what": "Monday"}])
    assert "owner" not in wrong
    assert "speaker" not in wrong


def test_an_action_without_owner_or_day_says_so() -> None:
    task = to_document(gathered("", [Entry("Do it.", kind="action_item")], AUTHOR), {})["action_items"][0]
    assert (task["owner"], task["task"], task["due"]) == (None, None, None)
    assert "due_date" not in task


def test_minutes_come_back_from_their_json() -> None:
    minutes = gathered("Sync", [POINT, TASK, WRONG, Entry("Release", kind="topic")], AUTHOR)
    assert from_document(json.loads(json.dumps(to_document(minutes, {})))) == minutes
