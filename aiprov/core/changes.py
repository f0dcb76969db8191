"""A glossary's changes in a transcript's JSON: made, written down under `aiprov.glossary`, and taken back. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiprov.core.corrections import Change, corrected, pieces_of
from aiprov.core.document import from_document, to_document
from aiprov.core.glossary import Glossary
from aiprov.core.results import Segment, Word


def with_glossary(document: Mapping[str, Any], glossary: Glossary) -> dict[str, Any]:
    """Return a transcript's document with the glossary's terms put right, and every change noted in it.

    Args:
        document: From `to_document`, without a glossary's changes.
        glossary: Its terms and aliases.
    """
    segments, changes = corrected(from_document(document).segments, glossary)
    noted = {"digest": glossary.digest, "changes": [_noted(change) for change in changes]}
    if not changes:
        return {**document, "aiprov": {**document["aiprov"], "glossary": noted}}
    return _with(document, segments, noted)


def reverted(document: Mapping[str, Any], ids: Collection[int] | None = None) -> dict[str, Any]:
    """Return the document with some of the glossary's changes taken back, or with all.

    Args:
        document: From `with_glossary`.
        ids: Of the changes; None for all. What is not there is passed over.
    """
    ours = document["aiprov"].get("glossary")
    if not ours:
        return dict(document)
    back = [each for each in ours["changes"] if ids is None or each["id"] in ids]
    kept = [dict(each) for each in ours["changes"] if each not in back]
    segments = list(from_document(document).segments)
    # The last first, so that the places of those before stay.
    for each in reversed(back):
        segments[each["segment"]] = _undone(segments[each["segment"]], each)
        for other in kept:
            if other["segment"] == each["segment"] and other["word"] > each["word"]:
                other["word"] += _width(each) - each["count"]
    return _with(document, segments, {**ours, "changes": kept})


def _with(document: Mapping[str, Any], segments: Sequence[Segment], noted: Mapping[str, Any]) -> dict[str, Any]:
    source = document["aiprov"]["source"]
    text = "".join(segment.text for segment in segments).strip()
    made = replace(from_document(document), text=text, segments=tuple(segments))
    again = to_document(made, source_path=source["path"], source_sha256=source["sha256"])
    ours = {**document["aiprov"], "glossary": dict(noted)}
    return {**document, "text": again["text"], "segments": again["segments"], "aiprov": ours}


def _noted(change: Change) -> dict[str, Any]:
    noted: dict[str, Any] = {
        "id": change.id,
        "segment": change.segment,
        "word": change.first,
        "count": change.count,
        "from": change.before,
        "to": change.after,
        "score": change.score,
        "rule": change.rule,
    }
    return noted | ({"was": [_word(word) for word in change.was]} if change.was else {})


def _word(word: Word) -> dict[str, Any]:
    sure = None if math.isnan(word.probability) else word.probability
    shape: dict[str, Any] = {"word": word.text, "start": word.start, "end": word.end, "probability": sure}
    return shape if word.speaker is None else shape | {"speaker": word.speaker}


def _undone(segment: Segment, change: Mapping[str, Any]) -> Segment:
    first, end = change["word"], change["word"] + change["count"]
    pieces = pieces_of(segment)
    text = "".join((*pieces[:first], change["from"], *pieces[end:]))
    words = (*segment.words[:first], *map(_read, change.get("was", ())), *segment.words[end:])
    return replace(segment, text=text, words=words if segment.words else ())


def _read(word: Mapping[str, Any]) -> Word:
    sure = math.nan if word["probability"] is None else word["probability"]
    return Word(word["start"], word["end"], word["word"], sure, word.get("speaker"))


def _width(change: Mapping[str, Any]) -> int:
    """How many words there were."""
    return len(change.get("was", ())) or len(change["from"].split())
