"""The programs that aiprov is compared with, each in an environment of its own. Knows nothing of measuring."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

WHISPER_CTRANSLATE2 = "whisper-ctranslate2==0.5.8"
LITELLM = "litellm==1.110.2"


def whisper_ctranslate2(cache: Path) -> Path:
    """Return the peer's program; installed under `cache` if it is not there yet."""
    return _installed(WHISPER_CTRANSLATE2, cache) / "whisper-ctranslate2"


def litellm(cache: Path) -> Path:
    """Return the Python that has litellm and the OpenAI SDK that goes with it; installed as above."""
    return _installed(LITELLM, cache) / "python"


def _installed(requirement: str, cache: Path) -> Path:
    """The folder of programs of a virtual environment that holds the requirement."""
    environment = cache / requirement
    programs, complete = environment / "bin", environment / "complete"
    if not complete.exists():
        print(f"installing {requirement} into {environment}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
        subprocess.run([str(programs / "python"), "-m", "pip", "install", "--quiet", requirement], check=True)
        complete.touch()
    return programs
