"""`models.lock`: JSON text to entries and back. Every field is checked, because a lock is input like any other.

A name from a lock becomes a folder or file name, so nothing that could leave the store is let in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from aiprov.core.requests import ModelCapability
from aiprov.errors import IntegrityError
from aiprov.models.conversion import CONVERSIONS
from aiprov.models.entry import Helper, Kind, Mirror, ModelEntry, ModelFile, Wheel, WheelMember
from aiprov.models.safety import belongs

SCHEMA = 1
KINDS: tuple[Kind, ...] = (
    ModelCapability.TRANSCRIPTION,
    ModelCapability.CHAT,
    ModelCapability.EMBEDDING,
    Helper.VOICE,
)

_NAME = re.compile(r"[a-z0-9][a-z0-9._+-]{0,99}")
_ALIAS = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)?")
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}")
_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION = re.compile(r"[0-9][A-Za-z0-9.!+_-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REVISION = re.compile(r"[0-9a-f]{40}")
# Names that Windows keeps for devices, whatever follows the first dot; and the store's own file.
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?|models\.lock", re.IGNORECASE)
_MAX_BYTES = 1 << 50


def shipped_entries() -> tuple[ModelEntry, ...]:
    """The entries that come with aiprov: from the package, or from the root of a checkout installed editable."""
    packaged = resources.files("aiprov").joinpath("models.lock")
    text = packaged.read_text("utf-8") if packaged.is_file() else _checkout_lock().read_text("utf-8")
    return parse_lock(text, "the models.lock of this installation", "install aiprov again")


def _checkout_lock() -> Path:
    return Path(__file__).resolve().parents[2] / "models.lock"


def parse_lock(text: str, origin: str, hint: str, *, added: bool = False) -> tuple[ModelEntry, ...]:
    """Read a lock's text.

    Args:
        text: The JSON.
        origin: How messages name the lock.
        hint: What to do when it cannot be used.
        added: Mark the entries as the user's own.

    Raises:
        IntegrityError: Not a lock of this schema, or an entry with a field that cannot be used.
    """
    try:
        document = json.loads(text)
        _keys(document, {"schema", "models"}, set())
        _check(document["schema"] == SCHEMA, f"schema {document['schema']!r} is not {SCHEMA}")
        entries = tuple(_entry(raw, added) for raw in _list(document["models"]))
        _unique(entries)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise IntegrityError(f"{origin} cannot be used: {error}", hint) from None
    return entries


def dump_lock(entries: Iterable[ModelEntry]) -> str:
    """Write entries as a lock's text; `parse_lock` gives them back."""
    return json.dumps({"schema": SCHEMA, "models": [_raw(entry) for entry in entries]}, indent=1) + "\n"


def is_name(text: str) -> bool:
    """Whether `text` can name a model and its folder."""
    return bool(_NAME.fullmatch(text)) and not _RESERVED.fullmatch(text) and not text.endswith(".")


def is_repo(text: str) -> bool:
    """Whether `text` has the form of a hub repository, `owner/name`."""
    return bool(_REPO.fullmatch(text)) and ".." not in text


def is_file_name(text: str) -> bool:
    """Whether `text` is a relative path that stays inside a model's folder on every system."""
    segments = text.split("/")
    return len(text) <= 500 and all(
        _SEGMENT.fullmatch(segment) and not _RESERVED.fullmatch(segment) and not segment.endswith(".")
        for segment in segments
    )


def _entry(raw: Any, added: bool) -> ModelEntry:
    required = {"name", "kind", "family", "files", "licence", "quantization"}
    _keys(raw, required, {"aliases", "repo", "revision", "context_length", "dims", "starter", "mirror", "note"})
    name = _text(raw["name"], is_name, "name")
    files = tuple(_file(file) for file in _list(raw["files"]))
    _check(0 < len(files) <= 1000, f"{name} lists {len(files)} files")
    _check(len({file.name.lower() for file in files}) == len(files), f"{name} lists a file twice")
    kind = _kind(raw["kind"])
    foreign = [file.name for file in files if not belongs(kind, file.name)]
    _check(not foreign, f"{name} lists {foreign}, which a model for {kind} has no use for")
    repo, revision = raw.get("repo"), raw.get("revision")
    _check((repo is None) == (revision is None), f"{name} needs both repo and revision, or neither")
    return ModelEntry(
        name=name,
        kind=kind,
        family=_plain(raw["family"]),
        files=files,
        licence=_plain(raw["licence"]),
        quantization=_plain(raw["quantization"]),
        aliases=tuple(_text(alias, _ALIAS.fullmatch, "alias") for alias in _list(raw.get("aliases", []))),
        repo=None if repo is None else _text(repo, is_repo, "repo"),
        revision=None if revision is None else _text(revision, _REVISION.fullmatch, "revision"),
        context_length=_count(raw.get("context_length"), "context_length"),
        dims=_count(raw.get("dims"), "dims"),
        starter=_flag(raw.get("starter", False)),
        mirror=_mirror(raw["mirror"], files) if raw.get("mirror") is not None else None,
        note=_plain(raw.get("note", "")),
        added=added,
    )


def _file(raw: Any) -> ModelFile:
    _keys(raw, {"name", "bytes", "sha256"}, set())
    name = _text(raw["name"], is_file_name, "file name")
    return ModelFile(name, _size(raw["bytes"]), _text(raw["sha256"], _SHA256.fullmatch, "sha256"))


def _mirror(raw: Any, files: tuple[ModelFile, ...]) -> Mirror:
    _keys(raw, {"packages", "files"}, {"conversions"})
    wheels = tuple(_wheel(wheel) for wheel in _list(raw["packages"]))
    packages = {wheel.package for wheel in wheels}
    _check(set(raw["files"]) == {file.name for file in files}, "a mirror has to carry exactly the model's files")
    made = raw.get("conversions", {})
    _check(set(made) <= set(raw["files"]), "a conversion of a file that the model does not have")
    members = {name: tuple(_member(part, packages) for part in _list(parts)) for name, parts in raw["files"].items()}
    conversions = {name: _text(how, CONVERSIONS.__contains__, "conversion") for name, how in made.items()}
    return Mirror(wheels, members, conversions)


def _wheel(raw: Any) -> Wheel:
    _keys(raw, {"name", "version", "wheel", "wheel_bytes", "wheel_sha256"}, set())
    return Wheel(
        package=_text(raw["name"], _PACKAGE.fullmatch, "package"),
        version=_text(raw["version"], _VERSION.fullmatch, "version"),
        file=_text(raw["wheel"], lambda text: _SEGMENT.fullmatch(text) and text.endswith(".whl"), "wheel"),
        bytes=_size(raw["wheel_bytes"]),
        sha256=_text(raw["wheel_sha256"], _SHA256.fullmatch, "wheel_sha256"),
    )


def _member(raw: Any, packages: set[str]) -> WheelMember:
    _keys(raw, {"package", "member"}, set())
    package = _text(raw["package"], packages.__contains__, "package of a member")
    return WheelMember(package, _plain(raw["member"]))


def _unique(entries: tuple[ModelEntry, ...]) -> None:
    seen: set[str] = set()
    for entry in entries:
        for name in {entry.name, *entry.aliases}:
            _check(name not in seen, f"two models are called {name}")
            seen.add(name)


def _raw(entry: ModelEntry) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "name": entry.name,
        "aliases": list(entry.aliases),
        "kind": str(entry.kind),
        "family": entry.family,
        "repo": entry.repo,
        "revision": entry.revision,
        "licence": entry.licence,
        "quantization": entry.quantization,
        "context_length": entry.context_length,
        "dims": entry.dims,
        "starter": entry.starter,
        "note": entry.note,
        "files": [{"name": file.name, "bytes": file.bytes, "sha256": file.sha256} for file in entry.files],
        "mirror": _raw_mirror(entry.mirror) if entry.mirror else None,
    }
    return {key: value for key, value in raw.items() if value not in (None, "", [], False)}


def _raw_mirror(mirror: Mirror) -> dict[str, Any]:
    packages = [
        {"name": w.package, "version": w.version, "wheel": w.file, "wheel_bytes": w.bytes, "wheel_sha256": w.sha256}
        for w in mirror.wheels
    ]
    files = {
        name: [{"package": part.package, "member": part.member} for part in parts]
        for name, parts in mirror.members.items()
    }
    made = {"conversions": dict(mirror.conversions)} if mirror.conversions else {}
    return {"packages": packages, "files": files, **made}


def _check(ok: object, complaint: str) -> None:
    if not ok:
        raise ValueError(complaint)


def _keys(raw: Any, required: set[str], optional: set[str]) -> None:
    _check(isinstance(raw, Mapping), "an object was expected")
    _check(required <= set(raw), f"missing: {', '.join(sorted(required - set(raw)))}")
    unknown = set(raw) - required - optional
    _check(not unknown, f"unknown: {', '.join(sorted(map(ascii, unknown)))}")


def _list(raw: Any) -> list[Any]:
    _check(isinstance(raw, list), "a list was expected")
    return list(raw)


def _text(raw: Any, fits: Callable[[str], object], what: str) -> str:
    _check(isinstance(raw, str) and fits(raw), f"{what} {raw!a:.80} is not allowed")
    return str(raw)


def _plain(raw: Any) -> str:
    return _text(raw, lambda text: len(text) <= 500 and (text.isprintable() or not text), "text")


def _kind(raw: Any) -> Kind:
    kinds = {str(kind): kind for kind in KINDS}
    return kinds[_text(raw, kinds.__contains__, "kind")]


def _size(raw: Any) -> int:
    _check(type(raw) is int and 0 <= raw < _MAX_BYTES, f"size {raw!a:.40} is not allowed")
    return int(raw)


def _count(raw: Any, what: str) -> int | None:
    _check(raw is None or (type(raw) is int and 0 < raw < 1 << 32), f"{what} {raw!a:.40} is not allowed")
    return raw  # type: ignore[no-any-return]


def _flag(raw: Any) -> bool:
    _check(isinstance(raw, bool), "a flag was expected")
    return bool(raw)
