"""Right and wrong lines about real meetings, held against what was said there with the real starter model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiprov.core.evidence import checked_all
from aiprov.core.meeting import understood
from aiprov.core.minutes import Entry
from aiprov.minutes.extractive import extract
from aiprov.minutes.vectors import Embed, Vectors
from aiprov.models import ModelStore
from aiprov.providers.local.sentence import SentenceModel
from minutes_world import claims, sample, told, truth_of

MODEL = "all-minilm-l6-v2"
# Lines with one of these faults never pass.
NEVER = ("owner", "number")


@pytest.fixture(scope="module")
def embed(starter_models: Path) -> Embed:
    store = ModelStore(starter_models / "models", offline=True, trust_cache=True)
    model = SentenceModel(MODEL, store.verified_path(MODEL), "cpu", 1)
    return lambda texts: model.embed(texts, lambda: None)[0]


def judged(
    file: str, transcript: Callable[[str, dict[str, Any]], dict[str, Any]], embed: Embed
) -> dict[str, list[Any]]:
    """All lines of a file after the check, right and wrong ones, with the fault that was put in."""
    vectors = Vectors(embed)
    found: dict[str, list[Any]] = {"right": [], "wrong": []}
    for name, meeting in claims(file).items():
        understanding = understood(transcript(name, meeting))
        for side, lines in found.items():
            entries = [
                Entry(
                    line["text"], tuple(line["turns"]), kind=line["kind"], owner=line.get("owner"), due=line.get("due")
                )
                for line in meeting[side]
            ]
            checks = checked_all(entries, understanding, vectors.similarity)
            lines += zip([line.get("fault") for line in meeting[side]], checks, strict=True)
    return found


@pytest.mark.parametrize(
    ("file", "transcript"),
    [
        ("minutes_claims.yaml", lambda name, _: sample(name)),
        ("minutes_others.yaml", lambda _, meeting: told(meeting)),
        ("minutes_heldout.yaml", lambda _, meeting: told(meeting)),
    ],
    ids=["samples", "other meetings", "held out"],
)
def test_of_forty_wrong_lines_36_are_marked_and_of_forty_right_ones_at_most_four(
    file: str, transcript: Callable[[str, dict[str, Any]], dict[str, Any]], embed: Embed
) -> None:
    found = judged(file, transcript, embed)
    assert [len(lines) for lines in found.values()] == [40, 40]
    passed = [(fault, entry.text) for fault, entry in found["wrong"] if entry.supported]
    marked = [(entry.text, entry.problems) for _, entry in found["right"] if not entry.supported]
    assert len(passed) <= 4, passed
    assert len(marked) <= 4, marked
    assert not [text for fault, text in passed if fault in NEVER]


@pytest.mark.parametrize("name", ["product-sync", "incident-review", "customer-interview"])
def test_extracted_lines_lie_within_five_seconds_of_their_turns(name: str, embed: Embed) -> None:
    truth = truth_of(name)
    minutes = extract(sample(name), embed)
    for kind in ("decisions", "action_items", "open_questions"):
        for fact in truth[kind]:
            turns = [truth["turns"][at] for at in fact["turns"]]
            near = [
                entry
                for entry in getattr(minutes, kind)
                if turns[0]["start"] - 5 <= entry.start <= turns[-1]["end"] + 5
            ]
            assert near, fact
