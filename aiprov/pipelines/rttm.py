"""Who speaks when, as RTTM: what tools that score diarizations read. Pure.

Source: NIST, The 2009 Rich Transcription Meeting Recognition Evaluation Plan, appendix A.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aiprov.core.speakers import Turn
from aiprov.errors import InputError
from aiprov.pipelines.named import people_of, turns_of

# Fields are parted by white space, and a lone surrogate is no text.
_NO_FIELD = re.compile("[\\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def rttm(document: Mapping[str, Any]) -> str:
    """Return a line for each turn.

    Raises:
        InputError: The transcript does not say who speaks.
    """
    ours = document.get("aiprov") or {}
    turns = turns_of(document)
    if not turns and "speakers" not in ours:
        hint = "transcribe the recording again with --diarize"
        raise InputError("the transcript does not say who speaks", hint, code="no_speakers")
    shown = people_of(document)
    stem = str((ours.get("source") or {}).get("path") or "").rpartition("/")[2]
    file = _field(stem.rpartition(".")[0] or stem or "transcript")
    spoken = _joined(Turn(turn.start, turn.end, _field(shown.get(turn.speaker, turn.speaker))) for turn in turns)
    return "".join(
        f"SPEAKER {file} 1 {turn.start:.3f} {turn.end - turn.start:.3f} <NA> <NA> {turn.speaker} <NA> <NA>\n"
        for turn in spoken
    )


def _joined(turns: Iterable[Turn]) -> Iterator[Turn]:
    """In order of time; those of one name that overlap, as two labels of one person can, become one."""
    whole: list[Turn] = []
    last: dict[str, int] = {}
    for turn in sorted(turns, key=lambda turn: (turn.start, turn.end)):
        at = last.get(turn.speaker)
        if at is not None and turn.start < whole[at].end:
            whole[at] = Turn(whole[at].start, max(whole[at].end, turn.end), turn.speaker)
        else:
            last[turn.speaker] = len(whole)
            whole.append(turn)
    yield from whole


def _field(text: str) -> str:
    return _NO_FIELD.sub("_", text.strip()) or "_"
