"""What was spent, in every form, with what is unknown kept apart."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.cli.costs import as_csv, defused, line_of, moment, total
from aiprov.core.requests import ModelCapability
from aiprov.errors import ConfigError
from aiprov.prices import PriceBook
from aiprov.state import State
from aiprov.state.charges import Charges
from cli_world import aiprov

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def attempt(state, run, provider, model, path, audio_s, free=False):
    return state.begin_attempt(
        run,
        operation="transcription",
        provider=provider,
        model=model,
        request_hash=path,
        path=Path(path),
        audio_s=audio_s,
        free=free,
    )


@pytest.fixture
def ledger(aiprov_home):
    """Two local hours, a paid answer, an unpriced one, a refused one and one that never reported back; on two days."""
    days = [NOON]
    with State(aiprov_home / "state.sqlite3", lambda: days[0]) as state:
        run = state.begin_run("transcribe")
        for name in ("a.mp3", "=b.mp3"):
            state.settle(
                attempt(state, run, "local", "base", name, 3600.0, free=True), cost=Decimal(0), usage={}, answer=None
            )
        days[0] += timedelta(days=1)
        paid = attempt(state, run, "openai", "gpt-transcribe", "c.mp3", 600.0)
        state.settle(paid, cost=Decimal("0.045"), usage={}, answer=None)
        state.settle(attempt(state, run, "openai", "new", "d.mp3", 60.0), cost=None, usage={}, answer=None)
        state.fail(attempt(state, run, "openai", "new", "e.mp3", 60.0), "auth", Decimal(0))
        attempt(state, run, "openai", "new", "f.mp3", 60.0)
        state.end_run(run, 3)
    return run


def shown(*args):
    result = aiprov("costs", *args)
    assert result.exit_code == 0, result.stderr
    return [line.split() for line in result.stdout.splitlines()]


def test_the_table_adds_up_days_and_keeps_unknown_charges_apart(ledger):
    price = PriceBook().expected("openai", "gpt-transcribe", capability=ModelCapability.TRANSCRIPTION, audio_s=7200)
    assert shown()[:1] == [["day", "attempts", "failed", "audio", "cost", "unpriced", "unknown", "saved"]]
    assert shown()[1][:4] == ["2026-11-20", "2", "2:00:00", "$0.00"]
    assert shown()[1][-1] == f"${price.usd.normalize()}"
    assert shown()[2][:7] == ["2026-11-21", "4", "1", "11:00", "$0.045", "1", "1"]
    assert shown()[3][:3] == ["total", "6", "1"]


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("provider", ["local", "openai"]),
        ("model", ["local/base", "openai/gpt-transcribe", "openai/new"]),
        ("file", ["=b.mp3", "a.mp3", "c.mp3", "d.mp3", "e.mp3", "f.mp3"]),
    ],
)
def test_rows_can_stand_for_other_things(ledger, by, keys):
    assert [row[0] for row in shown("--by", by)][1:-1] == keys


def test_rows_can_stand_for_runs(ledger):
    assert [row[0] for row in shown("--by", "run")][1:-1] == [ledger]


def test_since_leaves_out_what_came_before(ledger):
    assert [row[0] for row in shown("--since", "2026-11-21")] == ["day", "2026-11-21", "total"]


def test_json_has_everything_with_numbers(ledger):
    document = json.loads(aiprov("costs", "--by", "provider", "--json").stdout)
    assert list(document) == ["schema", "by", "since", "rows", "totals", "saved_against"]
    assert document["rows"][1] == {
        "key": "openai",
        "attempts": 4,
        "failed": 1,
        "running": 0,
        "audio_s": 660.0,
        "cost_usd": 0.045,
        "unpriced": 1,
        "unknown": 1,
        "local_audio_s": 0.0,
        "saved_usd": 0.0,
    }
    assert document["totals"]["local_audio_s"] == 7200.0
    assert document["saved_against"]["model"] == "openai/gpt-transcribe"
    assert document == json.loads(aiprov("costs", "--by", "provider", "--format", "json").stdout)


def test_csv_is_one_table_that_no_spreadsheet_runs(ledger):
    rows = list(csv.reader(io.StringIO(aiprov("costs", "--by", "file", "--format", "csv").stdout)))
    assert rows[0][:3] == ["file", "attempts", "failed"]
    assert rows[1][0] == "'=b.mp3"
    assert len(rows) == 7


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formulas_in_cells_are_defused(start):
    assert defused(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


def test_money_in_csv_has_all_its_digits():
    line = line_of(Charges("x", cost=Decimal("1E-7"), free_audio_s=1.0), Decimal("0.27"))
    assert as_csv([line], "day").splitlines()[1] == "x,0,0,0,0.0,0.0000001,0,0,1.0,0.000075000"


def test_sums_of_money_are_exact():
    lines = [line_of(Charges(str(at), cost=Decimal("0.1")), Decimal("0.27")) for at in range(3)]
    assert total(lines).cost_usd == Decimal("0.3")


def test_an_empty_ledger_is_no_error_and_makes_no_file(aiprov_home):
    assert shown() == [["nothing", "was", "spent,", "and", "nothing", "was", "transcribed,", "in", "this", "time"]]
    assert not aiprov_home.exists()
    assert json.loads(aiprov("costs", "--json").stdout)["rows"] == []


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("12h", NOON - timedelta(hours=12)),
        ("7d", NOON - timedelta(days=7)),
        ("2w", NOON - timedelta(days=14)),
    ],
)
def test_times_are_dates_or_so_long_ago(text, then):
    assert moment(text, NOON) == then


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "7", "-7d", "999999d"])
def test_other_times_are_refused(text):
    with pytest.raises(ConfigError):
        moment(text, NOON)


def test_savings_against_a_model_without_a_known_price_are_refused():
    result = aiprov("costs", "--against", "openai/gpt-4o-transcribe")
    assert result.exit_code == 2
    assert "openai/gpt-transcribe" in result.stderr
