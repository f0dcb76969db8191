"""Look at this machine and say what would stop aiprov from working. Looks only; changes and fetches nothing.

Engines are loaded in a child process, so that one that crashes is a finding and not the end.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal, NamedTuple

from aiprov import keys
from aiprov.errors import AiprovError
from aiprov.settings import Settings

State = Literal["ok", "note", "wrong"]

_PACKAGES = ("faster-whisper", "av", "huggingface_hub", "genai-prices", "llama-cpp-python", "sentence-transformers")
_LOAD_LIMIT_S = 120
_SPACE_NEEDED, _SPACE_WANTED, _MEMORY_WANTED = 200 << 20, 2 << 30, 1 << 30


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        area: What it belongs to (`engine`, `model`, `key`, ...).
        name: Which one.
        state: `ok`; `note` for something to know; `wrong` for what stops aiprov from working.
        detail: What was found.
        hint: What to do about it.
    """

    area: str
    name: str
    state: State
    detail: str
    hint: str | None = None


class _Engine(NamedTuple):
    name: str
    package: str
    extra: str
    code: str
    otherwise: State


_ENGINES = (
    _Engine(
        "speech",
        "faster-whisper",
        "speech",
        "import av, ctranslate2, faster_whisper; print('CUDA devices:', ctranslate2.get_cuda_device_count())",
        "wrong",
    ),
    _Engine("chat", "llama-cpp-python", "local", "import llama_cpp; print('bindings', llama_cpp.__version__)", "note"),
    _Engine(
        "embedding",
        "tokenizers",
        "speech",
        "import numpy, tokenizers; print('numpy', numpy.__version__)",
        "note",
    ),
)


def examine(settings: Settings) -> Iterator[Check]:
    """Yield every check, the quick ones first.

    Args:
        settings: Those that a run would use.
    """
    yield from _installed()
    yield from _keys(settings)
    yield from _folders(settings)
    yield from _machine(settings)
    yield from _models(settings)
    yield from _engines()


def _installed() -> Iterator[Check]:
    from aiprov.version import __version__

    yield Check("package", "aiprov", "ok", __version__)
    yield Check("package", "python", "ok", sys.version.split()[0])
    for name in _PACKAGES:
        version = _version(name)
        yield Check("package", name, "ok" if version else "note", version or "not installed")


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _keys(settings: Settings) -> Iterator[Check]:
    for provider in ("openai", "anthropic", "huggingface"):
        key = keys.find(provider, settings)
        found = "not set" if key is None else f"set ({key.secret.tail}), in the {key.origin}"
        yield Check("key", keys.variable_of(provider, settings), "ok", found)


def _folders(settings: Settings) -> Iterator[Check]:
    from huggingface_hub.constants import HF_HUB_CACHE

    yield _writable("home", settings.home, "wrong", "set AIPROV_HOME to a folder of yours")
    yield _writable("hub cache", Path(HF_HUB_CACHE), "note", "set HF_HOME to a folder of yours")


def _writable(name: str, folder: Path, otherwise: State, hint: str) -> Check:
    """A folder that does not exist yet is as writable as the nearest one above it that does."""
    standing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if standing.is_dir() and os.access(standing, os.W_OK | os.X_OK):
        return Check("folder", name, "ok", f"{folder} is writable")
    return Check("folder", name, otherwise, f"{folder} cannot be written", hint)


def _machine(settings: Settings) -> Iterator[Check]:
    from aiprov.models.machine import cores, memory_bytes

    home = settings.home
    standing = next(each for each in (home, *home.absolute().parents) if each.exists())
    free = shutil.disk_usage(standing).free
    state: State = "wrong" if free < _SPACE_NEEDED else "note" if free < _SPACE_WANTED else "ok"
    hint = None if state == "ok" else "free some space, or set AIPROV_HOME to another disk"
    yield Check("machine", "disk", state, f"{_size(free)} free for {home}", hint)
    available, whole = _available_memory(), memory_bytes()
    scarce = available is not None and available < _MEMORY_WANTED
    said = f"{_size(whole)}" if available is None else f"{_size(available)} of {_size(whole)} available"
    hint = "close other programs, or use a smaller model (`aiprov models recommend`)" if scarce else None
    yield Check("machine", "memory", "note" if scarce else "ok", f"{said}, {cores()} cores", hint)


def _available_memory() -> int | None:
    """Bytes that can be used without swapping; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kilobytes = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return None if kilobytes is None else int(kilobytes) * 1024


def _models(settings: Settings) -> Iterator[Check]:
    from aiprov.models import ModelStore

    store = ModelStore(settings.models_folder, offline=settings.offline)
    try:
        here = [entry.name for entry in store.entries() if store.is_present(entry)]
        yield Check("model", "on this machine", "ok", ", ".join(here) or "none yet")
        wanted = store.find(settings.local_whisper_model, settings.local_quantization)
    except AiprovError as error:
        yield Check("model", settings.local_whisper_model, "wrong", error.message, error.hint)
        return
    if store.is_present(wanted):
        yield Check(
            "model", wanted.name, "ok", "transcribes by default, and is here (`aiprov models verify` hashes it)"
        )
    elif settings.offline:
        hint = "unset AIPROV_OFFLINE once, or `aiprov models pull` it from a folder (--source DIR)"
        yield Check("model", wanted.name, "wrong", "transcribes by default, is absent, and AIPROV_OFFLINE is set", hint)
    else:
        said = f"transcribes by default, and is fetched at first use ({_size(wanted.bytes)})"
        yield Check("model", wanted.name, "note", said, f"aiprov models pull {wanted.name}")


def _engines() -> Iterator[Check]:
    for engine in _ENGINES:
        if _version(engine.package) is None:
            hint = f'install it: pip install "aiprov[{engine.extra}]"'
            yield Check("engine", engine.name, engine.otherwise, f"{engine.package} is not installed", hint)
            continue
        trouble, said = _loaded(engine.code)
        if trouble is None:
            yield Check("engine", engine.name, "ok", f"{engine.package} loads; {said}")
        else:
            hint = f'install it again: pip install --force-reinstall "aiprov[{engine.extra}]"'
            yield Check("engine", engine.name, engine.otherwise, f"{engine.package} {trouble}", hint)


def _loaded(code: str) -> tuple[str | None, str]:
    """Run `code` in a child; return what went wrong, or None, and what it printed."""
    # -P: a module in the current folder must not be taken for the engine.
    command = [sys.executable, "-P", "-c", code]
    try:
        child = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_LOAD_LIMIT_S)
    except subprocess.TimeoutExpired:
        return f"did not load within {_LOAD_LIMIT_S} s", ""
    if child.returncode == 0:
        return None, child.stdout.strip()
    if child.returncode < 0:
        return f"crashed: {signal.strsignal(-child.returncode)}", ""
    return f"does not load: {(child.stderr.strip().splitlines() or ['no reason given'])[-1]}", ""


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
