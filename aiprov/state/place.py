"""Where the state file lies: locks on its folder, and file systems whose locks cannot be trusted. Knows no SQL."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

_MOUNTS = Path("/proc/self/mounts")
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "fuse.sshfs"})


@contextlib.contextmanager
def folder_locked(folder: Path) -> Iterator[None]:
    """Hold the kernel's lock on a folder; waits for it. Leaves nothing behind."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def network_filesystem(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Return the kind of network file system that holds `path`, or None. Where there is no mount table: None."""
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    kind = _filesystem(path.resolve(), table)
    return kind if kind in _NETWORK else None


def _filesystem(path: Path, table: str) -> str:
    """The type of the innermost mount; of two on one folder, the later one counts."""
    best, kind = -1, ""
    for line in table.splitlines():
        _, mounted, found, *_ = line.split(" ")
        point = Path(mounted.replace("\\040", " "))
        if (point == path or point in path.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), found
    return kind
