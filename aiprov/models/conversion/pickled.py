"""Tensors out of a PyTorch checkpoint, without PyTorch and without running anything.

A checkpoint is a zip with a pickle in it, and a pickle can call what it names. Here it can name four things, all of
them ours. Knows nothing of models.
"""

from __future__ import annotations

import io
import pickle  # only below, with a find_class that finds nothing of Python's
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from aiprov.errors import IntegrityError

_FLOAT_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Tensor:
    """Little-endian 32-bit floats in rows."""

    shape: tuple[int, ...]
    data: bytes

    def rows(self, first: int, last: int) -> bytes:
        """The bytes of some rows of the first axis."""
        size = len(self.data) // self.shape[0]
        return self.data[first * size : last * size]


def tensors_of(checkpoint: bytes) -> Mapping[str, Tensor]:
    """All tensors of floats in a checkpoint, by name; those of its `state_dict`, where it has one.

    Source: torch/serialization.py (the zip format of `torch.save`), torch/_utils.py (`_rebuild_tensor_v2`).

    Raises:
        IntegrityError: It asks for anything else than tensors, or is no checkpoint.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(checkpoint)) as archive:
            found = _Reader(archive).load()
    except (zipfile.BadZipFile, pickle.UnpicklingError, KeyError, ValueError, TypeError, IndexError, EOFError) as error:
        raise _unsafe(type(error).__name__) from None
    found = found.get("state_dict", found)
    return {name: each for name, each in found.items() if isinstance(each, Tensor)}


class _Reader(pickle.Unpickler):
    """Finds the names that plain tensors need; every other name ends the reading."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        index = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        super().__init__(io.BytesIO(archive.read(index)))
        self._archive = archive
        self._folder = index.removesuffix("data.pkl") + "data/"

    def find_class(self, module: str, name: str) -> Any:
        allowed = {
            ("torch._utils", "_rebuild_tensor_v2"): _rebuilt,
            ("torch", "FloatStorage"): "float",
            ("torch", "LongStorage"): "long",
            ("collections", "OrderedDict"): OrderedDict,
        }
        if (module, name) not in allowed:
            raise _unsafe(f"{module}.{name}"[:100])
        return allowed[module, name]

    def persistent_load(self, pid: Any) -> tuple[str, bytes]:
        _, kind, key, _, _ = pid
        return kind, self._archive.read(self._folder + str(key))


def _rebuilt(storage: tuple[str, bytes], offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Any:
    """A tensor of floats; None for whole numbers, which only count training steps."""
    kind, data = storage
    if kind != "float":
        return None
    steps = list(accumulate(reversed((*shape[1:], 1)), lambda left, right: left * right))
    if shape and tuple(reversed(steps)) != tuple(stride):
        raise ValueError("a tensor that does not lie in rows")
    size = _FLOAT_BYTES * (steps[-1] * shape[0] if shape else 1)
    return Tensor(tuple(shape), data[_FLOAT_BYTES * offset :][:size])


def _unsafe(what: str) -> IntegrityError:
    return IntegrityError(
        f"a checkpoint holds something else than tensors ({what!a}); nothing of it was run",
        "get the model from its publisher",
        code="unsafe_model",
    )
