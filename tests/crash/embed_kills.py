"""The harness of kills, over the embedding pipeline with a played provider. Runs as the harness's server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import kill_harness
from kill_harness import Harness


class EmbedHarness(Harness):
    """Runs `pipelines.embed.run`. A run is described by `root`, `home`, `free`, `rebuild` and perhaps `kill_at`."""

    def __enter__(self) -> EmbedHarness:
        self._server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self


def _run(spec: dict[str, Any]) -> int:
    from archive_world import Library, Meaner

    free = spec.get("free", False)
    meaner = Meaner("local" if free else "cloud", local=free)
    library = Library(Path(spec["root"]), Path(spec["home"]), (meaner,))
    kill_harness._without_sync()
    if spec.get("kill_at"):
        _count_down(spec["kill_at"], str(library.folder.parent))
    wishes = {} if free else {"provider": "cloud"}
    return library.embed(rebuild=spec.get("rebuild", False), **wishes).exit_code


def _count_down(left: int, below: str) -> None:
    """The harness's, which knows the state's statements, with those of the archive."""
    import aiprov.archive.file as file
    import aiprov.state.db as db

    kill_harness._count_down(left, below)
    traced, prepare = db._connected, file.ArchiveFile._prepare

    def prepared(archive: Any) -> None:
        archive._connection.close()
        archive._connection = traced(archive.path)
        prepare(archive)

    file.ArchiveFile._prepare = prepared


if __name__ == "__main__":
    sys.path.insert(0, str(kill_harness.TESTS))
    # Before the fork, so that children need not.
    import numpy  # noqa: F401

    import archive_world  # noqa: F401

    kill_harness._run = _run
    kill_harness._serve()
