"""Several processes on one output folder and on one ledger."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.errors import Busy
from aiprov.state import State
from batch_world import PRICE, World

SCRIPT = Path(__file__).parents[1] / "crash" / "slow_batch.py"

CHARGES = """
import sys
from decimal import Decimal
from pathlib import Path
from aiprov.state import State

model = sys.argv[2]
with State(Path(sys.argv[1])) as state:
    run = state.begin_run("charge")
    for number in range(200):
        attempt = state.begin_attempt(
            run, operation="chat", provider="toy", model=model, request_hash=f"{model}-{number}", path=Path("x")
        )
        state.settle(attempt, cost=Decimal(number) / 1000 + Decimal("0.0001"), usage={}, answer=b"yes")
    state.end_run(run, 0)
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "in", tmp_path / "home")
    for name in ("a.mp3", "b.mp3"):
        world.put(name)
    return world


def start(world: World, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(SCRIPT), str(world.root), str(world.home), "1", "awaiting", *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def assert_finished(world: World) -> None:
    assert world.shout().exit_code == 0
    with State(world.home / "state.sqlite3") as state:
        rows = state.charges(by="file")
    assert [(row.cost, row.running) for row in rows] == [(PRICE, 0)] * 2


def test_a_second_run_on_a_held_folder_names_the_first_and_does_nothing(world: World) -> None:
    holder = start(world)
    assert holder.stdout.readline() == "at work\n"
    with pytest.raises(Busy, match=f"process {holder.pid} on {socket.gethostname()}"):
        world.shout()
    holder.terminate()
    assert holder.wait(30) == 130
    assert_finished(world)


def test_of_eight_runs_started_together_one_works_and_seven_name_it(world: World) -> None:
    runs = [start(world) for _ in range(8)]
    said = {run.pid: run.stdout.readline() for run in runs}
    (holder,) = [run for run in runs if said[run.pid] == "at work\n"]
    others = [run for run in runs if run is not holder]
    assert [run.wait(30) for run in others] == [11] * 7
    folder = world.root.resolve()
    message = f"busy {folder} is in use by another run (process {holder.pid} on {socket.gethostname()})\n"
    assert {said[run.pid] for run in others} == {message}
    holder.terminate()
    assert holder.wait(30) == 130
    assert_finished(world)


def test_a_run_that_waits_begins_when_the_other_ends(world: World) -> None:
    holder = start(world)
    assert holder.stdout.readline() == "at work\n"
    queued = start(world, "wait")
    assert queued.stdout.readline() == "another run holds the output folder; waiting for it to end\n"
    holder.terminate()
    assert holder.wait(30) == 130
    assert queued.wait(30) == 0
    assert queued.stdout.read() == "ended 1\n"
    assert_finished(world)


def test_a_run_that_waits_can_be_stopped(world: World) -> None:
    holder = start(world)
    assert holder.stdout.readline() == "at work\n"
    queued = start(world, "wait")
    assert queued.stdout.readline().startswith("another run holds")
    queued.send_signal(signal.SIGINT)
    assert queued.wait(30) == 130
    holder.terminate()
    assert holder.wait(30) == 130


def test_the_lock_of_a_killed_run_is_free_at_once(world: World) -> None:
    holder = start(world)
    assert holder.stdout.readline() == "at work\n"
    holder.kill()
    holder.wait(30)
    assert os.listdir(world.home / "locks")  # its note is still there and bothers nobody
    report = world.shout()
    assert (report.exit_code, report.count("done"), report.count("skipped")) == (0, 1, 1)


def test_eight_processes_with_two_hundred_charges_each_add_up_exactly(tmp_path: Path) -> None:
    ledger = tmp_path / "home" / "state.sqlite3"
    names = [f"model-{number}" for number in range(8)]
    children = [subprocess.Popen([sys.executable, "-c", CHARGES, str(ledger), name]) for name in names]
    assert [child.wait(120) for child in children] == [0] * 8
    with State(ledger) as state:
        rows = state.charges(by="model")
        assert [row.key for row in rows] == [f"toy/{name}" for name in names]
        assert [row.attempts for row in rows] == [200] * 8
        assert {row.cost for row in rows} == {Decimal("19.92")}
        assert len(state.answer_digests(f"{name}-{number}" for name in names for number in range(200))) == 1600
        (total,) = state.charges(by="provider")
        assert (total.attempts, total.cost, total.unknown) == (1600, Decimal("159.36"), 0)
