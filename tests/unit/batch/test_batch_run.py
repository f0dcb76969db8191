from __future__ import annotations

import asyncio
import os
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aiprov.batch.engine import execute
from aiprov.batch.plan import make_plan
from aiprov.batch.report import Report
from aiprov.batch.stop import Stop
from aiprov.batch.work import Call, Job
from aiprov.errors import (
    AiprovError,
    BudgetReached,
    IntegrityError,
    ProviderError,
    StorageError,
)
from aiprov.state import State
from batch_world import PRICE, ToyWork, Witness, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "in", tmp_path / "home")


class Kept:
    """Keeps the toys of all runs, and may change them before they start."""

    def __init__(self, **changes: Any) -> None:
        self.changes = changes
        self.toys: list[ToyWork] = []

    def __call__(self, work: ToyWork) -> None:
        for name, value in self.changes.items():
            setattr(work, name, value)
        self.toys.append(work)

    @property
    def calls(self) -> list[str]:
        return sorted(name for toy in self.toys for name in toy.calls)


def statuses(report: Report) -> dict[str, str]:
    return {file.path.name: file.status for file in report.files}


def text(world: World, name: str) -> str:
    return (world.root / name).read_text()


def raising(error: Exception, *names: str) -> Any:
    def fail(job: Job, call: Call) -> None:
        if job.path.name in names:
            raise error

    return fail


def test_every_input_gets_its_outputs_and_the_report_says_so(world: World) -> None:
    for name in ("b.mp3", "a.mp3"):
        world.put(name)
    witness = Witness()
    report = world.shout(witness=witness)
    assert (report.exit_code, statuses(report)) == (0, {"a.mp3": "done", "b.mp3": "done"})
    assert text(world, "a.txt") == "txt plain shout-1:WORDS OF A.MP3"
    first = report.files[0]
    assert (first.provider, first.model, first.audio_s, first.cost_usd, first.verdict) == (
        "toy",
        "shout-1",
        1.0,
        PRICE,
        "ok",
    )
    assert [path.name for path in first.outputs] == ["a.json", "a.txt"]
    assert ([path.name for path in witness.waiting], witness.skipped) == (["a.mp3", "b.mp3"], 0)
    assert [event for event in witness.events if event[1] == "a.mp3"] == [
        ("started", "a.mp3"),
        ("progressed", "a.mp3"),
        ("done", "a.mp3"),
    ]


def test_a_second_run_does_nothing_and_says_so(world: World) -> None:
    world.put("a.mp3")
    world.shout()
    stamps = {path: path.stat().st_mtime_ns for path in world.root.iterdir()}
    kept, witness = Kept(), Witness()
    report = world.shout(work=kept, witness=witness)
    assert (report.exit_code, statuses(report), report.files[0].cost_usd) == (0, {"a.mp3": "skipped"}, Decimal(0))
    assert (report.files[0].provider, report.files[0].verdict) == ("toy", "ok")
    assert (kept.calls, kept.toys[0].weighed) == ([], [])
    assert (list(witness.waiting), witness.skipped, witness.events) == ([], 1, [])
    assert {path: path.stat().st_mtime_ns for path in world.root.iterdir()} == stamps


def test_a_second_run_reads_no_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("a.mp3")
    world.shout()
    monkeypatch.setattr("aiprov.batch.desk.sha256_of", None)
    monkeypatch.setattr("aiprov.batch.outputs.sha256_of", None)
    assert statuses(world.shout()) == {"a.mp3": "skipped"}


def test_a_deleted_output_is_rendered_again_without_a_call(world: World) -> None:
    world.put("a.mp3")
    world.shout()
    before = text(world, "a.txt")
    (world.root / "a.txt").unlink()
    kept = Kept()
    report = world.shout(work=kept)
    assert (statuses(report), report.files[0].cost_usd, kept.calls) == ({"a.mp3": "done"}, Decimal(0), [])
    assert text(world, "a.txt") == before


def test_another_format_is_rendered_without_a_call(world: World) -> None:
    world.put("a.mp3")
    world.shout(formats=("json",))
    kept = Kept()
    assert statuses(world.shout(formats=("json", "srt"), work=kept)) == {"a.mp3": "done"}
    assert kept.calls == []
    assert text(world, "a.srt").startswith("srt plain")


def test_another_rendering_replaces_the_outputs_without_a_call(world: World) -> None:
    world.put("a.mp3")
    world.shout()
    kept = Kept(style="fancy")
    assert statuses(world.shout(work=kept)) == {"a.mp3": "done"}
    assert kept.calls == []
    assert text(world, "a.txt").startswith("txt fancy")


def test_other_parameters_make_a_new_call_and_going_back_makes_none(world: World) -> None:
    world.put("a.mp3")
    world.shout()
    kept = Kept(model="shout-2")
    assert statuses(world.shout(work=kept)) == {"a.mp3": "done"}
    assert (kept.calls, text(world, "a.txt")) == (["a.mp3"], "txt plain shout-2:WORDS OF A.MP3")
    back = Kept()
    assert statuses(world.shout(work=back)) == {"a.mp3": "done"}
    assert (back.calls, text(world, "a.txt")) == ([], "txt plain shout-1:WORDS OF A.MP3")


def test_an_edited_output_is_kept_with_a_note_until_force(world: World) -> None:
    world.put("a.mp3")
    world.shout()
    (world.root / "a.txt").write_text("my own words")
    for _ in range(2):
        report = world.shout()
        assert (report.exit_code, statuses(report)) == (0, {"a.mp3": "skipped"})
        assert report.files[0].notes == (f"{world.root}/a.txt was edited and is kept; --force overwrites it",)
        assert text(world, "a.txt") == "my own words"
    kept = Kept()
    assert statuses(world.shout(work=kept, force=True)) == {"a.mp3": "done"}
    assert (kept.calls, text(world, "a.txt")) == (["a.mp3"], "txt plain shout-1:WORDS OF A.MP3")


def test_beside_an_edited_output_a_deleted_one_comes_back(world: World) -> None:
    world.put("a.mp3")
    world.shout()
    (world.root / "a.txt").write_text("my own words")
    (world.root / "a.json").unlink()
    report = world.shout()
    assert (statuses(report), len(report.files[0].notes)) == ({"a.mp3": "done"}, 1)
    assert (text(world, "a.txt"), text(world, "a.json")[:4]) == ("my own words", "json")


def test_an_edited_output_is_not_overwritten_by_other_parameters(world: World) -> None:
    world.put("a.mp3")
    world.shout()
    (world.root / "a.txt").write_text("my own words")
    kept = Kept(model="shout-2")
    report = world.shout(work=kept)
    assert (report.exit_code, report.files[0].error.code, kept.calls) == (3, "output_exists", [])
    assert text(world, "a.txt") == "my own words"
    assert text(world, "a.json") == "json plain shout-1:WORDS OF A.MP3"


def test_a_touched_output_is_not_an_edited_one(world: World) -> None:
    world.put("a.mp3")
    world.shout()
    os.utime(world.root / "a.txt")
    report = world.shout()
    assert (statuses(report), report.files[0].notes) == ({"a.mp3": "skipped"}, ())
    witness = Witness()
    world.shout(witness=witness)
    assert witness.skipped == 1  # its new time is known now


@pytest.mark.parametrize("kind", ["file", "folder", "pipe", "dangling link"])
def test_what_somebody_else_put_there_stops_the_job_before_the_call(world: World, kind: str) -> None:
    world.put("a.mp3")
    world.put("b.mp3")
    place = world.root / "a.txt"
    {
        "file": lambda: place.write_text("theirs"),
        "folder": place.mkdir,
        "pipe": lambda: os.mkfifo(place),
        "dangling link": lambda: place.symlink_to("nowhere"),
    }[kind]()
    kept = Kept()
    report = world.shout(work=kept)
    assert (report.exit_code, statuses(report)) == (3, {"a.mp3": "failed", "b.mp3": "done"})
    error = report.files[0].error
    assert (error.code, str(place) in error.message, "--output-dir" in error.hint) == ("output_exists", True, True)
    assert kept.calls == ["b.mp3"]
    assert not (world.root / "a.json").exists()


def test_force_overwrites_what_somebody_else_put_there_but_no_folder(world: World) -> None:
    for name in ("a.mp3", "b.mp3", "c.mp3"):
        world.put(name)
    (world.root / "a.txt").write_text("theirs")
    (world.root / "b.txt").symlink_to(world.root / "c.mp3")
    (world.root / "c.txt").mkdir()
    report = world.shout(force=True)
    assert statuses(report) == {"a.mp3": "done", "b.mp3": "done", "c.mp3": "failed"}
    assert text(world, "b.txt") == "txt plain shout-1:WORDS OF B.MP3"
    assert text(world, "c.mp3") == "words of c.mp3"


def test_the_work_hears_whether_everything_is_wanted_anew(world: World) -> None:
    world.put("a.mp3")
    heard: list[bool] = []
    for force in (False, True):
        world.shout(force=force, work=Kept(before=lambda _job, call: heard.append(call.force)))
    assert heard == [False, True]


def test_a_file_with_exactly_our_bytes_is_taken_as_ours(world: World, tmp_path: Path) -> None:
    world.put("a.mp3")
    world.shout()
    content = text(world, "a.txt")
    copy = tmp_path / "out"
    copy.mkdir()
    (copy / "a.txt").write_text(content)
    (copy / "a.json").write_text(text(world, "a.json"))
    assert statuses(world.shout(output_dir=copy)) == {"a.mp3": "skipped"}


def test_a_moved_recording_is_known_by_its_content(world: World) -> None:
    world.put("a.mp3")
    world.shout()
    (world.root / "a.mp3").rename(world.root / "renamed.mp3")
    kept = Kept()
    assert statuses(world.shout(work=kept)) == {"renamed.mp3": "done"}
    assert kept.calls == []


def test_a_moved_folder_with_its_outputs_is_finished(world: World, tmp_path: Path) -> None:
    world.put("a.mp3")
    world.shout()
    world.root.rename(tmp_path / "moved")
    moved, kept = World(tmp_path / "moved", world.home), Kept()
    assert statuses(moved.shout(work=kept)) == {"a.mp3": "skipped"}
    assert kept.calls == []


def test_outputs_of_a_moved_folder_that_name_their_old_place_are_rendered_again(world: World, tmp_path: Path) -> None:
    world.put("a.mp3")
    world.shout()
    world.root.rename(tmp_path / "moved")
    moved, kept = World(tmp_path / "moved", world.home), Kept(style="names another place")
    assert statuses(moved.shout(work=kept)) == {"a.mp3": "done"}
    assert kept.calls == []


def test_copies_of_one_recording_cost_one_call(world: World) -> None:
    for name in ("d1/a.mp3", "d2/b.mp3", "d3/c.mp3"):
        world.put(name, "the same words")
    for force in (False, True):
        kept = Kept(workers=3)
        report = world.shout(recursive=True, work=kept, force=force)
        assert (report.count("done"), len(kept.calls)) == (3, 1)
        assert sum(file.cost_usd for file in report.files) == PRICE


def test_the_longest_goes_first(world: World) -> None:
    lengths = {"a.mp3": 1.0, "b.mp3": 30.0, "c.mp3": None, "d.mp3": 5.0}
    for name in lengths:
        world.put(name)
    kept = Kept(lengths=lengths, workers=1)
    report = world.shout(work=kept)
    assert kept.toys[0].calls == ["b.mp3", "d.mp3", "a.mp3", "c.mp3"]
    assert [file.path.name for file in report.files] == ["a.mp3", "b.mp3", "c.mp3", "d.mp3"]


def test_no_more_jobs_than_allowed_run_at_once(world: World) -> None:
    for number in range(9):
        world.put(f"{number}.mp3")
    running, most, together = 0, 0, asyncio.Barrier(3)

    async def work_on(job: Job, call: Call) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        async with asyncio.timeout(30):
            await together.wait()  # goes on when three are here
        running -= 1

    assert world.shout(work=Kept(before=work_on, workers=3)).count("done") == 9
    assert most == 3


def test_one_failure_does_not_stop_the_others(world: World) -> None:
    for name in ("a.mp3", "b.mp3", "c.mp3"):
        world.put(name)
    error = ProviderError("no answer", "try later", provider="toy")
    report = world.shout(work=Kept(before=raising(error, "b.mp3")))
    assert (report.exit_code, statuses(report)) == (3, {"a.mp3": "done", "b.mp3": "failed", "c.mp3": "done"})
    assert report.files[1].error is error
    assert statuses(world.shout()) == {"a.mp3": "skipped", "b.mp3": "done", "c.mp3": "skipped"}


def test_an_unforeseen_exception_is_a_bug_of_one_job_and_its_text_is_not_shown(world: World) -> None:
    world.put("a.mp3")
    world.put("b.mp3")
    cause = KeyError("words of the transcript")
    report = world.shout(work=Kept(before=raising(cause, "a.mp3")))
    error = report.files[0].error
    assert (report.exit_code, statuses(report)) == (3, {"a.mp3": "failed", "b.mp3": "done"})
    assert (error.code, error.__cause__) == ("bug", cause)
    assert "KeyError" in error.message
    assert "transcript" not in error.message


@pytest.mark.parametrize("where", ["weigh", "identify", "recall", "render"])
def test_an_exception_anywhere_in_the_work_fails_its_job_alone(world: World, where: str) -> None:
    world.put("a.mp3")
    world.put("b.mp3")

    def break_it(work: ToyWork) -> None:
        whole = getattr(work, where)

        def broken(job: Job, *given: Any) -> Any:
            if job.path.name == "a.mp3":
                raise ZeroDivisionError
            return whole(job, *given)

        setattr(work, where, broken)

    report = world.shout(work=break_it)
    assert (report.exit_code, statuses(report)) == (3, {"a.mp3": "failed", "b.mp3": "done"})


def test_an_input_that_vanishes_before_its_turn_fails_alone(world: World) -> None:
    world.put("a.mp3")
    world.put("b.mp3")

    def remove(job: Job, call: Call) -> None:
        (world.root / "b.mp3").unlink()

    report = world.shout(work=Kept(before=remove, workers=1, lengths={"a.mp3": 9.0}))
    assert (report.exit_code, statuses(report)) == (3, {"a.mp3": "done", "b.mp3": "failed"})
    assert report.files[1].error.code == "not_found"


def test_an_input_that_changes_during_the_work_fails_and_its_answer_is_forgotten(world: World) -> None:
    path = world.put("a.mp3")
    original = path.read_text()

    def append(job: Job, call: Call) -> None:
        thread = threading.Thread(target=lambda: path.write_text(original + " and more"))
        thread.start()
        thread.join()

    report = world.shout(work=Kept(before=append))
    assert (report.exit_code, report.files[0].error.code) == (3, "changed_while_reading")
    assert report.files[0].cost_usd == PRICE
    assert os.listdir(world.root) == ["a.mp3"]
    world.put("a.mp3", original)
    kept = Kept()
    assert statuses(world.shout(work=kept)) == {"a.mp3": "done"}
    assert kept.calls == ["a.mp3"]


def test_a_work_that_keeps_no_answer_is_a_bug(world: World) -> None:
    world.put("a.mp3")

    def forgetful(work: ToyWork) -> None:
        work.state.settle = lambda *given, **named: None  # type: ignore[method-assign]

    assert world.shout(work=forgetful).files[0].error.code == "bug"


@pytest.mark.parametrize(("error", "code"), [(StorageError("disk full"), 6), (IntegrityError("damaged"), 4)])
def test_an_error_that_concerns_all_ends_the_run(world: World, error: AiprovError, code: int) -> None:
    for number in range(6):
        world.put(f"{number}.mp3")
    kept = Kept(workers=1, before=raising(error, "2.mp3"))
    report = world.shout(work=kept)
    assert (report.exit_code, report.ended_by) == (code, error)
    assert statuses(report) == {"0.mp3": "done", "1.mp3": "done", "2.mp3": "failed"}
    assert kept.calls == ["0.mp3", "1.mp3", "2.mp3"]


def test_a_reached_budget_parks_its_job_lets_others_finish_and_ends_the_run(world: World) -> None:
    for number in range(6):
        world.put(f"{number}.mp3")
    reached = asyncio.Event()

    async def work_on(job: Job, call: Call) -> None:
        if job.path.name == "1.mp3":
            reached.set()
            raise BudgetReached("the budget is used up", "raise --max-cost")
        await reached.wait()
        for _ in range(200):  # long after the other has ended
            await asyncio.sleep(0)

    report = world.shout(work=Kept(before=work_on, workers=2))
    assert report.exit_code == 5
    assert statuses(report) == {"0.mp3": "done", "1.mp3": "parked"}


def test_fail_fast_begins_nothing_after_the_first_failure_and_lets_running_jobs_finish(world: World) -> None:
    for number in range(6):
        world.put(f"{number}.mp3")
    failed = asyncio.Event()

    async def work_on(job: Job, call: Call) -> None:
        if job.path.name == "1.mp3":
            failed.set()
            raise ProviderError("no answer", provider="toy")
        await failed.wait()
        for _ in range(200):  # long after the other has ended
            await asyncio.sleep(0)

    report = world.shout(work=Kept(before=work_on, workers=2), fail_fast=True)
    assert (report.exit_code, statuses(report)) == (3, {"0.mp3": "done", "1.mp3": "failed"})


def test_fail_fast_counts_inputs_that_cannot_be_found(world: World) -> None:
    world.put("a.mp3")
    kept = Kept()
    report = world.shout(str(world.root), "missing.mp3", work=kept, fail_fast=True)
    assert (report.exit_code, statuses(report), kept.calls) == (3, {"missing.mp3": "failed"}, [])


def test_inputs_that_cannot_be_found_are_reported_in_their_place(world: World) -> None:
    world.put("a.mp3")
    world.put("c.mp3")
    witness = Witness()
    report = world.shout(*(str(world.root / name) for name in ("c.mp3", "b.mp3", "a.mp3")), witness=witness)
    assert statuses(report) == {"a.mp3": "done", "b.mp3": "failed", "c.mp3": "done"}
    assert list(statuses(report)) == ["a.mp3", "b.mp3", "c.mp3"]
    assert ("failed", "b.mp3") in witness.events


def test_a_request_to_stop_drops_what_is_at_work_and_keeps_what_is_done(world: World) -> None:
    for number in range(5):
        world.put(f"{number}.mp3")
    stop = Stop()

    async def work_on(job: Job, call: Call) -> None:
        if job.path.name == "2.mp3":
            stop.request()
            await asyncio.Event().wait()

    report = world.shout(work=Kept(before=work_on, workers=1), stop=stop)
    assert (report.exit_code, report.ended_by.code) == (130, "stopped")
    assert statuses(report) == {"0.mp3": "done", "1.mp3": "done"}
    assert "same command again" in report.ended_by.hint
    with State(world.home / "state.sqlite3") as state:
        assert [row.unknown for row in state.charges(by="file")] == [0, 0, 1]
    assert world.shout().count("done") == 3


def test_an_answer_that_arrives_in_spite_of_the_stop_is_saved(world: World) -> None:
    world.put("a.mp3")
    stop = Stop()

    async def work_on(job: Job, call: Call) -> None:
        stop.request()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return

    report = world.shout(work=Kept(before=work_on), stop=stop)
    assert statuses(report) == {"a.mp3": "done"}
    assert text(world, "a.txt")


def test_an_error_on_the_way_out_of_a_stopped_job_is_not_its_failure(world: World) -> None:
    world.put("a.mp3")
    stop = Stop()

    async def work_on(job: Job, call: Call) -> None:
        stop.request()
        try:
            await asyncio.Event().wait()
        finally:
            raise ConnectionError("closed")

    report = world.shout(work=Kept(before=work_on), stop=stop)
    assert (report.exit_code, report.files) == (130, ())


def test_a_stop_before_the_start_does_nothing(world: World) -> None:
    world.put("a.mp3")
    stop, kept = Stop(), Kept()
    stop.request()
    report = world.shout(work=kept, stop=stop)
    assert (report.exit_code, report.files, kept.calls) == (130, (), [])


def test_a_work_that_cancels_itself_is_a_bug_and_no_stop(world: World) -> None:
    world.put("a.mp3")
    world.put("b.mp3")

    async def work_on(job: Job, call: Call) -> None:
        if job.path.name == "a.mp3":
            raise asyncio.CancelledError

    report = world.shout(work=Kept(before=work_on))
    assert (report.exit_code, statuses(report)) == (3, {"a.mp3": "failed", "b.mp3": "done"})


def test_no_write_outlives_a_cancelled_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("a.mp3")
    writing, let_go = threading.Event(), threading.Event()
    written: list[Path] = []

    def slow_write(path: Path, content: bytes) -> None:
        writing.set()
        let_go.wait(10)
        written.append(path)
        path.write_bytes(content)

    monkeypatch.setattr("aiprov.batch.outputs.write_atomic", slow_write)

    async def cancelled() -> int:
        with State(world.home / "state.sqlite3") as state:
            plan = make_plan([str(world.root)], suffixes={".mp3"}, formats=["txt"])
            running = asyncio.create_task(
                execute(
                    plan,
                    ToyWork(state),
                    command="shout",
                    state=state,
                    locks=world.home / "locks",
                    watcher=Witness(),
                    stop=Stop(),
                )
            )
            await asyncio.to_thread(writing.wait, 10)
            running.cancel()
            await asyncio.sleep(0)
            let_go.set()
            with pytest.raises(asyncio.CancelledError):
                await running
            return len(written)

    assert asyncio.run(cancelled()) == 1


def test_leftovers_of_a_killed_run_are_swept(world: World) -> None:
    world.put("a.mp3")
    (world.root / ".aiprov-0123456789abcdef-a.json.part").write_text("half")
    world.shout()
    assert sorted(os.listdir(world.root)) == ["a.json", "a.mp3", "a.txt"]


def test_outputs_can_go_to_a_folder_of_their_own(world: World, tmp_path: Path) -> None:
    world.put("x/a.mp3")
    world.shout(output_dir=tmp_path / "out", recursive=True)
    assert sorted(os.listdir(tmp_path / "out" / "x")) == ["a.json", "a.txt"]
    assert os.listdir(world.root / "x") == ["a.mp3"]


def test_a_state_file_on_a_network_disk_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("a.mp3")
    monkeypatch.setattr("aiprov.state.db.network_filesystem", lambda path: "nfs4")
    witness = Witness()
    world.shout(witness=witness)
    assert "nfs4" in witness.notes[0]


def test_the_runs_end_is_in_the_ledger(world: World) -> None:
    world.put("a.mp3")
    report = world.shout("missing.mp3", str(world.root))
    with State(world.home / "state.sqlite3") as state:
        rows = state._rows("SELECT id, command, exit_code FROM runs")
        assert rows == [(report.run_id, "shout", 3)]
        assert state.charges(by="run")[0].key == report.run_id


@pytest.fixture
def half_done(world: World) -> World:
    """a finished, b without an output, c never seen, d in the way of a foreign file, e edited, and one missing."""
    for name in ("a.mp3", "b.mp3", "e.mp3"):
        world.put(name)
    world.shout()
    (world.root / "b.txt").unlink()
    (world.root / "e.txt").write_text("edited")
    for name in ("c.mp3", "d.mp3"):
        world.put(name)
    (world.root / "d.txt").write_text("theirs")
    return world


def test_a_dry_run_says_what_a_run_would_do_and_does_nothing(half_done: World) -> None:
    world, kept = half_done, Kept()
    before = {path.name: path.read_bytes() for path in world.root.iterdir()}
    report = world.shout(str(world.root), "missing.mp3", dry_run=True, work=kept)
    assert statuses(report) == {
        "a.mp3": "skipped",
        "b.mp3": "planned",
        "c.mp3": "planned",
        "d.mp3": "failed",
        "e.mp3": "skipped",
        "missing.mp3": "failed",
    }
    files = {file.path.name: file for file in report.files}
    assert "without a call" in files["b.mp3"].notes[0]
    assert files["c.mp3"].notes == ("goes to toy.example", "by heart")
    assert (files["c.mp3"].provider, files["c.mp3"].cost_usd, files["c.mp3"].sent_to) == ("toy", PRICE, ())
    assert (files["d.mp3"].error.code, files["e.mp3"].notes[0][-21:]) == ("output_exists", "--force overwrites it")
    assert kept.calls == []
    assert {path.name: path.read_bytes() for path in world.root.iterdir()} == before
    with State(world.home / "state.sqlite3") as state:
        assert len(state._rows("SELECT id FROM runs")) == 1
    real = world.shout(str(world.root), "missing.mp3")
    assert statuses(real) == {name: {"planned": "done"}.get(each, each) for name, each in statuses(report).items()}


def test_a_dry_run_makes_no_output_folder_and_waits_for_no_lock(world: World, tmp_path: Path) -> None:
    world.put("a.mp3")
    report = world.shout(output_dir=tmp_path / "out", dry_run=True)
    assert (report.exit_code, statuses(report)) == (0, {"a.mp3": "planned"})
    assert not (tmp_path / "out").exists()


def test_a_forced_dry_run_plans_everything(half_done: World) -> None:
    report = half_done.shout(dry_run=True, force=True)
    assert set(statuses(report).values()) == {"planned"}


def test_a_stopped_dry_run_says_what_it_saw(half_done: World) -> None:
    stop = Stop()
    stop.request()
    report = half_done.shout(dry_run=True, stop=stop)
    assert (report.exit_code, statuses(report)) == (130, {"a.mp3": "skipped"})


def test_a_dry_run_goes_through_jobs_longest_first_and_on_where_the_budget_ends(world: World) -> None:
    for name in ("a.mp3", "b.mp3", "c.mp3"):
        world.put(name)

    def short(work: ToyWork) -> None:
        work.lengths, work.budget, work.expected = {"a.mp3": 1.0, "b.mp3": 3.0, "c.mp3": 2.0}, 1, asked

    asked: list[str] = []
    report = world.shout(dry_run=True, work=short)
    assert asked == ["b.mp3", "c.mp3", "a.mp3"]
    assert (report.exit_code, statuses(report)) == (5, {"a.mp3": "parked", "b.mp3": "planned", "c.mp3": "parked"})
    assert report.ended_by is report.files[2].error


def test_a_dry_run_counts_copies_of_one_input_once(world: World) -> None:
    for name in ("a.mp3", "b.mp3"):
        world.put(name, "the same words")
    files = world.shout(dry_run=True).files
    assert [file.cost_usd for file in files] == [PRICE, 0]
    assert files[1].notes == (f"it is a copy of {files[0].path}: one answer serves both",)
