"""A model's folder after somebody was at it: nothing but the pinned files, unchanged, is ever handed out."""

from __future__ import annotations

import os
import pickle
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from aiprov.core.requests import ModelCapability
from aiprov.errors import ConfigError, IntegrityError, StorageError
from aiprov.models import ModelEntry, ModelStore
from model_world import entry_of, pin, sentence_files, whisper_files, write_files

FILES = whisper_files(100_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model that was pulled and is right."""
    pin(tmp_path / "models", entry_of(FILES))
    source = write_files(tmp_path / "source", FILES)
    return ModelStore(tmp_path / "models").pull("small-test", source=source)


def flip(path: Path, position: int) -> None:
    """Change one bit."""
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def link(path: Path) -> None:
    """Replace a file by a link to an equal one elsewhere."""
    twin = path.parent.parent / "twin"
    path.rename(twin)
    path.symlink_to(twin)


class Canary:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, int]]:
        return os.open, (str(self.path), os.O_CREAT)


TAMPERINGS: dict[str, tuple[str, Callable[[Path], object]]] = {
    **{f"flip_{name}": (name, lambda f, n=name: flip(f / n, len(FILES[n]) // 2)) for name in FILES},
    "flip_first": ("model.bin", lambda f: flip(f / "model.bin", 0)),
    "flip_last": ("model.bin", lambda f: flip(f / "model.bin", -1)),
    "truncate": ("model.bin", lambda f: os.truncate(f / "model.bin", 99_000)),
    "empty": ("config.json", lambda f: os.truncate(f / "config.json", 0)),
    "longer": ("model.bin", lambda f: (f / "model.bin").open("ab").write(b"\0")),
    "missing": ("tokenizer.json", lambda f: (f / "tokenizer.json").unlink()),
    "file_is_link": ("model.bin", lambda f: link(f / "model.bin")),
    "folder_is_link": ("config.json", link),
    "file_is_folder": ("config.json", lambda f: ((f / "config.json").unlink(), (f / "config.json").mkdir())),
    "file_is_fifo": ("config.json", lambda f: ((f / "config.json").unlink(), os.mkfifo(f / "config.json"))),
    "extra_python": ("custom.py", lambda f: (f / "custom.py").write_text("import os")),
    "extra_bin": ("pytorch_model.bin", lambda f: (f / "pytorch_model.bin").write_bytes(b"\x80\x04")),
    "extra_in_folder": ("1_Pooling/x.py", lambda f: write_files(f, {"1_Pooling/x.py": b""})),
    "extra_link": ("more", lambda f: (f / "more").symlink_to("/etc")),
    "extra_hidden": (".x", lambda f: (f / ".x").write_bytes(b"")),
}


@pytest.mark.parametrize("case", TAMPERINGS)
@pytest.mark.parametrize("trusting", [False, True])
def test_a_tampered_model_is_refused_by_name_and_a_pull_repairs_it(
    tmp_path: Path, folder: Path, case: str, trusting: bool
) -> None:
    store = ModelStore(tmp_path / "models", trust_cache=trusting)
    assert store.verified_path("small-test") == folder
    file, tamper = TAMPERINGS[case]
    tamper(folder)
    with pytest.raises(IntegrityError, match=file.replace(".", r"\.")) as caught:
        store.verified_path("small-test")
    assert "aiprov models pull small-test" in str(caught.value.hint)
    with pytest.raises(IntegrityError):
        store.ensure("small-test")
    assert [verdict.file for verdict in store.verify("small-test") if not verdict.ok][:1] == [file]
    store.pull("small-test", source=tmp_path / "source")
    assert {path.name: path.read_bytes() for path in store.verified_path("small-test").iterdir()} == FILES


def test_a_trusted_verdict_does_not_survive_a_write_whose_time_was_set_back(tmp_path: Path, folder: Path) -> None:
    store = ModelStore(tmp_path / "models", trust_cache=True)
    store.verified_path("small-test")
    before = (folder / "model.bin").stat()
    flip(folder / "model.bin", 5000)
    os.utime(folder / "model.bin", ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(IntegrityError, match=r"model\.bin"):
        store.verified_path("small-test")


def test_files_are_read_again_at_every_load_unless_the_cache_is_trusted(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counted(path: Path, *_: object) -> str:
        read.append(path.name)
        from aiprov.files import sha256_of

        return sha256_of(path)

    monkeypatch.setattr("aiprov.models.verify.sha256_of", counted)
    for _ in range(2):
        ModelStore(tmp_path / "models").verified_path("small-test")
    assert sorted(read) == sorted([*FILES, *FILES])
    ModelStore(tmp_path / "models", trust_cache=True).verified_path("small-test")
    read.clear()
    ModelStore(tmp_path / "models", trust_cache=True).verified_path("small-test")
    assert read == []
    assert all(verdict.ok for verdict in ModelStore(tmp_path / "models", trust_cache=True).verify("small-test"))
    assert sorted(read) == sorted(FILES)
    read.clear()
    ModelStore(tmp_path / "models").verified_path("small-test")
    assert sorted(read) == sorted(FILES)


@pytest.mark.parametrize("note", [b"", b"[]", b'{"model.bin": 1}', b"\xff", b'{"model.bin": [1, 2, 3, 4, "x"]}'])
def test_a_damaged_note_of_verdicts_only_costs_a_new_look(tmp_path: Path, folder: Path, note: bytes) -> None:
    store = ModelStore(tmp_path / "models", trust_cache=True)
    write_files(store.root, {".verdicts/small-test.json": note})
    assert store.verified_path("small-test") == folder
    flip(folder / "model.bin", 5000)
    with pytest.raises(IntegrityError):
        store.verified_path("small-test")


def test_a_pull_repairs_without_fetching_what_is_still_right(tmp_path: Path, folder: Path) -> None:
    flip(folder / "config.json", 0)
    only = write_files(tmp_path / "only", {"config.json": FILES["config.json"]})
    store = ModelStore(tmp_path / "models")
    store.pull("small-test", source=only)
    assert all(verdict.ok for verdict in store.verify("small-test"))


def test_a_pull_never_writes_through_a_link_in_the_store(tmp_path: Path, folder: Path) -> None:
    foreign = write_files(tmp_path / "foreign", FILES | {"model.bin": b"theirs", "letter.txt": b"theirs"})
    folder.rename(tmp_path / "away")
    folder.symlink_to(foreign)
    store = ModelStore(tmp_path / "models")
    store.pull("small-test", source=tmp_path / "source")
    assert not folder.is_symlink()
    assert (foreign / "model.bin").read_bytes() == (foreign / "letter.txt").read_bytes() == b"theirs"


def test_neither_a_pull_nor_a_check_goes_through_a_link_inside_a_model(tmp_path: Path) -> None:
    source = write_files(tmp_path / "source", sentence_files())
    store = ModelStore(tmp_path / "models")
    store.add(source, "mine")
    folder = store.verified_path("mine")
    foreign = (folder / "1_Pooling").rename(tmp_path / "foreign")
    (folder / "1_Pooling").symlink_to(foreign)
    with pytest.raises(IntegrityError, match="1_Pooling"):
        store.verified_path("mine")
    write_files(foreign, {"config.json": b"theirs"})
    store.pull("mine", source)
    assert (foreign / "config.json").read_bytes() == b"theirs"
    assert not (folder / "1_Pooling").is_symlink()


def test_a_link_in_place_of_the_bench_is_not_followed(tmp_path: Path) -> None:
    pin(tmp_path / "models", entry_of(FILES))
    foreign = write_files(tmp_path / "foreign", {"letter.txt": b"theirs"})
    (tmp_path / "models/.partial/small-test").mkdir(parents=True)
    (tmp_path / "models/.partial/small-test/out").symlink_to(foreign)
    ModelStore(tmp_path / "models").pull("small-test", write_files(tmp_path / "source", FILES))
    assert [path.name for path in foreign.iterdir()] == ["letter.txt"]


CODE = {
    "python": {"custom.py": b"import os"},
    "pickle": {"pytorch_model.bin": b""},
    "torch": {"0_Transformer/weights.pt": b""},
    "library": {"x.so": b""},
    "modules": {"modules.json": b'[{"idx": 0, "name": "0", "path": "", "type": "custom.Evil"}]'},
    "module_path": {
        "modules.json": b'[{"name": "0", "path": "../../x", "type": "sentence_transformers.models.Transformer"}]'
    },
    "auto_map": {"config.json": b'{"auto_map": {"AutoModel": "custom.Evil"}}'},
    "tokenizer_auto_map": {"tokenizer_config.json": b'{"a": [{"auto_map": {"AutoTokenizer": "custom.Evil"}}]}'},
    "not_json": {"config.json": b"{"},
    "disguised_pickle": {"model.safetensors": b"\x80\x04\x95" + b"x" * 100},
    "disguised_zip": {"model.safetensors": b"PK\x03\x04" + b"\0" * 100},
}


@pytest.mark.parametrize("case", CODE)
@pytest.mark.parametrize("way", ["add", "path"])
def test_a_folder_that_could_run_code_is_refused_and_runs_none(tmp_path: Path, case: str, way: str) -> None:
    canary = tmp_path / "canary"
    poisoned = {name: content or pickle.dumps(Canary(canary)) for name, content in CODE[case].items()}
    folder = write_files(tmp_path / "theirs", sentence_files() | poisoned)
    store = ModelStore(tmp_path / "models")
    with pytest.raises(IntegrityError) as caught:
        store.add(folder) if way == "add" else store.find(str(folder))
    assert caught.value.code == "unsafe_model"
    assert next(iter(CODE[case])) in caught.value.message
    assert not canary.exists()
    assert not (store.root / "theirs").exists()
    assert not (store.root / "models.lock").exists()


def test_weights_that_are_not_of_their_format_are_refused(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "models")
    write_files(tmp_path, {"a/x.gguf": pickle.dumps(Canary(tmp_path / "canary"))})
    write_files(tmp_path / "w", whisper_files() | {"model.bin": pickle.dumps(Canary(tmp_path / "canary"))})
    for source in ("a", "a/x.gguf", "w"):
        with pytest.raises(IntegrityError, match="not in the format that its name says"):
            store.add(tmp_path / source)
    assert not (tmp_path / "canary").exists()


def test_a_model_named_by_path_is_its_content(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "mine", sentence_files() | {"README.md": b"not needed"})
    store = ModelStore(tmp_path / "models")
    entry = store.find(str(folder))
    assert (entry.kind, entry.weights, store.is_present(entry)) == (
        ModelCapability.EMBEDDING,
        "model.safetensors",
        True,
    )
    assert store.verified_path(entry) == store.ensure(entry) == store.pull(entry) == folder
    flip(folder / "tokenizer.json", 0)
    (folder / "tokenizer.json").write_bytes(b"[]")
    with pytest.raises(IntegrityError, match="has changed"):
        store.verified_path(entry)
    assert store.find(str(folder)).digest != entry.digest
    with pytest.raises(ConfigError, match="outside the store"):
        store.remove(str(folder))


def test_a_model_in_a_cache_of_links_can_be_named_by_path(tmp_path: Path) -> None:
    blobs = write_files(tmp_path / "blobs", {"0a1b": b"GGUF" + b"\3" * 60})
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot" / "x.Q8_0.gguf").symlink_to(blobs / "0a1b")
    store = ModelStore(tmp_path / "models")
    for named in (tmp_path / "snapshot", tmp_path / "snapshot" / "x.Q8_0.gguf"):
        entry = store.find(str(named))
        assert store.is_present(entry)
        assert all(verdict.ok for verdict in store.verify(entry))
        assert store.verified_path(entry) == tmp_path / "snapshot"


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_pipe_in_a_users_folder_is_refused_not_waited_for(tmp_path: Path, name: str) -> None:
    folder = write_files(tmp_path / "mine", sentence_files())
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(IntegrityError, match="not a regular file"):
        ModelStore(tmp_path / "models").add(folder)


def test_a_disk_that_stops_taking_bytes_leaves_no_model(tmp_path: Path) -> None:
    pin(tmp_path / "models", entry_of(FILES))
    source = write_files(tmp_path / "source", FILES)
    store = ModelStore(tmp_path / "models")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(StorageError, match="File too large") as caught:
            store.pull("small-test", source)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "ulimit -f" in str(caught.value.hint)
    assert not (store.root / "small-test").exists()
    assert not list(store.root.rglob("*.part"))


@pytest.mark.parametrize("name", ["a/" * 3000, "~nosuchuser/x", "a/\0b", "/proc/1/cwd/x"])
def test_a_path_that_cannot_even_be_looked_at_is_an_unknown_model(tmp_path: Path, name: str) -> None:
    store = ModelStore(tmp_path / "models")
    with pytest.raises(ConfigError):
        store.find(name)
    with pytest.raises(ConfigError):
        store.add(name, "mine")


def test_one_gguf_file_can_be_named_by_path(tmp_path: Path) -> None:
    path = write_files(tmp_path, {"llms/My Model.Q8_0.gguf": b"GGUF" + b"\3" * 60, "llms/x.py": b""}) / "llms"
    store = ModelStore(tmp_path / "models")
    entry: ModelEntry = store.find(str(path / "My Model.Q8_0.gguf"), "4bit")
    assert (entry.quantization, entry.width, entry.kind) == ("Q8_0", "8bit", "chat")
    assert (store.verified_path(entry) / entry.weights).read_bytes().startswith(b"GGUF")
