"""Kill the summarizing of two meetings at every file event and SQL statement, run again, and compare."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from kill_harness import KILLED
from summarize_kills import SummarizeHarness

from clerk_world import COST, World, topics

STEP = 7  # enough to meet every kind of moment


@pytest.fixture(scope="module")
def harness() -> Iterator[SummarizeHarness]:
    with SummarizeHarness() as harness:
        yield harness


def fresh(folder: Path) -> World:
    """The same meetings under the same paths as before, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    world = World(folder / "in", folder / "home")
    world.put("a.json", topics(12, filler=6))
    world.put("deep/b.json")
    return world


def run(harness: SummarizeHarness, world: World, **spec: object) -> int:
    return harness.run(root=world.root, home=world.home, **spec)


def test_minutes_killed_at_any_event_equal_undisturbed_ones_and_no_call_is_paid_twice(
    harness: SummarizeHarness, tmp_path: Path
) -> None:
    world = fresh(tmp_path / "w")
    assert run(harness, world) == 0
    expected = world.outputs()
    assert len(expected) == 6
    paid = {row.key: row.cost for row in world.charges()}
    assert max(paid.values()) >= 4 * COST  # several chunks: a kill may come between them

    number, died, code = 0, 0, KILLED
    while code == KILLED:
        number += STEP
        world = fresh(tmp_path / "w")
        code = run(harness, world, kill_at=number)
        for name, content in world.outputs().items():
            assert Path(name).name.startswith(".aiprov-") or content == expected[name]
        assert run(harness, world) == 0
        assert world.outputs() == expected
        for row in world.charges():
            # What was answered is charged once; what died on the way is an unknown charge, and asked for again.
            assert (row.cost, row.running, row.failed, row.unpriced) == (paid[row.key], 0, 0, 0)
            died += row.unknown
    assert code == 0
    assert number > 60
    assert died > 0
