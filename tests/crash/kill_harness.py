"""Runs the toy batch in child processes that die at a chosen moment.

One server process imports everything once and forks a child for each run, so a run costs milliseconds. In the child
an audit hook and SQLite's statement trace count events; at the chosen one the process is gone, as by SIGKILL: no
handler, no flush, no `finally`. Nothing in aiprov knows of this.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
KILLED = 137
_FILE_EVENTS = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.truncate", "sqlite3.connect"})
_STATEMENTS = ("BEGIN", "INSERT", "UPDATE", "DELETE", "COMMIT", "CREATE")


class Harness:
    """The server process, seen from a test.

    A run is described by: `root`, `home`; `model`, `style`, `salt`, `force`, `workers`, `free` of the toy;
    `kill_at` (number of the event), `kill_call` (die inside the provider's work of the n-th call) or `kill_after_s`.
    """

    def __enter__(self) -> Harness:
        self._server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stdin.close()
        self._server.wait(10)

    def run(self, **spec: Any) -> int:
        """Run once; returns the exit code, `KILLED` when it died as ordered."""
        self._server.stdin.write(json.dumps({key: _plain(value) for key, value in spec.items()}) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def _serve() -> None:
    sys.path.insert(0, str(TESTS))
    # Before the fork, so that children need not.
    import batch_world  # noqa: F401

    gc.freeze()
    for line in sys.stdin:
        spec = json.loads(line)
        child = os.fork()
        if child == 0:
            _die_late(spec)
        if spec.get("kill_after_s") is not None:
            time.sleep(spec["kill_after_s"])
            os.kill(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(KILLED if code == -signal.SIGKILL else code, flush=True)


def _die_late(spec: dict[str, Any]) -> None:
    code = 99
    try:
        code = _run(spec)
    finally:
        sys.stdout.flush()
        os._exit(code)


def _run(spec: dict[str, Any]) -> int:
    from batch_world import ToyWork, World

    world = World(Path(spec["root"]), Path(spec["home"]))
    calls = 0

    def fatal(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == spec["kill_call"]:
            os._exit(KILLED)

    def adjust(work: ToyWork) -> None:
        work.model, work.style = spec.get("model", work.model), spec.get("style", work.style)
        work.workers, work.free, work.salt = spec.get("workers", 2), spec.get("free", False), spec.get("salt", "")
        if spec.get("kill_call"):
            work.after = fatal

    _without_sync()
    if spec.get("kill_at"):
        _count_down(spec["kill_at"], str(world.root.parent))
    report = world.shout(work=adjust, force=spec.get("force", False), recursive=True)
    return report.exit_code


def _without_sync() -> None:
    """Leave out what only matters when the machine dies, not the process; it would take most of the time."""
    import aiprov.state.db as db

    connected = db._connected

    def unsynced(path: Path) -> Any:
        connection = connected(path)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    db._connected = unsynced
    os.fsync = lambda descriptor: None


def _count_down(left: int, below: str) -> None:
    """Die at the `left`-th event that concerns a file below this folder."""
    import aiprov.state.db as db

    def count() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os._exit(KILLED)

    def on_event(event: str, arguments: tuple[Any, ...]) -> None:
        named = event in _FILE_EVENTS and isinstance(arguments[0], str | bytes | os.PathLike)
        if named and os.fsdecode(arguments[0]).startswith(below):
            count()

    def on_statement(statement: str) -> None:
        if statement.lstrip().upper().startswith(_STATEMENTS):
            count()

    connected = db._connected

    def traced(path: Path) -> Any:
        connection = connected(path)
        connection.set_trace_callback(on_statement)
        return connection

    db._connected = traced
    sys.addaudithook(on_event)


if __name__ == "__main__":
    _serve()
