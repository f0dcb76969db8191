"""The command line on the sample meetings, as a user's process, and how well a transcript matches their truth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aiprov.audio import SAMPLE_RATE, decode
from audio_factory import encode

SAMPLES = Path(__file__).parents[2] / "recipes" / "samples"
NAMES = ("customer-interview", "incident-review", "product-sync")
FORMATS = ("json", "txt", "srt", "vtt", "tsv", "md")


def home_at(folder: Path, models: Path) -> Path:
    """An AIPROV_HOME with the starter models in it."""
    folder.mkdir(parents=True)
    (folder / "models").symlink_to(models / "models")
    return folder


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "aiprov", *map(str, arguments)]


def environment(home: Path) -> dict[str, str]:
    """The developer's environment without settings, and with nothing to fetch from."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIPROV_", "LOCAL_"))}
    return kept | {"AIPROV_HOME": str(home), "AIPROV_OFFLINE": "1"}


def aiprov(home: Path, *arguments: object, code: int = 0) -> dict[str, Any]:
    """Run a command with --json in a process of its own; returns its document."""
    done = subprocess.run(command(*arguments, "--json"), env=environment(home), capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return dict(json.loads(done.stdout))


def truth_of(name: str) -> dict[str, Any]:
    return dict(json.loads((SAMPLES / f"{name}.truth.json").read_text(encoding="utf-8")))


def transcript_in(folder: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def sound_of(name: str) -> npt.NDArray[np.float32]:
    """A sample meeting as mono samples at 16 kHz."""
    with decode(SAMPLES / f"{name}.mp3") as recording:
        return np.concatenate(list(recording))


def excerpt_of(name: str, seconds: float, path: Path) -> Path:
    """The beginning of a sample meeting as a recording of its own."""
    samples = sound_of(name)[: int(seconds * SAMPLE_RATE)]
    return encode(path, samples[None, :], SAMPLE_RATE, "pcm_s16le", "wav")


def word_errors(names: tuple[str, ...], folder: Path) -> float:
    """Word error rate (0..1) over several transcripts together, after Whisper's English normaliser."""
    import jiwer
    from whisper_normalizer.english import EnglishTextNormalizer

    normal = EnglishTextNormalizer()
    said = [normal(" ".join(turn["text"] for turn in truth_of(name)["turns"])) for name in names]
    written = [normal(transcript_in(folder, name)["text"]) for name in names]
    return float(jiwer.wer(said, written))
