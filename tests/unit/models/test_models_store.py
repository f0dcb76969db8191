"""The store from outside: what is here, what is not, and a user's own models."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiprov.errors import ConfigError, StorageError
from aiprov.models import ModelStore
from model_world import entry_of, noise, pin, sentence_files, sha256, whisper_files, write_files

FILES = whisper_files(50_000)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """A store that knows one small model and has nothing."""
    pin(tmp_path / "models", entry_of(FILES))
    return ModelStore(tmp_path / "models")


def test_a_model_that_is_not_here_is_said_to_be_absent_with_the_command_that_fetches_it(store: ModelStore) -> None:
    entry = store.find("small-test")
    assert not store.is_present(entry)
    for ask in (store.verified_path, store.verify):
        with pytest.raises(ConfigError, match="small-test is not available") as caught:
            ask("small-test")
        assert (caught.value.code, caught.value.hint) == ("model_absent", "aiprov models pull small-test")


@pytest.mark.parametrize("ask", ["pull", "ensure"])
def test_offline_nothing_is_fetched_and_what_is_here_is_used(tmp_path: Path, store: ModelStore, ask: str) -> None:
    offline = ModelStore(store.root, offline=True)
    with pytest.raises(ConfigError, match="fetching is switched off by AIPROV_OFFLINE") as caught:
        getattr(offline, ask)("small-test")
    assert "--source DIR" in str(caught.value.hint)
    folder = offline.pull("small-test", write_files(tmp_path / "stick", FILES))
    assert getattr(offline, ask)("small-test") == folder
    with pytest.raises(ConfigError, match="fetching is switched off by AIPROV_OFFLINE"):
        offline.add("someone/else")


def test_a_removed_model_is_gone_and_can_come_back(tmp_path: Path, store: ModelStore) -> None:
    source = write_files(tmp_path / "stick", FILES)
    for _ in range(2):
        folder = store.pull("small-test", source)
        pin(store.root, entry_of(FILES))
        store.remove("small-test")
        assert not folder.exists()
        pin(store.root, entry_of(FILES))
    with pytest.raises(ConfigError, match="not on this machine"):
        store.remove("base")


def test_a_folder_that_the_user_adds_is_copied_and_pinned(tmp_path: Path) -> None:
    files = sentence_files()
    source = write_files(tmp_path / "My Model", files | {"README.md": b"#", "onnx/model.onnx": b"o", ".git/x.py": b""})
    store = ModelStore(tmp_path / "models")
    seen: list[str] = []
    entry = store.add(source, progress=lambda what, done, total: seen.append(what) if done == total else None)
    assert (entry.name, entry.kind, entry.licence) == ("my-model", "embedding", "unknown")
    assert sorted(seen) == sorted(f"my-model/{name}" for name in files)
    write_files(source, {"config.json": b"{}"})
    folder = ModelStore(tmp_path / "models").verified_path("my-model")
    assert {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")} == files
    assert ModelStore(tmp_path / "models").find("MY-MODEL") == entry
    store.remove("my-model")
    assert not folder.exists()
    with pytest.raises(ConfigError, match="no model called"):
        store.find("my-model")


def test_a_model_in_somebodys_cache_of_links_is_copied_without_them(tmp_path: Path) -> None:
    blobs = write_files(tmp_path / "blobs", {sha256(content): content for content in FILES.values()})
    (tmp_path / "snapshot").mkdir()
    for name, content in FILES.items():
        (tmp_path / "snapshot" / name).symlink_to(blobs / sha256(content))
    store = ModelStore(tmp_path / "models")
    store.add(tmp_path / "snapshot", "whisper-x")
    folder = store.verified_path("whisper-x")
    assert not any(path.is_symlink() for path in folder.iterdir())
    assert store.find("whisper-x").kind == "transcription"


def test_one_of_several_gguf_files_has_to_be_chosen(tmp_path: Path) -> None:
    files = {"a.Q4_K_M.gguf": b"GGUF" + noise(50), "a.Q8_0.gguf": b"GGUF" + noise(60)}
    source = write_files(tmp_path / "llm", files)
    store = ModelStore(tmp_path / "models")
    with pytest.raises(ConfigError, match="holds 2 GGUF files") as caught:
        store.add(source)
    assert caught.value.hint == "choose one with --file: a.Q4_K_M.gguf, a.Q8_0.gguf"
    entry = store.add(source, file="a.Q8_0.gguf")
    assert (entry.width, entry.weights, len(entry.files)) == ("8bit", "a.Q8_0.gguf", 1)
    assert store.find("llm", "4bit") == entry
    assert store.add(source / "a.Q4_K_M.gguf").name == "a.q4_k_m"


@pytest.mark.parametrize("name", ["base", "BASE", "faster-whisper-base", "../x", "-x", "con", "a b", ".x", "a/b"])
def test_a_name_that_is_taken_or_not_possible_is_refused_before_any_copy(tmp_path: Path, name: str) -> None:
    store = ModelStore(tmp_path / "models")
    with pytest.raises(ConfigError):
        store.add(write_files(tmp_path / "source", FILES), name)
    assert not store.root.exists()


@pytest.mark.parametrize("files", [{}, {"weights.onnx": b"x"}, {"config.json": b"{}", "notes.txt": b""}])
def test_a_folder_without_a_model_is_told_what_a_model_is(tmp_path: Path, files: dict[str, bytes]) -> None:
    source = write_files(tmp_path / "source", files)
    source.mkdir(exist_ok=True)
    with pytest.raises(ConfigError, match="holds no model that can be loaded") as caught:
        ModelStore(tmp_path / "models").add(source / ".")
    assert "GGUF" in str(caught.value.hint)


def test_a_source_that_is_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no file or folder nowhere"):
        ModelStore(tmp_path / "models").add("nowhere")


def test_a_store_that_cannot_be_written_is_a_storage_error(tmp_path: Path, store: ModelStore) -> None:
    (store.root / ".locks").write_text("in the way")
    with pytest.raises(StorageError, match="cannot store model small-test") as caught:
        store.pull("small-test", write_files(tmp_path / "stick", FILES))
    assert "AIPROV_HOME" in str(caught.value.hint)
