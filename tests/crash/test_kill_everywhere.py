"""Kill a run at every single file event and SQL statement, run again, and compare with an undisturbed run."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from kill_harness import KILLED, Harness

from aiprov.core.identity import request_hash
from aiprov.state import Charges, State
from batch_world import PRICE, World

NAMES = ("a.mp3", "b.mp3", "c.wav", "deep/d.mp3", "e.mp3")
TWO = NAMES[2:4]


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    with Harness() as harness:
        yield harness


def outputs(world: World) -> dict[str, bytes]:
    """Everything below the inputs' folder."""
    return {str(p.relative_to(world.root)): p.read_bytes() for p in world.root.rglob("*") if p.is_file()}


def ledger(world: World) -> list[Charges]:
    with State(world.home / "state.sqlite3") as state:
        return state.charges(by="file")


def stored_answer(world: World, name: str) -> bytes:
    with State(world.home / "state.sqlite3") as state:
        sha256 = hashlib.sha256((world.root / name).read_bytes()).hexdigest()
        return state.answer(request_hash("shout", sha256, {"model": "shout-1"})) or b""


def fresh(folder: Path, names: Sequence[str] = NAMES) -> World:
    """The same recordings under the same paths as before, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    world = World(folder / "in", folder / "home")
    for name in names:
        world.put(name)
    return world


def run(harness: Harness, world: World, **spec: object) -> int:
    return harness.run(root=world.root, home=world.home, **spec)


def undisturbed(
    harness: Harness, folder: Path, *steps: dict[str, object], names: Sequence[str] = NAMES
) -> dict[str, bytes]:
    """What stands in the folder after these runs when nothing happens to them."""
    world = fresh(folder, names)
    for step in steps:
        assert run(harness, world, **step) == 0
    return outputs(world)


def kill_points(
    harness: Harness, folder: Path, *before: dict[str, object], names: Sequence[str] = NAMES, **last: object
) -> Iterator[World]:
    """Worlds in which the last run died at its first, second, ... event, until one run comes to its end."""
    number = 0
    code = KILLED
    while code == KILLED:
        number += 1
        world = fresh(folder, names)
        for step in before:
            assert run(harness, world, **step) == 0
        code = run(harness, world, kill_at=number, **last)
        yield world
    assert code == 0
    assert number > 40  # the events were seen at all


def assert_paid_once(world: World) -> None:
    for row in ledger(world):
        assert row.cost == PRICE
        assert (row.running, row.failed, row.unpriced) == (0, 0, 0)
        assert row.attempts == 1 + row.unknown


def assert_nothing_half_written(world: World, *allowed: dict[str, bytes]) -> None:
    for name, content in outputs(world).items():
        assert Path(name).name.startswith(".aiprov-") or content in [each.get(name) for each in allowed]


def test_a_run_killed_at_any_event_and_run_again_equals_an_undisturbed_run(harness: Harness, tmp_path: Path) -> None:
    expected = undisturbed(harness, tmp_path / "w", {})
    assert len(expected) == 15
    for world in kill_points(harness, tmp_path / "w"):
        assert_nothing_half_written(world, expected)
        assert run(harness, world) == 0
        assert outputs(world) == expected
        assert_paid_once(world)
        assert sum(row.unknown for row in ledger(world)) <= 2  # as many as were at work


def test_a_run_with_another_model_killed_at_any_event_replaces_all_outputs_in_the_end(
    harness: Harness, tmp_path: Path
) -> None:
    first = undisturbed(harness, tmp_path / "w", {}, names=TWO)
    expected = undisturbed(harness, tmp_path / "w", {}, {"model": "shout-2"}, names=TWO)
    for world in kill_points(harness, tmp_path / "w", {}, names=TWO, model="shout-2"):
        assert_nothing_half_written(world, first, expected)
        assert run(harness, world, model="shout-2") == 0
        assert outputs(world) == expected
        assert all(row.cost == 2 * PRICE for row in ledger(world))


def test_after_a_forced_run_was_killed_all_outputs_of_a_recording_come_from_one_answer(
    harness: Harness, tmp_path: Path
) -> None:
    old = undisturbed(harness, tmp_path / "w", {"salt": "old"}, names=TWO)
    new = undisturbed(harness, tmp_path / "w", {"salt": "new"}, names=TWO)
    seen = set()
    for world in kill_points(harness, tmp_path / "w", {"salt": "old"}, names=TWO, salt="new", force=True):
        assert run(harness, world, salt="never") == 0
        found = outputs(world)
        assert found.keys() == old.keys()
        for name in TWO:
            stem = name.rsplit(".", 1)[0]
            pair = [f"{stem}.json", f"{stem}.txt"]
            assert [found[each] for each in pair] in ([old[each] for each in pair], [new[each] for each in pair])
            assert found[f"{stem}.txt"] == b"txt plain " + stored_answer(world, name)
            seen.add(found[pair[0]] == old[pair[0]])
    assert seen == {True, False}


def test_a_call_whose_answer_was_never_stored_shows_as_an_unknown_charge(harness: Harness, tmp_path: Path) -> None:
    world = fresh(tmp_path / "w")
    for unknown in range(1, 21):
        assert run(harness, world, kill_call=1, workers=1) == KILLED
        rows = ledger(world)
        assert (sum(row.unknown for row in rows), sum(row.cost for row in rows)) == (unknown, Decimal(0))
    assert run(harness, world) == 0
    rows = ledger(world)
    assert (sum(row.unknown for row in rows), sum(row.cost for row in rows)) == (20, 5 * PRICE)


def test_a_local_call_that_never_reported_back_costs_nothing(harness: Harness, tmp_path: Path) -> None:
    world = fresh(tmp_path / "w")
    assert run(harness, world, kill_call=2, workers=1, free=True) == KILLED
    assert [(row.unknown, row.unpriced, row.cost) for row in ledger(world)] == [(0, 0, Decimal(0))] * 2
