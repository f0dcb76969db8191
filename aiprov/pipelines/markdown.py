"""A transcript as a page for people. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiprov.core.languages import name_of
from aiprov.pipelines.cues import Segment, flat, spoken

_PAUSE_S = 1.0
_LONG_S = 60.0  # a paragraph of a minute is enough to read, pause or not
_SURROGATES = re.compile("[\ud800-\udfff]")


def page(document: Mapping[str, Any]) -> str:
    """Return what the recording is, then a paragraph for each turn, pause or minute, with its time."""
    paragraphs = [_paragraph(turn) for turn in _turns(document["segments"])]
    return "\n\n".join([_heading(document), *paragraphs]) + "\n"


def _heading(document: Mapping[str, Any]) -> str:
    ours = document.get("aiprov") or {}
    source = ours.get("source") or {}
    path = _SURROGATES.sub("\ufffd", flat(str(source.get("path") or "")))
    name = path.rpartition("/")[2]
    facts = [f"- Language: {_escaped(name_of(document['language']))}"]
    if source.get("duration_s") is not None:
        facts.insert(0, f"- Duration: {_hours(source['duration_s'])}")
    if name:
        facts.insert(0, f"- Source: {_escaped(path)}")
    if people := (ours.get("speakers") or {}).get("people"):
        facts.append(f"- Speakers: {_people(people)}")
    verdict = (ours.get("quality") or {}).get("verdict", "ok")
    if verdict != "ok":
        facts.append(f"- Quality: {_escaped(verdict)}")
    title = _escaped(name.rpartition(".")[0] or name or "Transcript")
    return f"# {title}\n\n" + "\n".join(facts)


def _people(people: Sequence[Mapping[str, Any]]) -> str:
    """Who speaks for how long; several voices under one name are one speaker."""
    spoken_s: dict[str, float] = {}
    for each in people:
        name = flat(each.get("name") or each["label"]).strip()
        spoken_s[name] = spoken_s.get(name, 0.0) + each["speech_s"]
    return ", ".join(f"{_escaped(name)} ({_hours(seconds)})" for name, seconds in spoken_s.items())


def _turns(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    turn: list[Segment] = []
    for segment in segments:
        if turn and _parts(turn, segment):
            yield turn
            turn = []
        turn.append(segment)
    if turn:
        yield turn


def _parts(turn: Sequence[Segment], segment: Segment) -> bool:
    pause_s = segment["start"] - turn[-1]["end"]
    other = segment.get("speaker") != turn[-1].get("speaker")
    return other or pause_s >= _PAUSE_S or segment["start"] - turn[0]["start"] >= _LONG_S


def _paragraph(turn: Sequence[Segment]) -> str:
    speaker = turn[0].get("speaker")
    who = f" {_escaped(flat(speaker).strip())}" if speaker else ""
    text = " ".join(spoken(segment) for segment in turn)
    return f"**[{_hours(turn[0]['start'])}]{who}** {_escaped(text)}"


def _hours(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{second:02d}"


def _escaped(text: str) -> str:
    """Keep Markdown, HTML and bare links in spoken text from being more than text."""
    text = re.sub(r"([\\`*_\[\]<>~|#$])|(&(?=#?\w+;))|(:(?=//))|((?<=\w)@(?=\w))", r"\\\g<0>", text)
    return re.sub(r"(?i)\b(www)\.", r"\1\\.", text)
