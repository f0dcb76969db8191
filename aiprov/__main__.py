"""`python -m aiprov` and the `aiprov` command."""

from __future__ import annotations

import os
import sys

_STOPPED = 130


def main() -> None:
    """Run the command line; ends the process with the command's exit code."""
    from aiprov.cli.app import app

    try:
        app()
    except SystemExit as ended:
        if ended.code == _STOPPED:
            _leave()
        raise


def _leave() -> None:
    """End a stopped process now: an engine's thread may be busy for a while with a batch that nobody waits for.

    What was finished is on disk already, and Python would wait for such threads.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(_STOPPED)


if __name__ == "__main__":
    main()
