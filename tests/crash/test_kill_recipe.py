"""Kill a recipe of four steps over two recordings at file events and SQL statements, run again, and compare."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kill_harness import KILLED
from recipe_kills import RecipeHarness

from aiprov.archive import Archive
from recipe_world import RecipeWorld
from transcribe_world import put

STEP = 13  # enough to meet every kind of moment


@pytest.fixture(scope="module")
def harness() -> Iterator[RecipeHarness]:
    with RecipeHarness() as harness:
        yield harness


def fresh(folder: Path) -> RecipeWorld:
    """The same recordings under the same paths as before, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    world = RecipeWorld(folder / "in", folder / "home")
    put(world.root, "a.wav", 300)
    put(world.root / "deep", "b.wav", 500)
    return world


def held(world: RecipeWorld) -> dict[str, list[object]]:
    """What is in the archive, by file."""
    if not world.archive.exists():
        return {}
    found: dict[str, list[object]] = {}
    with closing(Archive(world.archive)) as archive:
        for row in archive.rows():
            found.setdefault(str(row.path), []).append((row.lines, row.vector))
    return found


def test_a_recipe_killed_at_any_step_ends_like_one_that_was_not_and_pays_nothing_twice(
    harness: RecipeHarness, tmp_path: Path
) -> None:
    world = fresh(tmp_path / "w")
    spec = {"root": world.root, "home": world.home}
    assert harness.run(**spec) == 0
    outputs, archive = world.outputs(), held(world)
    assert (len(outputs), len(archive)) == (10, 4)
    paid = {row.key: row.cost for row in world.charges()}

    at, died, reached = 0, 0, set()
    while True:
        at += STEP
        world = fresh(tmp_path / "w")
        if harness.run(**spec, kill_at=at) != KILLED:
            break
        for name, content in world.outputs().items():
            assert Path(name).name.startswith(".aiprov-") or content == outputs[name], at
        partly = held(world)
        assert all(partly[name] == archive[name] for name in partly), at
        reached |= {Path(name).suffixes[0] for name in world.outputs()} | {f"archive {len(partly)}"}
        assert harness.run(**spec) == 0
        assert world.outputs() == outputs, at
        assert held(world) == archive, at
        for row in world.charges():
            # What was answered is charged once; what died on the way is an unknown charge, and asked for again.
            assert (row.cost, row.running, row.failed, row.unpriced) == (paid[row.key], 0, 0, 0), at
            died += row.unknown
    assert at > 10 * STEP
    assert died > 0
    assert {".json", ".minutes", ".srt", "archive 0", "archive 2"} <= reached
