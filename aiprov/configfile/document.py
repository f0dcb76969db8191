"""YAML as configuration may use it: maps, lists and plain values, with the place of each. Knows no setting.

Read from the parser's events, so that no tag is ever acted on, no alias followed and no number rounded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from aiprov.core.redaction import looks_like_key
from aiprov.errors import ConfigError

KEYS_HINT = "store it with `aiprov keys set PROVIDER`, or name an environment variable under api_key_env"

MAX_BYTES = 64 * 1024

_DEEPEST = 12
_FORM = "indent with spaces, write `key: value`, and quote text that holds `: ` or ` #`"
_SHOWN = re.compile(r"[A-Za-z0-9_.-]{1,40}")


@dataclass(frozen=True, slots=True)
class Node:
    """A part of the document.

    Attributes:
        kind: `map`, `list`, or what YAML 1.1 takes a plain value for: `str`, `int`, `bool`, `null`, `float`, ...
        line: Counted from 1.
        column: Of the first character, from 0.
        start, end: Its characters in the text; comments and empty lines behind it are not in it.
        text: A plain value as it is written, quotes and escapes undone.
        items: What a list holds.
        keys: What a map holds, in order.
        braces: A map or list in braces or brackets.
    """

    kind: str
    line: int
    column: int
    start: int
    end: int
    text: str = ""
    items: tuple[Node, ...] = ()
    keys: Mapping[str, Node] = field(default_factory=dict)
    braces: bool = False

    def content(self) -> Any:
        """What it says, without its form: to compare two documents."""
        if self.kind == "map":
            return {key: node.content() for key, node in self.keys.items()}
        return [node.content() for node in self.items] if self.kind == "list" else (self.kind, self.text)


def decoded(content: bytes, path: Path, hint: str) -> str:
    """Return the text of a file that is short by its nature.

    Args:
        content: Its bytes, or the first of them and at least one more than `MAX_BYTES`.
        path: The file, for messages.
        hint: What to do when it is too long.

    Raises:
        ConfigError: It is longer than `MAX_BYTES`, or no UTF-8.
    """
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path} is larger than {MAX_BYTES // 1024} KB", hint)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        raise ConfigError(f"{path}, line {line}: this is not UTF-8", "save the file as UTF-8") from None


def parse(text: str, path: Path) -> Node | None:
    """Read one YAML document; None when there is nothing in it.

    Raises:
        ConfigError: Not YAML, or YAML with anchors, aliases, tags, a key twice, or too deep.
    """
    import yaml

    try:
        return _Reader(yaml.SafeLoader(text), text, path).document()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
    except yaml.reader.ReaderError as error:
        line = 1 + text.count("\n", 0, error.position)
    except (ValueError, OverflowError):  # PyYAML lets chr() fail on an escape beyond Unicode
        line = 1
    raise ConfigError(f"{path}, line {line}: this is not YAML", _FORM)  # behind the handlers: no cause that quotes


def shown(above: str, key: str) -> str:
    """The dotted name of a key for a message; what cannot be a setting's name is not repeated."""
    name = key if _SHOWN.fullmatch(key) else "(a key)"
    return name if above == "the document" else f"{above}.{name}"


class _Reader:
    def __init__(self, loader: Any, text: str, path: Path) -> None:
        self._loader, self._text, self._path = loader, text, path

    def document(self) -> Node | None:
        import yaml

        self._loader.get_event()
        if self._loader.check_event(yaml.StreamEndEvent):
            return None
        self._loader.get_event()
        node = self._node("the document", 0)
        self._loader.get_event()
        if not self._loader.check_event(yaml.StreamEndEvent):
            self._refuse(self._loader.get_event(), "a second document begins", "keep one document and no further `---`")
        return None if node.kind == "null" and node.start == node.end else node

    def _node(self, key: str, depth: int) -> Node:
        import yaml

        event: Any = self._loader.get_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            self._refuse(event, f"{key} has an anchor or an alias (& or *)", "write it out, or quote text with & or *")
        if event.tag is not None:
            self._refuse(event, f"{key} has a tag (!)", "take it out, or quote text that begins with !")
        if depth > _DEEPEST:
            self._refuse(event, f"{key} is nested too deep", f"{_DEEPEST} levels are enough")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, key)
        read = self._map if isinstance(event, yaml.MappingStartEvent) else self._list
        return read(event, key, depth)

    def _scalar(self, event: Any, key: str) -> Node:
        import yaml

        if looks_like_key(event.value):
            self._refuse(event, f"{key} holds what looks like a key", KEYS_HINT)
        tag: str = self._loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        return self._made(tag.rpartition(":")[2], event, event.end_mark.index, text=event.value)

    def _list(self, event: Any, key: str, depth: int) -> Node:
        import yaml

        items: list[Node] = []
        while not self._loader.check_event(yaml.SequenceEndEvent):
            items.append(self._node(f"{key}[{len(items)}]", depth + 1))
        return self._made("list", event, self._end_of(event, items), items=tuple(items), braces=bool(event.flow_style))

    def _map(self, event: Any, key: str, depth: int) -> Node:
        import yaml

        keys: dict[str, Node] = {}
        while not self._loader.check_event(yaml.MappingEndEvent):
            name = self._node(key, depth + 1)
            if name.kind != "str" or not name.text.isprintable():
                self._stop(name.line, f"{key} has a key that is not text", "quote it, and use printable characters")
            if name.text in keys:
                self._stop(name.line, f"{shown(key, name.text)} is there twice", "keep one of the two")
            keys[name.text] = self._node(shown(key, name.text), depth + 1)
        end = self._end_of(event, list(keys.values()))
        return self._made("map", event, end, keys=keys, braces=bool(event.flow_style))

    def _end_of(self, event: Any, children: list[Node]) -> int:
        """A block's own end mark lies behind the comments that follow it: its last child's is meant."""
        closing = self._loader.get_event().end_mark.index
        return closing if event.flow_style else max((child.end for child in children), default=closing)

    def _made(self, kind: str, event: Any, end: int, **more: Any) -> Node:
        start = event.start_mark.index
        # A block of text ends behind its line, in the next one's indentation.
        end = max(start, len(self._text[:end].rstrip()))
        return Node(kind, event.start_mark.line + 1, event.start_mark.column, start, end, **more)

    def _refuse(self, event: Any, why: str, hint: str) -> NoReturn:
        self._stop(event.start_mark.line + 1, why, hint)

    def _stop(self, line: int, why: str, hint: str) -> NoReturn:
        raise ConfigError(f"{self._path}, line {line}: {why}", hint)
