"""Recipes: meetings through several steps. Ties the works of the steps to one run of the engine of batches."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from aiprov.archive import Archive
from aiprov.batch.engine import execute
from aiprov.batch.report import Report, Watcher
from aiprov.batch.stop import Stop
from aiprov.batch.work import Step, Work
from aiprov.errors import ConfigError
from aiprov.files import sha256_of
from aiprov.pipelines.embed import EmbedOptions, embedder_of, holding
from aiprov.pipelines.minutes_planning import MinutesPlanner
from aiprov.pipelines.options import TranscribeOptions
from aiprov.pipelines.planning import Planner
from aiprov.pipelines.recipe_jobs import Table, files_of, table
from aiprov.pipelines.recipe_options import RecipeOptions
from aiprov.pipelines.recipe_otherwise import Otherwise
from aiprov.pipelines.recipe_works import EmbedWork, ExportWork
from aiprov.pipelines.summarize import SummarizeWork
from aiprov.pipelines.summarize_options import SummarizeOptions
from aiprov.pipelines.transcribe import TranscribeWork

if TYPE_CHECKING:
    from aiprov.wiring import Kit

_Made = TypeVar("_Made")


async def run(paths: Sequence[Path], options: RecipeOptions, kit: Kit, watcher: Watcher) -> Report:
    """Take meetings through the steps of a recipe; safe to be killed at any moment and to be called again.

    Args:
        paths: Recordings, transcripts in JSON, folders and patterns.
        options: The recipe and the wishes of the run.
        kit: From `wiring.build`; it is closed at the end.
        watcher: Told what happens.

    Returns:
        The report, with every step of each file; of a dry run a `PlanReport`.

    Raises:
        ConfigError: Nothing to do, or an option cannot be used; nothing was done.
        InputError: Two inputs would share an output; nothing was done.
        Busy: Another run holds an output folder or the archive.
    """
    works = _Works(options, kit, watcher)
    run = options.run
    try:
        with ExitStack() as held:
            content = partial(kit.state.content_sha256, compute=sha256_of)
            jobs = table([os.fspath(path) for path in paths], options, content)
            report = await execute(
                jobs.plan,
                works.steps(jobs, held),
                command=shlex.join(["aiprov", "run", options.name, *map(os.fspath, paths)]),
                state=kit.state,
                locks=kit.settings.locks_folder,
                watcher=watcher,
                stop=works.stop,
                wait=run.wait,
                force=run.force,
                fail_fast=run.fail_fast,
                dry_run=run.dry_run,
            )
            works.tell(report)
            return works.plan(report, jobs) if run.dry_run else report
    finally:
        await works.aclose()


@dataclass(slots=True)
class _Works:
    """The works of a run, each with a kit of its step's rules; state and engines are the same for all."""

    options: RecipeOptions
    kit: Kit
    watcher: Watcher
    stop: Stop = field(default_factory=Stop)
    kits: list[Kit] = field(default_factory=list)
    instead: dict[str, str] = field(default_factory=dict)
    speech: Planner | None = None
    minutes: MinutesPlanner | None = None

    def steps(self, jobs: Table, held: ExitStack) -> list[Step]:
        """The steps that have something to do, in order."""
        options, steps = self.options, list[Step]()
        if jobs.transcribe:
            work = self._tried("transcribe", self._transcribing, options.run, options.transcribe_otherwise)
            steps.append(Step("transcribe", work, jobs.transcribe))
        if options.summarize is not None:
            work = self._tried("summarize", self._summarizing, options.summarize, options.summarize_otherwise)
            steps.append(Step("summarize", work, jobs.summarize))
        if options.export is not None:
            steps.append(Step("export", ExportWork(self.kit.state, options.export), jobs.export))
        if options.embed is not None:
            steps.append(Step("embed", self._archiving(options.embed, jobs, held), jobs.embed))
        return steps

    def plan(self, report: Report, jobs: Table) -> Report:
        """What a dry run came to."""
        speech = self.speech or Planner(self.kit_for(self.options.run))
        if self.minutes is None:
            return speech.report(report, len(jobs.transcribe) or 1)
        return self.minutes.report(report, speech, len(jobs.transcribe))

    def _tried(self, name: str, make: Callable[[_Made], Work], options: _Made, otherwise: _Made | None) -> Work:
        """A step's work; the other way alone where nobody can do it as the step says."""
        if otherwise is None:
            return make(options)
        second = make(otherwise)
        try:
            return Otherwise(make(options), second)
        except ConfigError as error:
            self.instead[name] = error.message
            return second

    def tell(self, report: Report) -> None:
        """Say what was done otherwise for everybody, if something was done at all."""
        for name, reason in self.instead.items():
            if any(file.steps.get(name) in ("done", "planned") for file in report.files):
                self.watcher.noted(f"{name} was done otherwise: {reason}")

    def _transcribing(self, options: TranscribeOptions) -> Work:
        kit = self.kit_for(options)
        planner = Planner(kit, options.provider)
        work = TranscribeWork(kit, options, planner)
        self.speech = planner
        return work

    def _summarizing(self, options: SummarizeOptions) -> Work:
        kit = self.kit_for(options.run)
        planner = MinutesPlanner(kit, options.provider)
        work = SummarizeWork(kit, options, planner)
        self.minutes = planner
        return work

    def _archiving(self, options: EmbedOptions, jobs: Table, held: ExitStack) -> Work:
        if not options.dry_run:
            held.enter_context(holding(options, self.kit.settings.locks_folder, self.stop))
        archive = held.enter_context(closing(Archive(options.archive, create=True, dry=options.dry_run)))
        kit = self.kit_for(options.transcribe)
        return EmbedWork(archive, embedder_of(archive, options, kit), kit.state, dict(files_of(jobs)))

    def kit_for(self, options: TranscribeOptions) -> Kit:
        """A kit with a step's rules, and the engines of an earlier one that wants them alike."""
        own = self.kit.for_run(options, self.watcher.fetching)
        shared: dict[str, Any] = {"state": self.kit.state}
        for other in self.kits:
            if _engines(other) == _engines(own):
                shared |= {"store": other.store, "local": other.local}
        own.__dict__.update(shared)
        self.kits.append(own)
        return own

    async def aclose(self) -> None:
        """Let go of everything."""
        for kit in self.kits:
            kit.__dict__.pop("state")  # the first one's
        for kit in (*self.kits, self.kit):
            if self.stop.requested:
                kit.close(wait=False)
            else:
                await kit.aclose()


def _engines(kit: Kit) -> tuple[object, ...]:
    """What engines of this machine depend on."""
    return kit.wishes, kit.trust_cache, kit.policy.get("privacy")
