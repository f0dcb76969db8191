from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.batch.report import FileReport, Report
from aiprov.errors import AiprovError, BudgetReached, InputError, StorageError

DONE = FileReport(
    Path("a.mp3"), "done", (Path("a.json"),), "openai", "whisper-1", 61.23456, Decimal("0.0061"), 3.21, verdict="ok"
)
UNPRICED = FileReport(Path("b.mp3"), "done", audio_s=10.0, cost_usd=None)
FAILED = FileReport(Path("c.mp3"), "failed", error=InputError("no audio", "check it", code="empty_audio"))


def test_the_json_has_the_contracts_shape() -> None:
    report = Report("20260301-120000-abcdef", (DONE, UNPRICED, FAILED), 4.56789)
    document = json.loads(json.dumps(report.as_json()))
    assert document["files"][0] == {
        "path": "a.mp3",
        "status": "done",
        "outputs": ["a.json"],
        "provider": "openai",
        "model": "whisper-1",
        "audio_s": 61.235,
        "cost_usd": 0.0061,
        "wall_s": 3.21,
        "verdict": "ok",
        "notes": [],
        "sent_to": [],
        "error": None,
    }
    assert document["files"][1]["cost_usd"] is None
    assert document["files"][2]["error"] == {"code": "empty_audio", "message": "no audio", "hint": "check it"}
    assert document["totals"] == {
        "files": 3,
        "done": 2,
        "skipped": 0,
        "failed": 1,
        "parked": 0,
        "audio_s": 71.235,
        "cost_usd": 0.0061,
        "unpriced": 1,
        "wall_s": 4.568,
    }
    assert (document["schema"], document["run"], document["error"]) == (1, "20260301-120000-abcdef", None)


@pytest.mark.parametrize(
    ("statuses", "ended_by", "code"),
    [
        ((), None, 0),
        (("done", "skipped", "planned"), None, 0),
        (("done", "failed"), None, 3),
        (("parked",), None, 3),
        (("done",), StorageError("full"), 6),
        (("failed", "parked"), BudgetReached("used up"), 5),
    ],
)
def test_the_exit_code_tells_the_end(statuses: tuple[str, ...], ended_by: AiprovError | None, code: int) -> None:
    files = tuple(FileReport(Path(str(number)), each) for number, each in enumerate(statuses))  # type: ignore[arg-type]
    assert Report("run", files, 0.0, ended_by).exit_code == code


def test_the_repr_stays_short_however_many_files_there_are() -> None:
    assert len(repr(Report("run", (DONE,) * 1000, 0.0))) < 200
