"""Peak memory of `aiprov transcribe` over one long recording.

    python tests/bench/memory.py --utterances DIR --hours 5 --out memory.json

The recording is one mp3 of composed meetings, repeated. Expect an hour of work for every 10 to 15 hours of audio.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from itertools import cycle
from pathlib import Path

import measure
from transcribe import composed, default_home

SEEDS = "1,2,3,4,5,6,7,8"


def repeated(recordings: list[Path], target_s: float, path: Path) -> float:
    """Join mp3 recordings again and again, frame by frame and without decoding; return the seconds written."""
    import av

    written, written_s, stream = 0, 0.0, None
    with av.open(str(path), "w", format="mp3") as container:
        for recording in cycle(recordings):
            with av.open(str(recording)) as source:
                stream = stream or container.add_stream_from_template(source.streams.audio[0])
                for packet in source.demux(source.streams.audio[0]):
                    if packet.size and packet.duration and packet.time_base:
                        written_s += float(packet.duration * packet.time_base)
                        packet.stream, packet.pts, packet.dts = stream, written, written
                        written += packet.duration
                        container.mux(packet)
            if written_s >= target_s:
                return written_s
    raise ValueError("no recordings")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Peak memory of transcribing one long recording.")
    parser.add_argument("--utterances", type=Path, required=True, help="compose meetings from this folder")
    parser.add_argument("--hours", type=float, default=5.0)
    parser.add_argument("--model", default="base")
    parser.add_argument("--home", type=Path, default=default_home(), help="the AIPROV_HOME that holds the models")
    parser.add_argument("--out", type=Path, default=Path("memory.json"), help="relative to tests/bench/results")
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    with tempfile.TemporaryDirectory(prefix="aiprov-bench-") as folder:
        work = Path(folder)
        about = measure.machine()
        long = work / "long.mp3"
        audio_s = repeated(composed(chosen.utterances, SEEDS, 0.1, work), chosen.hours * 3600, long)
        print(f"{audio_s:.0f} s in {long.stat().st_size / 1e6:.0f} MB", flush=True)
        home = measure.fresh_home(chosen.home, work / "home")
        options = ["--model", chosen.model, "--language", "en", "-f", "json", "--output-dir", str(work / "out")]
        cost = measure.measured(measure.aiprov("transcribe", str(long), *options), work / "log.txt", home)
        transcript = json.loads((work / "out" / "long.json").read_text(encoding="utf-8"))
    last_s = transcript["segments"][-1]["end"]
    print(f"{cost}\n{audio_s / cost.wall_s:.1f} times real time; the last word ends at {last_s:.0f} s")
    figures = {"machine": about, "model": chosen.model, "audio_s": audio_s, "last_word_s": last_s, **cost.figures()}
    print(f"figures: {measure.save(figures, chosen.out)}")


if __name__ == "__main__":
    main()
