"""What a terminal shows while a run goes on."""

import io
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from aiprov.batch.report import FileReport
from aiprov.cli.bars import Bars, table
from aiprov.cli.output import Output
from aiprov.cli.progress import Lines, watching
from aiprov.errors import InputError
from cli_world import done, report_of


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def time_now():
    return [0.0]


@pytest.fixture
def bars(time_now):
    screen = Console(file=io.StringIO(), force_terminal=True, width=100)
    return Bars(Output(), screen, lambda: time_now[0])


@pytest.fixture
def recordings(tmp_path):
    for name, size in (("a.mp3", 1000), ("b.mp3", 3000)):
        (tmp_path / name).write_bytes(b"x" * size)
    return [tmp_path / "a.mp3", tmp_path / "b.mp3"]


def test_before_the_plan_nothing_is_claimed(bars):
    assert bars.rows() == [("looking at the recordings", None, "")]


def test_the_run_is_measured_in_audio_with_speed_and_time_left(bars, recordings, time_now):
    first, _ = recordings
    bars.planned(recordings, 0)
    assert bars.rows() == [("0 of 2 recordings", None, "")]
    bars.started(first, 600.0)
    bars.progressed(first, 300.0)
    time_now[0] = 30.0
    assert bars.rows() == [
        ("0 of 2 recordings", 0.125, "5:00 of about 40:00, 10.0x, 3:30 left"),
        ("a.mp3", 0.5, "5:00 of 10:00"),
    ]


def test_a_finished_recording_leaves_its_line(bars, recordings):
    bars.planned(recordings, 0)
    bars.started(recordings[0], 600.0)
    bars.finished(FileReport(recordings[0], "done", audio_s=600.0))
    assert [row.name for row in bars.rows()] == ["1 of 2 recordings"]


def test_a_recording_of_unknown_length_has_a_line_without_a_claim(bars, recordings):
    bars.planned(recordings, 0)
    bars.started(recordings[0], None)
    assert bars.rows()[1] == ("a.mp3", None, "")


def test_a_model_that_is_fetched_has_a_bar_until_it_is_there(bars):
    bars.fetching("model.bin", 29_000_000, 145_000_000)
    assert bars.rows()[1] == ("model.bin", 0.2, "29 of 145 MB")
    bars.fetching("model.bin", 145_000_000, 145_000_000)
    assert len(bars.rows()) == 1


def test_names_on_the_screen_are_data(bars, tmp_path):
    path = tmp_path / "\x1b[31m[red].mp3"
    bars.planned([path], 0)
    bars.started(path, 60.0)
    console = Console(file=io.StringIO(), width=100)
    console.print(bars.frame())
    assert "\\x1b[31m[red].mp3" in console.file.getvalue()


def test_the_table_has_a_row_for_each_file():
    failure = FileReport(Path("b[/].mp3"), "failed", error=InputError("broken"))
    console = Console(file=io.StringIO(), width=100)
    console.print(table([done("a.mp3", cost_usd=Decimal("0.27")), failure]))
    assert [line.split() for line in console.file.getvalue().splitlines()] == [
        ["recording", "status", "audio", "speed", "cost", "quality"],
        ["a.mp3", "done", "1:00", "15.0x", "$0.27", "ok"],
        ["b[/].mp3", "failed"],
    ]


def test_on_a_terminal_the_bars_go_and_the_table_stays(monkeypatch):
    out, err = Terminal(), Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    file = done("a.mp3")
    with watching(Output()) as watcher:
        assert isinstance(watcher, Bars)
        watcher.planned([file.path], 2)
        watcher.started(file.path, 60.0)
        watcher.finished(file)
        watcher.ended(report_of(file))
    assert "a.mp3" in out.getvalue()
    assert "2 already done" in err.getvalue()
    assert out.getvalue().splitlines()[-1].startswith("1 done: ")


def test_where_results_go_to_a_file_the_bars_still_show_and_lines_are_written(monkeypatch):
    out, err = io.StringIO(), Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    file = done("a.mp3")
    with watching(Output()) as watcher:
        watcher.planned([file.path], 0)
        watcher.started(file.path, 60.0)
        watcher.finished(file)
        watcher.ended(report_of(file))
    assert [line.split(":")[0] for line in out.getvalue().splitlines()] == ["done a.mp3", "1 done"]


@pytest.mark.parametrize(
    ("terminal", "quiet", "kind"), [("dumb", False, Lines), ("xterm", True, Lines), ("xterm", False, Bars)]
)
def test_bars_need_a_terminal_that_can_draw_and_leave_to_speak(monkeypatch, terminal, quiet, kind):
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("TERM", terminal)
    with watching(Output(quiet=quiet)) as watcher:
        assert type(watcher) is kind
