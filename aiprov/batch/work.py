"""What the engine asks of a pipeline. The engine knows inputs, outputs and answers; what they mean is the work's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from aiprov.batch.stop import Stop


class OutputFiles(Mapping[str, Path]):
    """A job's output files by format. The paths are made when asked for: a finished run has tens of thousands."""

    __slots__ = ("_formats", "_start")

    def __init__(self, start: str, formats: Sequence[str]) -> None:
        self._start = start
        self._formats = formats

    def __getitem__(self, suffix: str) -> Path:
        if suffix not in self._formats:
            raise KeyError(suffix)
        return Path(f"{self._start}.{suffix}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._formats)

    def __len__(self) -> int:
        return len(self._formats)


@dataclass(frozen=True, slots=True)
class Job:
    """One input and where its outputs go.

    Attributes:
        path: The input as the user named it.
        source: The file itself: absolute, without symbolic links.
        start: What the outputs' names begin with, as the user would write it: folder and stem.
        place: The same, absolute and without symbolic links.
        formats: What the outputs' names end in, after a dot.
    """

    path: Path
    source: Path
    start: str
    place: str
    formats: Sequence[str]

    @property
    def outputs(self) -> OutputFiles:
        """The output files by format."""
        return OutputFiles(self.start, self.formats)

    @property
    def keys(self) -> list[str]:
        """The outputs' absolute names, in the order of the formats; the journal knows them by these."""
        return [f"{self.place}.{suffix}" for suffix in self.formats]


@dataclass(frozen=True, slots=True)
class Answer:
    """The raw answer to a job's request, and what a report says of it.

    Attributes:
        document: What is kept in the state and rendered from.
        request_hash: The request that it answers; it is stored under it.
        audio_s: Length of the recording in seconds, when known.
        cost: What was paid, in US dollars; None when the price is not known.
        verdict: What the quality audit said.
        notes: Short sentences for people.
    """

    document: bytes
    request_hash: str
    provider: str
    model: str
    audio_s: float | None = None
    cost: Decimal | None = Decimal(0)
    verdict: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """Who would answer a job's request, as far as can be told before.

    Attributes:
        audio_s: Length of the recording in seconds, when known.
        cost: What it is expected to cost, in US dollars; None when the price is not known.
        notes: Short sentences for people.
        sent_to: The host that the input would go to; None when it would stay on this machine.
    """

    provider: str
    model: str
    audio_s: float | None = None
    cost: Decimal | None = Decimal(0)
    notes: tuple[str, ...] = ()
    sent_to: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What a work is given to obtain an answer.

    Attributes:
        run_id: The run in the ledger.
        content_sha256: The input's content, as it was hashed before the call.
        progress: Takes the seconds of the recording that are through; may be called from any thread.
        stop: Long work asks `stop.check()` often, at least every few seconds.
        force: Everything is to be obtained anew, also what the answer is put together from.
    """

    run_id: str
    content_sha256: str
    progress: Callable[[float], None]
    stop: Stop
    force: bool = False


class Work(Protocol):
    """One kind of work, such as transcribing with one model and one set of options.

    `weigh`, `recall` and `render` are called from worker threads, several at a time. `identify` is asked for every
    input, finished ones included, before anything else happens: it must be quick.
    """

    def rendering(self, content_sha256: str) -> str:
        """Names everything besides the answer that changes the bytes of an input's outputs: options, version of the
        formats, and what people said of that input. Asked for finished inputs, too: it must be quick."""

    def concurrency(self, waiting: int) -> int:
        """How many jobs may be worked on at once when so many wait."""

    def weigh(self, job: Job) -> float | None:
        """Seconds of audio in the job, or None when nobody can tell before. The longest goes first.

        Raises:
            InputError: The input cannot be used; the job has failed.
        """

    def identify(self, job: Job, content_sha256: str) -> Sequence[str]:
        """The job's request hashes (`core.identity.request_hash`: content, model and parameters), one for each way in
        which it may be answered, the preferred first. An answer under any of them will do. Pure."""

    def expect(self, job: Job, content_sha256: str) -> Expectation:
        """Say what `obtain` would come to, and ask nobody. Jobs come in the order in which a run would begin them.

        Raises:
            BudgetReached: The run would end here; later jobs are asked about all the same.
            AiprovError: The job would fail with this.
        """

    async def obtain(self, job: Job, call: Call) -> Answer:
        """Get a new answer, whatever is stored, and keep it: when this returns, `document` is stored under the
        answer's `request_hash`, and its charges are settled.

        It is cancelled when the run is asked to stop. Raises AiprovError only.
        """

    def recall(self, job: Job, document: bytes, request_hash: str) -> Answer:
        """Read a stored answer. Pure."""

    def render(self, job: Job, answer: Answer) -> Mapping[str, bytes]:
        """The outputs' content by format: always the same bytes for the same job and answer. Pure."""


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of work that is done with each input after the step before it.

    Attributes:
        name: What reports call it; "" where there is only one.
        work: How it is done.
        jobs: The jobs by their `path`, the input's; an input without one passes. A job's `source` may be an output of
            the step before.
    """

    name: str
    work: Work
    jobs: Mapping[Path, Job]
