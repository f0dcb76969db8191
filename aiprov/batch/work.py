"""What the engine asks of a pipeline. The engine knows inputs, outputs and answers; what they mean is the work's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from aiprov.batch.stop import Stop


@dataclass(frozen=True, slots=True)
class Job:
    """One input and where its outputs go.

    Attributes:
        path: The input as the user named it.
        source: The file itself: absolute, without symbolic links.
        home: The folder of the outputs: absolute, without symbolic links.
        outputs: Output files by format, under names as the user would write them.
    """

    path: Path
    source: Path
    home: str
    outputs: Mapping[str, Path]

    def keys(self) -> dict[str, str]:
        """The outputs' absolute names by format; the journal knows them by these."""
        return {suffix: f"{self.home}/{path.name}" for suffix, path in self.outputs.items()}


@dataclass(frozen=True, slots=True)
class Answer:
    """The raw answer to a job's request, and what a report says of it.

    Attributes:
        document: What is kept in the state and rendered from.
        audio_s: Length of the recording in seconds, when known.
        cost: What was paid, in US dollars; None when the price is not known.
        verdict: What the quality audit said.
        notes: Short sentences for people.
    """

    document: bytes
    provider: str
    model: str
    audio_s: float | None = None
    cost: Decimal | None = Decimal(0)
    verdict: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """What a work is given to obtain an answer.

    Attributes:
        run_id: The run in the ledger.
        request_hash: The request; the answer is stored under it.
        progress: Takes the seconds of the recording that are through; may be called from any thread.
        stop: Long work asks `stop.check()` often, at least every few seconds.
    """

    run_id: str
    request_hash: str
    progress: Callable[[float], None]
    stop: Stop


class Work(Protocol):
    """One kind of work, such as transcribing with one model and one set of options.

    `weigh`, `identify`, `recall` and `render` are called from worker threads, several at a time.
    """

    @property
    def rendering(self) -> str:
        """Names everything besides the answer that changes the outputs' bytes (options and version of the formats)."""

    def concurrency(self, waiting: int) -> int:
        """How many jobs may be worked on at once when so many wait."""

    def weigh(self, job: Job) -> float | None:
        """Seconds of audio in the job, or None when nobody can tell before. The longest goes first.

        Raises:
            InputError: The input cannot be used; the job has failed.
        """

    def identify(self, job: Job, content_sha256: str) -> str:
        """The job's request hash (`core.identity.request_hash`): content, model and parameters. Pure."""

    async def obtain(self, job: Job, call: Call) -> Answer:
        """Get a new answer, whatever is stored, and keep it: when this returns, `State.settle` has stored
        `document` under `call.request_hash` together with its charge.

        It is cancelled when the run is asked to stop. Raises AiprovError only.
        """

    def recall(self, job: Job, document: bytes) -> Answer:
        """Read a stored answer. Pure."""

    def render(self, job: Job, answer: Answer) -> Mapping[str, bytes]:
        """The outputs' content by format: always the same bytes for the same job and answer. Pure."""
