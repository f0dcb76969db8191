"""Render minutes as json, md or html. Pure: no file, no clock, no environment.

What was said or written by a model is data: it starts no markup, and no link is ever made from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any
from urllib.parse import quote

from aiprov.core.minutes import SECTIONS
from aiprov.errors import ConfigError
from aiprov.minutes.abstractive import clock
from aiprov.pipelines.escaping import markdown as escaped
from aiprov.pipelines.headings import headings_of
from aiprov.pipelines.minutes_page import page, segment_of

Document = Mapping[str, Any]
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Rendering:
    """What goes with the minutes into their outputs.

    Attributes:
        transcript: The transcript's document.
        names: What speakers' labels are shown as.
        page: Name of the html output beside the others, to which times link; empty where there is none.
        recording: Where the recording lies, seen from the outputs; empty where nobody knows.
        template: The md output's text; None for the usual one.
    """

    transcript: Document
    names: Mapping[str, str]
    page: str = ""
    recording: str = ""
    template: str | None = None


def render(document: Document, form: str, with_: Rendering) -> str:
    """Return the whole text of the file that `form` names.

    Args:
        document: From `minutes.to_document`.
        form: One of `FORMATS`.
        with_: What goes with it.
    """
    return _RENDERERS[form](document, with_)


def chosen(wish: str) -> tuple[str, ...]:
    """Return the formats in a comma list such as `md,html`, each once; `all` is all.

    Raises:
        ConfigError: One is unknown, or there is none.
    """
    names = [name.strip().lower().removeprefix(".") for name in wish.split(",") if name.strip()]
    unknown = [name for name in names if name not in (*FORMATS, "all")]
    if unknown or not names:
        said = f"there are no minutes in {unknown[0]!r}" if unknown else "no format was named"
        raise ConfigError(said, f"choose from {', '.join(FORMATS)} or all", code="usage")
    return tuple(dict.fromkeys(each for name in names for each in (FORMATS if name == "all" else (name,))))


def checked_template(text: str, name: str) -> str:
    """Return a template for md whose names are all known.

    Raises:
        ConfigError: It names something else, or has a lone `$`.
    """
    template = Template(text)
    unknown = sorted(set(template.get_identifiers()) - set(_NAMES)) if template.is_valid() else ["$"]
    if unknown:
        known = ", ".join(f"${each}" for each in _NAMES)
        raise ConfigError(f"the template {name} has {unknown[0]!r}, which stands for nothing", f"known are {known}")
    return text


def _json(document: Document, _: Rendering) -> str:
    """One line for each entry, so that files can be compared line by line."""
    parts = [f"{_dumped(key)}: {_listed(value)}" for key, value in document.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _listed(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _dumped(value)
    return "[\n" + ",\n".join(map(_dumped, value)) + "\n]"


def _dumped(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _SURROGATES.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _md(document: Document, with_: Rendering) -> str:
    lists = {name: "\n".join(_lines(document[name], with_)) for name in (*SECTIONS, "unsupported")}
    values = {"title": escaped(document["title"]), "source": escaped(document["source"].get("path") or ""), **lists}
    values |= {name: escaped(str(document[name])) for name in ("method", "provider", "model", "language")}
    if with_.template is not None:
        return Template(with_.template).substitute(values)
    return "\n\n".join(_blocks(document, values)) + "\n"


def _blocks(document: Document, values: Mapping[str, str]) -> Iterator[str]:
    words = headings_of(document["language"])
    yield f"# {values['title'] or words['minutes']}"
    yield f"- {words['source']}: {values['source']}\n- {words['by']}: {_author(document)}"
    for name in (*SECTIONS, "unsupported"):
        if values[name]:
            yield f"## {words[name]}\n\n{values[name]}"


def _author(document: Document) -> str:
    return escaped(", ".join(filter(None, (document["method"], document["provider"], document["model"]))))


def _lines(entries: Sequence[Document], with_: Rendering) -> Iterator[str]:
    for entry in entries:
        owned = " ".join(filter(None, (_owner(entry, with_), _due(entry))))
        wrong = f" ({', '.join(problem['code'] for problem in entry['problems'])})" if "problems" in entry else ""
        moment = f" {_time(entry, with_)}" if entry["segments"] else ""
        yield f"- {owned}{': ' if owned else ''}{escaped(entry['text'])}{moment}{wrong}"


def _owner(entry: Document, with_: Rendering) -> str:
    owner = entry.get("owner")
    return f"**{escaped(with_.names.get(owner, owner))}**" if owner else ""


def _due(entry: Document) -> str:
    due = entry.get("due")
    day = entry.get("due_date")
    return f"({escaped(due)}{f', {day}' if day else ''})" if due else ""


def _time(entry: Document, with_: Rendering) -> str:
    """The moment, as a link into the page, or into the recording; the names in links are the files' own."""
    shown = clock(entry["start"])
    if with_.page:
        return f"[{shown}]({quote(with_.page)}#s{segment_of(entry, with_.transcript)})"
    return f"[{shown}]({quote(with_.recording)}#t={entry['start']:.1f})" if with_.recording else f"({shown})"


def _html(document: Document, with_: Rendering) -> str:
    return page(document, with_.transcript, with_.names, quote(with_.recording))


_NAMES = ("title", "source", *SECTIONS, "unsupported", "method", "provider", "model", "language")
_RENDERERS: dict[str, Callable[[Document, Rendering], str]] = {"json": _json, "md": _md, "html": _html}
FORMATS = tuple(_RENDERERS)
