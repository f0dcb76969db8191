"""Run the command line in this process, on a pipeline that is played."""

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from aiprov.batch.report import FileReport, Report
from aiprov.cli.app import app


def aiprov(*args: object, **more: Any) -> Result:
    """What a command line printed and how it ended."""
    return CliRunner().invoke(app, [str(arg) for arg in args], **more)


def play(monkeypatch: Any, work: Callable[..., Any]) -> None:
    """Let `work(inputs, options, kit, watcher)` stand for the transcribing pipeline; the kit is the settings."""

    async def run(*args: Any) -> Any:
        return work(*args)

    for name, content in (("aiprov.pipelines.transcribe", {"run": run}), ("aiprov.wiring", {"build": lambda it: it})):
        module = types.ModuleType(name)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)


def report_of(*files: FileReport, **more: Any) -> Report:
    """A report of a run of ten seconds."""
    return Report("20261123-1", files, 10.0, **more)


def done(path: str, **more: Any) -> FileReport:
    """A recording of one minute that took four seconds."""
    values = {"audio_s": 60.0, "wall_s": 4.0, "provider": "local", "model": "base", "verdict": "ok"} | more
    return FileReport(Path(path), "done", (Path(path).with_suffix(".json"),), **values)
