"""Minutes as one self-contained page beside their transcript; a click on a line jumps to where it is said. Pure.

Everything spoken or written by a model is escaped; the page loads nothing, and its policy forbids it to. The one script
and the one style are files of this package, known to the policy by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from aiprov.core.minutes import SECTIONS
from aiprov.core.turns import Utterance, utterances
from aiprov.minutes.abstractive import clock
from aiprov.pipelines.escaping import clean
from aiprov.pipelines.headings import headings_of

Document = Mapping[str, Any]


def page(document: Document, transcript: Document, names: Mapping[str, str], recording: str) -> str:
    """Return the page.

    Args:
        document: From `minutes.to_document`.
        transcript: The transcript that it was made from.
        names: What speakers' labels are shown as.
        recording: The recording's address, relative to the page and quoted as addresses are; empty where it has none.
    """
    words, language = headings_of(document["language"]), escape(document["language"] or "en", quote=True)
    title = _text(document["title"]) or words["minutes"]
    script, style = _asset("page.js"), _asset("page.css")
    return "\n".join(
        (
            f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(script, style)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>",
            f"<header>\n<h1>{title}</h1>\n{_facts(document, words)}{_player(recording)}</header>",
            f'<main>\n<article id="minutes">\n{_minutes(document, words, names, transcript)}</article>',
            f'<section id="transcript" tabindex="0" aria-label="{words["transcript"]}">',
            f"<h2>{words['transcript']}</h2>",
            *(_turn(utterance, names) for utterance in utterances(transcript)),
            f"</section>\n</main>\n<script>{script}</script>\n</body>\n</html>\n",
        )
    )


def segment_of(entry: Document, transcript: Document) -> int | None:
    """The cited segment in which an entry's moment lies; None where nothing is cited."""
    cited = set(entry["segments"])
    found = [each.get("id", at) for at, each in enumerate(transcript["segments"]) if each["start"] <= entry["start"]]
    return next((each for each in reversed(found) if each in cited), min(cited, default=None))


def _policy(script: str, style: str) -> str:
    sources = f"script-src '{_hash(script)}'; style-src '{_hash(style)}'; media-src 'self' file:"
    return f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _facts(document: Document, words: Mapping[str, str]) -> str:
    made = ", ".join(filter(None, (document["method"], document["provider"], document["model"])))
    path = _text(document["source"].get("path") or "")
    return f"<p>{words['source']}: {path}<br>{words['by']}: {_text(made)}</p>\n"


def _player(recording: str) -> str:
    return f'<audio controls preload="none" src="{escape(recording, quote=True)}"></audio>\n' if recording else ""


def _minutes(document: Document, words: Mapping[str, str], names: Mapping[str, str], transcript: Document) -> str:
    parts = []
    for name in (*SECTIONS, "unsupported"):
        if document[name]:
            lines = "\n".join(_entry(entry, words, names, transcript) for entry in document[name])
            parts.append(f'<section class="{name}">\n<h2>{words[name]}</h2>\n<ul>\n{lines}\n</ul>\n</section>\n')
    return "".join(parts)


def _entry(entry: Document, words: Mapping[str, str], names: Mapping[str, str], transcript: Document) -> str:
    first = segment_of(entry, transcript)
    cited = " ".join(f"s{each}" for each in sorted(entry["segments"], key=lambda each: each != first))
    moment = clock(entry["start"])
    link = f'<a href="#s{first}">{moment}</a>' if cited else ""
    owner = entry.get("owner")
    who = f"<strong>{_text(names.get(owner, owner))}</strong> " if owner else ""
    due = f" <em>{words['due']}: {_text(entry['due'])}</em>" if entry.get("due") else ""
    wrong = "".join(f" <small>{_text(problem['code'])}</small>" for problem in entry.get("problems", ()))
    text = f"{who}{_text(entry['text'])}{due}{wrong}"
    places = f' data-cited="{cited}" data-start="{entry["start"]:.3f}"' if cited else ""
    return f"<li{places}>{text} {link}</li>"


def _turn(utterance: Utterance, names: Mapping[str, str]) -> str:
    speaker = utterance.speaker
    who = f"<b>{_text(names.get(speaker, speaker))}</b> " if speaker else ""
    return f"<p><time>{clock(utterance.start)}</time> {who}{' '.join(_lines(utterance))}</p>"


def _lines(utterance: Utterance) -> Iterator[str]:
    for line in utterance.lines:
        yield f'<span id="s{line.segment}" data-start="{line.start:.3f}">{_text(line.text)}</span>'


def _text(text: str) -> str:
    return escape(clean(text), quote=True)


@cache
def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").strip()
