"""A hundred kills at random, at events and at moments, one after the other on the same folders."""

from __future__ import annotations

import random
from pathlib import Path

from kill_harness import KILLED, Harness

from aiprov.state import State
from batch_world import PRICE, World

NAMES = tuple(f"{number}.mp3" for number in range(8))


def world_at(folder: Path) -> World:
    world = World(folder / "in", folder / "home")
    for name in NAMES:
        world.put(name)
    return world


def test_a_hundred_random_kills_lose_nothing_and_pay_nothing_twice(tmp_path: Path) -> None:
    rng = random.Random(20)
    kills = rounds = 0
    with Harness() as harness:
        while kills < 100:
            rounds += 1
            world = world_at(tmp_path / str(rounds))
            code = KILLED
            while code == KILLED:
                if rng.random() < 0.3:
                    code = harness.run(root=world.root, home=world.home, kill_after_s=rng.uniform(0.0, 0.06))
                else:
                    code = harness.run(root=world.root, home=world.home, kill_at=rng.randint(1, 120))
                kills += code == KILLED
            assert code == 0
            expected = {f"{name[0]}.{suffix}" for name in NAMES for suffix in ("json", "txt", "mp3")}
            assert {path.name for path in world.root.iterdir()} == expected
            for name in NAMES:
                assert (world.root / f"{name[0]}.txt").read_text() == f"txt plain shout-1:WORDS OF {name.upper()}"
            with State(world.home / "state.sqlite3") as state:
                rows = state.charges(by="file")
            assert [(row.cost, row.attempts - row.unknown, row.running) for row in rows] == [(PRICE, 1, 0)] * len(NAMES)
    assert rounds > 5
