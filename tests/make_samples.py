"""Makes the sample meetings in recipes/samples/ from tests/sample_scripts.yaml. Run by hand; needs Debian's `flite`.

    python tests/make_samples.py

Each turn is spoken by itself and trimmed to its voice, so its start and end are known to 10 ms. The same scripts,
synthesiser and mp3 encoder give the same bytes. Knows nothing of recognisers.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bench import soundtrack

SCRIPTS = Path(__file__).with_name("sample_scripts.yaml")
SAMPLES = Path(__file__).parents[1] / "recipes" / "samples"
# People sit at different distances from the microphone.
LEVELS_DB = {"slt": -21.0, "rms": -24.0, "awb": -26.0, "kal16": -23.0}
ROOM_DB = -62.0
PAUSE_S = (0.25, 1.2)
LEAD_S, TAIL_S = 0.6, 0.9


def main() -> None:
    for name, script in yaml.safe_load(SCRIPTS.read_text(encoding="utf-8")).items():
        truth = make(name, script)
        (SAMPLES / f"{name}.truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
        print(f"{name}: {truth['duration_s']} s, {len(truth['turns'])} turns")


def make(name: str, script: dict[str, Any]) -> dict[str, Any]:
    """Write `<name>.mp3` and return the meeting's ground truth (times in seconds)."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    said = [next(iter(turn.items())) for turn in script["turns"]]
    placed = _in_turn([_spoken(text, script["speakers"][speaker]) for speaker, text in said], rng)
    track = soundtrack.mixed(placed, TAIL_S, ROOM_DB, rng)
    soundtrack.write_mp3(track, SAMPLES / f"{name}.mp3")
    turns = [
        {
            "speaker": speaker,
            "voice": script["speakers"][speaker],
            "start": round(clip.start_s, 3),
            "end": round(clip.end_s, 3),
            "text": text,
        }
        for (speaker, text), clip in zip(said, placed, strict=True)
    ]
    minutes = {key: script[key] for key in ("decisions", "action_items", "open_questions", "retracted")}
    return {
        "title": script["title"],
        "speakers": list(script["speakers"]),
        "duration_s": round(len(track) / soundtrack.RATE, 3),
        "turns": turns,
        **minutes,
    }


def _in_turn(clips: list[soundtrack.Sound], rng: np.random.Generator) -> list[soundtrack.Placed]:
    """Place the clips one after the other with pauses as people leave them."""
    placed: list[soundtrack.Placed] = []
    for clip in clips:
        start = placed[-1].end_s + rng.uniform(*PAUSE_S) if placed else LEAD_S
        placed.append(soundtrack.Placed(clip, round(start, 3)))
    return placed


def _spoken(text: str, voice: str) -> soundtrack.Sound:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "turn.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
        sound = soundtrack.read(path)
    return soundtrack.levelled(soundtrack.trimmed(sound), LEVELS_DB[voice])


if __name__ == "__main__":
    main()
