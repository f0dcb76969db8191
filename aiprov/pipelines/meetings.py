"""A meeting out of a file: a transcript, ours or another tool's, or minutes; its name and its day."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from aiprov.archive import Meeting
from aiprov.core import minutes
from aiprov.core.excerpts import Content, of_minutes, of_transcript
from aiprov.errors import InputError
from aiprov.pipelines.opening import opened
from aiprov.pipelines.transcribe import SUFFIXES

_DAY = re.compile(r"(?<!\d)(20\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)")
_MINUTES = ".minutes"


def is_recording(path: Path) -> bool:
    """Whether a file is one to be transcribed, by its name."""
    return path.suffix.lower() in SUFFIXES


def meeting_in(path: Path, sha256: str) -> Meeting:
    """Read a file.

    Args:
        path: Absolute.
        sha256: Its content's.

    Raises:
        InputError: It is neither a transcript nor minutes, or nobody says anything in it (`no_words`).
    """
    document, cut = _read(path)
    try:
        content = cut(document)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise InputError(f"{path} is damaged: it is not as aiprov writes it", code="damaged") from None
    if not content.lines:
        raise InputError(f"{path} has no words", "there is nothing in it to be found", code="no_words")
    recording = _recording(document, path)
    return Meeting(path, _name(recording or path), _day(path, recording), sha256, content)


def _read(path: Path) -> tuple[Mapping[str, Any], Callable[[Mapping[str, Any]], Content]]:
    if _MINUTES in path.name:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            document = None
        if isinstance(document, dict) and document.get("schema") == minutes.SCHEMA and "decisions" in document:
            return document, of_minutes
    return opened(path), of_transcript


def _recording(document: Mapping[str, Any], path: Path) -> Path | None:
    source = document.get("source") or document.get("aiprov", {}).get("source", {})
    named = source.get("path") if isinstance(source, dict) else None
    return path.parent / named if isinstance(named, str) and named else None


def _name(path: Path) -> str:
    return path.name.removesuffix(path.suffix).removesuffix(_MINUTES)


def _day(path: Path, recording: Path | None) -> str:
    """The day in a file's name; else when the recording was last written to, or the transcript."""
    for each in filter(None, (recording, path)):
        for match in _DAY.finditer(each.name):
            try:
                return date(int(match[1]), int(match[3]), int(match[4])).isoformat()
            except ValueError:
                continue
    there = recording if recording is not None and recording.is_file() else path
    return date.fromtimestamp(there.stat().st_mtime).isoformat()
