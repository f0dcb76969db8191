"""What writing minutes would come to: tokens read and written, who would be asked, and for how much. Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiprov.batch.report import Report
from aiprov.batch.work import Expectation, Job
from aiprov.core.meeting import understood
from aiprov.core.pricing import estimated_tokens
from aiprov.core.requests import ModelCapability
from aiprov.core.routing import Candidate, reason
from aiprov.minutes import prompts
from aiprov.minutes.abstractive import NoteTaker
from aiprov.pipelines.plan_report import Outlook, PlanReport
from aiprov.pipelines.planning import Planner
from aiprov.pipelines.summarize_options import SummarizeOptions
from aiprov.pipelines.writers import Writer

if TYPE_CHECKING:
    from aiprov.wiring import Kit

# Words of the task, the shape and the question in each call; and of an answer, by all experience (tokens).
_AROUND, _ANSWER = 900, 450


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one meeting takes: `calls` calls that read and write so many tokens."""

    calls: int
    read: int
    written: int


@dataclass
class MinutesPlanner:
    """Goes through meetings as a run does.

    Args:
        kit: The parts of the run.
        provider: Only this provider; None lets the strategy choose.
    """

    kit: Kit
    provider: str | None = None
    _needs: list[Tokens] = field(default_factory=list)
    _writer: Writer | None = None

    def expect(self, job: Job, document: Mapping[str, Any], writer: Writer, options: SummarizeOptions) -> Expectation:  # noqa: ARG002
        """Say who would write the minutes of one meeting."""
        self._writer = writer
        first = writer.first
        if first is None:
            return Expectation("local", "extractive", notes=("quotes lines, no model writes",))
        need = _tokens(document, writer, options)
        self._needs.append(need)
        host = self.kit.roster.entry(first.provider).provider.host
        notes = (f"{need.calls} calls, about {need.read} tokens to read and {need.written} to write",)
        return Expectation(first.provider, first.model, None, self._cost(first, [need]), notes, host)

    def report(self, found: Report, speech: Planner, transcribing: int) -> PlanReport:
        """The plan for what was gone through, transcribing included.

        Args:
            found: What the dry run came to.
            speech: Has gone through the recordings.
            transcribing: How many of them would be transcribed.
        """
        before = speech.report(found, transcribing or 1)
        asked = before.asked + len(self._needs)
        return replace(before, asked=asked, candidates=(*before.candidates, *self._outlooks()))

    def _outlooks(self) -> list[Outlook]:
        route = None if self._writer is None else self._writer.route
        if route is None or not self._needs:
            return []
        strategy = self.kit.roster.policy.strategy
        return [
            *(self._outlook(each, at + 1, reason(each, strategy, at)) for at, each in enumerate(route.order)),
            *(self._outlook(each, None, each.refusal or "") for each in route.left_out),
        ]

    def _outlook(self, candidate: Candidate, place: int | None, why: str) -> Outlook:
        host = self.kit.roster.entry(candidate.provider).provider.host
        cost = self._cost(candidate, self._needs)
        return Outlook(candidate.provider, candidate.model, place, cost, host=host, note=f"minutes: {why}")

    def _cost(self, candidate: Candidate, needs: list[Tokens]) -> Decimal | None:
        if candidate.local:
            return Decimal(0)
        prices = [
            self.kit.roster.prices.expected(
                candidate.provider,
                candidate.model,
                capability=ModelCapability.CHAT,
                input_tokens=need.read,
                output_tokens=need.written,
            )
            for need in needs
        ]
        known = [price.usd for price in prices if price is not None]
        return sum(known, Decimal(0)) if len(known) == len(prices) else None


def _tokens(document: Mapping[str, Any], writer: Writer, options: SummarizeOptions) -> Tokens:
    if writer.method == "extractive":  # title and abstract alone
        return Tokens(1, _AROUND + 500, _ANSWER)
    meeting = understood(document)
    reader = writer.reader(_nobody)
    taker = NoteTaker(meeting, reader, options.wish)
    parts = taker.chunks()
    each = len(prompts.QUESTIONS) if reader.one_by_one else 1
    said = sum(estimated_tokens(prompts.spoken(utterance, meeting)) for part in parts for utterance in part)
    calls = each * len(parts) + 1
    return Tokens(calls, each * said + calls * _AROUND, calls * _ANSWER)


async def _nobody(_: object) -> Any:
    raise AssertionError("a plan asks nobody")
