"""The harness of kills, over the summarizing pipeline with a played chat model. Runs as the harness's server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import kill_harness
from kill_harness import Harness


class SummarizeHarness(Harness):
    """Runs `pipelines.summarize.run`. A run is described by `root`, `home`, and perhaps `kill_at`."""

    def __enter__(self) -> SummarizeHarness:
        self._server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self


def _run(spec: dict[str, Any]) -> int:
    from clerk_world import Clerk, World

    world = World(Path(spec["root"]), Path(spec["home"]), Clerk(context=3200))
    kill_harness._without_sync()
    if spec.get("kill_at"):
        kill_harness._count_down(spec["kill_at"], str(world.root.parent))
    return world.summarize(recursive=True).exit_code


if __name__ == "__main__":
    sys.path.insert(0, str(kill_harness.TESTS))
    # Before the fork, so that children need not.
    import numpy as np  # noqa: F401

    import aiprov.pipelines.summarize  # noqa: F401
    import clerk_world  # noqa: F401

    kill_harness._run = _run
    kill_harness._serve()
