"""Meetings for the tests of minutes: the samples as they were said, other ones, and an embedder without a model."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from aiprov.core.cues.table import cues_of
from aiprov.core.words import stems

TESTS = Path(__file__).parent
SAMPLES = TESTS.parent / "recipes" / "samples"
NAMES = ("product-sync", "incident-review", "customer-interview")
_WIDTH = 512


def truth_of(name: str) -> dict[str, Any]:
    return dict(json.loads((SAMPLES / f"{name}.truth.json").read_text(encoding="utf-8")))


def sample(name: str, *, labels: bool = False) -> dict[str, Any]:
    """A sample meeting's transcript without an error: one segment for each turn."""
    turns = truth_of(name)["turns"]
    return document([(turn["speaker"], turn["text"]) for turn in turns], turns, labels=labels)


def document(
    said: Sequence[tuple[str, str]], times: Sequence[dict[str, Any]] = (), *, labels: bool = False, language: str = "en"
) -> dict[str, Any]:
    """A transcript of these turns; speakers by name, or by label in the order in which they first speak."""
    people = list(dict.fromkeys(who for who, _ in said))
    segments, at = [], 0.0
    for number, (who, text) in enumerate(said):
        start, end = (times[number]["start"], times[number]["end"]) if times else (at, at + len(text) / 14)
        at = end + 0.4
        speaker = f"SPEAKER_{people.index(who):02}" if labels else who
        segments.append({"id": number, "start": start, "end": end, "text": text, "speaker": speaker})
    return {"language": language, "text": " ".join(text for _, text in said), "segments": segments}


def claims(file: str) -> dict[str, dict[str, Any]]:
    """The meetings of a YAML file under tests, each with `right` and `wrong` lines."""
    return dict(yaml.safe_load((TESTS / file).read_text(encoding="utf-8")))


def told(meeting: dict[str, Any], *, labels: bool = False) -> dict[str, Any]:
    """The transcript of a meeting from such a file."""
    return document([next(iter(turn.items())) for turn in meeting["turns"]], labels=labels)


def bag_of_words(texts: Sequence[str]) -> list[list[float]]:
    """Embed by words alone: texts with the same stems are near. For tests that need no meaning."""
    rows = []
    for text in texts:
        row = [1e-3] * _WIDTH
        for each in stems(text, cues_of("en")):
            row[zlib.crc32(each.encode()) % _WIDTH] += 1.0
        rows.append(row)
    return rows


def likeness(left: Sequence[str], right: Sequence[str]) -> list[list[float]]:
    """An `evidence.Similarity` by words alone."""
    one, other = bag_of_words(left), bag_of_words(right)
    return [[_cosine(row, column) for column in other] for row in one]


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))
