"""Title and summary from checked notes."""

import asyncio
import json

import pytest

from aiprov.core.meeting import understood
from aiprov.core.minutes import Entry
from aiprov.core.pricing import estimated_tokens
from aiprov.core.results import ChatResult, Usage
from aiprov.minutes.overview import Overview, overview
from aiprov.minutes.prompts import Wish
from aiprov.minutes.reader import Reader, TooLongError
from clerk_world import document, noted

NOTES = [
    Entry(f"Number {at} is painted by the company", (at, at + 1), 5.0 * at, 5.0 * at + 9, 0.9, kind="decision")
    for at in range(40)
]
MEETING = understood(document())


def told(entries, context=32_000, twist=lambda data: data, **more):
    requests = []

    async def ask(request):
        requests.append(request)
        data = twist(noted(request))
        return ChatResult(json.dumps(data), "played", "m", Usage(), data=data)

    reader = Reader("played", "m", ask, estimated_tokens, context_tokens=context, **more)
    return asyncio.run(overview(entries, MEETING, reader, Wish())), requests


def test_points_carry_the_segments_of_the_notes_that_they_tell():
    found, _ = told(NOTES[:3])
    assert found.title.text == "Pricing page"
    assert found.title.kind == "title"
    assert [(point.text, point.segments, point.start, point.end) for point in found.points] == [
        (note.text, note.segments, note.start, note.end) for note in NOTES[:3]
    ]


def test_notes_that_are_not_there_are_not_cited():
    found, _ = told(NOTES[:2], twist=lambda data: {"title": "", "summary": [{"text": "So", "notes": [0, 3, -1]}]})
    assert found.title is None
    assert found.points[0].segments == ()


def test_more_notes_than_fit_are_told_in_groups_and_told_again():
    found, requests = told(NOTES, context=1600)
    assert len(requests) > 2
    assert len(found.points) == 3
    shown = [
        line for request in requests[:-1] for line in request.messages[-1].content.splitlines() if ": Number" in line
    ]
    assert len(shown) >= len(NOTES)  # nobody's note was left out


def test_a_model_that_only_repeats_does_not_go_on_for_ever():
    def all_of_them(data):
        return data | {"summary": [{"text": f"Point {at}", "notes": [1]} for at in range(50)]}

    with pytest.raises(TooLongError):
        told(NOTES, context=1600, twist=all_of_them)


def test_nothing_is_asked_about_nothing():
    assert told([]) == (Overview(), [])


def test_what_a_limit_cut_off_is_no_title_and_ends_with_dots():
    def cut(data):
        return {"title": "T" * 60, "summary": [{"text": "painted " * 25, "notes": [1]}]}

    found, _ = told(NOTES[:2], twist=cut, local=True)
    assert found.title is None
    assert found.points[0].text.endswith("painted …")
    found, _ = told(NOTES[:2], twist=cut)  # without limits nothing was cut
    assert (found.title.text, found.points[0].text) == ("T" * 60, ("painted " * 25).strip())
