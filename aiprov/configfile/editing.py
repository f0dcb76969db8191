"""Change a value of a YAML text and leave every other character as it is.

The new text is put where the parser says that the old one stands. Libraries that write the whole document again keep
comments, but not spacing, and this file is the user's.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from aiprov.configfile.document import Node, parse
from aiprov.configfile.values import Value
from aiprov.errors import ConfigError

_PLAIN = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z_][a-z0-9_-]*", re.IGNORECASE)
_LINE = re.compile(r"[^\r\n]*")


def put(text: str, keys: Sequence[str], value: Any, path: Path) -> str:
    """Return `text` with `value` under `keys`, one below the other; maps that are missing are made.

    Args:
        text: One YAML document, as `parse` accepts it, whose maps are where `keys` want them.
        value: Text, a whole or decimal number, true, false, None, or lists and dicts of these.
        path: The file, for messages.

    Raises:
        ConfigError: The value cannot be written, or its place cannot be changed safely.
    """
    document = parse(text, path)
    node, rest = document, list(keys)
    while node is not None and rest and rest[0] in node.keys:
        node = node.keys[rest.pop(0)]
    written = _written(value, ".".join(keys), path)
    changed = _changed(text, node, rest, written)
    if _content_of(changed, path) != _expected(_content(document), keys, parse(written, path)):
        at = f", line {node.line}" if node else ""
        raise ConfigError(f"{path}{at}: {'.'.join(keys)} cannot be changed safely", "edit the file by hand")
    return changed


def _written(value: Any, name: str, path: Path) -> str:
    """The value in one line of YAML, read again to be sure."""
    with contextlib.suppress(ConfigError, TypeError, ValueError):
        written = _scalar(value)
        node = parse(written, path)
        if node is not None and Value(node, path).anything() == value:
            return written
    raise ConfigError(
        f"{name} cannot be written to {path}", "give printable text, numbers, true, false or lists of these"
    )


def _changed(text: str, node: Node | None, rest: list[str], written: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    if node is None:
        ended = text if not text or text.endswith("\n") else text + newline
        return ended + _block(rest, written, 0, newline) + newline
    if node.keys and rest:
        return _with_key(text, node, rest, written, newline)
    gap = " " if text[node.start - 1 : node.start] == ":" else ""
    return text[: node.start] + gap + _braces(rest, written) + text[node.end :]


def _with_key(text: str, node: Node, rest: list[str], written: str, newline: str) -> str:
    """Put a new key behind the last one of a map."""
    end = max(child.end for child in node.keys.values())
    if node.braces:
        return f"{text[:end]}, {_scalar(rest[0])}: {_braces(rest[1:], written)}{text[end:]}"
    line = _LINE.match(text, end)
    end = line.end() if line else end
    return text[:end] + newline + " " * node.column + _block(rest, written, node.column, newline) + text[end:]


def _block(rest: list[str], written: str, column: int, newline: str) -> str:
    """Keys one below the other; the first one's indentation is there already."""
    lines = [" " * (column + 2 * depth) * (depth > 0) + f"{_scalar(key)}:" for depth, key in enumerate(rest)]
    return f"{newline.join(lines)} {written}"


def _braces(rest: list[str], written: str) -> str:
    return "".join(f"{{{_scalar(key)}: " for key in rest) + written + "}" * len(rest)


def _scalar(value: Any) -> str:
    """JSON is YAML, but for numbers with an exponent; text that YAML takes for nothing else goes without quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_scalar(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_scalar, value)) + "]"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)


def _content(document: Node | None) -> Any:
    return {} if document is None or document.kind == "null" else document.content()


def _content_of(text: str, path: Path) -> Any:
    try:
        return _content(parse(text, path))
    except ConfigError:
        return None


def _expected(content: Any, keys: Sequence[str], value: Node | None) -> Any:
    if not keys:
        return value.content() if value else None
    inner = content if isinstance(content, dict) else {}
    return {**inner, keys[0]: _expected(inner.get(keys[0]), keys[1:], value)}
