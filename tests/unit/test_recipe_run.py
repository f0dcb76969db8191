"""The steps of a recipe over played providers: what each writes, pays, leaves alone and goes on after."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.archive import Archive
from aiprov.batch.stop import Stop
from aiprov.core.failures import Kind
from aiprov.errors import Busy, ConfigError, ProviderError, Stopped
from aiprov.files import RunLock
from aiprov.pipelines.embed import EmbedOptions, holding
from aiprov.pipelines.options import RenderOptions, TranscribeOptions
from aiprov.pipelines.recipe_options import ExportOptions, RecipeOptions
from aiprov.pipelines.recipe_run import _Works
from aiprov.providers.local.provider import Wishes
from aiprov.settings import Settings
from aiprov.wiring import Kit
from clerk_world import COST, document
from recipe_world import RecipeWorld
from transcribe_world import Audience, put

THREE = ("transcribe", "summarize", "embed")


@pytest.fixture
def world(tmp_path: Path) -> RecipeWorld:
    found = RecipeWorld(tmp_path / "in", tmp_path / "home")
    put(found.root, "a.wav", 300)
    put(found.root / "deep", "b.wav", 500)
    return found


def held(world: RecipeWorld) -> set[str]:
    """What is in the archive."""
    with closing(Archive(world.archive)) as archive:
        return {str(path.relative_to(world.root)) for path in archive.contents()}


def test_every_step_leaves_its_outputs_and_the_report_names_them(world):
    report = world.run()
    forms = ("json", "txt", "minutes.json", "minutes.md")
    assert set(world.outputs()) == {f"{name}.{form}" for name in ("a", "deep/b") for form in forms}
    assert held(world) == {f"{name}.{form}" for name in ("a", "deep/b") for form in ("json", "minutes.json")}
    for file in report.files:
        assert (file.status, dict(file.steps)) == ("done", dict.fromkeys(THREE, "done"))
        assert [path.name.partition(".")[2] for path in file.outputs] == list(forms)
    assert report.exit_code == 0
    assert b"We decided to use the short version of the pricing page." in world.outputs()["a.minutes.md"]


def test_a_second_run_asks_nobody_and_writes_nothing(world):
    world.run()
    before, calls = world.outputs(), (len(world.scribe.heard), len(world.clerk.calls), len(world.meaner.calls))
    report = world.run()
    assert [(file.status, dict(file.steps)) for file in report.files] == [
        ("skipped", dict.fromkeys(THREE, "skipped"))
    ] * 2
    assert world.outputs() == before
    assert (len(world.scribe.heard), len(world.clerk.calls), len(world.meaner.calls)) == calls


def test_what_the_archive_lost_is_taken_in_again_and_nothing_else_is_done(world):
    world.run()
    os.unlink(world.archive)
    heard = len(world.scribe.heard)
    report = world.run()
    assert {file.steps["embed"] for file in report.files} == {"done"}
    assert {file.steps["summarize"] for file in report.files} == {"skipped"}
    assert len(held(world)) == 4
    assert len(world.scribe.heard) == heard


def test_a_recording_that_is_added_is_all_that_is_worked_on(world):
    world.run()
    put(world.root, "c.wav", 700)
    report = world.run()
    assert {file.path.name: file.status for file in report.files} == {
        "a.wav": "skipped",
        "b.wav": "skipped",
        "c.wav": "done",
    }
    assert "c.minutes.json" in held(world)


def test_one_recording_is_summarized_while_the_next_is_transcribed(world):
    summarizing, both = asyncio.Event(), []

    async def wait_for_minutes(request, hooks):
        await asyncio.wait_for(summarizing.wait(), 20)

    first = []

    class Slow(type(world.scribe)):
        async def transcribe(self, request, model, hooks):
            if first:
                await wait_for_minutes(request, hooks)
                both.append(request.audio_path.name)
            first.append(request.audio_path.name)
            return await super().transcribe(request, model, hooks)

    world.scribe = Slow()
    world.clerk.before = lambda request: summarizing.set()
    assert world.run().exit_code == 0
    assert len(both) == 1


def test_a_step_that_fails_fails_its_file_by_name_and_the_others_go_on(world):
    def refuse(request):
        if "Heard" in request.messages[-1].content and broken in request.messages[-1].content:
            raise ProviderError("the model wants no such talk", provider="clerk", code=Kind.REFUSED)

    broken = ""
    world.run(summarize=None, embed=None)
    broken = json.loads(world.outputs()["deep/b.json"])["text"].split()[-1]
    world.clerk.before = refuse
    report = world.run()
    found = {file.path.name: (file.status, dict(file.steps)) for file in report.files}
    assert found["a.wav"] == ("done", {"transcribe": "skipped", "summarize": "done", "embed": "done"})
    assert found["b.wav"] == ("failed", {"transcribe": "skipped", "summarize": "failed"})
    assert report.exit_code == 3
    assert held(world) == {"a.json", "a.minutes.json"}


def test_transcripts_are_taken_as_they_are_beside_recordings(world):
    (world.root / "old.json").write_text(json.dumps(document()))
    report = world.run()
    (old,) = [file for file in report.files if file.path.name == "old.json"]
    assert dict(old.steps) == {"summarize": "done", "embed": "done"}
    assert {"old.json", "old.minutes.json"} <= held(world)


def test_without_a_transcribing_step_only_recordings_without_a_transcript_are_transcribed(world):
    world.run(world.root / "a.wav", summarize=None, embed=None)
    report = world.run(transcribes=False, formats=("json",), embed=None)
    steps = {file.path.name: set(file.steps) for file in report.files}
    assert steps == {"a.wav": {"summarize"}, "b.wav": {"transcribe", "summarize"}}


def test_export_renders_transcripts_again(world):
    report = world.run(summarize=None, embed=None, formats=("json",), export=world.exported("srt", "md"))
    assert {"a.srt", "a.md", "deep/b.srt"} <= set(world.outputs())
    assert {file.steps["export"] for file in report.files} == {"done"}
    assert b"-->" in world.outputs()["a.srt"]
    narrow = ExportOptions(("srt", "md"), RenderOptions(max_line_width=12))
    world.run(summarize=None, embed=None, formats=("json",), export=narrow)
    wide = [line for line in world.outputs()["a.srt"].decode().splitlines() if len(line) > 12 and "-->" not in line]
    assert wide == []
    assert len(world.scribe.heard) == 2


def test_two_steps_do_not_write_the_same(world):
    with pytest.raises(ConfigError, match="would both write txt") as caught:
        world.run(export=world.exported("txt"))
    assert caught.value.code == "outputs_clash"


def test_minutes_get_their_json_when_the_archive_needs_it(world):
    world.run(summarize=replace(world.minutes(), formats=("md",)))
    assert {"a.minutes.json", "a.minutes.md"} <= set(world.outputs())


def test_the_whole_budget_parks_what_it_does_not_cover_and_ends_the_run(world):
    report = world.run(max_cost=Decimal("0.20"), summarize=world.minutes(max_cost=Decimal("0.20")))
    assert report.exit_code == 5
    spent = sum(row.cost for row in world.charges())
    assert spent <= Decimal("0.20")


def test_minutes_are_made_otherwise_when_the_budget_is_reached(world):
    dear, free = world.minutes(max_cost=Decimal("0.01")), world.minutes(method="extractive")
    report = world.run(summarize=dear, summarize_otherwise=free)
    assert report.exit_code == 0
    assert not world.clerk.calls
    assert json.loads(world.outputs()["a.minutes.json"])["method"] == "extractive"
    assert all("done otherwise: " in " ".join(file.notes) for file in report.files)
    again = world.run(summarize=dear, summarize_otherwise=free)
    assert {file.status for file in again.files} == {"skipped"}


def test_minutes_are_made_otherwise_when_a_provider_fails(world):
    def refuse(request):
        raise ProviderError("there is no credit left", provider="clerk", code=Kind.QUOTA)

    world.clerk.before = refuse
    report = world.run(summarize=world.minutes(), summarize_otherwise=world.minutes(method="extractive"))
    assert report.exit_code == 0
    assert json.loads(world.outputs()["deep/b.minutes.json"])["method"] == "extractive"


def test_minutes_are_made_otherwise_when_nobody_is_there(world):
    witness = Audience()
    nobody, free = world.minutes(provider="scribe"), world.minutes(method="extractive")
    assert world.run(summarize=nobody, summarize_otherwise=free, witness=witness).exit_code == 0
    assert [note for note in witness.notes if note.startswith("summarize was done otherwise: ")]
    again = Audience()
    world.run(summarize=nobody, summarize_otherwise=free, witness=again)
    assert again.notes == []
    with pytest.raises(ConfigError):
        world.run(summarize=nobody)


def test_minutes_by_a_provider_count_as_done_when_it_has_gone(world):
    world.run(summarize=world.minutes(), summarize_otherwise=world.minutes(method="extractive"))
    paid = len(world.clerk.calls)
    report = world.run(summarize=world.minutes(), summarize_otherwise=world.minutes(method="extractive"))
    assert {file.status for file in report.files} == {"skipped"}
    assert len(world.clerk.calls) == paid


def test_a_dry_run_plans_every_step_and_does_nothing(world):
    report = world.run(dry_run=True)
    assert world.outputs() == {}
    assert not world.archive.exists()
    assert not world.scribe.heard
    for file in report.files:
        assert dict(file.steps) == dict.fromkeys(THREE, "planned")
        assert len(file.outputs) == 4
    rows = {row["provider"] for row in report.as_json()["plan"]["candidates"]}
    assert "scribe" in rows


def test_a_dry_run_over_transcripts_counts_tokens_and_cost_of_all_steps(world):
    world.run(summarize=None, embed=None)
    report = world.run(dry_run=True)
    for file in report.files:
        assert file.steps["transcribe"] == "skipped"
        assert any("tokens to read" in note for note in file.notes)
        assert file.cost_usd > 0
    assert {row["provider"] for row in report.as_json()["plan"]["candidates"]} == {"clerk"}


def test_the_output_folders_and_the_archive_are_held(world, tmp_path):
    with RunLock([world.root], world.home / "locks"), pytest.raises(Busy):
        world.run()
    with (
        holding(EmbedOptions(world.archive), world.home / "locks", Stop()),
        pytest.raises(Busy, match=r"archive\.sqlite3"),
    ):
        world.run()
    assert world.run().exit_code == 0


def test_force_does_every_step_again(world):
    world.run()
    report = world.run(force=True)
    assert {step for file in report.files for step in file.steps.values()} == {"done"}
    assert len(world.scribe.heard) == 4


def test_a_stop_keeps_what_is_done_and_the_next_run_pays_only_for_the_rest(world):
    def stop(request, hooks):
        if len(world.scribe.heard) == 2:
            os.kill(os.getpid(), 2)
            hooks.check()

    world.scribe.before = stop
    report = world.run()
    assert isinstance(report.ended_by, Stopped)
    world.scribe.before = lambda request, hooks: None
    assert world.run().exit_code == 0
    assert len(held(world)) == 4


def test_each_step_has_the_costs_that_it_causes(world):
    report = world.run()
    total = sum(file.cost_usd for file in report.files)
    assert total == sum(row.cost for row in world.charges())
    assert total >= 2 * COST


def test_engines_and_state_are_shared_by_steps_that_want_them_alike(world):
    speech = TranscribeOptions(("json",))
    works = _Works(RecipeOptions("house", speech), Kit(Settings(home=world.home), Wishes()), Audience())
    one, two = works.kit_for(speech), works.kit_for(TranscribeOptions(("json",), max_cost=Decimal(1)))
    other = works.kit_for(TranscribeOptions(("json",), privacy="local"))
    assert one.local is two.local
    assert one.local is not other.local
    assert one.state is other.state is works.kit.state
    assert [cap.usd for cap in two.roster.policy.caps] == [Decimal(1)]
    asyncio.run(works.aclose())
