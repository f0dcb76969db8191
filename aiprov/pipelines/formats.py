"""Render a transcript document as txt, srt, vtt, tsv, json, md or rttm. Pure: no file, no clock, no environment.

txt, srt, vtt and tsv have the form of openai/whisper's writers, byte for byte; speakers, where a transcript names
them, are added as the tools built on whisper do. Whatever was spoken is data: it can neither end a cue nor start
markup.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiprov.errors import ConfigError
from aiprov.pipelines.cues import Segment, clock, cues_of, flat, spoken
from aiprov.pipelines.markdown import page
from aiprov.pipelines.options import RenderOptions
from aiprov.pipelines.rttm import rttm

Document = Mapping[str, Any]

_SURROGATES = re.compile("[\ud800-\udfff]")


def render(document: Document, form: str, options: RenderOptions | None = None) -> str:
    """Return the whole text of the file that `form` names.

    Args:
        document: A transcript in the contract's JSON shape, as `document.to_document` and `document.parse` give it.
        form: One of `EVERY`.
        options: How subtitles are cut.

    Raises:
        InputError: The options need word times and the transcript has none; or it is to say who speaks, and knows not.
    """
    return _RENDERERS[form](document, options or RenderOptions())


def chosen(wish: str) -> tuple[str, ...]:
    """Return the formats in a comma list such as `srt,txt`, each once, in the order asked; `all` is `FORMATS`.

    Raises:
        ConfigError: One is unknown, or there is none.
    """
    names = [name.strip().lower().removeprefix(".") for name in wish.split(",") if name.strip()]
    unknown = [name for name in names if name not in (*EVERY, "all")]
    if unknown or not names:
        said = f"there is no format {unknown[0]!r}" if unknown else "no format was named"
        raise ConfigError(said, f"choose from {', '.join(EVERY)} or all", code="usage")
    every = (FORMATS if name == "all" else (name,) for name in names)
    return tuple(dict.fromkeys(itertools.chain.from_iterable(every)))


def _txt(document: Document, _: RenderOptions) -> str:
    return "".join(f"{_label(segment)}{spoken(segment)}\n" for segment in document["segments"])


def _tsv(document: Document, _: RenderOptions) -> str:
    rows = (
        f"{round(1000 * segment['start'])}\t{round(1000 * segment['end'])}\t{spoken(segment).replace(chr(9), ' ')}\n"
        for segment in document["segments"]
    )
    return "start\tend\ttext\n" + "".join(rows)


def _srt(document: Document, options: RenderOptions) -> str:
    cues = cues_of(document["segments"], options, _label)
    blocks = (
        f"{number}\n{clock(start, ',', hours=True)} --> {clock(end, ',', hours=True)}\n{text}\n\n"
        for number, (start, end, text) in enumerate(cues, start=1)
    )
    return "".join(blocks)


def _vtt(document: Document, options: RenderOptions) -> str:
    cues = cues_of(document["segments"], options, _voice, _without_tags)
    blocks = (f"{clock(start, '.')} --> {clock(end, '.')}\n{text}\n\n" for start, end, text in cues)
    return "WEBVTT\n\n" + "".join(blocks)


def _json(document: Document, _: RenderOptions) -> str:
    """One line for each segment and each other key, so that files can be compared and searched line by line."""
    parts = [
        f"{_dumped(key)}: {_listed(value) if key == 'segments' else _dumped(value)}" for key, value in document.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _listed(segments: Sequence[Any]) -> str:
    return "[\n" + ",\n".join(map(_dumped, segments)) + "\n]" if segments else "[]"


def _dumped(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    # A file name that is not UTF-8 arrives as lone surrogates, which no encoder takes.
    return _SURROGATES.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _without_tags(text: str) -> str:
    return text.replace("<", "&lt;")


def _label(segment: Segment) -> str:
    speaker = segment.get("speaker")
    return f"[{flat(speaker).strip()}]: " if speaker else ""


def _voice(segment: Segment) -> str:
    speaker = segment.get("speaker")
    return f"<v {re.sub('[<>&]', '', flat(speaker)).strip()}>" if speaker else ""


_RENDERERS: dict[str, Callable[[Document, RenderOptions], str]] = {
    "txt": _txt,
    "srt": _srt,
    "vtt": _vtt,
    "tsv": _tsv,
    "json": _json,
    "md": lambda document, _: page(document),
    "rttm": lambda document, _: rttm(document),
}

EVERY = tuple(_RENDERERS)
# What `all` means: rttm holds no words, and only a recording whose speakers were told apart has one.
FORMATS = tuple(form for form in EVERY if form != "rttm")
