"""Senko's side of the comparison, run by a Python that has it: prints one JSON document of turns and CPU seconds.

python senko_side.py RECORDING...
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from pathlib import Path


def main(*recordings: str) -> None:
    import senko
    import soundfile

    diarizer = senko.Diarizer(device="cpu", vad="silero", warmup=False)
    turns = {}
    with tempfile.TemporaryDirectory() as folder:
        wav = str(Path(folder, "audio.wav"))
        for path in recordings:
            samples, rate = soundfile.read(path)
            soundfile.write(wav, samples, rate, subtype="PCM_16")
            found = diarizer.diarize(wav) or {"merged_segments": []}
            turns[path] = [[each["start"], each["end"], each["speaker"]] for each in found["merged_segments"]]
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"turns": turns, "cpu_s": used.ru_utime + used.ru_stime}))


if __name__ == "__main__":
    main(*sys.argv[1:])
