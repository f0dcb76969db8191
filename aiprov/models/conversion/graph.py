"""An ONNX graph as bytes: nodes, constants, inputs, outputs. Knows the file format, nothing of models.

The same calls give the same bytes on every machine, so that a hash can stand for the result.
Source: onnx/onnx.proto (field numbers), protobuf's wire format.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Final

_IR_VERSION: Final = 8
_OPSET: Final = 17
_FLOAT, _INT64 = 1, 7

Attribute = int | float | str | Sequence[int] | Sequence[str]
Shape = Sequence[int | str]


class Graph:
    """A graph in the making. Every value has a name; a node gives back the names of what it computes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._parts: list[bytes] = []
        self._numbers = count()

    def input(self, name: str, shape: Shape) -> str:
        """Floats that the caller gives; a name in the shape is a length that is open."""
        self._parts.append(_message(11, _value(name, shape)))
        return name

    def output(self, value: str, name: str, shape: Shape) -> None:
        """A value that the caller gets, under this name."""
        self._add("Identity", (value,), name, {})
        self._parts.append(_message(12, _value(name, shape)))

    def floats(self, data: bytes, shape: Sequence[int]) -> str:
        """A constant of little-endian 32-bit floats."""
        return self._constant(_FLOAT, data, shape)

    def number(self, value: float) -> str:
        """One float."""
        return self.floats(struct.pack("<f", value), ())

    def ints(self, values: Sequence[int]) -> str:
        """A row of whole numbers."""
        return self._constant(_INT64, struct.pack(f"<{len(values)}q", *values), (len(values),))

    def node(self, kind: str, *inputs: str, **attributes: Attribute) -> str:
        """Add a node and return the name of its output."""
        name = self._fresh()
        self._add(kind, inputs, name, attributes)
        return name

    def to_bytes(self) -> bytes:
        """The whole file."""
        graph = b"".join([*self._parts, _message(2, self._name.encode())])
        opset = _message(1, b"") + _number(2, _OPSET)
        return _number(1, _IR_VERSION) + _message(2, b"aiprov") + _message(7, graph) + _message(8, opset)

    def _add(self, kind: str, inputs: Sequence[str], output: str, attributes: Mapping[str, Attribute]) -> None:
        named = [_message(1, each.encode()) for each in inputs] + [_message(2, output.encode())]
        given = [_message(5, _attribute(key, value)) for key, value in attributes.items()]
        self._parts.append(_message(1, b"".join([*named, _message(4, kind.encode()), *given])))

    def _constant(self, kind: int, data: bytes, shape: Sequence[int]) -> str:
        name = self._fresh()
        lengths = b"".join(_number(1, length) for length in shape)
        self._parts.append(_message(5, lengths + _number(2, kind) + _message(8, name.encode()) + _message(9, data)))
        return name

    def _fresh(self) -> str:
        return f"v{next(self._numbers)}"


def _attribute(name: str, value: Attribute) -> bytes:
    """An AttributeProto: a float, a whole number, a text, or a row of whole numbers or texts."""
    head = _message(1, name.encode())
    match value:
        case float():
            return head + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
        case int():
            return head + _number(3, value) + _number(20, 2)
        case str():
            return head + _message(4, value.encode()) + _number(20, 3)
        case [str(), *_]:
            return head + b"".join(_message(9, str(each).encode()) for each in value) + _number(20, 8)
        case _:
            return head + b"".join(_number(8, int(each)) for each in value) + _number(20, 7)


def _value(name: str, shape: Shape) -> bytes:
    """A ValueInfoProto of floats."""
    lengths = [_message(2, each.encode()) if isinstance(each, str) else _number(1, each) for each in shape]
    tensor = _number(1, _FLOAT) + _message(2, b"".join(_message(1, length) for length in lengths))
    return _message(1, name.encode()) + _message(2, _message(1, tensor))


def _message(field: int, payload: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(payload)) + payload


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value & (1 << 64) - 1)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
