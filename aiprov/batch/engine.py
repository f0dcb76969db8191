"""The entry to the engine: lock, sweep, survey, run, report."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from aiprov.batch.plan import Plan
from aiprov.batch.preview import preview
from aiprov.batch.report import Report, Watcher
from aiprov.batch.run import Ended, run
from aiprov.batch.stop import Stop
from aiprov.batch.survey import survey
from aiprov.batch.telling import Telling
from aiprov.batch.work import Step, Work
from aiprov.errors import AiprovError
from aiprov.files import RunLock, sweep_parts
from aiprov.state import State

DRY_RUN = "dry-run"  # stands in the report where a run has its id


async def execute(
    plan: Plan,
    work: Work | Sequence[Step],
    *,
    command: str,
    state: State,
    locks: Path,
    watcher: Watcher,
    stop: Stop,
    wait: bool = False,
    force: bool = False,
    fail_fast: bool = False,
    dry_run: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Report:
    """Carry out a plan; safe to be killed at any moment and to be called again.

    While it runs, the first SIGINT, SIGTERM or SIGHUP asks `stop`, and the second ends the process with code 130.
    The watcher hears `planned` once, and `finished` for every input that was not finished before.

    Args:
        plan: From `plan.make_plan`.
        work: What is done with each job of the plan; or the steps, whose jobs have the plan's paths.
        command: The command line, for the ledger.
        locks: Folder for the notes that name the holders of locks (`Settings.locks_folder`).
        wait: Wait for another run that holds an output folder.
        force: Obtain every answer anew, and overwrite edited and foreign outputs.
        fail_fast: Begin no other job after the first that fails.
        dry_run: Do nothing; files that would be worked on have the status `planned`, those beyond the budget `parked`.

    Returns:
        The report, also when the run was stopped or ended early (`ended_by`).

    Raises:
        Busy: Another run holds an output folder.
        Stopped: Asked to stop while waiting for the lock.
        StorageError, IntegrityError: The state or an output folder cannot be used at all.
    """
    began = clock()
    steps = work if isinstance(work, Sequence) else [Step("", work, {job.path: job for job in plan.jobs})]
    for note in (*plan.notes, *filter(None, [state.warning])):
        watcher.noted(note)
    with contextlib.ExitStack() as held:
        held.enter_context(stop.on_signals())
        if dry_run:
            ended = preview(plan.paths, steps, state, stop, force=force)
            return _report(DRY_RUN, plan, ended, clock() - began)
        held.enter_context(RunLock(plan.folders, locks, wait=wait, sleep=_Patience(watcher, stop)))
        for folder in plan.folders:
            sweep_parts(folder)
        run_id = state.begin_run(command)
        with Telling(watcher, partial(state.note_progress, run_id)) as told:
            ended = await _ended(plan, steps, run_id, state, told, stop, fail_fast, force, clock)
        return _closed(_report(run_id, plan, ended, clock() - began), state)


async def _ended(
    plan: Plan,
    steps: Sequence[Step],
    run_id: str,
    state: State,
    watcher: Watcher,
    stop: Stop,
    fail_fast: bool,
    force: bool,
    clock: Callable[[], float],
) -> Ended:
    try:
        found = survey(plan.paths, steps, state, force=force)
    except AiprovError as error:
        return Ended((), error)
    watcher.planned(list(found.waiting), len(found.finished))
    for failure in plan.failures:
        watcher.finished(failure)
    if fail_fast and plan.failures:
        return Ended(found.finished, None)
    ended = await run(
        found.waiting,
        steps,
        run_id=run_id,
        state=state,
        watcher=watcher,
        stop=stop,
        fail_fast=fail_fast,
        force=force,
        clock=clock,
    )
    return replace(ended, files=(*found.finished, *ended.files))


def _report(run_id: str, plan: Plan, ended: Ended, wall_s: float) -> Report:
    files = sorted((*ended.files, *plan.failures), key=lambda file: os.fsencode(file.path))
    return Report(run_id, tuple(files), wall_s, ended.by)


def _closed(report: Report, state: State) -> Report:
    """End the run in the ledger; a report is worth more than this entry."""
    try:
        state.end_run(report.run_id, report.exit_code)
        return replace(report, sent=state.departures(report.run_id))
    except AiprovError as error:
        return replace(report, ended_by=report.ended_by or error)
    return report


class _Patience:
    """Waits for another run's lock: says so once, and gives up when asked to stop."""

    def __init__(self, watcher: Watcher, stop: Stop) -> None:
        self._watcher = watcher
        self._stop = stop
        self._said = False

    def __call__(self, seconds: float) -> None:
        if not self._said:
            self._watcher.noted("another run holds the output folder; waiting for it to end")
            self._said = True
        self._stop.check()
        time.sleep(seconds)
