"""Names of speakers: what may be one, and who introduces themselves in a transcript. Pure.

An introduction is a suggestion with its evidence, never a fact: a recogniser of speech may have misheard, and somebody
may have spoken of somebody else. Knows nothing of voices.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from aiprov.core.phrases import NO_NAMES, PARTICLES, PHRASES, TITLES, Phrases
from aiprov.errors import ConfigError

Segment = Mapping[str, Any]

_MOST_CHARACTERS = 80
_MOST_WORDS = 4
_NEAR = 80  # characters around a phrase that say how it is meant
_LABEL = re.compile(r"SPEAKER_\d+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?")
_BEGINNING = r"(?:^|[.!?…:;,–—]|\b(?:{greetings}))[\s,–—-]*$"


@dataclass(frozen=True, slots=True)
class Introduction:
    """Somebody says who they are.

    Attributes:
        speaker: The label of who speaks.
        name: What they call themselves, as it stands in the transcript.
        segment: The id of the segment that the name is in.
        start, end: When, in seconds.
        text: What is said there.
    """

    speaker: str
    name: str
    segment: int
    start: float
    end: float
    text: str


def checked_name(text: str) -> str:
    """Return a name with single spaces, or refuse what would be mistaken for something else in a transcript.

    Raises:
        ConfigError: It is empty or too long, has signs that steer a terminal or end a label, or is a label itself.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    odd = any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for sign in name)
    if odd or len(name) > _MOST_CHARACTERS or re.search(r"[<>\[\]=]", name) or not re.search(r"[^\W_]", name):
        hint = f"a name has a letter, at most {_MOST_CHARACTERS} signs, and none of < > [ ] ="
        raise ConfigError("that is no name to show", hint, code="usage")
    if _LABEL.fullmatch(name):
        raise ConfigError(f"{name} is a label, not a name", "give the name of a person", code="usage")
    return name


def introductions(segments: Iterable[Segment], language: str) -> tuple[Introduction, ...]:
    """Find where speakers say who they are: "this is Maria", "Maria speaking", "my name is Maria", "I'm Maria".

    Args:
        segments: Of a transcript's JSON; those without a speaker tell nothing.
        language: ISO 639-1; one that is not in `phrases.PHRASES` gives nothing.

    Returns:
        In order of time; of each speaker each name once.
    """
    if language not in PHRASES:
        return ()
    found: dict[tuple[str, str], Introduction] = {}
    for speaker, turn in itertools.groupby(segments, key=lambda segment: segment.get("speaker")):
        for each in _in_turn(speaker, list(turn), PHRASES[language]) if speaker else ():
            found.setdefault((speaker, each.name.casefold()), each)
    return tuple(found.values())


def _in_turn(speaker: str, turn: Sequence[Segment], phrases: Phrases) -> Iterator[Introduction]:
    texts = [f"{segment['text'].strip()} " for segment in turn]
    ends = list(itertools.accumulate(map(len, texts)))
    for at, name in sorted(set(_names_in("".join(texts), phrases))):
        place = next(number for number, end in enumerate(ends) if at < end)
        where = turn[place]
        yield Introduction(speaker, name, where["id"], where["start"], where["end"], texts[place].strip())


def _names_in(text: str, phrases: Phrases) -> Iterator[tuple[int, str]]:
    """Yield where a name begins, and the name."""
    before, opening, after, beginning, others, unreal, sentence = _patterns(phrases)
    for found in before.finditer(text):
        name, rest = _name_at(text, found.end())
        if name and not unreal.search(_ahead_of(text, found.start())) and not re.match(r"\s+of\b", rest):
            yield found.end(), name
    for found in opening.finditer(text):
        name, rest = _name_at(text, found.end())
        begins = beginning.search(_ahead_of(text, found.start()))
        if name and begins and sentence.match(rest) and not others.match(rest):
            yield found.end(), name
    for found in after.finditer(text):
        begin = _begin_of_name(text, found.start())
        name, rest = _name_at(text, begin)
        if name and text.startswith(name + found[0], begin) and beginning.search(_ahead_of(text, begin)):
            yield begin, name


@cache
def _patterns(phrases: Phrases) -> tuple[re.Pattern[str], ...]:
    """The phrases before a name, opening a sentence with one, and behind one; then what must stand around them."""
    wholes = (
        rf"\b(?:{phrases.before}),?\s+(?=[^\W\d_])",
        rf"\b(?:{phrases.opening}),?\s+(?=[^\W\d_])",
        rf"\s(?:{phrases.after})(?=\s*(?:[.!?…,;–—-]|$))",
        _BEGINNING.format(greetings=phrases.greetings),
        rf",?\s*(?:{phrases.others})\b",
        rf"\b(?:{phrases.unreal})[\s,]*$",
        # The name ends the sentence, or says where it calls from.
        r"\s*(?:[.!?…,;–—-]|$)|\s+(?:from|at|with|in|and|again|calling|speaking|here|von|aus|und|de|et|da|y|e|desde)\b",
    )
    return tuple(re.compile(whole, re.IGNORECASE) for whole in wholes)


def _name_at(text: str, at: int) -> tuple[str, str]:
    """The name that begins there, and what follows it; an empty name where there is none."""
    begin, end, words = at, at, 0
    while words < _MOST_WORDS and (word := _WORD.match(text, at)):
        lower = word[0].casefold()
        if _is_name(word[0]) or (lower in TITLES and not words):
            end, words = word.end(), words + (lower not in TITLES)
        elif not (words and word[0] in PARTICLES):
            break
        at = word.end() + (lower in TITLES and text.startswith(".", word.end()))
        at += text.startswith(" ", at)
    return (text[begin:end] if words else ""), text[end : end + _NEAR]


def _ahead_of(text: str, at: int) -> str:
    return text[max(0, at - _NEAR) : at]


def _begin_of_name(text: str, end: int) -> int:
    """Where the capitalised words begin that end there."""
    begin = end
    for word in reversed(list(_WORD.finditer(text, max(0, end - _MOST_CHARACTERS), end))):
        if text[word.end() : begin].strip() or not (_is_name(word[0]) or word[0] in PARTICLES):
            break
        begin = word.start()
    return begin


def _is_name(word: str) -> bool:
    lower = word.casefold()
    possessive = lower.endswith(("'s", "’s")) and len(word) > 3
    shouted = word.isupper() and len(word) > 1
    contracted = re.split("['’]", lower)[0] in NO_NAMES  # "I'm", "that's"
    return word[0].isupper() and not (possessive or shouted or contracted)
