"""Which files a model may consist of, and what inside them would run code: refused before anything is loaded.

Allowed are CTranslate2's `model.bin`, GGUF, ONNX and safetensors with their plain JSON and text companions. Pickles,
Python files, configurations that name classes to import, and weights that are not what their name says are not.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from aiprov.core.requests import ModelCapability
from aiprov.errors import ConfigError, IntegrityError
from aiprov.models.entry import Helper, Kind

_WHISPER = re.compile(r"model\.bin|(config|preprocessor_config|tokenizer|vocabulary)\.json|vocabulary\.txt")
_GGUF = re.compile(r"[^/]+\.gguf")
_SENTENCE = re.compile(
    r"(\d+_\w+/)?(model(-\d+-of-\d+)?\.safetensors|model\.safetensors\.index\.json|config\.json)"
    r"|modules\.json|config_sentence_transformers\.json|sentence_\w+_config\.json"
    r"|tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|added_tokens\.json"
    r"|vocab\.(txt|json)|merges\.txt|(sentencepiece\.bpe|spiece|tokenizer)\.model|unigram\.json"
)
_VOICE = re.compile(r"(voices|activity)\.onnx")
_ALLOWED: dict[Kind, re.Pattern[str]] = {
    ModelCapability.TRANSCRIPTION: _WHISPER,
    ModelCapability.CHAT: _GGUF,
    ModelCapability.EMBEDDING: _SENTENCE,
    Helper.VOICE: _VOICE,
}
# Files that a loader could run or unpickle when it meets them in a model's folder.
_CODE = {".py", ".pyc", ".pyd", ".so", ".dll", ".dylib", ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib"}
_MAX_JSON = 64 << 20


def belongs(kind: Kind, name: str) -> bool:
    """Whether a model of this kind may hold a file of this name."""
    return bool(_ALLOWED[kind].fullmatch(name))


def kind_of(names: Iterable[str]) -> ModelCapability | None:
    """What a set of file names can be: GGUF is chat, CTranslate2 transcription, safetensors with modules embedding."""
    names = set(names)
    if any(_GGUF.fullmatch(name) for name in names):
        return ModelCapability.CHAT
    if {"model.bin", "config.json"} <= names and names & {"vocabulary.txt", "vocabulary.json"}:
        return ModelCapability.TRANSCRIPTION
    if "modules.json" in names and any(name.endswith(".safetensors") for name in names):
        return ModelCapability.EMBEDDING
    return None


def choose_files(names: Iterable[str], origin: str, wanted: str | None = None) -> tuple[ModelCapability, list[str]]:
    """Pick the files that the engine needs.

    Args:
        names: All file names there are.
        origin: How messages call the place.
        wanted: Which GGUF file, where there are several.

    Raises:
        ConfigError: No model of a kind that can be loaded, or a choice has to be made.
    """
    names = sorted(names)
    kind = kind_of(names)
    if kind is None:
        raise ConfigError(
            f"{origin} holds no model that can be loaded",
            "one GGUF file, a Whisper model in CTranslate2 form (model.bin, config.json, vocabulary), "
            "or a sentence-transformers model with safetensors",
        )
    chosen = [name for name in names if belongs(kind, name) and (wanted is None or name == wanted)]
    if kind == ModelCapability.CHAT and len(chosen) != 1:
        known = [name for name in names if belongs(kind, name)]
        raise ConfigError(f"{origin} holds {len(known)} GGUF files", f"choose one with --file: {', '.join(known[:30])}")
    return kind, chosen


def refuse_code(names: Iterable[str], origin: str) -> None:
    """Refuse a folder in which a loader could find something to run.

    Raises:
        IntegrityError: Names the file.
    """
    names = set(names)
    own = {"model.bin"} if kind_of(names) == ModelCapability.TRANSCRIPTION else set()
    for name in sorted(names - own):
        if PurePosixPath(name).suffix.lower() in _CODE:
            raise _unsafe(origin, name, "can hold code", "remove the file, or name another model")


def refuse_unsafe(folder: Path, kind: Kind, names: Iterable[str], origin: str) -> None:
    """Look into the files: weights have to be what their name says, and JSON may not name code to import.

    Raises:
        IntegrityError: Names the file and the reason.
    """
    for name in names:
        path = folder / name
        if not path.is_file():
            raise _unsafe(origin, name, "is not a regular file", "get the model from its publisher")
        if name.endswith(".json"):
            _refuse_imports(path, name, origin)
        elif not _is_weights(path, name, kind):
            raise _unsafe(origin, name, "is not in the format that its name says", "get the model from its publisher")


def _refuse_imports(path: Path, name: str, origin: str) -> None:
    if path.stat().st_size > _MAX_JSON:
        raise _unsafe(origin, name, "is too large for a configuration", "get the model from its publisher")
    try:
        document = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        raise _unsafe(origin, name, "is not valid JSON", "get the model from its publisher") from None
    if name.endswith("config.json") and _names_code(document):
        raise _unsafe(origin, name, "asks for code to be loaded (auto_map)", "such models are not supported")
    if name == "modules.json" and not _plain_modules(document):
        raise _unsafe(origin, name, "names a module outside sentence_transformers", "such models are not supported")


def _names_code(document: Any) -> bool:
    if isinstance(document, dict):
        return bool({"auto_map", "custom_pipelines"} & set(document)) or any(map(_names_code, document.values()))
    return isinstance(document, list) and any(map(_names_code, document))


def _plain_modules(document: Any) -> bool:
    return isinstance(document, list) and all(
        isinstance(module, dict)
        and str(module.get("type", "")).startswith("sentence_transformers.")
        and re.fullmatch(r"(\d+_\w+)?", str(module.get("path", "")))
        for module in document
    )


def _is_weights(path: Path, name: str, kind: Kind) -> bool:
    with path.open("rb") as stream:
        head = stream.read(64)
    if name.endswith(".gguf"):
        return head.startswith(b"GGUF")
    if name.endswith(".safetensors"):
        # Eight bytes of header length, then the header, which is a JSON object.
        return 2 <= int.from_bytes(head[:8], "little") < 100 << 20 and head[8:9] == b"{"
    if name.endswith(".onnx"):
        # A protobuf message: the format's version, a small number in its first field.
        return head[:1] == b"\x08" and 0 < head[1] < 64
    if name == "model.bin" and kind == ModelCapability.TRANSCRIPTION:
        # A format version, then the length and the name of the model's specification.
        return int.from_bytes(head[:4], "little") < 256 and head[6:17] == b"WhisperSpec"
    return True


def names_below(folder: Path) -> list[str]:
    """Relative names of all files below `folder`, hidden ones left out; linked folders are not entered."""
    found = []
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(where, name).relative_to(folder).as_posix() for name in files if not name.startswith(".")]
    return found


def _unsafe(origin: str, name: str, why: str, hint: str) -> IntegrityError:
    return IntegrityError(f"{origin}: {name!a} {why}", hint, code="unsafe_model")
