"""A toy kind of work for the engine: an answer is the input's text in capitals, made in an instant, for a price.

`salt` stands for what makes two answers to one request differ, as those of real models do. `budget` is how many jobs
a dry run finds money for.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from aiprov.batch.engine import execute
from aiprov.batch.plan import make_plan
from aiprov.batch.report import FileReport, Report
from aiprov.batch.stop import Stop
from aiprov.batch.work import Answer, Call, Expectation, Job
from aiprov.core.identity import request_hash
from aiprov.errors import BudgetReached
from aiprov.state import State

PRICE = Decimal("0.25")
SUFFIXES = frozenset({".mp3", ".wav"})


@dataclass
class ToyWork:
    """Transcribes by shouting. `before`/`after` are called around the moment in which the provider works."""

    state: State
    model: str = "shout-1"
    style: str = "plain"
    salt: str = ""
    workers: int = 2
    free: bool = False
    before: Callable[[Job, Call], object] = lambda job, call: None
    after: Callable[[Job, Call], object] = lambda job, call: None
    lengths: Mapping[str, float] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    calls: list[str] = field(default_factory=list)
    weighed: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    budget: int = 99

    def rendering(self, content_sha256: str) -> str:
        return self.style

    def concurrency(self, waiting: int) -> int:
        return self.workers

    def weigh(self, job: Job) -> float | None:
        self.weighed.append(job.path.name)
        return self.lengths.get(job.path.name, 1.0)

    def identify(self, job: Job, content_sha256: str) -> list[str]:
        return [request_hash("shout", content_sha256, {"model": model}) for model in (self.model, *self.others)]

    def expect(self, job: Job, content_sha256: str) -> Expectation:
        self.expected.append(job.path.name)
        if len(self.expected) > self.budget:
            raise BudgetReached(f"the budget does not cover {job.path}")
        return Expectation("toy", self.model, self.weigh(job), PRICE, ("by heart",), "toy.example")

    async def obtain(self, job: Job, call: Call) -> Answer:
        self.calls.append(job.path.name)
        wanted = self.identify(job, call.content_sha256)[0]
        attempt = self.state.begin_attempt(
            call.run_id,
            operation="shout",
            provider="toy",
            model=self.model,
            request_hash=wanted,
            path=job.source,
            audio_s=1.0,
            free=self.free,
        )
        await _resolved(self.before(job, call))
        document = f"{self.model}{self.salt}:".encode() + job.source.read_bytes().upper()
        await _resolved(self.after(job, call))
        call.progress(1.0)
        answer = self.recall(job, document, wanted)
        cost = Decimal(0) if self.free else PRICE
        self.state.settle(attempt, cost=cost, usage={"seconds": 1}, answer=document)
        return replace(answer, cost=cost)

    def recall(self, job: Job, document: bytes, request_hash: str) -> Answer:
        return Answer(document, request_hash, "toy", self.model, 1.0, Decimal(0), "ok")

    def render(self, job: Job, answer: Answer) -> Mapping[str, bytes]:
        return {suffix: f"{suffix} {self.style} ".encode() + answer.document for suffix in job.outputs}


async def _resolved(value: object) -> None:
    if asyncio.iscoroutine(value):
        await value


@dataclass
class Witness:
    """A watcher that remembers."""

    waiting: Sequence[Path] = ()
    skipped: int = 0
    events: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def planned(self, waiting: Sequence[Path], skipped: int) -> None:
        self.waiting, self.skipped = waiting, skipped

    def started(self, path: Path, audio_s: float | None) -> None:
        self.events.append(("started", path.name))

    def progressed(self, path: Path, done_s: float) -> None:
        self.events.append(("progressed", path.name))

    def finished(self, file: FileReport) -> None:
        self.events.append((file.status, file.path.name))

    def fetching(self, what: str, done: int, total: int) -> None:
        self.notes.append(f"{what}: {done} of {total}")

    def noted(self, message: str) -> None:
        self.notes.append(message)


@dataclass
class World:
    """A folder of inputs and a home, as one user has them."""

    root: Path
    home: Path

    def put(self, name: str, text: str = "") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text or f"words of {name}")
        os.utime(path, ns=(1_700_000_000_000_000_000,) * 2)  # old enough that its hash may be remembered
        return path

    def shout(
        self,
        *inputs: str,
        formats: Sequence[str] = ("json", "txt"),
        output_dir: Path | None = None,
        recursive: bool = False,
        witness: Witness | None = None,
        stop: Stop | None = None,
        work: Callable[[ToyWork], object] = lambda work: None,
        wait: bool = False,
        force: bool = False,
        fail_fast: bool = False,
        dry_run: bool = False,
    ) -> Report:
        """Run the toy pipeline once, as a command would. `work` may adjust the toy before it starts."""
        plan = make_plan(
            inputs or [str(self.root)],
            suffixes=SUFFIXES,
            formats=formats,
            output_dir=output_dir,
            recursive=recursive,
        )
        with State(self.home / "state.sqlite3") as state:
            toy = ToyWork(state)
            work(toy)
            return asyncio.run(
                execute(
                    plan,
                    toy,
                    command="shout",
                    state=state,
                    locks=self.home / "locks",
                    watcher=witness or Witness(),
                    stop=stop or Stop(),
                    wait=wait,
                    force=force,
                    fail_fast=fail_fast,
                    dry_run=dry_run,
                )
            )
