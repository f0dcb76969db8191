"""The printer: data on stdout, the rest on stderr, and nothing that steers a terminal."""

import io
import json
import os
import subprocess
import sys
from decimal import Decimal

import pytest

from aiprov.cli.output import Output, aligned, failure, hours, money, plain
from aiprov.errors import AiprovError, StorageError


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [red]text[/red] :smile:", "plain [red]text[/red] :smile:"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x9b31m", "\\x9b31m"),
        ("\U000e0041", "\\U000e0041"),
        ("caf\udce9.mp3", "caf\\xe9.mp3"),
        ("\ud800", "\\ud800"),
        ("日本語 é שלום", "日本語 é שלום"),
    ],
)
def test_what_could_steer_a_terminal_is_shown_as_an_escape(text, shown):
    assert plain(text) == shown


def test_data_goes_to_stdout_and_everything_else_to_stderr(capsys):
    out = Output()
    out.data("/models/base")
    out.note("fetching")
    out.error(AiprovError("it broke", "mend it"))
    assert capsys.readouterr() == ("/models/base\n", "fetching\nerror: it broke\nhint: mend it\n")


def test_lines_and_tables_make_room_for_the_json_document(capsys):
    out = Output(json=True)
    out.line("for people")
    out.document({"name": "caf\udce9 日本"})
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"name": "caf\udce9 日本"}
    assert shown.err == "for people\n"


def test_quiet_leaves_only_errors_and_data(capsys):
    out = Output(quiet=True)
    out.line("for people")
    out.note("by the way")
    out.table(("a",), [("b",)])
    out.data("data")
    out.error(AiprovError("it broke"))
    assert capsys.readouterr() == ("data\n", "error: it broke\n")


def test_markup_in_messages_is_text(capsys):
    Output().error(AiprovError("[bold]x[/bold] [/b] :warning: [link=file:///]y[/link]"))
    assert capsys.readouterr().err == "error: [bold]x[/bold] [/b] :warning: [link=file:///]y[/link]\n"


def test_errors_have_no_colour_where_nobody_sees_it(capsys):
    Output().error(AiprovError("it broke", "mend it"))
    assert "\x1b" not in capsys.readouterr().err


def test_long_messages_are_not_broken_into_lines(capsys):
    Output().error(AiprovError("word " * 100))
    assert capsys.readouterr().err.count("\n") == 1


def test_tables_are_aligned_by_terminal_cells():
    assert aligned([["name", "n"], ["日本", "10"], ["cafe\u0301", "2"]], [False, True]) == [
        "name   n",
        "日本  10",
        "cafe\u0301   2",
    ]


def test_the_log_file_gets_everything_with_its_time(tmp_path, capsys):
    out = Output(quiet=True, log_file=tmp_path / "run.log")
    out.line("first")
    out.note("se\ncond")
    out.error(AiprovError("it broke", "mend it"))
    lines = (tmp_path / "run.log").read_text().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["first", "se\\ncond", "error: it broke", "hint: mend it"]
    assert lines[0][:2] == "20"
    assert lines[0].split(" ")[0].endswith("Z")


def test_a_log_file_that_cannot_be_written_is_said_at_once(tmp_path):
    with pytest.raises(StorageError, match="cannot write the log"):
        Output(log_file=tmp_path / "missing" / "run.log")


def test_a_terminal_that_is_not_unicode_gets_escapes(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    Output().line("Zürich")
    assert stream.buffer.getvalue() == b"Z\\xfcrich\n"


def test_a_reader_that_goes_away_ends_the_printing_and_not_the_work():
    code = (
        "from aiprov.cli.output import Output\n"
        "out = Output()\n"
        "for _ in range(20000): out.line('x' * 80)\n"
        "open('worked', 'w').close()\n"
    )
    reader, writer = os.pipe()
    child = subprocess.Popen([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    os.read(reader, 10)
    os.close(reader)
    assert child.communicate()[1] == b""
    assert child.returncode == 0
    assert os.path.exists("worked")


def test_errors_to_a_reader_that_has_gone_do_not_end_the_work():
    code = (
        "from aiprov.cli.output import Output\n"
        "from aiprov.errors import AiprovError\n"
        "for _ in range(3): Output().error(AiprovError('it broke', 'mend it'))\n"
        "open('worked', 'w').close()\n"
    )
    reader, writer = os.pipe()
    os.close(reader)
    child = subprocess.run([sys.executable, "-c", code], stderr=writer)
    os.close(writer)
    assert child.returncode == 0
    assert os.path.exists("worked")


def test_a_full_disk_behind_stdout_is_a_named_error():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "aiprov", "costs"]
        child = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert child.returncode == 6
    assert child.stderr.startswith("error: cannot print: No space left on device\n")


def test_closed_streams_are_no_bug():
    child = subprocess.run(["sh", "-c", f"{sys.executable} -m aiprov bogus >&- 2>&-"])
    assert child.returncode == 2


def test_a_failure_as_json_has_one_shape():
    assert failure(AiprovError("it broke", "mend it", code="broken")) == {
        "schema": 1,
        "error": {"code": "broken", "message": "it broke", "hint": "mend it"},
    }


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (7.4, "0:07"), (59.6, "1:00"), (725, "12:05"), (3723, "1:02:03"), (360000, "100:00:00")],
)
def test_lengths_read_like_a_clock(seconds, text):
    assert hours(seconds) == text


@pytest.mark.parametrize(
    ("dollars", "text"),
    [("0", "$0.00"), ("0.27", "$0.27"), ("0.0045", "$0.0045"), ("0.045", "$0.045"), ("12.345678", "$12.35"),
     ("0.00001", "under $0.0001"), ("1E+2", "$100.00")],
)  # fmt: skip
def test_money_shows_what_matters(dollars, text):
    assert money(Decimal(dollars)) == text


def test_unknown_money_is_not_zero():
    assert money(None) == "unknown"
