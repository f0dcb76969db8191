"""Several steps for each input in one run: each in its turn, side by side with other inputs' steps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.batch.engine import execute
from aiprov.batch.plan import Plan, make_plan
from aiprov.batch.report import Report
from aiprov.batch.stop import Stop
from aiprov.batch.work import Call, Job, Step
from aiprov.errors import BudgetReached, InputError
from aiprov.state import State
from batch_world import PRICE, SUFFIXES, ToyWork, Witness


@dataclass
class Steps:
    """Inputs are shouted into `.json`, and what was shouted is echoed into `.echo`."""

    root: Path
    home: Path
    events: list[str] = field(default_factory=list)
    witness: Witness = field(default_factory=Witness)

    def put(self, *names: str) -> None:
        for name in names:
            (self.root / name).write_text(f"words of {name}")

    def run(
        self,
        *,
        first: Callable[[Job, Call], object] = lambda job, call: None,
        second: Callable[[Job, Call], object] = lambda job, call: None,
        dry_run: bool = False,
        force: bool = False,
    ) -> Report:
        plan = make_plan([str(self.root)], suffixes=SUFFIXES, formats=("json",))
        with State(self.home / "state.sqlite3") as state:
            shout = ToyWork(state, before=self.noting("shout", first), workers=1)
            echo = ToyWork(state, model="echo-1", before=self.noting("echo", second), workers=1)
            steps = [
                Step("shout", shout, {job.path: job for job in plan.jobs}),
                Step("echo", echo, {job.path: _echo(job) for job in plan.jobs}),
            ]
            return asyncio.run(self._executed(plan, steps, state, dry_run, force))

    async def _executed(self, plan: Plan, steps: list[Step], state: State, dry_run: bool, force: bool) -> Report:
        return await execute(
            plan,
            steps,
            command="both",
            state=state,
            locks=self.home / "locks",
            watcher=self.witness,
            stop=Stop(),
            dry_run=dry_run,
            force=force,
        )

    def noting(self, step: str, then: Callable[[Job, Call], object]) -> Callable[[Job, Call], object]:
        async def before(job: Job, call: Call) -> None:
            self.events.append(f"{step} {job.path.name}")
            found = then(job, call)
            if asyncio.iscoroutine(found):
                await found

        return before


def _echo(job: Job) -> Job:
    return Job(job.path, Path(f"{job.place}.json"), job.start, job.place, ("echo",))


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    root, home = tmp_path / "meetings", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    return Steps(root, home)


def fail(job: Job, call: Call) -> None:
    if job.path.name == "a.mp3":
        raise InputError(f"{job.path} is no good")


def test_the_second_step_works_on_what_the_first_has_written(steps):
    steps.put("a.mp3")
    report = steps.run()
    assert (steps.root / "a.echo").read_text() == "echo plain echo-1:JSON PLAIN SHOUT-1:WORDS OF A.MP3"
    (file,) = report.files
    assert (file.status, file.steps, file.cost_usd) == ("done", {"shout": "done", "echo": "done"}, 2 * PRICE)
    assert [path.name for path in file.outputs] == ["a.json", "a.echo"]
    assert report.as_json()["files"][0]["steps"] == {"shout": "done", "echo": "done"}


def test_one_input_is_in_its_second_step_while_the_next_is_in_its_first(steps):
    steps.put("a.mp3", "b.mp3")
    met = asyncio.Event()

    async def first(job: Job, call: Call) -> None:
        if job.path.name == "b.mp3":
            met.set()

    async def second(job: Job, call: Call) -> None:
        if job.path.name == "a.mp3":
            await asyncio.wait_for(met.wait(), 20)  # never comes when steps take turns

    assert steps.run(first=first, second=second).exit_code == 0


def test_a_step_that_fails_ends_its_input_alone_and_keeps_what_was_done(steps):
    steps.put("a.mp3", "b.mp3")
    report = steps.run(second=fail)
    failed, done = report.files
    assert report.exit_code == 3
    assert (failed.status, failed.steps) == ("failed", {"shout": "done", "echo": "failed"})
    assert failed.cost_usd is None  # nobody knows what the attempt that failed cost
    assert str(failed.error) == f"{failed.path} is no good"
    assert done.steps == {"shout": "done", "echo": "done"}
    assert (steps.root / "a.json").exists()


def test_a_first_step_that_fails_leaves_the_second_out(steps):
    steps.put("a.mp3")
    assert steps.run(first=fail).files[0].steps == {"shout": "failed"}
    assert steps.events == ["shout a.mp3"]


def test_a_second_run_does_only_what_is_missing(steps):
    steps.put("a.mp3", "b.mp3")
    steps.run(second=fail)
    steps.events.clear()
    report = steps.run()
    assert steps.events == ["echo a.mp3"]
    assert [file.status for file in report.files] == ["done", "skipped"]
    assert [file.steps for file in report.files] == [
        {"shout": "skipped", "echo": "done"},
        {"shout": "skipped", "echo": "skipped"},
    ]
    steps.events.clear()
    assert {file.status for file in steps.run().files} == {"skipped"}
    assert steps.events == []


def test_an_input_whose_first_step_changes_gets_its_second_anew(steps):
    steps.put("a.mp3")
    steps.run()
    (steps.root / "a.mp3").write_text("other words")
    steps.run(force=True)
    assert "OTHER WORDS" in (steps.root / "a.echo").read_text()


def test_the_budget_parks_an_input_at_the_step_that_it_does_not_cover(steps):
    steps.put("a.mp3")

    def broke(job: Job, call: Call) -> None:
        raise BudgetReached("there is no money left")

    report = steps.run(second=broke)
    assert report.exit_code == 5
    assert (report.files[0].status, report.files[0].steps) == ("parked", {"shout": "done", "echo": "parked"})


def test_a_dry_run_plans_what_depends_on_files_that_are_not_there_yet(steps):
    steps.put("a.mp3", "b.mp3")
    steps.run(first=fail)
    steps.events.clear()
    report = steps.run(dry_run=True)
    assert steps.events == []
    waiting, finished = sorted(report.files, key=lambda file: file.path.name)
    assert (waiting.status, waiting.steps) == ("planned", {"shout": "planned", "echo": "planned"})
    assert (waiting.cost_usd, finished.status) == (Decimal("0.25"), "skipped")
