"""The program that aiprov is compared with, in an environment of its own. Knows nothing of measuring."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

WHISPER_CTRANSLATE2 = "whisper-ctranslate2==0.5.8"


def whisper_ctranslate2(cache: Path) -> Path:
    """Return the peer's program; install it into a virtual environment under `cache` if it is not there yet."""
    environment = cache / WHISPER_CTRANSLATE2
    complete = environment / "complete"
    if not complete.exists():
        print(f"installing {WHISPER_CTRANSLATE2} into {environment}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
        pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, WHISPER_CTRANSLATE2], check=True)
        complete.touch()
    return environment / "bin" / "whisper-ctranslate2"
