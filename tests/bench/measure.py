"""Runs a program as a whole process and says what it took. Knows nothing of speech.

Linux counts into a child's peak memory what its parent held when it was started, so a benchmark must load nothing
large before its children have run.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).parent / "results"
# Whatever keys the user has: a benchmark costs nothing and waits for no network.
_LOCAL = {"AIPROV_PRIVACY": "local", "AIPROV_OFFLINE": "1", "HF_HUB_OFFLINE": "1"}
_SPEECH = ("faster-whisper", "ctranslate2", "av", "onnxruntime")


@dataclass(frozen=True)
class Cost:
    """What one process took: seconds by the clock, CPU seconds of all its threads, peak memory."""

    wall_s: float
    cpu_s: float
    peak_mb: float

    def __str__(self) -> str:
        return f"{self.wall_s:7.1f} s wall {self.cpu_s:7.1f} s CPU {self.peak_mb:6.0f} MB"

    def figures(self) -> dict[str, float]:
        return asdict(self)


def measured(command: Sequence[str], log: Path, home: Path | None = None) -> Cost:
    """Run `command` to its end; its output goes to `log`.

    Args:
        command: Program and arguments.
        log: Overwritten.
        home: AIPROV_HOME for the program.

    Raises:
        SystemExit: The program failed; the end of its output is shown.
    """
    environment = {**os.environ, **_LOCAL, **({"AIPROV_HOME": str(home)} if home else {})}
    started = time.perf_counter()
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise SystemExit(f"exit code {process.returncode} of: {' '.join(command)}\n{tail}")
    return Cost(round(wall_s, 3), round(usage.ru_utime + usage.ru_stime, 3), round(usage.ru_maxrss / 1024, 1))


def aiprov(*arguments: str) -> list[str]:
    """The command line of the aiprov that is installed beside this interpreter."""
    return [sys.executable, "-m", "aiprov", *arguments]


def fresh_home(home: Path, folder: Path) -> Path:
    """A new AIPROV_HOME with the models of `home` and without its answers, so that nothing is already done."""
    hidden = shutil.ignore_patterns(".*")  # locks and verdicts stay with the home they belong to
    shutil.copytree(home / "models", folder / "models", ignore=hidden, copy_function=_linked)
    return folder


def machine(packages: Sequence[str] = _SPEECH) -> dict[str, Any]:
    """What the figures were taken on, and with which versions of packages."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
        "taken": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def disk_ms(folder: Path) -> float:
    """How long the disk under `folder` takes to keep 4 KiB, in milliseconds: the median of 50 times."""
    took = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(50):
            os.write(file.fileno(), bytes(4096))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return round(median(took) * 1000, 3)


def save(figures: dict[str, Any], name: str | Path) -> Path:
    """Write the figures as JSON under `results/` (or where an absolute path says) and return the path."""
    path = RESULTS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return path


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line for line in lines if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.processor()
