"""Runs in a process of its own: decodes what may hang, abort or swell, and says in JSON how it ended.

audio_child.py decode FILE
audio_child.py fuzz FILE HEAD FIRST COUNT    COUNT mutations of FILE's first HEAD bytes, from seed FIRST on
"""

import json
import os
import resource
import signal
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import audio_factory as make
from aiprov.audio import decode
from aiprov.errors import InputError

# The system ends the process when a case takes longer, even one that is stuck in a library.
_CASE_S = 30


def peak_mb() -> float:
    """What this program had at most. Linux counts what its parent had into `ru_maxrss`, but not into `VmHWM`."""
    status = Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / (1 << 10)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def ended(path: Path) -> dict:
    try:
        with decode(path) as recording:
            for _ in recording:
                pass
    except InputError as error:
        return {"code": error.code, "message": error.message}
    return {"code": "decoded", "duration_s": recording.duration_s, "damaged_s": recording.damaged_s}


def fuzz(path: Path, head: int, first: int, count: int) -> dict:
    content = path.read_bytes()
    case = path.with_suffix(".case")
    ended(path)  # what is loaded once is no leak
    before = open_files()
    outcomes: Counter[str] = Counter()
    for seed in range(first, first + count):
        case.write_bytes(make.mutated(content, seed, head))
        print("seed", seed, flush=True)
        signal.alarm(_CASE_S)
        outcomes[ended(case)["code"]] += 1
        signal.alarm(0)
    return {"cases": outcomes.total(), "outcomes": outcomes, "open_files": open_files() - before}


def open_files() -> int:
    return len(os.listdir("/dev/fd"))


if __name__ == "__main__":
    what, path = sys.argv[1], Path(sys.argv[2])
    said = ended(path) if what == "decode" else fuzz(path, *map(int, sys.argv[3:]))
    print(json.dumps({**said, "peak_mb": peak_mb()}))
