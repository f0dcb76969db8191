"""A glossary: the terms of a team, their spelling, and what they are taken for. Pure.

Terms are found by their letters alone, wherever a recogniser put its spaces, capitals and hyphens. Knows nothing of
files and of sounds.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

KINDS = ("person", "organisation", "product", "place", "word")
# Shorter words with an s at their end are mostly no plurals.
_PLURAL = 5
# Around a word: white space, quotes, brackets and punctuation. A sign that can be part of a name is not among it.
_BEFORE = " \t\n\"'“‘«([{¿¡—–-"
_BEHIND = " \t\n\"'”’»)]},;:!?.…—–-。，、！？"
_POSSESSIVE = re.compile(r"['’]s$", re.IGNORECASE)
_NO_LETTER = re.compile(r"[^\w+#&]|_")

Known = TypeVar("Known")


@dataclass(frozen=True, slots=True)
class Term:
    """A name or word as it shall be written.

    Attributes:
        text: Its spelling.
        aliases: What recognisers make of it; always replaced.
        kind: One of `KINDS`, or None.
    """

    text: str
    aliases: tuple[str, ...] = ()
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms in the order in which they matter; the first come first where there is no room for all."""

    terms: tuple[Term, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The spellings, as `DecodingOptions.glossary` takes them."""
        return tuple(term.text for term in self.terms)

    @property
    def names(self) -> tuple[str, ...]:
        """Who may be somebody: persons, and terms of no kind that are written like names."""
        return tuple(t.text for t in self.terms if t.kind == "person" or (t.kind is None and t.text[:1].isupper()))

    @property
    def digest(self) -> str:
        """Names what it can change in a transcript, as 64 hex digits; the order counts."""
        content = [[term.text, *term.aliases] for term in self.terms]
        return hashlib.sha256(json.dumps(content).encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Shape:
    """A word as it stands in a text: `lead` and `tail` are what surrounds it, an ending (`'s`) is in `body`."""

    lead: str
    body: str
    tail: str


def prompt_of(terms: Sequence[str], budget_chars: int) -> str:
    """A prompt that names the terms, the first ones where not all fit; empty when none does."""
    prompt = ""
    for at in range(1, len(terms) + 1):
        longer = prompt_for(terms[:at])
        if len(longer) > budget_chars:
            break
        prompt = longer
    return prompt


def prompt_for(terms: Sequence[str]) -> str:
    """A prompt that names these terms. With a heading and a full stop Whisper follows it best."""
    return f"Glossary: {', '.join(terms)}."


@lru_cache(maxsize=50_000)
def letters(text: str) -> str:
    """What makes two spellings one: letters and digits, without case, spaces and hyphens."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=50_000)
def shape(word: str) -> Shape:
    """Part a word from what surrounds it."""
    body = word.lstrip(_BEFORE).rstrip(_BEHIND)
    lead = word[: len(word) - len(word.lstrip(_BEFORE))]
    return Shape(lead, body, word[len(lead) + len(body) :]) if body else Shape("", word, "")


@lru_cache(maxsize=50_000)
def stems(word: str) -> tuple[tuple[str, str], ...]:
    """The letters that a word may stand for, and the ending then left over: `maria` and `'s`."""
    body = shape(word).body
    ending = _POSSESSIVE.search(body)
    if ending:
        return (letters(body), ""), (letters(body[: ending.start()]), ending.group())
    whole = letters(body)
    if len(whole) >= _PLURAL and body.endswith("s"):
        return (whole, ""), (whole[:-1], "s")
    return ((whole, ""),)


def mentions(words: Sequence[str], known: Mapping[str, Known]) -> Iterator[tuple[int, int, str, Known]]:
    """Find what is known in a text, the longest first, each word once.

    Args:
        words: In order, as they stand.
        known: By `letters`.

    Yields:
        The first word and the one behind the last, the ending that the last one has beyond what is known, and what it
        is.
    """
    longest = max(map(len, known), default=0)
    at = 0
    while at < len(words):
        found = _longest(words, at, known, longest)
        if found is not None:
            yield at, *found
        at = found[0] if found is not None else at + 1


def _longest(
    words: Sequence[str], first: int, known: Mapping[str, Known], longest: int
) -> tuple[int, str, Known] | None:
    before, found = "", None
    for at in range(first, len(words)):
        own = stems(words[at])
        for whole, ending in own:
            if whole and before + whole in known:
                found = (at + 1, ending, known[before + whole])
                break
        before += own[0][0]
        if not before or len(before) > longest:
            break
    return found
