"""Finds and reads the glossary: `glossary.txt` or `glossary.yaml`, in the folder one works in or beside the recordings.

What stands in it is data: it can at most change how words are spelled. Knows nothing of settings and of audio.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from aiprov.configfile.document import Node, parse
from aiprov.core.glossary import KINDS, Glossary, Term, letters
from aiprov.errors import ConfigError

NAMES = ("glossary.txt", "glossary.yaml", "glossary.yml")

_MOST_BYTES = 1 << 20
_MOST_TERMS = 10_000
_LONGEST = 100
_COMMENT = re.compile(r"(?:^|\s)#(?:\s.*|$)")
_PARTED = re.compile(r"\s*(?::\s|:$|\s=\s|\s=$)\s*")


def find_glossary(inputs: Iterable[Path], named: Path | None = None) -> Path | None:
    """Say which glossary applies: the one that is named, else that of the current folder, else one beside the inputs.

    Args:
        inputs: Recordings, and folders of them.
        named: From `--glossary` or the settings.

    Raises:
        ConfigError: The one that is named is not there, or the inputs' folders have different ones.
    """
    if named is not None:
        if not named.expanduser().is_file():
            raise ConfigError(f"there is no glossary {named}", "correct its name", code="glossary")
        return named.expanduser()
    here = _in(Path())
    if here is not None:
        return here
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in inputs)
    found = [path for folder in folders if (path := _in(folder)) is not None]
    if len({path.resolve() for path in found}) > 1:
        hint = "name one with --glossary, or transcribe the folders one after the other"
        raise ConfigError(f"{found[0]} and {found[1]} are different glossaries", hint, code="glossary")
    return found[0] if found else None


def read_glossary(path: Path) -> Glossary:
    """Read a glossary.

    Text has one term a line, with its aliases behind it: `aiprov: eye prov, I prove`; `#` begins a comment. YAML is a
    list of terms, or a map from terms to an alias, a list of them, or `aliases` and `kind`.

    Args:
        path: `.yaml` and `.yml` are YAML; all else is text.

    Raises:
        ConfigError: It cannot be read, or says something that is no glossary. The message names file and line.
    """
    text = _text(path)
    rows = _from_yaml(parse(text, path), path) if path.suffix.lower() in (".yaml", ".yml") else _from_text(text)
    terms: dict[str, Term] = {}
    for line, term in rows:
        _check(term, line, path)
        if letters(term.text) in terms:
            _stop(path, line, "this term is there twice", "keep one of the two")
        terms[letters(term.text)] = term
    if len(terms) > _MOST_TERMS:
        raise ConfigError(f"{path} has more than {_MOST_TERMS} terms", "keep those that are misheard", code="glossary")
    return Glossary(tuple(terms.values()))


def _in(folder: Path) -> Path | None:
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        message = f"cannot read the glossary {path}: {error.strerror or error}"
        raise ConfigError(message, "correct its name or its permissions", code="glossary") from None
    if len(content) > _MOST_BYTES:
        raise ConfigError(f"{path} is too large for a glossary", "keep one term a line in it", code="glossary")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _stop(path, 1 + content.count(b"\n", 0, error.start), "this is not UTF-8", "save the file as UTF-8")


def _from_text(text: str) -> Iterator[tuple[int, Term]]:
    for line, raw in enumerate(text.split("\n"), 1):
        said = _COMMENT.sub("", raw).strip()
        if said:
            term, *aliases = _PARTED.split(said, maxsplit=1)
            yield line, Term(term, _listed(aliases[0]) if aliases else ())


def _listed(text: str) -> tuple[str, ...]:
    return tuple(alias for part in text.split(",") if (alias := part.strip()))


def _from_yaml(node: Node | None, path: Path) -> Iterator[tuple[int, Term]]:
    if node is None:
        return
    if node.kind == "list":
        for item in node.items:
            yield from _named(item, path)
        return
    if node.kind != "map":
        _stop(path, node.line, "this is no glossary", "write a list of terms, or a map from terms to aliases")
    for text, value in node.keys.items():
        yield value.line, _term(text, value, path)


def _named(item: Node, path: Path) -> Iterator[tuple[int, Term]]:
    """An entry of a list: a term alone, or terms with what belongs to them."""
    if item.kind == "map":
        yield from _from_yaml(item, path)
    else:
        yield item.line, Term(_plain(item, path))


def _term(text: str, value: Node, path: Path) -> Term:
    if value.kind != "map":
        return Term(text, _aliases(value, path))
    unknown = next((key for key in value.keys if key not in ("aliases", "kind")), None)
    if unknown is not None:
        _stop(path, value.keys[unknown].line, "this is not known of terms", "a term has `aliases` and a `kind`")
    kind = _plain(value.keys["kind"], path) if "kind" in value.keys else None
    if kind is not None and kind not in KINDS:
        _stop(path, value.keys["kind"].line, "there is no such kind of terms", f"one of {', '.join(KINDS)}")
    return Term(text, _aliases(value.keys["aliases"], path) if "aliases" in value.keys else (), kind)


def _aliases(value: Node, path: Path) -> tuple[str, ...]:
    if value.kind == "null":
        return ()
    if value.kind == "list":
        return tuple(_plain(item, path) for item in value.items)
    return (_plain(value, path),)


def _plain(node: Node, path: Path) -> str:
    """Text, also where YAML would take it for a number or a truth value."""
    if node.kind in ("map", "list", "null"):
        _stop(path, node.line, "this is not text", "write a term or an alias, in quotes where it has signs")
    return node.text


def _check(term: Term, line: int, path: Path) -> None:
    for text in (term.text, *term.aliases):
        if not letters(text) or not text.isprintable() or len(text) > _LONGEST:
            hint = f"terms and aliases have letters or digits, and at most {_LONGEST} characters"
            _stop(path, line, "this is no term", hint)


def _stop(path: Path, line: int, why: str, hint: str) -> NoReturn:
    raise ConfigError(f"{path}, line {line}: {why}", hint, code="glossary")
