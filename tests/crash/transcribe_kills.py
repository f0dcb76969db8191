"""The harness of kills, over the transcribing pipeline with a played provider. Runs as the harness's server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import kill_harness
from kill_harness import Harness

FORMATS = ("json", "srt", "txt")


class TranscribeHarness(Harness):
    """Runs `pipelines.transcribe.run`. A run is described by `root`, `home`, and perhaps `free` and `kill_at`."""

    def __enter__(self) -> TranscribeHarness:
        self._server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self


def _run(spec: dict[str, Any]) -> int:
    from transcribe_world import Scribe, World

    world = World(Path(spec["root"]), Path(spec["home"]), Scribe(local=spec.get("free", False)))
    kill_harness._without_sync()
    if spec.get("kill_at"):
        kill_harness._count_down(spec["kill_at"], str(world.root.parent))
    return world.transcribe(formats=FORMATS, recursive=True).exit_code


if __name__ == "__main__":
    sys.path.insert(0, str(kill_harness.TESTS))
    # Before the fork, so that children need not.
    import av  # noqa: F401

    import aiprov.audio
    import aiprov.pipelines.formats  # noqa: F401
    import transcribe_world  # noqa: F401

    kill_harness._run = _run
    kill_harness._serve()
