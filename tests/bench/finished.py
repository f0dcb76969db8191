"""How long `aiprov transcribe` takes over a folder in which everything is finished.

    python tests/bench/finished.py --count 10000 --model tiny.en --out finished.json

The first run does the work: every file is a moment of quiet hum, different in each, in which nobody speaks. The
second run finds it done, and is what is measured; its median over several runs is printed.
"""

from __future__ import annotations

import argparse
import tempfile
import wave
from array import array
from pathlib import Path
from statistics import median

import measure
from transcribe import default_home

RATE = 8_000
SAMPLES = RATE // 5


def write_hums(folder: Path, count: int) -> None:
    """Write `count` wav files of 0.2 s of which no two are alike."""
    folder.mkdir()
    for number in range(count):
        # The number is in the first samples, as 16 quiet bits: enough to tell files apart.
        marks = [100 if number >> bit & 1 else -100 for bit in range(16)]
        hum = array("h", marks + [40 if sample // 40 % 2 else -40 for sample in range(SAMPLES - len(marks))])
        with wave.open(str(folder / f"{number:05}.wav"), "wb") as stream:
            stream.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
            stream.writeframes(hum.tobytes())


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time of a run over finished files.")
    parser.add_argument("--count", type=int, default=10_000, help="at most 65536")
    parser.add_argument("--model", default="tiny.en")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--home", type=Path, default=default_home(), help="the AIPROV_HOME that holds the models")
    parser.add_argument("--out", type=Path, default=Path("finished.json"), help="relative to tests/bench/results")
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    with tempfile.TemporaryDirectory(prefix="aiprov-bench-") as folder:
        work = Path(folder)
        about = measure.machine()
        write_hums(work / "in", chosen.count)
        home = measure.fresh_home(chosen.home, work / "home")
        options = ["--model", chosen.model, "--language", "en", "-f", "json", "--output-dir", str(work / "out")]
        command = measure.aiprov("transcribe", str(work / "in"), *options)
        first = measure.measured(command, work / "log.txt", home)
        outputs = len(list((work / "out").rglob("*.json")))
        print(f"first run   {first}; {outputs} transcripts", flush=True)
        again = [measure.measured(command, work / "log.txt", home) for _ in range(chosen.rounds)]
        said = (work / "log.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    for cost in again:
        print(f"another run {cost}")
    print(f"median {median(cost.wall_s for cost in again):.2f} s over {chosen.count} finished files")
    print(f"its last words: {said[-1] if said else 'none'}")
    figures = {"machine": about, "count": chosen.count, "transcripts": outputs, "first": first.figures()}
    path = measure.save({**figures, "again": [cost.figures() for cost in again]}, chosen.out)
    print(f"figures: {path}")


if __name__ == "__main__":
    main()
