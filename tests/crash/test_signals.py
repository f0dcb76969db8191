"""SIGINT, SIGTERM and SIGHUP: the first stops the run in good order, the second ends it at once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aiprov.state import State
from batch_world import PRICE, World

SCRIPT = Path(__file__).with_name("slow_batch.py")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NAMES = ("a.mp3", "b.mp3", "c.mp3", "d.mp3")


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "in", tmp_path / "home")
    for name in NAMES:
        world.put(name)
    return world


def begun(world: World, quick: int, how: str, *before: str) -> subprocess.Popen[str]:
    """Start the slow batch and return when its slow job is at work."""
    command = [*before, sys.executable, str(SCRIPT), str(world.root), str(world.home), str(quick), how]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "at work\n"
    return child


def ended(child: subprocess.Popen[str]) -> tuple[int, list[str]]:
    said, _ = child.communicate(timeout=30)
    return child.returncode, said.splitlines()


def assert_a_second_run_completes(world: World) -> None:
    report = world.shout()
    assert report.exit_code == 0
    assert len(list(world.root.iterdir())) == 3 * len(NAMES)
    with State(world.home / "state.sqlite3") as state:
        assert [row.cost for row in state.charges(by="file")] == [PRICE] * len(NAMES)


@pytest.mark.parametrize("how", ["awaiting", "polling"])
@pytest.mark.parametrize(("number", "quick"), [(SIGNALS[0], 0), (SIGNALS[1], 1), (SIGNALS[2], 3)])
def test_the_first_signal_keeps_what_is_finished_and_exits_130(
    world: World, number: signal.Signals, quick: int, how: str
) -> None:
    child = begun(world, quick, how)
    child.send_signal(number)
    assert ended(child) == (130, ["stopping", f"stopped {quick}"])
    assert len(list(world.root.glob("*.json"))) == quick
    assert not list(world.root.glob(".*"))
    assert_a_second_run_completes(world)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_second_signal_ends_a_run_that_does_not_listen(world: World, number: signal.Signals) -> None:
    child = begun(world, 2, "deaf")
    child.send_signal(number)
    assert child.stdout.readline() == "stopping\n"
    child.send_signal(number)
    assert ended(child) == (130, [])
    assert_a_second_run_completes(world)


def test_a_signal_that_the_process_was_told_to_ignore_stays_ignored(world: World) -> None:
    child = begun(world, 1, "awaiting", "nohup")
    child.send_signal(signal.SIGHUP)
    child.send_signal(signal.SIGTERM)
    assert ended(child) == (130, ["stopping", "stopped 1"])
