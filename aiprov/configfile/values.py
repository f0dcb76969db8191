"""Values of the configuration file read as what they are meant to be. Knows no setting, and repeats no value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from aiprov.configfile.document import KEYS_HINT, Node, shown
from aiprov.errors import ConfigError

# A leading zero means octal to YAML 1.1 and nothing to people.
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,14})")
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
_CALLED = {
    "bool": "true or false",
    "null": "nothing",
    "int": "a number",
    "float": "a number",
    "timestamp": "a date",
}


@dataclass(frozen=True, slots=True)
class Value:
    """A node that is about to be read as something, with its name for messages. Values are never repeated in them."""

    node: Node
    path: Path
    name: str = "the document"

    def wrong(self, why: str, hint: str) -> ConfigError:
        """An error that names file, line and key."""
        return ConfigError(f"{self.path}, line {self.node.line}: {self.name} {why}", hint)

    def text(self) -> str:
        """Text, one line without control characters."""
        if self.node.kind in ("map", "list"):
            raise self.wrong("has to be text", "write one value")
        if self.node.kind != "str":
            raise self.wrong(f"is read as {_CALLED.get(self.node.kind, 'something else')}", "put it in quotes")
        if not self.node.text.isprintable() or not 0 < len(self.node.text) <= 500:
            raise self.wrong("is not usable text", "give 1 to 500 printable characters")
        return self.node.text

    def flag(self) -> bool:
        """true or false; YAML 1.1's yes, no, on and off as well."""
        word = self.node.text.lower()
        if self.node.kind != "bool":
            raise self.wrong("has to be true or false", "write true or false, without quotes")
        return word in ("true", "yes", "on")

    def number(self, *, least: str = "0", above: bool = False) -> Decimal:
        """A decimal number exactly as written, quoted or not; at least `least`, or above it."""
        if self.node.kind in ("map", "list") or not _NUMBER.fullmatch(self.node.text):
            raise self.wrong("has to be a number", "write digits, with a point for decimals, such as 0.25")
        number = Decimal(self.node.text)
        if number < Decimal(least) or (above and number == Decimal(least)):
            raise self.wrong(f"has to be {'above' if above else 'at least'} {least}", "correct it")
        return number

    def whole(self, least: int) -> int:
        """A whole number in decimal digits, at least `least`."""
        if self.node.kind != "int" or not _WHOLE.fullmatch(self.node.text):
            raise self.wrong("has to be a whole number", "write digits alone")
        return int(self.number(least=str(least)))

    def choice(self, options: tuple[str, ...]) -> Any:
        """One of some words."""
        if self.node.text not in options or self.node.kind in ("map", "list"):
            raise self.wrong("cannot be that", f"choose {', '.join(options[:-1])} or {options[-1]}")
        return self.node.text

    def items(self) -> list[Value]:
        """The values of a list."""
        if self.node.kind != "list":
            raise self.wrong("has to be a list", "write one `- value` a line, or [value, value]")
        return [Value(node, self.path, f"{self.name}[{place}]") for place, node in enumerate(self.node.items)]

    def keys(self) -> dict[str, Value]:
        """The values of a map by their keys; nothing at all counts as an empty map."""
        if self.node.kind == "null":
            return {}
        if self.node.kind != "map":
            raise self.wrong("has to hold keys", "write one `key: value` a line below it")
        return {key: Value(node, self.path, shown(self.name, key)) for key, node in self.node.keys.items()}

    def fields(self, readers: Mapping[str, Callable[[Value], Any]]) -> dict[str, Any]:
        """Read the keys that have a reader, refuse all others; a key without a value is as if it was not there."""
        found = self.keys()
        for key, value in found.items():
            if key not in readers:
                raise value.wrong("is not a key that is known here", _suggestion(key, readers))
        return {key: readers[key](value) for key, value in found.items() if value.node.kind != "null"}

    def anything(self) -> Any:
        """What JSON can say: text, whole and decimal numbers, true, false, null, lists and maps."""
        kind, text = self.node.kind, self.node.text
        if kind == "map":
            return {key: value.anything() for key, value in self.keys().items()}
        if kind == "list":
            return [value.anything() for value in self.items()]
        if kind == "null" or (kind == "bool" and text.lower() in ("true", "false")):
            return None if kind == "null" else text.lower() == "true"
        if kind in ("int", "float") and _NUMBER.fullmatch(text):
            return int(text) if kind == "int" else float(text)
        return self.text()


def _suggestion(key: str, known: Mapping[str, object]) -> str:
    if re.search("key|secret|token|password", key, re.IGNORECASE) and "api_key_env" in known:
        return KEYS_HINT
    from difflib import get_close_matches

    near = get_close_matches(key, known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
