"""aiprov against whisper-ctranslate2 and plain faster-whisper: word errors, time and memory on the same meetings.

    python tests/bench/transcribe.py --utterances DIR --model base --seeds 1,2,3,4 --out base.json
    python tests/bench/transcribe.py --meetings recipes/samples --model base --out samples.json

Every program runs as a whole process, in turn, several times, so that what else the machine does hits all alike.
aiprov starts each time without its earlier answers. Compare figures of one run only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import measure
import peers
import platformdirs
from measure import Cost
from scoring import Score, differences, score, start_offsets_s

PROGRAMS = ("aiprov", "ct2", "ct2-batched", "sequential")


@dataclass(frozen=True)
class Setup:
    """What all programs work on. `model` is aiprov's name of the model whose files lie in `model_folder`."""

    recordings: list[Path]
    model: str
    model_folder: Path
    home: Path
    cache: Path
    work: Path


@dataclass(frozen=True)
class Round:
    """One run of one program over all recordings: what it took and what it wrote, by recording."""

    cost: Cost
    transcripts: dict[str, dict[str, Any]]


def command_of(program: str, setup: Setup, out: Path) -> list[str]:
    """The command line by which `program` writes `<stem>.json` of every recording into `out`."""
    files = [str(path) for path in setup.recordings]
    if program == "aiprov":
        options = ["--model", setup.model, "--language", "en", "-f", "json", "--output-dir", str(out)]
        return measure.aiprov("transcribe", str(setup.recordings[0].parent), *options)
    if program == "sequential":
        script = Path(__file__).with_name("sequential.py")
        return [sys.executable, str(script), str(setup.model_folder), str(out), *files]
    options = ["--language", "en", "--output_format", "json", "--output_dir", str(out)]
    batched = ["--batched", "True"] if program == "ct2-batched" else []
    peer = str(peers.whisper_ctranslate2(setup.cache))
    return [peer, *files, "--model_directory", str(setup.model_folder), *options, *batched]


def run_once(program: str, setup: Setup, number: int) -> Round:
    """Run `program` over all recordings in a folder of its own."""
    out = setup.work / f"{program}-{number}"
    out.mkdir()
    home = measure.fresh_home(setup.home, setup.work / f"home-{number}") if program == "aiprov" else None
    cost = measure.measured(command_of(program, setup, out), out / "log.txt", home)
    written = {path.stem: out / f"{path.stem}.json" for path in setup.recordings}
    return Round(cost, {stem: json.loads(path.read_text(encoding="utf-8")) for stem, path in written.items()})


def run_in_turn(programs: list[str], setup: Setup, rounds: int) -> dict[str, list[Round]]:
    """Every program `rounds` times; each round begins with another one."""
    results: dict[str, list[Round]] = {program: [] for program in programs}
    for number in range(rounds):
        first = number % len(programs)
        for program in programs[first:] + programs[:first]:
            results[program].append(run_once(program, setup, number))
            print(f"round {number + 1} {program:<12} {results[program][-1].cost}", flush=True)
    return results


def read_figures(truths: dict[str, dict[str, Any]], transcripts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Word errors by recording and pooled, and how the segments fit the turns."""
    references = {stem: " ".join(turn["text"] for turn in truth["turns"]) for stem, truth in truths.items()}
    scores = {stem: score(references[stem], transcripts[stem]["text"]) for stem in truths}
    offsets = [o for stem in truths for o in start_offsets_s(truths[stem]["turns"], transcripts[stem]["segments"])]
    lengths = [s["end"] - s["start"] for stem in truths for s in transcripts[stem]["segments"]]
    return {
        "pooled": sum(scores.values(), Score()).figures(),
        "recordings": {
            stem: {**found.figures(), "differences": differences(references[stem], transcripts[stem]["text"])}
            for stem, found in scores.items()
        },
        "turn_start_offset_median_s": round(median(offsets), 3),
        "turn_start_offset_worst_s": round(max(offsets), 3),
        "longest_segment_s": round(max(lengths, default=0.0), 3),
    }


def program_figures(truths: dict[str, dict[str, Any]], rounds: list[Round]) -> dict[str, Any]:
    """Medians over the rounds, the first round's words, and the pooled WER of each round."""
    read = [read_figures(truths, one.transcripts) for one in rounds]
    return {
        **{f"median_{key}": median(getattr(one.cost, key) for one in rounds) for key in ("wall_s", "cpu_s")},
        "peak_mb": max(one.cost.peak_mb for one in rounds),
        "wer_by_round": [one["pooled"]["wer"] for one in read],
        **read[0],
        "rounds": [one.cost.figures() for one in rounds],
    }


def ratio(slower: list[Round], faster: list[Round], of: Callable[[Cost], float]) -> float:
    """The median of the rounds' ratios, each between runs that stood beside each other."""
    return round(median(of(a.cost) / of(b.cost) for a, b in zip(slower, faster, strict=True)), 3)


def ratios(results: dict[str, list[Round]]) -> dict[str, dict[str, float]]:
    """For each program, how many times what the first program takes, in wall and CPU seconds."""
    first = next(iter(results.values()))
    return {
        program: {
            "wall": ratio(rounds, first, lambda cost: cost.wall_s),
            "cpu": ratio(rounds, first, lambda cost: cost.cpu_s),
        }
        for program, rounds in results.items()
    }


def report(figures: dict[str, Any]) -> str:
    """The table that people read."""
    lines = [f"{figures['audio_s']:.0f} s of audio in {len(figures['recordings'])} recordings, {figures['model']}"]
    for name, found in figures["programs"].items():
        lines += ["", name]
        lines += [f"  {stem:<20} {_words(one)}" for stem, one in found["recordings"].items()]
        lines += [f"  {'pooled':<20} {_words(found['pooled'])}; by round {found['wer_by_round']}"]
        lines += [
            f"  median {found['median_wall_s']:.1f} s wall, {found['median_cpu_s']:.1f} s CPU,"
            f" peak {found['peak_mb']:.0f} MB; times the first program: {figures['ratios'][name]}",
            f"  turn starts off by {found['turn_start_offset_median_s']:.2f} s (median),"
            f" {found['turn_start_offset_worst_s']:.2f} s (worst); longest segment {found['longest_segment_s']:.1f} s",
        ]
    return "\n".join([*lines, *_verdict(figures["programs"])])


def _words(one: dict[str, Any]) -> str:
    return str(Score(one["words"], one["substitutions"], one["deletions"], one["insertions"]))


def _verdict(programs: dict[str, Any]) -> list[str]:
    if not {"aiprov", "sequential"} <= programs.keys():
        return []
    ours, plain = programs["aiprov"]["pooled"], programs["sequential"]["pooled"]
    points, words = ours["wer"] - plain["wer"], ours["deletions"] - plain["deletions"]
    return [
        "",
        f"aiprov against sequential: {points:+.2f} points of WER (may be +0.30), {words:+d} deletions (may be 0)",
    ]


def truth_of(recording: Path) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads(recording.with_suffix(".truth.json").read_text(encoding="utf-8"))
    return truth


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare transcription programs on meetings whose words are known.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--utterances", type=Path, help="compose meetings from this folder (see compose.py)")
    source.add_argument("--meetings", type=Path, help="folder of NAME.mp3 with NAME.truth.json")
    parser.add_argument("--seeds", default="1,2,3,4", help="one composed meeting for each")
    parser.add_argument("--overlap-share", type=float, default=0.1, help="share of speaker changes that overlap")
    parser.add_argument("--model", default="base", help="a model's name in aiprov")
    parser.add_argument("--model-directory", type=Path, help="its files; default: what `aiprov models path` says")
    parser.add_argument("--home", type=Path, default=default_home(), help="the AIPROV_HOME that holds the models")
    parser.add_argument(
        "--programs", default=",".join(PROGRAMS), help="which to run; the first is what ratios refer to"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cache", type=Path, default=platformdirs.user_cache_path("aiprov-bench"))
    parser.add_argument("--out", type=Path, default=Path("transcribe.json"), help="relative to tests/bench/results")
    return parser.parse_args()


def default_home() -> Path:
    from aiprov import settings

    return settings.home()


def model_folder(chosen: argparse.Namespace) -> Path:
    if chosen.model_directory:
        return Path(chosen.model_directory)
    command = measure.aiprov("models", "path", chosen.model)
    environment = {**os.environ, "AIPROV_HOME": str(chosen.home)}
    path = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return Path(path.stdout.strip())


def recordings_of(chosen: argparse.Namespace, work: Path) -> list[Path]:
    if chosen.meetings:
        return sorted(path for path in chosen.meetings.glob("*.mp3") if path.with_suffix(".truth.json").exists())
    return composed(chosen.utterances, chosen.seeds, chosen.overlap_share, work)


def composed(utterances: Path, seeds: str, overlap_share: float, work: Path) -> list[Path]:
    """Compose meetings in a process of its own, so that this one stays small: see measure.py."""
    command = [sys.executable, str(Path(__file__).with_name("compose.py")), "--utterances", str(utterances)]
    options = ["--seeds", seeds, "--overlap-share", str(overlap_share), "--out", str(work / "meetings")]
    measure.measured([*command, *options], work / "compose.txt")
    return sorted((work / "meetings").glob("*.mp3"))


def main() -> None:
    chosen = arguments()
    with tempfile.TemporaryDirectory(prefix="aiprov-bench-") as folder:
        work = Path(folder)
        recordings = recordings_of(chosen, work)
        truths = {path.stem: truth_of(path) for path in recordings}
        about = measure.machine()
        setup = Setup(recordings, chosen.model, model_folder(chosen), chosen.home, chosen.cache, work)
        results = run_in_turn(chosen.programs.split(","), setup, chosen.rounds)
        figures = {
            "machine": about,
            "peer": peers.WHISPER_CTRANSLATE2,
            "model": chosen.model,
            "audio_s": sum(truth["duration_s"] for truth in truths.values()),
            "recordings": {stem: _described(truth) for stem, truth in truths.items()},
            "ratios": ratios(results),
            "programs": {program: program_figures(truths, rounds) for program, rounds in results.items()},
        }
    print(report(figures))
    print(f"figures: {measure.save(figures, chosen.out)}")


def _described(truth: dict[str, Any]) -> dict[str, Any]:
    turns = sorted(truth["turns"], key=lambda turn: turn["start"])
    return {
        "seed": truth.get("seed"),
        "duration_s": truth["duration_s"],
        "speakers": len(truth["speakers"]),
        "turns": len(turns),
        "overlaps": sum(after["start"] < before["end"] for before, after in pairwise(turns)),
    }


if __name__ == "__main__":
    main()
