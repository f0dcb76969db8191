"""Plain faster-whisper, one file after the other, beam 5, no VAD: whose words the others are held against.

python tests/bench/sequential.py MODEL_FOLDER OUTPUT_FOLDER FILE...
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(model_folder: str, output_folder: str, *files: str) -> None:
    from faster_whisper import WhisperModel

    model = WhisperModel(model_folder, device="cpu", compute_type="int8")
    for file in map(Path, files):
        found, _ = model.transcribe(str(file), language="en", beam_size=5)
        segments = [{"start": segment.start, "end": segment.end, "text": segment.text} for segment in found]
        transcript = {"text": "".join(segment["text"] for segment in segments), "segments": segments}
        Path(output_folder, f"{file.stem}.json").write_text(json.dumps(transcript), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
