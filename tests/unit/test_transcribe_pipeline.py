"""The main job with a played provider: outputs on disk, no call that is not needed, one bad recording for itself."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.batch.report import Report
from aiprov.cli.summary import departures, lines_of
from aiprov.core.requests import DecodingOptions, TranscriptionRequest
from aiprov.core.results import Transcript
from aiprov.errors import Busy, ConfigError, InputError, ProviderError
from aiprov.files import RunLock
from aiprov.pipelines.options import RenderOptions
from aiprov.providers.base import Hooks
from transcribe_world import PRICE, Audience, Scribe, World, put, put_long, suspect


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "in", tmp_path / "home")


def statuses(report: Report) -> dict[str, str]:
    return {file.path.name: file.status for file in report.files}


def test_every_format_of_every_recording_is_written_beside_it(world: World) -> None:
    put(world.root, "a.wav")
    put(world.root, "b.wav", pitch=330)
    report = world.transcribe(formats=("json", "txt", "srt", "vtt", "tsv", "md"))
    assert (report.exit_code, statuses(report)) == (0, {"a.wav": "done", "b.wav": "done"})
    found = world.outputs()
    assert set(found) == {f"{stem}.{form}" for stem in "ab" for form in ("json", "txt", "srt", "vtt", "tsv", "md")}
    document = json.loads(found["a.json"])
    assert found["a.txt"].decode() == document["text"] + "\n"
    assert found["a.txt"] != found["b.txt"]
    (file, _) = report.files
    assert (file.provider, file.model, file.audio_s, file.cost_usd, file.verdict) == (
        ("scribe", "scribe-1", 2.0, PRICE, "ok")
    )
    assert [path.name for path in file.outputs] == ["a.json", "a.txt", "a.srt", "a.vtt", "a.tsv", "a.md"]
    assert report.as_json()["totals"]["cost_usd"] == 0.5


def test_a_second_run_does_nothing_and_says_so(world: World) -> None:
    put(world.root, "a.wav")
    world.transcribe()
    before, witness = world.outputs(), Audience()
    report = world.transcribe(witness=witness)
    assert (report.exit_code, statuses(report), report.files[0].cost_usd) == (0, {"a.wav": "skipped"}, Decimal(0))
    assert (witness.waiting, witness.skipped, witness.events) == ([], 1, [])
    assert world.scribe.heard == ["a.wav"]
    assert world.outputs() == before


def test_a_moved_and_renamed_recording_is_recognised_by_its_content(world: World) -> None:
    path = put(world.root, "a.wav")
    world.transcribe()
    (world.root / "later").mkdir()
    path.rename(world.root / "later" / "renamed.wav")
    report = world.transcribe(world.root / "later")
    assert statuses(report) == {"renamed.wav": "done"}
    assert report.files[0].cost_usd == 0
    assert world.scribe.heard == ["a.wav"]
    found = world.outputs()
    assert found["later/renamed.txt"] == found["a.txt"]
    assert json.loads(found["later/renamed.json"])["aiprov"]["source"]["path"] == "renamed.wav"


def test_a_format_that_is_added_later_is_rendered_without_a_call(world: World) -> None:
    put(world.root, "a.wav")
    world.transcribe(formats=("json",))
    report = world.transcribe(formats=("json", "srt"))
    assert (statuses(report), report.files[0].cost_usd) == ({"a.wav": "done"}, Decimal(0))
    assert set(world.outputs()) == {"a.json", "a.srt"}
    assert world.scribe.heard == ["a.wav"]


def test_other_line_lengths_are_rendered_anew_without_a_call(world: World) -> None:
    put(world.root, "a.wav")
    world.transcribe(formats=("srt",))
    before = world.outputs()["a.srt"]
    world.transcribe(formats=("srt",), render=RenderOptions(max_words_per_line=1))
    assert world.outputs()["a.srt"] != before
    assert world.scribe.heard == ["a.wav"]


def test_an_output_that_was_deleted_is_made_again_without_a_call(world: World) -> None:
    put(world.root, "a.wav")
    world.transcribe()
    before = world.outputs()
    (world.root / "a.json").unlink()
    assert world.transcribe().exit_code == 0
    assert world.outputs() == before
    assert world.scribe.heard == ["a.wav"]


@pytest.mark.parametrize(
    "change",
    [{"language": "de"}, {"model": "scribe-2"}, {"decoding": DecodingOptions(hotwords="Zermatt")}],
    ids=["language", "model", "decoding"],
)
def test_other_wishes_for_the_words_are_another_request(world: World, change: dict[str, object]) -> None:
    put(world.root, "a.wav")
    world.transcribe()
    report = world.transcribe(**change)
    assert (report.exit_code, world.scribe.heard) == (0, ["a.wav", "a.wav"])
    document = json.loads(world.outputs()["a.json"])
    assert document["language"] == change.get("language", "en")
    assert document["aiprov"]["model"] == change.get("model", "scribe-1")


def test_other_wishes_for_the_speed_change_nothing(world: World) -> None:
    put(world.root, "a.wav")
    world.transcribe()
    report = world.transcribe(workers=5, batch_size=2, trust_cache=True)
    assert statuses(report) == {"a.wav": "skipped"}


def test_force_asks_again_and_writes_over_an_edited_output(world: World) -> None:
    put(world.root, "a.wav")
    world.transcribe()
    (world.root / "a.txt").write_text("My own words.")
    assert world.transcribe().files[0].notes != ()
    assert world.outputs()["a.txt"] == b"My own words."
    world.transcribe(force=True)
    assert world.outputs()["a.txt"].startswith(b"Heard ")
    assert world.scribe.heard == ["a.wav", "a.wav"]


def test_one_broken_recording_among_ten_costs_only_itself(world: World) -> None:
    for number in range(9):
        put(world.root, f"{number}.wav", pitch=300 + number)
    (world.root / "broken.wav").write_bytes(b"this is no recording" * 50)
    report = world.transcribe(formats=("txt",))
    assert report.exit_code == 3
    assert (report.count("done"), report.count("failed")) == (9, 1)
    assert len(world.outputs()) == 9
    (failed,) = [file for file in report.files if file.status == "failed"]
    assert failed.path.name == "broken.wav"
    assert isinstance(failed.error, InputError)
    assert failed.error.code == "unreadable_audio"
    assert "broken.wav" in failed.error.message
    assert "broken.wav" not in world.scribe.heard


def test_a_provider_that_fails_for_one_recording_fails_that_one_and_is_asked_again_next_time(world: World) -> None:
    def fail_for_b(request: object, hooks: object) -> None:
        if request.audio_path.name == "b.wav":  # type: ignore[attr-defined]
            raise ProviderError("no answer", "try again later", provider="scribe", code="timed_out")

    for pitch, name in enumerate("abc", 300):
        put(world.root, f"{name}.wav", pitch=pitch)
    world.scribe.before = fail_for_b
    report = world.transcribe()
    assert (report.exit_code, statuses(report)) == (3, {"a.wav": "done", "b.wav": "failed", "c.wav": "done"})
    assert report.files[1].error is not None
    assert report.files[1].error.code == "timed_out"
    world.scribe.before = lambda request, hooks: None
    report = world.transcribe()
    assert (report.exit_code, statuses(report)) == (0, {"a.wav": "skipped", "b.wav": "done", "c.wav": "skipped"})
    rows = {Path(row.key).name: row for row in world.charges()}
    assert (rows["b.wav"].attempts, rows["b.wav"].failed, rows["b.wav"].unknown) == (2, 1, 1)
    assert (rows["a.wav"].attempts, rows["a.wav"].cost) == (1, PRICE)


@pytest.mark.parametrize("named", ["absolute", "relative"])
def test_the_json_names_its_recording_relative_to_itself(
    world: World, tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(world.root / "deep", "a.wav")
    monkeypatch.chdir(tmp_path)
    root = world.root if named == "absolute" else Path("in")
    out = tmp_path / "out" if named == "absolute" else Path("out")
    world.transcribe(root, output_dir=out, recursive=True)
    written = tmp_path / "out" / "deep" / "a.json"
    source = json.loads(written.read_bytes())["aiprov"]["source"]
    assert source["path"] == "../../in/deep/a.wav"
    assert (written.parent / source["path"]).resolve() == (world.root / "deep" / "a.wav").resolve()
    assert str(tmp_path).encode() not in written.read_bytes()


def test_a_recording_whose_name_is_no_text_is_transcribed_like_any_other(world: World) -> None:
    put(world.root, b"caf\xe9 \xff.wav")
    put(world.root, "line\nbreak.wav", pitch=330)
    put(world.root, "-f.wav", pitch=350)
    report = world.transcribe(formats=("json", "txt", "srt", "vtt", "tsv", "md"))
    assert report.exit_code == 0
    names = sorted(os.fsencode(name) for name in world.outputs())
    assert [name for name in names if name.endswith(b".json")] == [
        b"-f.json",
        b"caf\xe9 \xff.json",
        b"line\nbreak.json",
    ]
    assert len(names) == 18
    for content in world.outputs().values():
        content.decode("utf-8")
    json.dumps(report.as_json())
    report = world.transcribe(formats=("json", "txt", "srt", "vtt", "tsv", "md"))
    assert set(statuses(report).values()) == {"skipped"}
    source = json.loads((world.root / os.fsdecode(b"caf\xe9 \xff.json")).read_bytes())["aiprov"]["source"]["path"]
    assert os.fsencode(source) == b"caf\xe9 \xff.wav"


def test_the_report_tells_the_verdict_and_what_is_suspect_but_not_what_explains_itself(world: World) -> None:
    world.scribe.quality = suspect()
    put(world.root, "a.wav")
    report = world.transcribe()
    (file,) = report.files
    assert (report.exit_code, file.verdict) == (0, "suspect")
    assert file.notes == ("3.2 s of speech without words at 1 s",)
    quality = json.loads(world.outputs()["a.json"])["aiprov"]["quality"]
    assert (quality["verdict"], quality["coverage"]) == ("suspect", 0.7)
    assert [finding["code"] for finding in quality["findings"]] == ["words_on_silence", "uncovered_speech"]
    again = world.transcribe().files[0]
    assert (again.status, again.verdict) == ("skipped", "suspect")


def test_a_dry_run_writes_nothing_and_calls_nobody(world: World) -> None:
    put(world.root, "a.wav")
    report = world.transcribe(dry_run=True)
    assert statuses(report) == {"a.wav": "planned"}
    assert (world.outputs(), world.scribe.heard, world.charges()) == ({}, [], [])
    world.transcribe()
    before = world.outputs()
    assert statuses(world.transcribe(dry_run=True)) == {"a.wav": "skipped"}
    assert statuses(world.transcribe(dry_run=True, formats=("json", "srt"))) == {"a.wav": "planned"}
    assert world.outputs() == before
    assert len(world.charges()) == 1


def test_a_dry_run_names_a_broken_recording_too(world: World) -> None:
    put(world.root, "a.wav")
    (world.root / "broken.wav").write_bytes(b"")
    report = world.transcribe(dry_run=True)
    assert (report.exit_code, statuses(report)) == (3, {"a.wav": "planned", "broken.wav": "failed"})


def test_copies_of_one_recording_are_paid_once(world: World) -> None:
    for name in "abc":
        put(world.root, f"{name}.wav")
    report = world.transcribe()
    assert (report.count("done"), len(world.scribe.heard)) == (3, 1)
    assert sum(file.cost_usd or 0 for file in report.files) == PRICE


def test_two_recordings_that_would_share_an_output_are_refused_before_any_call(world: World) -> None:
    put(world.root, "a.wav")
    put(world.root, "a.wav").rename(world.root / "a.mp3")
    put(world.root, "a.wav", pitch=330)
    with pytest.raises(InputError) as caught:
        world.transcribe()
    assert caught.value.code == "outputs_clash"
    assert world.scribe.heard == []
    report = world.transcribe(on_collision="suffix", formats=("txt",))
    assert report.exit_code == 0
    assert sum(name.endswith(".txt") for name in world.outputs()) == 2


def test_a_folder_that_another_run_holds_is_left_alone(world: World) -> None:
    put(world.root, "a.wav")
    with RunLock([world.root], world.home / "locks"), pytest.raises(Busy):
        world.transcribe()
    assert (world.outputs(), world.scribe.heard) == ({}, [])


def test_without_recordings_nothing_is_done(world: World) -> None:
    world.root.mkdir()
    with pytest.raises(ConfigError, match="nothing to do"):
        world.transcribe()


def test_an_unknown_model_is_a_wrong_command_and_no_fault_of_the_recordings(world: World) -> None:
    put(world.root, "a.wav")
    put(world.root, "b.wav", pitch=330)
    with pytest.raises(ConfigError, match="'nobody'"):
        world.transcribe(model="nobody")
    assert (world.outputs(), world.scribe.heard) == ({}, [])


def test_the_watcher_hears_of_every_recording(world: World) -> None:
    put(world.root, "a.wav")
    (world.root / "broken.wav").write_bytes(b"no recording")
    witness = Audience()
    world.transcribe(witness=witness)
    assert sorted(path.name for path in witness.waiting) == ["a.wav", "broken.wav"]
    assert ("failed", "broken.wav") in witness.events
    assert [event for event in witness.events if event[1] == "a.wav"] == [
        ("started", "a.wav"),
        ("progressed", "a.wav"),
        ("done", "a.wav"),
    ]


def test_a_free_provider_costs_nothing(tmp_path: Path) -> None:
    world = World(tmp_path / "in", tmp_path / "home", Scribe(local=True))
    put(world.root, "a.wav")
    assert world.transcribe().as_json()["totals"]["cost_usd"] == 0.0
    (row,) = world.charges()
    assert (row.cost, row.unpriced, row.free_audio_s > 0) == (Decimal(0), 0, True)


@dataclass
class BusyLater(Scribe):
    """Answers for the first recording, then asks for two hours: whoever comes after that would have to wait, too."""

    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def transcribe(self, request: TranscriptionRequest, model: str, hooks: Hooks) -> Transcript:
        if request.audio_path.name == "b.wav":
            await asyncio.wait_for(self.answered.wait(), 20)  # never comes when a.wav waits for b.wav
            raise ProviderError("busy", provider="scribe", code="rate_limited", retry_after_s=7200.0)
        found = await super().transcribe(request, model, hooks)
        self.answered.set()
        return found


def test_a_recording_whose_provider_asks_for_a_long_wait_is_parked_while_others_go_on(world: World) -> None:
    world.scribe = BusyLater()
    for pitch, name in enumerate(["a.wav", "b.wav"]):
        put(world.root, name, pitch=300 + pitch)
    report = world.transcribe()
    assert statuses(report) == {"a.wav": "done", "b.wav": "parked"}
    assert report.exit_code == 3
    assert next(lines_of(report.files[1])).endswith("busy; worth another run in 2:00:00")


def test_the_report_says_which_recordings_left_the_machine_and_to_which_host(world: World) -> None:
    put(world.root, "a.wav")
    report = world.transcribe()
    assert [file["sent_to"] for file in report.as_json()["files"]] == [["fake.invalid"]]
    assert list(departures(report)) == ["1 recording left this machine, to fake.invalid"]
    assert [file.sent_to for file in world.transcribe().files] == [()], "nothing was sent by a run that did nothing"


def test_what_failed_was_sent_and_paid_for_all_the_same(world: World) -> None:
    put(world.root, "a.wav")
    world.scribe.script = ["unused"]

    def broken(request: TranscriptionRequest, hooks: Hooks) -> None:
        raise ProviderError("broken", provider="scribe", code="invalid_request", status=400)

    def silent(request: TranscriptionRequest, hooks: Hooks) -> None:
        raise ProviderError("cut off", provider="scribe", code="bad_response")

    world.scribe.before = broken
    (file,) = world.transcribe().files
    assert (file.status, file.cost_usd, file.sent_to) == ("failed", Decimal(0), ("fake.invalid",))
    world.scribe.before = silent
    report = world.transcribe()
    (file,) = report.files
    assert (file.status, file.cost_usd, report.as_json()["totals"]["unpriced"]) == ("failed", None, 1)
    assert list(departures(report)) == ["1 recording left this machine, to fake.invalid"]


def test_a_provider_that_is_added_later_does_not_pay_for_finished_work_again(world: World) -> None:
    put(world.root, "a.wav")
    world.transcribe()
    world.newcomer = Scribe("newcomer")
    before = world.outputs()
    assert [file.status for file in world.transcribe().files] == ["skipped"]
    os.remove(world.root / "a.txt")
    assert [file.provider for file in world.transcribe().files] == ["scribe"]
    assert (world.outputs(), world.newcomer.heard) == (before, [])
    put(world.root, "b.wav", pitch=330)
    world.transcribe()
    assert world.newcomer.heard == ["b.wav"]


def test_a_run_ends_at_its_budget_with_exit_5_and_another_goes_on(world: World) -> None:
    for number in range(6):
        put_long(world.root, f"{number}.wav", 2, pitch=3.0 + number)
    first = world.transcribe(max_cost=Decimal("0.70"))
    spent = sum((row.cost for row in world.charges()), Decimal(0))
    assert (first.exit_code, first.ended_by and first.ended_by.code) == (5, "budget")
    assert Decimal(0) < spent <= Decimal("0.70")
    assert 0 < first.count("done") < 6
    second = world.transcribe(max_cost=Decimal("9"))
    assert (second.exit_code, second.count("done") + second.count("skipped")) == (0, 6)
    assert len(world.scribe.heard) == 6
