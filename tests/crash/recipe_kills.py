"""The harness of kills, over the steps of a recipe with played providers. Runs as the harness's server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import kill_harness
from kill_harness import Harness


class RecipeHarness(Harness):
    """Runs `pipelines.recipe_run.run`. A run is described by `root`, `home`, and perhaps `kill_at`."""

    def __enter__(self) -> RecipeHarness:
        self._server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self


def _run(spec: dict[str, Any]) -> int:
    import embed_kills

    from recipe_world import RecipeWorld

    world = RecipeWorld(Path(spec["root"]), Path(spec["home"]))
    kill_harness._without_sync()
    if spec.get("kill_at"):
        embed_kills._count_down(spec["kill_at"], str(world.root.parent))
    return world.run(export=world.exported("srt")).exit_code


if __name__ == "__main__":
    sys.path.insert(0, str(kill_harness.TESTS))
    # Before the fork, so that children need not.
    import embed_kills  # noqa: F401
    import numpy as np  # noqa: F401

    import recipe_world  # noqa: F401

    kill_harness._run = _run
    kill_harness._serve()
