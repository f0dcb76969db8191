from __future__ import annotations

from pathlib import Path

import pytest

from aiprov.state import State
from aiprov.state.place import network_filesystem

MOUNTS = r"""/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/disk xfs rw 0 0
//nas/share /mnt/my\040share cifs rw 0 0
tmpfs /cache tmpfs rw 0 0
server:/cache /cache nfs rw 0 0
me@host: /sshfs fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/aiprov/state.sqlite3", None),
        ("/home/me/state.sqlite3", "nfs4"),
        ("/home/disk/state.sqlite3", None),
        ("/homes/state.sqlite3", None),
        ("/mnt/my share/deep/state.sqlite3", "cifs"),
        ("/cache/state.sqlite3", "nfs"),
        ("/sshfs/state.sqlite3", "fuse.sshfs"),
    ],
)
def test_the_innermost_latest_mount_tells_the_file_system(tmp_path: Path, path: str, kind: str | None) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert network_filesystem(Path(path), mounts) == kind


def test_without_a_mount_table_nothing_is_said(tmp_path: Path) -> None:
    assert network_filesystem(tmp_path, tmp_path / "missing") is None


def test_the_warning_names_the_file_and_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with State(tmp_path / "state.sqlite3") as state:
        assert state.warning is None
        monkeypatch.setattr("aiprov.state.db.network_filesystem", lambda path: "nfs4")
        assert state.warning == (
            f"{tmp_path}/state.sqlite3 lies on nfs4, where file locks may fail: "
            "set AIPROV_HOME to a folder on a local disk"
        )
