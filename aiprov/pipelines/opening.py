"""Read a transcript's file, ours or another tool's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiprov.errors import InputError
from aiprov.pipelines.reading import parse

_MOST_BYTES = 512 << 20


def opened(path: Path) -> dict[str, Any]:
    """Return the transcript in a JSON file, checked (see `reading.parse`).

    Raises:
        InputError: There is no such file (`not_found`, `not_a_file`), or it is no transcript (`bad_transcript`).
    """
    return parse(_text(path), str(path))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path} is too large for a transcript", code="bad_transcript")
        if not path.is_file():
            raise InputError(f"{path} is not a file", "give transcripts, not folders", code="not_a_file")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist", "check the name", code="not_found") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {_reason(error)}", code="bad_transcript") from None


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror or str(error)
