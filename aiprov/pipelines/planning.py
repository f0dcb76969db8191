"""What a run would come to: who is asked for each recording, cost, time, memory and disk, held against the budget.

Follows the manager's own decisions. Asks nobody; loads, fetches and writes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from aiprov.batch.report import Report
from aiprov.batch.work import Expectation, Job
from aiprov.core.requests import ModelCapability
from aiprov.core.routing import Candidate, reason
from aiprov.errors import AiprovError, BudgetReached, ConfigError
from aiprov.manager import Route, Transcribing
from aiprov.manager.parts import limits
from aiprov.manager.reserving import LONGER
from aiprov.models import ModelEntry, ModelStore
from aiprov.models.staging import require_space
from aiprov.pipelines.plan_report import Allowance, Outlook, PlanReport
from aiprov.providers.local.memory import free_bytes, require_room, size, wanted_bytes
from aiprov.providers.local.provider import LocalProvider
from aiprov.state import Cap

if TYPE_CHECKING:
    from aiprov.wiring import Kit


@dataclass(frozen=True, slots=True)
class _Needs:
    """What a model asks of this machine, and what is in its way; nothing of one that is elsewhere."""

    memory_bytes: int | None = None
    download_bytes: int | None = None
    trouble: AiprovError | None = None
    warning: str = ""


@dataclass(frozen=True, slots=True)
class _Option:
    """One candidate for one recording. `most` is what a run reserves; None when the price is not known."""

    candidate: Candidate
    most: Decimal | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Call:
    """A recording that somebody has to be asked for, and the first who can be."""

    task: Transcribing
    route: Route
    first: _Option

    def cost(self, candidate: Candidate) -> Decimal | None:
        """What a candidate of any recording would cost for this one."""
        name = (candidate.provider, candidate.model)
        found = (each for each in (*self.route.order, *self.route.left_out) if (each.provider, each.model) == name)
        return next((each.cost for each in found), None)


@dataclass
class Planner:
    """Goes through recordings as a run does, and keeps count of what it would reserve.

    Args:
        kit: The parts of the run.
        provider: Only this provider; None lets the strategy choose.
    """

    kit: Kit
    provider: str | None = None
    _calls: dict[str, _Call] = field(default_factory=dict)
    _needs: dict[str, _Needs] = field(default_factory=dict)
    _asked: int = 0
    _reserved: Decimal = Decimal(0)
    _ended: bool = False

    def expect(self, job: Job, task: Transcribing) -> Expectation:
        """Say who would transcribe a recording.

        Raises:
            BudgetReached: The budget does not cover it, or has not covered one before it.
            AiprovError: What stands in the way of the last who could be asked.
        """
        options, route = self._options(task)
        self._calls.setdefault(task.content, _Call(task, route, options[0]))
        chosen = next(filter(self._affordable, options), None)
        if chosen is None or self._ended:
            self._ended = True
            hint = "raise the cap; a local model costs nothing"
            raise BudgetReached(f"the budget does not cover {job.path}", hint)
        self._reserved += chosen.most or 0
        self._asked += 1
        return self._expectation(task, chosen, options[: options.index(chosen)])

    def report(self, found: Report, abreast: int) -> PlanReport:
        """The plan for what was gone through.

        Args:
            found: What the dry run came to.
            abreast: Recordings that would be worked on at the same time.
        """
        budget = tuple(Allowance(cap, spent, self._fits(cap, spent)) for cap, spent in self._caps.items())
        candidates = tuple(self._outlooks(abreast))
        return PlanReport(found.run_id, found.files, found.wall_s, found.ended_by, {}, self._asked, candidates, budget)

    def _expectation(self, task: Transcribing, chosen: _Option, dearer: list[_Option]) -> Expectation:
        candidate = chosen.candidate
        passed = [f"the budget does not cover {each.candidate.provider} ({each.candidate.model})" for each in dearer]
        notes = (*passed, *filter(None, [chosen.note]))
        host = self.kit.roster.entry(candidate.provider).provider.host
        return Expectation(candidate.provider, candidate.model, task.audio_s, candidate.cost, notes, host)

    def _options(self, task: Transcribing) -> tuple[list[_Option], Route]:
        route = self.kit.manager.route(task, self.provider)
        troubles = [self._needs_of(candidate).trouble for candidate in route.order]
        able = [each for each, trouble in zip(route.order, troubles, strict=True) if trouble is None]
        if not able and troubles[-1] is not None:
            raise troubles[-1]
        return [self._option(candidate, task) for candidate in able], route

    def _option(self, candidate: Candidate, task: Transcribing) -> _Option:
        if candidate.local:
            return _Option(candidate, Decimal(0))
        calls, note = _calls_for(candidate, task)
        # As the manager reserves for every call: a header's length may be a little less than what is billed.
        audio_s = task.audio_s * LONGER + calls if task.audio_s else 0.0
        price = self.kit.roster.prices.expected(
            candidate.provider, candidate.model, capability=ModelCapability.TRANSCRIPTION, audio_s=audio_s
        )
        return _Option(candidate, None if price is None else price.usd, note)

    @cached_property
    def _caps(self) -> dict[Cap, Decimal]:
        """What counts against each limit already; a run begins with nothing."""
        caps = self.kit.roster.policy.caps
        return {cap: Decimal(0) if cap.scope == "run" else self.kit.state.spent(cap.scope) for cap in caps}

    def _affordable(self, option: _Option) -> bool:
        if option.candidate.local or not self._caps:
            return True
        most = option.most
        return most is not None and all(spent + self._reserved + most <= cap.usd for cap, spent in self._caps.items())

    def _fits(self, cap: Cap, spent: Decimal) -> bool:
        known = [call.first.most for call in self._calls.values() if call.first.most is not None]
        return len(known) == len(self._calls) and spent + sum(known) <= cap.usd

    def _outlooks(self, abreast: int) -> Iterator[Outlook]:
        """Every candidate, in the order of the longest recording."""
        for call in list(self._calls.values())[:1]:
            strategy = self.kit.roster.policy.strategy
            for place, each in enumerate(call.route.order):
                why = "when the one before it fails" if place else reason(each, strategy, 0)
                yield self._outlook(each, place + 1, why, abreast)
            for each in call.route.left_out:
                yield self._outlook(each, None, each.refusal or "", abreast)

    def _outlook(self, candidate: Candidate, place: int | None, why: str, abreast: int) -> Outlook:
        needs = self._needs_of(candidate)
        held = f"left alone for {candidate.held_s:.0f} s after failures" if candidate.held_s else ""
        trouble = needs.warning if needs.trouble is None else needs.trouble.message
        known = [cost for call in self._calls.values() if (cost := call.cost(candidate)) is not None]
        return Outlook(
            candidate.provider,
            candidate.model,
            place,
            sum(known, Decimal(0)) if len(known) == len(self._calls) else None,
            self._time_s(candidate, abreast),
            needs.memory_bytes,
            needs.download_bytes,
            self.kit.roster.entry(candidate.provider).provider.host,
            "; ".join(filter(None, [why, held, trouble])),
        )

    def _time_s(self, candidate: Candidate, abreast: int) -> float | None:
        """Recordings share this machine's engines, and the wall tells of it; calls to others overlap."""
        lengths = [call.task.audio_s for call in self._calls.values() if call.task.audio_s]
        speed = self.kit.state.speed(candidate.provider, candidate.model)
        if speed is None or len(lengths) < len(self._calls):
            return None
        if candidate.local:
            return sum(lengths) * speed.wall_s / speed.audio_s
        return max(max(lengths), sum(lengths) / abreast) * speed.calls_s / speed.audio_s

    def _needs_of(self, candidate: Candidate) -> _Needs:
        model = candidate.model
        if candidate.provider != LocalProvider.name:
            return _Needs()
        if model not in self._needs:
            ruled = self.kit.settings.offline or self.kit.roster.policy.privacy == "local"
            self._needs[model] = _needs_here(self.kit.store, model, fetches=not ruled)
        return self._needs[model]


def _needs_here(store: ModelStore, model: str, *, fetches: bool) -> _Needs:
    try:
        entry = store.find(model, None)
    except ConfigError:
        return _Needs()
    missing, memory, free = 0 if store.is_here(entry) else entry.bytes, wanted_bytes(entry), free_bytes()
    warning = f"needs about {size(memory)} of memory, and {size(free)} is free" if memory > free else ""
    try:
        if missing:
            _require_fetching(store, entry, fetches)
        require_room(entry, store.entries())
    except AiprovError as error:
        return _Needs(memory, missing, error)
    return _Needs(memory, missing, None, warning)


def _require_fetching(store: ModelStore, entry: ModelEntry, fetches: bool) -> None:
    if not fetches:
        hint = f"aiprov models pull {entry.name} while online"
        raise ConfigError(f"{entry.name} is not on this machine, and fetching is off", hint, code="model_absent")
    folder = next(each for each in (store.root, *store.root.absolute().parents) if each.is_dir())
    require_space(folder, entry.bytes, f"model {entry.name}")


def _calls_for(candidate: Candidate, task: Transcribing) -> tuple[int, str]:
    """How many calls a recording takes at a provider elsewhere, and what to tell of it: see `manager.parts`."""
    from aiprov.audio import fits
    from aiprov.audio.opus import MOST_BYTES_PER_S

    max_bytes, max_s = limits(candidate.facts, task.need.times)
    with suppress(ConfigError):  # nothing is installed that reads audio
        if not fits(task.path, max_bytes, max_s):
            most_s = min(max_s or math.inf, max_bytes / MOST_BYTES_PER_S if max_bytes else math.inf)
            # A part ends where it is quietest, in its last fifth or minute.
            usual_s = most_s if most_s == math.inf else most_s - min(most_s / 5, 60.0) / 2
            calls = max(1, math.ceil((task.audio_s or 0.0) / usual_s))
            return calls, _why_parts(candidate, task, calls, max_bytes)
    return 1, ""


def _why_parts(candidate: Candidate, task: Transcribing, calls: int, max_bytes: int | None) -> str:
    facts = candidate.facts
    if calls == 1:
        return "converted to Opus audio before it is sent"
    if max_bytes is not None and task.path.stat().st_size > max_bytes:
        why = f"larger than {max_bytes / 1e6:.0f} MB"
    elif facts.segments or facts.words or not task.need.times:
        why = f"longer than {(facts.max_audio_s or 0.0) / 60:.0f} min"
    else:
        why = f"{facts.name} gives no times"
    return f"sent in about {calls} parts: {why}"
