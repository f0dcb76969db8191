"""Terms that a glossary could hold, as finished transcripts show them: names, acronyms, and what was misheard. Pure.

A recogniser that is sure of a word every time needs no help with it: such words are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from aiprov.core.glossary import letters, shape, stems
from aiprov.core.passages import ends_sentence
from aiprov.core.sounds import likeness, sound, weight

# Spellings this much alike, both ways, are one name.
_ALIKE = 0.75
# A mean probability below the first is worth telling of a name, below the second of any word.
_UNSURE = 0.85
_DOUBTED = 0.5
_SHORTEST = 4
_HEAVY = 3.0
_LONGEST_NAME = 3
_AROUND = 4
_ACRONYM = re.compile(r"[A-Z][A-Z0-9&]*[A-Z0-9]")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A term that a glossary could hold.

    Attributes:
        term: Its likeliest spelling, as far as the transcripts tell.
        count: How often it is there, in all spellings.
        why: `spelled in different ways`, `an acronym`, `a name that is heard unsurely` or `a word that is heard
            unsurely`.
        aliases: Its other spellings, the most frequent first.
        example: A place where it stands, with some words around it.
    """

    term: str
    count: int
    why: str
    aliases: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class _Token:
    """A word as it stands; `sure` is None where nobody says how sure of it the recogniser was."""

    text: str
    sure: float | None
    begins: bool

    @property
    def body(self) -> str:
        body, ending = shape(self.text).body, stems(self.text)[-1][1]
        return body.removesuffix(ending) if ending[:1] in ("'", "’") else body

    @property
    def is_name(self) -> bool:
        body = self.body
        return not self.begins and body[:1].isupper() and len(body) > 1 and not body.startswith(("I'", "I’"))


@dataclass(slots=True)
class _Found:
    """One spelling: where it is, and how sure the recogniser was there."""

    text: str
    kind: str
    sure: list[float] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    @property
    def doubted(self) -> float:
        """The mean probability; that of a middling word where nobody knows."""
        return fmean(self.sure) if self.sure else _UNSURE - 0.01

    @property
    def count(self) -> int:
        return len(self.examples)


def suggest(documents: Iterable[Mapping[str, Any]]) -> list[Suggestion]:
    """Propose terms, those that are misheard most often first.

    Args:
        documents: Transcripts in openai/whisper's JSON shape, with or without words.
    """
    found: dict[str, _Found] = {}
    common: Counter[str] = Counter()
    for document in documents:
        for segment in document["segments"]:
            tokens = list(_tokens(segment))
            common.update(letters(t.body) for t in tokens if t.body == t.body.lower())
            for kind, first, end in _spans(tokens):
                _note(found, kind, tokens, first, end)
    groups = _alike([each for each in found.values() if not _is_common(each, common)])
    made = [suggestion for group in groups if (suggestion := _suggestion(group)) is not None]
    return sorted(made, key=lambda each: (-each.count, each.term.casefold()))


def _tokens(segment: Mapping[str, Any]) -> Iterator[_Token]:
    words = segment.get("words") or [{"word": text} for text in segment["text"].split()]
    begins = True
    for word in words:
        sure = word.get("probability")
        yield _Token(word["word"], None if sure in (None, 1.0) else sure, begins)
        begins = ends_sentence(word["word"])


def _spans(tokens: Sequence[_Token]) -> Iterator[tuple[str, int, int]]:
    """Names of one word or several, acronyms, and words that the recogniser doubts."""
    at = 0
    while at < len(tokens):
        end = at
        while end < min(len(tokens), at + _LONGEST_NAME) and tokens[end].is_name:
            end += 1
            if shape(tokens[end - 1].text).tail.strip():
                break
        if end > at:
            kind = "acronym" if end == at + 1 and _ACRONYM.fullmatch(tokens[at].body) else "name"
            yield kind, at, end
        elif _is_doubted(tokens[at]):
            yield "word", at, at + 1
        at = max(end, at + 1)


def _is_doubted(token: _Token) -> bool:
    return token.sure is not None and token.sure < _DOUBTED and _is_long(token.body)


def _is_long(text: str) -> bool:
    return text[:1].isalpha() and len(letters(text)) >= _SHORTEST


def _note(found: dict[str, _Found], kind: str, tokens: Sequence[_Token], first: int, end: int) -> None:
    text = " ".join(" ".join(token.body for token in tokens[first:end]).split())
    if not letters(text):
        return
    each = found.setdefault(text if kind != "word" else text.lower(), _Found(text, kind))
    each.sure += [token.sure for token in tokens[first:end] if token.sure is not None]
    around = tokens[max(0, first - _AROUND) : end + _AROUND]
    each.examples.append(" ".join(" ".join(token.text for token in around).split()))


def _is_common(found: _Found, common: Counter[str]) -> bool:
    """Whether a name is mostly written small: then it is a word, with a capital by chance."""
    return found.kind == "name" and common[letters(found.text)] >= found.count


def _alike(found: Sequence[_Found]) -> list[list[_Found]]:
    """Spellings of one sound together, the most frequent first: it stands for them."""
    groups: list[list[_Found]] = []
    for each in sorted(found, key=lambda one: (one.kind == "word", -one.count, -one.doubted, one.text)):
        home = next((group for group in groups if _sounds_like(each, group[0])), None)
        if home is None:
            groups.append([each])
        else:
            home.append(each)
    return groups


def _sounds_like(one: _Found, other: _Found) -> bool:
    ours, theirs = sound(one.text), sound(other.text)
    if letters(one.text) == letters(other.text):
        return True
    light = min(weight(ours), weight(theirs)) < _HEAVY
    return not light and likeness(ours, theirs, _ALIKE) > 0 and likeness(theirs, ours, _ALIKE) > 0


def _suggestion(group: Sequence[_Found]) -> Suggestion | None:
    best = group[0]
    count = sum(each.count for each in group)
    others = tuple(dict.fromkeys(each.text for each in group[1:] if letters(each.text) != letters(best.text)))
    unsure = fmean(each.doubted for each in group) < _UNSURE
    if others:
        why = "spelled in different ways"
    elif best.kind == "acronym" and (unsure or not best.sure):
        why = "an acronym"
    elif best.kind == "name" and unsure:
        why = "a name that is heard unsurely"
    elif best.kind == "word" and count > 1:
        why = "a word that is heard unsurely"
    else:
        return None
    return Suggestion(best.text, count, why, others, best.examples[0])
