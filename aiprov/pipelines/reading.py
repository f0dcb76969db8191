"""Read a transcript's JSON from outside, ours or another tool's, and check every part that is used. Pure.

Understood are this package's documents, openai/whisper's JSON (and its clones') and the `verbose_json` of
OpenAI-shaped servers.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from aiprov.core.document import SCHEMA
from aiprov.core.languages import code_of
from aiprov.errors import InputError

_SEGMENT_NUMBERS = ("temperature", "avg_logprob", "compression_ratio", "no_speech_prob")


def parse(text: str, name: str) -> dict[str, Any]:
    """Return the transcript document in `text`, checked, in the shape that `formats.render` takes.

    Args:
        text: The file's content.
        name: What messages call the file.

    Raises:
        InputError: It is not a transcript (`bad_transcript`); the message names the part that is wrong.
    """
    try:
        return _document(_loaded(text))
    except _NotATranscriptError as error:
        hint = "give a JSON file that aiprov, Whisper or an OpenAI-shaped server (verbose_json) wrote"
        raise InputError(f"{name} is not a transcript: {error}", hint, code="bad_transcript") from None


class _NotATranscriptError(Exception):
    """Says which part is wrong, and why."""


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_constant)
    except RecursionError:
        _wrong("it is nested too deeply")
    except ValueError as error:
        _wrong(str(error))


def _document(raw: Any) -> dict[str, Any]:
    document = _object(raw, "the document")
    segments = [_segment(item, f"segments[{at}]", at) for at, item in enumerate(_list(document, "segments", ""))]
    if "words" in document:
        words = [_word(item, f"words[{at}]") for at, item in enumerate(_list(document, "words", ""))]
        segments = _with_words(segments, words)
    text = _text(document, "text", "") if "text" in document else "".join(segment["text"] for segment in segments)
    language = _text(document, "language", "")
    result: dict[str, Any] = {"text": text, "segments": segments, "language": code_of(language) or language}
    if "aiprov" in document:
        result["aiprov"] = _ours(document["aiprov"])
    elif "duration" in document:
        result["aiprov"] = {"source": {"duration_s": _time(document, "duration", "")}}
    return result


def _ours(raw: Any) -> dict[str, Any]:
    ours = dict(_object(raw, "aiprov"))
    if ours.get("schema") != SCHEMA:
        _wrong(f"its aiprov.schema is not {SCHEMA}; a newer version may have written it")
    source = _object(ours.get("source"), "aiprov.source")
    for key in ("path", "sha256"):
        _text(source, key, "aiprov.source.")
    for key in ("duration_s", "damaged_s"):
        _time(source, key, "aiprov.source.")
    for key in ("provider", "model"):
        _text(ours, key, "aiprov.")
    _number(ours, "language_probability", "aiprov.")
    _quality(_object(ours.get("quality"), "aiprov.quality"), "aiprov.quality.")
    if "speakers" in ours:
        _speakers(_object(ours["speakers"], "aiprov.speakers"), "aiprov.speakers.")
    return ours


def _speakers(speakers: Mapping[str, Any], where: str) -> None:
    for key in ("method", *_there(speakers, "model")):
        _text(speakers, key, where)
    for key in ("count", *_there(speakers, "confidence")):
        _number(speakers, key, where)
    for at, item in enumerate(_list(speakers, "people", where)):
        person = _object(item, f"{where}people[{at}]")
        for key in ("label", *_there(person, "name", "source")):
            _text(person, key, f"{where}people[{at}].")
        for key in ("speech_s", *_there(person, "match")):
            _number(person, key, f"{where}people[{at}].")
    for at, turn in enumerate(_list(speakers, "turns", where)):
        if not isinstance(turn, list) or len(turn) != 3:
            _wrong(f"{where}turns[{at}] is not a start, an end and a label")
        start, end, label = turn
        _span({"start": start, "end": end}, f"{where}turns[{at}]")
        _text({"label": label}, "label", f"{where}turns[{at}].")


def _quality(quality: Mapping[str, Any], where: str) -> None:
    _text(quality, "verdict", where)
    for key in ("coverage", "speech_s", "redecoded_s"):
        _number(quality, key, where)
    for at, item in enumerate(_list(quality, "findings", where)):
        finding = _object(item, f"{where}findings[{at}]")
        _span(finding, f"{where}findings[{at}]")
        for key in ("code", "severity", "detail"):
            _text(finding, key, f"{where}findings[{at}].")


def _segment(raw: Any, where: str, position: int) -> dict[str, Any]:
    item = _object(raw, where)
    segment: dict[str, Any] = {"id": position}
    if "seek" in item:
        segment["seek"] = int(_number(item, "seek", f"{where}."))
    segment |= _span(item, where) | {"text": _text(item, "text", f"{where}.")}
    if "tokens" in item:
        segment["tokens"] = _list(item, "tokens", f"{where}.")
    for key in _SEGMENT_NUMBERS:
        if key in item:
            segment[key] = None if item[key] is None else _number(item, key, f"{where}.")
    if item.get("words"):
        words = _list(item, "words", f"{where}.")
        segment["words"] = [_word(word, f"{where}.words[{at}]") for at, word in enumerate(words)]
    return segment | _speaker(item, where)


def _word(raw: Any, where: str) -> dict[str, Any]:
    item = _object(raw, where)
    word: dict[str, Any] = {"word": _text(item, "word", f"{where}."), **_span(item, where)}
    if "probability" in item:
        word["probability"] = None if item["probability"] is None else _number(item, "probability", f"{where}.")
    return word | _speaker(item, where)


def _with_words(segments: list[dict[str, Any]], words: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each segment its words out of one list for the whole recording, as `verbose_json` has it.

    There, words come without the white space and punctuation around them: each gets the stretch of the segment's
    text from its own start to the next word's. Lists that do not match the text are left out.
    """
    waiting = deque(words)
    placed = [segment | {"words": _own_words(segment["text"], waiting)} for segment in segments]
    complete = not waiting and all(segment["words"] or not segment["text"].strip() for segment in placed)
    return placed if complete else segments


def _own_words(text: str, waiting: deque[dict[str, Any]]) -> list[dict[str, Any]]:
    starts: list[int] = []
    own: list[dict[str, Any]] = []
    position = 0
    while waiting and (at := text.find(waiting[0]["word"].strip(), position)) >= 0:
        starts.append(len(text[:at].rstrip()) if own else 0)
        position = at + len(waiting[0]["word"].strip())
        own.append(waiting.popleft())
    bounds = [*starts, len(text)]
    return [word | {"word": text[bounds[at] : bounds[at + 1]]} for at, word in enumerate(own)]


# --- checks -------------------------------------------------------------------------------------------------------


def _span(item: Mapping[str, Any], where: str) -> dict[str, float]:
    start, end = _time(item, "start", f"{where}."), _time(item, "end", f"{where}.")
    if end < start:
        _wrong(f"{where} ends before it starts")
    return {"start": start, "end": end}


def _time(item: Mapping[str, Any], key: str, where: str) -> float:
    value = _number(item, key, where)
    if value < 0:
        _wrong(f"{where}{key} is negative")
    return value


def _number(item: Mapping[str, Any], key: str, where: str) -> float:
    value = item.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e9 or not math.isfinite(value):
        _wrong(f"{where}{key} is not a number" if key in item else f"{where}{key} is missing")
    return value


def _text(item: Mapping[str, Any], key: str, where: str) -> str:
    value = item.get(key)
    if not isinstance(value, str):
        _wrong(f"{where}{key} is not text" if key in item else f"{where}{key} is missing")
    return value


def _list(item: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = item.get(key)
    if not isinstance(value, list):
        _wrong(f"{where}{key} is not a list" if key in item else f"{where}{key} is missing")
    return value


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        _wrong(f"{where} is not an object")
    return value


def _speaker(item: Mapping[str, Any], where: str) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if item.get("speaker") is not None:
        said["speaker"] = _text(item, "speaker", f"{where}.")
    if item.get("overlap") is not None:
        if not isinstance(item["overlap"], bool):
            _wrong(f"{where}.overlap is not true or false")
        said["overlap"] = item["overlap"]
    return said


def _there(item: Mapping[str, Any], *keys: str) -> list[str]:
    return [key for key in keys if key in item]


def _constant(name: str) -> NoReturn:
    _wrong(f"{name} is not a number that JSON knows")


def _wrong(reason: str) -> NoReturn:
    raise _NotATranscriptError(reason)
