"""Into the archive: transcripts, minutes, and recordings that are transcribed first. Only what changed is embedded.

Knows files and the manager; how meetings are kept is the archive's business.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from aiprov.archive import Archive
from aiprov.batch.plan import Plan, make_plan
from aiprov.batch.report import FileReport, Report, Watcher
from aiprov.batch.stop import Stop
from aiprov.errors import AiprovError, Busy
from aiprov.files import RunLock
from aiprov.pipelines.embedding import Embedder, embedder, require_same
from aiprov.pipelines.meetings import is_recording
from aiprov.pipelines.options import TranscribeOptions
from aiprov.pipelines.taking import Taking
from aiprov.pipelines.transcribe import SUFFIXES
from aiprov.pipelines.transcribe import run as transcribed

if TYPE_CHECKING:
    from aiprov.wiring import Kit

DRY_RUN = "dry-run"


@dataclass(frozen=True, slots=True)
class EmbedOptions:
    """One run of `embed`.

    Attributes:
        archive: The file.
        recursive: Look into the folders below an input folder.
        transcribe: How recordings are transcribed; privacy, strategy, budget and device count for embedding, too.
        provider: Who embeds. With no provider, model or strategy given: who made the archive, else this machine.
        model: An embedding model's name, `provider/model`, or None for the provider's default.
        rebuild: Empty the archive first, for another model.
        prune: Take out what was made from files that are gone.
        force: Embed anew what has not changed, too.
        dry_run: Only say what would be done.
        wait: Wait for another run on the same archive.
    """

    archive: Path
    recursive: bool = False
    transcribe: TranscribeOptions = field(default_factory=lambda: TranscribeOptions(("json",)))
    provider: str | None = None
    model: str | None = None
    rebuild: bool = False
    prune: bool = False
    force: bool = False
    dry_run: bool = False
    wait: bool = False


async def run(paths: Sequence[Path], options: EmbedOptions, kit: Kit, watcher: Watcher) -> Report:
    """Bring meetings into the archive. One is in it whole or not at all, whenever the run is killed.

    Args:
        paths: Transcripts, minutes, recordings, folders of them, and patterns.
        options: How.
        kit: From `wiring.build`.
        watcher: Told what happens.

    Raises:
        ConfigError: Nothing to do, or the archive holds another model's vectors (`other_model`); nothing was done.
        Busy: Another run holds the archive's folder.
        IntegrityError, StorageError: The archive or the state cannot be used.
    """
    began = time.monotonic()
    plan = make_plan(
        [os.fspath(path) for path in paths],
        suffixes=SUFFIXES | {".json"},
        formats=("embedded",),
        recursive=options.recursive,
        on_collision="suffix",
    )
    found = await _transcripts(plan, options, kit, watcher)
    kit = kit.for_run(_budgeted(options, found.spent), watcher.fetching)
    try:
        if found.ended_by is None:
            report = await _embedded(found, frozenset(map(Path, paths)), options, kit, watcher)
        else:
            report = Report("", (), 0.0, found.ended_by)
        files = sorted((*report.files, *found.failures), key=lambda file: os.fsencode(file.path))
        return replace(report, files=tuple(files), wall_s=time.monotonic() - began)
    finally:
        await kit.aclose()


async def _embedded(
    found: _Sources, named: frozenset[Path], options: EmbedOptions, kit: Kit, watcher: Watcher
) -> Report:
    stop = Stop()
    for failure in found.failures:
        watcher.finished(failure)
    with ExitStack() as held:
        held.enter_context(stop.on_signals())
        if not options.dry_run:
            held.enter_context(holding(options, kit.settings.locks_folder, stop))
        archive = held.enter_context(closing(Archive(options.archive, create=True, dry=options.dry_run)))
        taking = _taking(archive, named, options, kit, watcher, stop)
        if options.dry_run:
            return _planned(taking, found.files)
        run_id = taking.run_id = kit.state.begin_run(shlex.join(["aiprov", "embed", *map(str, named)]))
        await taking.through(found.files)
        _prune(taking, options.prune)
        report = Report(run_id, tuple(taking.reports.values()), 0.0, taking.ended_by, kit.state.departures(run_id))
        kit.state.end_run(run_id, report.exit_code)
        return report


def _taking(
    archive: Archive, named: frozenset[Path], options: EmbedOptions, kit: Kit, watcher: Watcher, stop: Stop
) -> Taking:
    anew = options.force or options.rebuild
    chosen = embedder_of(archive, options, kit)
    return Taking(archive, chosen, kit.state, watcher, stop, "", named, anew=anew, empty=options.rebuild)


def embedder_of(archive: Archive, options: EmbedOptions, kit: Kit) -> Embedder:
    """Who embeds.

    Raises:
        ConfigError: Nobody can, or the archive holds another model's vectors (`other_model`).
    """
    free = options.provider is None and options.model is None and options.transcribe.strategy is None
    space = archive.space
    chosen = embedder(kit.manager, kit.state, space, options.provider, options.model, free=free)
    if space is not None and not options.rebuild:
        require_same(chosen, space, archive.path)
    return chosen


def _planned(taking: Taking, files: Mapping[Path, Path]) -> Report:
    """What a run would take in; nobody is asked and nothing is written."""
    waiting = taking.changed(files)
    who = taking.embedder.candidate
    planned = [FileReport(path, "planned", (), who.provider, who.model, None, None) for path in waiting]
    return Report(DRY_RUN, (*taking.reports.values(), *planned), 0.0)


def _prune(taking: Taking, wanted: bool) -> None:
    gone = taking.gone()
    if wanted:
        taking.archive.remove(gone)
    if gone:
        what = "were taken out" if wanted else "are still in the archive; --prune takes them out"
        taking.watcher.noted(f"{len(gone)} of the files that it was made from are gone, and {what}")


@contextmanager
def holding(options: EmbedOptions, locks: Path, stop: Stop) -> Iterator[None]:
    """Hold the archive, by a folder that stands for it: the archive's own has other files, and the state's lock."""
    name = hashlib.sha256(os.fsencode(options.archive)).hexdigest()[:16]
    lock = RunLock([locks / f"archive-{name}"], locks, wait=options.wait, sleep=_patience(stop))
    with ExitStack() as held:
        try:
            held.enter_context(lock)
        except Busy as error:
            raise Busy(f"{options.archive} is in use by another run", error.hint) from None
        yield


def _patience(stop: Stop) -> Callable[[float], None]:
    def wait(seconds: float) -> None:
        stop.check()
        time.sleep(seconds)

    return wait


@dataclass(frozen=True, slots=True)
class _Sources:
    """What is to be embedded: the files, by the input that each came from, and what the first step came to."""

    files: Mapping[Path, Path]
    failures: tuple[FileReport, ...] = ()
    spent: Decimal = Decimal(0)
    ended_by: AiprovError | None = None


async def _transcripts(plan: Plan, options: EmbedOptions, kit: Kit, watcher: Watcher) -> _Sources:
    """Transcribe what are recordings, where that is not done."""
    files = {job.path: job.source for job in plan.jobs if not is_recording(job.path)}
    recordings = [job.path for job in plan.jobs if is_recording(job.path)]
    if not recordings:
        return _Sources(files, plan.failures)
    report = await transcribed(recordings, replace(options.transcribe, dry_run=options.dry_run), kit, watcher)
    named = {source: path for path, source in files.items()}
    failures = list(plan.failures)
    for file in report.files:
        if file.error is not None or file.status == "planned":
            failures.append(file)
        else:
            output = next(iter(file.outputs)).resolve()
            files[named.get(output, file.path)] = output
    spent = sum((file.cost_usd for file in report.files if file.cost_usd is not None), Decimal(0))
    return _Sources(files, tuple(failures), spent, report.ended_by)


def _budgeted(options: EmbedOptions, spent: Decimal) -> TranscribeOptions:
    most = options.transcribe.max_cost
    return options.transcribe if most is None else replace(options.transcribe, max_cost=max(Decimal(0), most - spent))
