"""A dry run is a plan: who, how much, how long, how large, against the budget; and the run then does just that."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import wave
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from os import utime
from pathlib import Path
from typing import Any

import pytest

from aiprov.batch.report import FileReport, Report
from aiprov.cli.plan import planned
from aiprov.core.requests import ModelCapability
from aiprov.core.routing import ModelFacts
from aiprov.errors import BudgetReached, ConfigError, ProviderError
from aiprov.manager import Entry, Roster
from aiprov.pipelines.options import TranscribeOptions
from aiprov.pipelines.plan_report import PlanReport
from aiprov.pipelines.transcribe import run
from aiprov.prices import OwnPrice, PriceBook
from aiprov.providers.base import Provider
from aiprov.providers.local.provider import Wishes
from aiprov.settings import Settings
from aiprov.state import Cap, State
from aiprov.wiring import Kit
from cli_world import aiprov
from transcribe_world import OLD_NS, Audience, Scribe

COST = Decimal("0.25")  # of the two seconds that every answer claims to have heard
MOST = Decimal("0.38")  # of 2 s, 2 % and a second more: what is reserved for it
BEGIN = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class Teller(Scribe):
    """A scribe with one model of its own; `limits` are facts of it."""

    limits: dict[str, Any] = field(default_factory=dict)

    def _facts(self, model: str) -> ModelFacts:
        known = {"words": True, "segments": True} | self.limits
        return ModelFacts(f"{self.name}-1", ModelCapability.TRANSCRIPTION, **known)


@dataclass
class TellersKit(Kit):
    """A kit of these providers alone, by priority."""

    tellers: Sequence[Provider] = ()
    priced: Sequence[str] = ()
    refusals: dict[str, str] = field(default_factory=dict)

    @cached_property
    def roster(self) -> Roster:
        prices = PriceBook({(name, f"{name}-1"): OwnPrice(usd_per_audio_hour=COST * 1800) for name in self.priced})
        entries = [
            Entry(each, 10 * place, account=each.name, refusal=self.refusals.get(each.name))
            for place, each in enumerate(self.tellers, 1)
        ]
        return Roster(tuple(entries), self._policy, prices)


@dataclass
class World:
    """Recordings of two seconds, and providers whose price is known unless they are local."""

    root: Path
    tellers: Sequence[Provider] = ()
    unpriced: str = ""
    refusals: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def put(self, name: str, seconds: int = 2, content: int = 0) -> Path:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        size = 16000 * seconds
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes((bytes(range(content or name.encode()[0], 200)) * size)[:size])
        utime(path, ns=(OLD_NS, OLD_NS))
        return path

    def run(self, **wishes: Any) -> Report:
        priced = [each.name for each in self.tellers if not each.local and each.name != self.unpriced]
        settings = Settings(home=self.home, **self.settings)
        kit = TellersKit(settings, Wishes(), tellers=self.tellers, priced=priced, refusals=self.refusals)
        options = TranscribeOptions(**({"formats": ("json", "txt")} | wishes))
        return asyncio.run(run([self.root], options, kit, Audience()))

    def plan(self, **wishes: Any) -> PlanReport:
        report = self.run(dry_run=True, **wishes)
        assert isinstance(report, PlanReport)
        return report

    @property
    def home(self) -> Path:
        return self.root.parent / "home"

    def state(self, now: Any = None) -> State:
        return State(self.home / "state.sqlite3", **({"now": now} if now else {}))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "in", (Teller("far"), Teller("near", local=True)))


def worked(
    world: World, provider: str, *spans: tuple[float, float], audio_s: float = 60.0, fails: bool = False
) -> None:
    """Calls of the past, each from and to so many seconds after a moment."""
    moments: Iterator[float] = iter(())
    with world.state(lambda: BEGIN + timedelta(seconds=next(moments))) as state:
        moments = iter([0.0])
        run_id = state.begin_run("before")
        for start_s, end_s in spans:
            moments = iter([start_s, end_s])
            attempt = state.begin_attempt(
                run_id,
                operation="transcription",
                provider=provider,
                model=f"{provider}-1",
                request_hash="h",
                path=Path("a.mp3"),
                audio_s=audio_s,
                free=True,
            )
            if fails:
                state.fail(attempt, "timeout", Decimal(0))
            else:
                state.settle(attempt, cost=Decimal(0), usage={}, answer=None, ms=(end_s - start_s) * 1000)


def whom(report: Report) -> dict[str | None, int]:
    return Counter(file.provider for file in report.files if file.status in ("planned", "done"))


def test_every_recording_names_its_first_candidate_with_cost_and_host(world: World) -> None:
    world.put("a.wav")
    (file,) = world.plan().files
    assert (file.status, file.provider, file.model, file.audio_s, file.cost_usd) == (
        ("planned", "far", "far-1", 2.0, COST)
    )
    assert (file.notes, file.sent_to) == (("goes to fake.invalid",), ())


def test_candidates_stand_in_their_order_and_those_left_out_have_the_reason(world: World) -> None:
    world.tellers, world.refusals = (*world.tellers, Teller("out")), {"out": "has no key"}
    world.put("a.wav")
    world.put("b.wav")
    found = world.plan().candidates
    assert [(each.provider, each.place, each.cost, each.host) for each in found] == [
        ("far", 1, 2 * COST, "fake.invalid"),
        ("near", 2, 0, None),
        ("out", None, 2 * COST, "fake.invalid"),
    ]
    assert [each.note for each in found] == [
        "the first in order of priority (10)",
        "when the one before it fails",
        "has no key",
    ]


def test_an_unknown_price_is_unknown_and_not_zero(world: World) -> None:
    world.unpriced = "far"
    world.put("a.wav")
    plan = world.plan()
    assert (plan.files[0].cost_usd, plan.candidates[0].cost) == (None, None)
    assert plan.as_json()["totals"]["unpriced"] == 1
    assert plan.as_json()["plan"]["candidates"][0]["cost_usd"] is None


def test_what_is_answered_already_costs_nothing(world: World) -> None:
    world.put("a.wav")
    world.run(formats=("json",))
    world.put("b.wav")
    world.put("c.wav", content=ord("b"))
    plan = world.plan()
    assert [file.status for file in plan.files] == ["planned"] * 3
    assert [file.cost_usd for file in plan.files] == [0, COST, 0]
    assert (plan.asked, plan.candidates[0].cost) == (1, COST)
    assert "stored" in plan.files[0].notes[0]
    assert world.run().as_json()["totals"]["cost_usd"] == float(COST)
    assert (world.plan().candidates, world.plan().count("skipped")) == ((), 3)


@pytest.mark.parametrize("cap", ["0.3", "0.80", "1.14", "0"])
@pytest.mark.parametrize("alone", [True, False])
def test_the_run_then_does_just_that(world: World, alone: bool, cap: str) -> None:
    world.tellers = world.tellers[: 1 if alone else 2]
    for name in "abc":
        world.put(f"{name}.wav")
    wishes = {"max_cost": Decimal(cap)}
    plan, report = world.plan(**wishes), world.run(**wishes)
    assert plan.exit_code == report.exit_code
    assert whom(plan) == whom(report)
    assert plan.as_json()["totals"]["cost_usd"] == report.as_json()["totals"]["cost_usd"]


@pytest.mark.parametrize(("cap", "fits"), [(MOST, True), (MOST - Decimal("0.000001"), False)])
def test_a_plan_fits_to_the_last_cent_that_a_run_reserves(world: World, cap: Decimal, fits: bool) -> None:
    world.tellers = world.tellers[:1]
    world.put("a.wav")
    plan, report = world.plan(max_cost=cap), world.run(max_cost=cap)
    assert [each.fits for each in plan.budget] == [fits]
    assert (plan.exit_code, report.exit_code) == ((0, 0) if fits else (5, 5))
    assert isinstance(plan.ended_by, BudgetReached) is not fits


def test_what_the_budget_does_not_cover_goes_to_a_local_model_and_says_so(world: World) -> None:
    world.put("a.wav")
    world.put("long.wav", seconds=4)
    plan = world.plan(max_cost=Decimal("0.65"))
    assert [(file.provider, file.cost_usd) for file in plan.files] == [("near", 0), ("far", 2 * COST)]
    assert plan.files[0].notes == ("the budget does not cover far (far-1)",)
    assert (plan.exit_code, [each.fits for each in plan.budget]) == (0, [False])


def test_where_the_budget_ends_nothing_after_it_is_promised(world: World) -> None:
    world.tellers = world.tellers[:1]
    world.put("long.wav", seconds=4)
    world.put("copy.wav", seconds=4, content=ord("l"))
    world.put("short.wav")
    plan = world.plan(max_cost=MOST)
    assert (plan.exit_code, plan.count("parked"), plan.asked) == (5, 3, 0)
    assert plan.candidates[0].cost == 3 * COST


def test_days_and_months_count_what_they_have_spent(world: World) -> None:
    world.put("a.wav")
    world.run()
    world.put("b.wav")
    kit = TellersKit(Settings(home=world.home), Wishes(), tellers=world.tellers, priced=["far"])
    kit.policy["caps"] = (Cap("run", Decimal(1)), Cap("day", Decimal("0.5")), Cap("month", Decimal(3)))
    options = TranscribeOptions(formats=("json", "txt"), dry_run=True)
    report = asyncio.run(run([world.root], options, kit, Audience()))
    assert isinstance(report, PlanReport)
    assert report.as_json()["plan"]["budget"] == [
        {"scope": "run", "cap_usd": 1.0, "spent_usd": 0.0, "left_usd": 1.0, "fits": True},
        {"scope": "day", "cap_usd": 0.5, "spent_usd": 0.25, "left_usd": 0.25, "fits": False},
        {"scope": "month", "cap_usd": 3.0, "spent_usd": 0.25, "left_usd": 2.75, "fits": True},
    ]


def test_a_broken_recording_fails_and_an_ended_budget_outweighs_it(world: World) -> None:
    world.tellers = world.tellers[:1]
    world.put("a.wav")
    (world.root / "b.wav").write_bytes(b"no recording")
    assert world.plan().exit_code == 3
    plan = world.plan(max_cost=Decimal(0))
    assert (plan.exit_code, plan.count("failed"), plan.count("parked")) == (5, 1, 1)


def test_time_is_unknown_until_it_was_measured(world: World) -> None:
    world.put("a.wav")
    worked(world, "near", (0, 10), fails=True)
    assert [each.time_s for each in world.plan().candidates] == [None, None]


def test_engines_of_this_machine_are_timed_by_the_wall(world: World) -> None:
    world.put("a.wav")
    world.put("b.wav", seconds=4)
    worked(world, "near", (0, 20), (5, 30), (100, 110))  # 180 s of audio in 40 s
    assert world.plan().candidates[1].time_s == pytest.approx(6 * 40 / 180)


def test_calls_to_others_overlap_and_the_longest_takes_its_time(world: World) -> None:
    world.put("a.wav")
    world.put("b.wav", seconds=8)
    worked(world, "far", (0, 20), (5, 45))  # 120 s of audio in calls of 60 s
    assert world.plan().candidates[0].time_s == pytest.approx(8 * 60 / 120)


def test_only_the_last_fifty_answers_tell_of_the_speed(world: World) -> None:
    worked(world, "near", (0, 5000))
    worked(world, "near", *[(at, at + 1) for at in range(6000, 6050)], audio_s=10.0)
    with world.state() as state:
        speed = state.speed("near", "near-1")
        assert speed is not None
        assert [speed.audio_s, speed.calls_s, speed.wall_s] == pytest.approx([500.0, 50.0, 50.0])
        assert (state.speed("near", "near-2"), state.speed("near", "near-1", "chat")) == (None, None)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"max_audio_s": 40.0}, "sent in about 3 parts: longer than 1 min"),
        ({"max_bytes": 170_000}, "sent in about 3 parts: larger than 0 MB"),
        ({"segments": False, "words": False}, "sent in about 4 parts: far-1 gives no times"),
    ],
)
def test_what_is_too_large_for_a_model_is_said_to_go_in_parts(world: World, limits: Any, said: str) -> None:
    world.tellers = (Teller("far", limits=limits),)
    world.put("a.wav", seconds=100)
    assert world.plan().files[0].notes == ("goes to fake.invalid", said)
    world.run()
    with world.state() as state:
        assert f"about {state.charges(by='file')[0].attempts} parts" in said


def test_a_format_that_is_not_taken_is_converted(world: World) -> None:
    world.put("a.wav").rename(world.root / "a.aif")
    assert world.plan().files[0].notes[1] == "converted to Opus audio before it is sent"


def test_a_held_provider_is_said_to_be_left_alone(world: World) -> None:
    world.put("a.wav")
    with world.state() as state:
        state.failed("far", "quota_exhausted", datetime.now(UTC), trips=1, hold_s=3600.0)
    found = world.plan().candidates
    assert [each.provider for each in found] == ["near", "far"]
    assert "; left alone for 3" in found[1].note


def local_kit(world: World, **settings: Any) -> TellersKit:
    """A kit with the engines of this machine alone."""
    kit = TellersKit(Settings(home=world.home, **settings), Wishes())
    return replace(kit, tellers=(kit.local,))


def planned_by(kit: TellersKit, world: World) -> PlanReport:
    options = TranscribeOptions(formats=("txt",), dry_run=True)
    report = asyncio.run(run([world.root], options, kit, Audience()))
    assert isinstance(report, PlanReport)
    return report


def test_a_local_model_tells_memory_and_what_has_to_be_fetched(world: World) -> None:
    world.put("a.wav")
    (found,) = planned_by(local_kit(world), world).candidates
    assert (found.provider, found.model, found.cost, found.host) == ("local", "base", Decimal(0), None)
    assert 100e6 < (found.download_bytes or 0) < 200e6 < (found.memory_bytes or 0) < 2e9
    assert not (world.home / "models").exists()


def test_a_model_that_is_here_is_not_fetched(world: World) -> None:
    world.put("a.wav")
    (world.home / "models" / "base").mkdir(parents=True)
    assert planned_by(local_kit(world), world).candidates[0].download_bytes == 0


def test_an_absent_model_that_may_not_be_fetched_is_passed_over_or_ends_the_plan(world: World) -> None:
    world.put("a.wav")
    kit = local_kit(world, offline=True)
    plan = planned_by(kit, world)
    assert isinstance(plan.ended_by, ConfigError)
    assert (plan.exit_code, plan.ended_by.code, plan.files) == (2, "model_absent", ())
    both = TellersKit(kit.settings, kit.wishes, tellers=(kit.local, Teller("far")), priced=["far"])
    plan = planned_by(both, world)
    assert plan.files[0].provider == "far"
    assert plan.candidates[0].note.endswith("base is not on this machine, and fetching is off")


def test_a_model_that_exceeds_the_memory_is_said_to_and_fails_the_recording(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put("a.wav")
    monkeypatch.setattr("aiprov.pipelines.planning.free_bytes", lambda: 200_000_000)
    (found,) = planned_by(local_kit(world), world).candidates
    assert found.note.endswith("MB of memory, and 200 MB is free")
    monkeypatch.setattr("aiprov.providers.local.memory.free_bytes", lambda: 1_000_000)
    plan = planned_by(local_kit(world), world)
    assert (plan.exit_code, plan.files[0].status) == (3, "failed")
    assert isinstance(plan.files[0].error, ProviderError)


def test_a_full_disk_is_noticed_before_a_model_is_fetched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("a.wav")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    plan = planned_by(local_kit(world), world)
    assert (plan.exit_code, "not enough room for model base" in str(plan.ended_by)) == (6, True)


def test_a_plan_writes_no_output_and_begins_no_run(world: World) -> None:
    world.put("a.wav")
    world.plan()
    assert [path.name for path in world.root.iterdir()] == ["a.wav"]
    assert [path.name for path in world.home.iterdir()] == ["state.sqlite3"]
    with world.state() as state:
        assert (state._rows("SELECT id FROM runs"), state._rows("SELECT id FROM attempts")) == ([], [])


def test_a_planned_recording_is_one_line() -> None:
    outputs = (Path("out/a.srt"), Path("out/a.txt"))
    file = FileReport(Path("in/a.mp3"), "planned", outputs, "far", "far-1", 3600.0, Decimal("0.27"), notes=("hm",))
    assert planned(file) == "planned in/a.mp3: 1:00:00, far (far-1), $0.27; hm; writes out/a.{srt,txt}"
    beside = FileReport(Path("a.mp3"), "planned", (Path("a.txt"),))
    assert planned(beside) == "planned a.mp3: writes a.txt"


@pytest.fixture
def keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")


@pytest.mark.usefixtures("keyed")
def test_the_command_prints_recordings_candidates_and_budget(world: World) -> None:
    world.put("a.wav")
    lines = aiprov("transcribe", "in", "--dry-run", "-f", "txt,srt", "--max-cost", "1").stdout.splitlines()
    assert lines[0].startswith(
        "planned in/a.wav: 0:02, openai (whisper-1), $0.0002; goes to api.openai.com; writes a.{"
    )
    assert lines[1] == "1 planned: $0.0002"
    assert lines[3].split() == ["provider", "model", "cost", "time", "memory", "download", "goes", "to", "why"]
    assert [line.split()[:3] for line in lines[4:6]] == [["1", "openai", "whisper-1"], ["2", "local", "base"]]
    assert lines[7].split() == ["budget", "limit", "spent", "left", "enough"]
    assert lines[8].split() == ["this", "run", "$1.00", "$0.00", "$1.00", "yes"]


@pytest.mark.usefixtures("keyed")
def test_a_plan_that_does_not_fit_ends_with_5_and_one_json_document(world: World) -> None:
    world.put("a.wav")
    result = aiprov("transcribe", "in", "--dry-run", "--provider", "openai", "--max-cost", "0", "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["files"][0]["status"], document["error"]["code"]) == (5, "parked", "budget")
    assert document["plan"]["candidates"] == [
        {
            "provider": "openai",
            "model": "whisper-1",
            "order": 1,
            "cost_usd": 0.0002,
            "time_s": None,
            "memory_mb": None,
            "download_mb": None,
            "host": "api.openai.com",
            "note": "the first in order of priority (50)",
        }
    ]
    assert document["plan"]["budget"][0]["fits"] is False


CHILD = """
import sys
from aiprov.__main__ import main
sys.argv[1:] = ["transcribe", "in", "--dry-run", "--quiet"]
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


@pytest.mark.usefixtures("keyed")
def test_a_plan_imports_no_vendor_and_no_engine(world: World) -> None:
    world.put("a.wav")
    child = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True)
    heavy = {"openai", "anthropic", "httpx", "faster_whisper", "ctranslate2", "torch", "huggingface_hub", "onnxruntime"}
    assert set(child.stdout.split()) & heavy == set()
