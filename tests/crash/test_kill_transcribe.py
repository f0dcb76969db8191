"""Kill the transcribing of five recordings at every file event and SQL statement, run again, and compare."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from kill_harness import KILLED
from transcribe_kills import FORMATS, TranscribeHarness

from transcribe_world import PRICE, World, put

NAMES = ("a.wav", "b.wav", "c.wav", "deep/d.wav", "deep/e.wav")


@pytest.fixture(scope="module")
def harness() -> Iterator[TranscribeHarness]:
    with TranscribeHarness() as harness:
        yield harness


def fresh(folder: Path) -> World:
    """The same five recordings under the same paths as before, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    world = World(folder / "in", folder / "home")
    for pitch, name in enumerate(NAMES, 300):
        put(world.root / Path(name).parent, Path(name).name, pitch)
    return world


def run(harness: TranscribeHarness, world: World, **spec: object) -> int:
    return harness.run(root=world.root, home=world.home, **spec)


def assert_charged_once(world: World, price: Decimal, *, free: bool) -> int:
    """Every recording has one charge; what died on the way is an unknown one. Returns how many died."""
    rows = world.charges()
    assert len(rows) == len(NAMES)
    for row in rows:
        assert (row.cost, row.running, row.failed, row.unpriced) == (price, 0, 0, 0)
        assert row.unknown == (0 if free else row.attempts - 1)
    return sum(row.attempts - 1 for row in rows)


@pytest.mark.parametrize(
    ("free", "step"), [(False, 1), (True, 9)], ids=["a paid provider, every event", "a local engine, every ninth"]
)
def test_transcribing_killed_at_any_event_and_run_again_equals_an_undisturbed_run(
    harness: TranscribeHarness, tmp_path: Path, free: bool, step: int
) -> None:
    world = fresh(tmp_path / "w")
    assert run(harness, world, free=free) == 0
    expected = world.outputs()
    assert set(expected) == {f"{name[:-4]}.{form}" for name in NAMES for form in FORMATS}
    price = Decimal(0) if free else PRICE
    assert assert_charged_once(world, price, free=free) == 0

    number, died, code = 0, 0, KILLED
    while code == KILLED:
        number += step
        world = fresh(tmp_path / "w")
        code = run(harness, world, free=free, kill_at=number)
        for name, content in world.outputs().items():
            assert Path(name).name.startswith(".aiprov-") or content == expected[name]
        assert run(harness, world, free=free) == 0
        assert world.outputs() == expected
        again = assert_charged_once(world, price, free=free)
        assert again <= 6  # as many as were at work
        died += again
    assert code == 0
    assert number > 60  # the events were seen at all
    assert died > 0
    assert json.loads(expected["deep/d.json"])["aiprov"]["source"]["path"] == "d.wav"
