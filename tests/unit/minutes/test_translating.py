"""Checked lines in another language."""

import asyncio

from aiprov.core.minutes import Entry
from aiprov.core.pricing import estimated_tokens
from aiprov.core.results import ChatResult, Usage
from aiprov.minutes.reader import Reader
from aiprov.minutes.translating import translated

LINES = [
    Entry("The 2 bugs are fixed", (1,), 5.0, 9.0, 0.9, "two bugs", kind="decision"),
    Entry("Ben writes notes", (2,), owner="Ben", task="Ben writes notes", due="Friday", kind="action_item"),
]


def german(answers, entries=LINES):
    asked = []

    async def ask(request):
        lines = request.messages[-1].content.splitlines()[1:-1]
        asked.append(lines)
        return ChatResult("", "played", "m", Usage(), data={"lines": answers(lines)})

    reader = Reader("played", "m", ask, estimated_tokens)
    return asyncio.run(translated(entries, "de", reader)), asked


def test_texts_tasks_and_dates_are_translated_and_places_and_quotes_stay():
    (first, second), asked = german(lambda lines: [f"DE {line}" for line in lines])
    assert (first.text, first.quote, first.segments) == ("DE The 2 bugs are fixed", "two bugs", (1,))
    assert (second.text, second.task, second.due, second.owner) == (
        "DE Ben writes notes", "DE Ben writes notes", "DE Friday", "Ben",
    )  # fmt: skip
    assert asked == [["The 2 bugs are fixed", "Ben writes notes", "Friday"]]


def test_a_translation_with_another_number_or_without_a_word_is_none():
    (first, second), _ = german(lambda lines: ["Die 3 Fehler", " ", "Freitag"])
    assert (first.text, second.text, second.due) == ("The 2 bugs are fixed", "Ben writes notes", "Freitag")


def test_lines_that_come_back_fewer_are_asked_for_in_halves():
    (first, second), asked = german(lambda lines: [f"DE {line}" for line in lines[:1]])
    assert (first.text, second.due) == ("DE The 2 bugs are fixed", "DE Friday")
    assert len(asked) > 2


def test_more_lines_than_fit_go_in_groups():
    many = [Entry(f"Line {at} of a long list of things that were said", (at,)) for at in range(600)]
    found, asked = german(lambda lines: [f"DE {line}" for line in lines], many)
    assert len(asked) > 1
    assert all(entry.text.startswith("DE ") for entry in found)
