"""Names in a transcript's JSON: put in, taken out, and found again in another transcript of the recording. Pure.

What is stored has labels; what is rendered shows names. A name that somebody gave is kept with a moment at which that
person speaks, since labels are numbers: told apart in another way, SPEAKER_01 may be somebody else.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiprov.core.matching import Match
from aiprov.core.speakers import Turn

Document = Mapping[str, Any]

NAMES = " names "  # begins what the journal holds of names


def people_of(document: Document) -> dict[str, str]:
    """The speakers' labels, in the order in which they first speak, and what each is shown as."""
    speakers = document.get("aiprov", {}).get("speakers")
    if speakers is not None:
        return {each["label"]: each.get("name") or each["label"] for each in speakers["people"]}
    return {turn.speaker: turn.speaker for turn in turns_of(document)}


def turns_of(document: Document) -> list[Turn]:
    """Who speaks when: as the transcript says, or else by its segments."""
    speakers = document.get("aiprov", {}).get("speakers")
    if speakers is not None and speakers["turns"]:
        return [Turn(*turn) for turn in speakers["turns"]]
    said = (segment for segment in document["segments"] if segment.get("speaker"))
    return [Turn(segment["start"], segment["end"], segment["speaker"]) for segment in said]


def named(document: Document, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the document with names shown in place of labels, where there are any.

    Args:
        document: With labels (see `unnamed`); people may have names already, such as those of known voices.
        names: By label; these count more. An empty one takes a person's name away.
    """
    ours = document.get("aiprov", {})
    result = dict(document)
    if "speakers" in ours:
        people = [_renamed(each, names) for each in ours["speakers"]["people"]]
        result["aiprov"] = {**ours, "speakers": {**ours["speakers"], "people": people}}
    shown = {**people_of(result), **{label: name for label, name in names.items() if name}}
    return result | {"segments": [_respoken(segment, shown) for segment in document["segments"]]}


def recognised(document: Document, found: Mapping[str, Match]) -> dict[str, Any]:
    """Return the document with the names of known voices for its people, by label; its segments keep their labels."""
    ours = document["aiprov"]
    people = []
    for person in ours["speakers"]["people"]:
        match = found.get(person["label"])
        known = {} if match is None else {"name": match.name, "source": "profile", "match": round(match.cosine, 3)}
        people.append({**person, **known})
    return {**document, "aiprov": {**ours, "speakers": {**ours["speakers"], "people": people}}}


def unnamed(document: Document) -> dict[str, Any]:
    """Return the document with labels in its segments and words: `named` undone. People keep their names.

    Of several labels that are shown as one name, each segment gets the one whose turns it shares the most time with.
    """
    labels = defaultdict(list)
    for label, name in people_of(document).items():
        labels[name].append(label)
    turns = defaultdict(list)
    for turn in turns_of(document):
        turns[turn.speaker].append(turn)

    def label_of(name: str, start: float, end: float) -> str:
        known = labels.get(name, [name])
        return known[0] if len(known) == 1 else max(known, key=lambda label: _shared_s(turns[label], start, end))

    segments = []
    for segment in document["segments"]:
        own = {name: label_of(name, segment["start"], segment["end"]) for name in _speakers_of(segment)}
        segments.append(_respoken(segment, own))
    return {**document, "segments": segments}


def moments_of(document: Document, names: Mapping[str, str]) -> dict[float, str]:
    """For names by label, return them by a moment (seconds) in the middle of one of that speaker's turns.

    It is the longest turn in whose middle nobody else speaks, where there is one.
    """
    turns = turns_of(document)
    moments = {}
    for label, name in names.items():
        own = [turn for turn in turns if turn.speaker == label]
        others = [turn for turn in turns if turn.speaker != label]
        alone = [turn for turn in own if not any(_covers(other, _middle(turn)) for other in others)]
        if own:
            moments[_middle(max(alone or own, key=lambda turn: turn.end - turn.start))] = name
    return moments


def names_at(document: Document, moments: Mapping[float, str]) -> dict[str, str]:
    """The names by label, of whoever speaks at these moments; who would get two different names gets none."""
    found = defaultdict(set)
    turns = turns_of(document)
    for moment, name in moments.items():
        covering = [turn for turn in turns if _covers(turn, moment)]
        if covering:
            nearest = min(covering, key=lambda turn: (abs(_middle(turn) - moment), turn.end - turn.start))
            found[nearest.speaker].add(name)
    return {label: names.pop() for label, names in found.items() if len(names) == 1}


def names_mark(moments: Mapping[float, str]) -> str:
    """What stands in the journal for given names: something else when they are others, nothing without any."""
    if not moments:
        return ""
    return f"{NAMES}{hashlib.sha256(json.dumps(sorted(moments.items())).encode('ascii')).hexdigest()[:16]}"


def _renamed(person: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    if person["label"] not in names:
        return dict(person)
    bare = {key: value for key, value in person.items() if key not in ("name", "source", "match")}
    name = names[person["label"]]
    return bare | ({"name": name, "source": "given"} if name else {})


def _respoken(segment: Mapping[str, Any], shown: Mapping[str, str]) -> dict[str, Any]:
    result = dict(segment)
    if segment.get("words"):
        result["words"] = [_respoken(word, shown) for word in segment["words"]]
    if segment.get("speaker"):
        result["speaker"] = shown.get(segment["speaker"], segment["speaker"])
    return result


def _speakers_of(segment: Mapping[str, Any]) -> Iterable[str]:
    return {each["speaker"] for each in (segment, *segment.get("words", ())) if each.get("speaker")}


def _shared_s(turns: Sequence[Turn], start: float, end: float) -> float:
    return sum(max(0.0, min(turn.end, end) - max(turn.start, start)) for turn in turns)


def _middle(turn: Turn) -> float:
    return round((turn.start + turn.end) / 2, 3)


def _covers(turn: Turn, moment: float) -> bool:
    return turn.start <= moment <= turn.end
