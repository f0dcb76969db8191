"""The real starter models, as the package index gives them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from aiprov.models import ModelStore


def test_the_starter_models_are_here_and_right(starter_models: Path) -> None:
    store = ModelStore(starter_models / "models")
    for name in ("base", "tiny.en", "smollm2-135m", "all-minilm-l6-v2"):
        entry = store.find(name)
        assert all(verdict.ok for verdict in store.verify(entry))
        assert (store.verified_path(entry) / entry.weights).stat().st_size > 70_000_000


def test_the_command_line_prints_a_starter_models_folder(home_with_models: Path) -> None:
    command = [sys.executable, "-m", "aiprov", "models", "path", "Systran/faster-whisper-base"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{home_with_models / 'models' / 'base'}\n"
    assert sorted(path.name for path in Path(done.stdout.strip()).iterdir()) == [
        "config.json",
        "model.bin",
        "tokenizer.json",
        "vocabulary.txt",
    ]
