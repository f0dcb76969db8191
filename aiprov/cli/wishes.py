"""Options that several commands share, and how option values become the library's option objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from aiprov.errors import ConfigError
from aiprov.pipelines.options import RenderOptions

_SUBTITLES = "Subtitles"
_REPORTING = "Reporting"

MaxLineWidth = Annotated[
    int | None,
    typer.Option(
        "--max-line-width", min=1, help="Characters in a line before it is broken.", rich_help_panel=_SUBTITLES
    ),
]
MaxLineCount = Annotated[
    int | None,
    typer.Option("--max-line-count", min=1, help="Lines in a cue; needs --max-line-width.", rich_help_panel=_SUBTITLES),
]
MaxWordsPerLine = Annotated[
    int | None,
    typer.Option("--max-words-per-line", min=1, help="Words in a cue.", rich_help_panel=_SUBTITLES),
]
HighlightWords = Annotated[
    bool,
    typer.Option(
        "--highlight-words", help="Underline each word while it is spoken (srt, vtt).", rich_help_panel=_SUBTITLES
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print exactly one JSON document to stdout.", rich_help_panel=_REPORTING)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.", rich_help_panel=_REPORTING)]
LogFile = Annotated[
    Path | None,
    typer.Option("--log-file", help="Also write what is said to this file.", rich_help_panel=_REPORTING),
]

Made = TypeVar("Made")


def made(cls: type[Made], values: Mapping[str, Any]) -> Made:
    """Make a dataclass out of the option values that carry the names of its fields."""
    names = {each.name for each in fields(cls)}  # type: ignore[arg-type]
    return cls(**{name: value for name, value in values.items() if name in names})


def remarks(render: RenderOptions) -> list[str]:
    """Say which subtitle options have no effect together, as Whisper does."""
    said = []
    if render.max_line_count and not render.max_line_width:
        said.append("--max-line-count has no effect without --max-line-width")
    if render.max_words_per_line and render.max_line_width and render.max_line_count:
        said.append("--max-words-per-line has no effect when lines are limited in width and count")
    return said


def number_or_none(text: str) -> float | None:
    """Read a number, or Whisper's word for switching a threshold off: `None`."""
    return None if text == "None" else float(text)


def language_code(text: str) -> str | None:
    """Read a language by code or English name; `auto` and `None` mean to detect it.

    Raises:
        ConfigError: There is no such language.
    """
    from aiprov.core.languages import NAMES, code_of

    if text.lower() in ("auto", "none"):
        return None
    code = code_of(text)
    if code is None:
        import difflib

        near = difflib.get_close_matches(text.title(), NAMES.values(), n=1)
        hint = f"did you mean {near[0]}?" if near else "give a code such as de, or an English name such as German"
        raise ConfigError(f"there is no language {text!r}", hint, code="usage")
    return code
