"""Finding what was said: words and meaning put together, the line of an excerpt that answers, words to be marked. Pure.

Knows neither files nor models; what is near in meaning comes from outside.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aiprov.core.cues.table import LANGUAGES, cues_of
from aiprov.core.excerpts import Line
from aiprov.core.words import stem

# What saying all words of a query is worth beside meaning the same; from 0.5 to 1.5 it makes little difference.
_SAYS = 1.0
_WORD = re.compile(r"\w+")
# A line of fewer words, such as "Yes, agreed.", is no answer where a longer one is.
_FEWEST = 4
# Words that are shown, at most, once there is a line.
_SHOWN = 50
# An entry of minutes may stand for half an hour, and hides no more than this.
_LONGEST_S = 90.0
# What saying all words of the query is worth beside nearness in meaning.
_SAID = 0.5


class Prompts(NamedTuple):
    """What a model wants to read before a query, and before a text that is to be found."""

    query: str = ""
    text: str = ""


# Source: the model cards of BAAI/bge-*-en-v1.5, intfloat/*e5-* (but for the instruct models) and nomic-embed-text.
_PROMPTS = (
    (re.compile(r"bge-.*-en(-|$)"), Prompts("Represent this sentence for searching relevant passages: ")),
    (re.compile(r"(^|[-/])e5-(?!.*instruct)"), Prompts("query: ", "passage: ")),
    (re.compile(r"nomic-embed-text"), Prompts("search_query: ", "search_document: ")),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found; times in seconds of the recording.

    Attributes:
        meeting: The recording's name.
        path: The transcript or minutes.
        speaker: Who says it, as the transcript shows it; None when it does not say.
        text: The line that answers, and what the same person says next.
        score: 1 means the same in the same words.
        lines: The excerpt that it stands in.
    """

    meeting: str
    path: str
    start: float
    end: float
    speaker: str | None
    text: str
    score: float
    lines: tuple[Line, ...] = ()


def prompts_of(model: str) -> Prompts:
    """What an embedding model wants to read first, by its name."""
    return next((prompts for pattern, prompts in _PROMPTS if pattern.search(model.casefold())), Prompts())


def words_of(query: str, *, telling: bool = False) -> list[str]:
    """The words of a query, each once.

    Args:
        telling: Leave out those that say nothing, such as "what" and "the", as long as others are left.
    """
    words = list(dict.fromkeys(word.casefold() for word in _WORD.findall(query)))
    stop = frozenset[str]().union(*(cues_of(language).stop for language in LANGUAGES)) if telling else frozenset[str]()
    return [word for word in words if word not in stop] or words


def blended(said: Mapping[int, float], near: Mapping[int, float]) -> list[tuple[int, float]]:
    """Put words and meaning together.

    Their strengths are added, not their ranks: ranks give a stray word of a question as much as an answer in other
    words. On the questions of meetings that nobody tuned it to, this finds more than reciprocal ranks.
    Source: Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2022).

    Args:
        said: How much of the query an excerpt says, 0..1; what is missing says nothing of it.
        near: How near it is in meaning, up to 1.

    Returns:
        Each that has to do with the query with its score, 0..1, the best first.
    """
    scores = {each: (near.get(each, 0.0) + _SAYS * said.get(each, 0.0)) / (1 + _SAYS) for each in {**said, **near}}
    return sorted(((each, score) for each, score in scores.items() if score > 0), key=lambda pair: (-pair[1], pair[0]))


def answering(lines: Sequence[Line], query: str, near: Sequence[float], speaker: str | None = None) -> int:
    """Return the place of the line that answers best.

    Args:
        lines: An excerpt's lines, at least one.
        query: What is asked.
        near: How near each line is in meaning, -1..1; zeros where nobody can say.
        speaker: Only this person's lines, if there are any.
    """
    wanted = {stem(word) for word in _WORD.findall(query)}

    def worth(at: int) -> tuple[bool, bool, float]:
        words = _WORD.findall(lines[at].text)
        said = len(wanted & {stem(word) for word in words}) / max(1, len(wanted))
        return speaks(lines[at].speaker, speaker), len(words) >= _FEWEST, near[at] + _SAID * said

    return max(range(len(lines)), key=worth)


def shown(lines: Sequence[Line], at: int) -> tuple[float, str]:
    """Return a line's text with what the same person says next, and where that ends."""
    texts, end, words = [lines[at].text], lines[at].end, len(lines[at].text.split())
    for line in lines[at + 1 :]:
        words += len(line.text.split())
        if line.speaker != lines[at].speaker or words > _SHOWN:
            break
        texts.append(line.text)
        end = line.end
    return end, " ".join(texts)


def apart(spans: Iterable[tuple[int, tuple[str, float, float]]]) -> Iterator[int]:
    """Leave out what overlaps with something better of the same meeting: neighbours, and minutes beside transcripts.

    Args:
        spans: What was found, the best first, each with its meeting, start and end.
    """
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for found, (meeting, start, end) in spans:
        end = min(end, start + _LONGEST_S)
        if all(end <= begun or ended <= start for begun, ended in taken[meeting]):
            taken[meeting].append((start, end))
            yield found


def speaks(speaker: str | None, wanted: str | None) -> bool:
    """Whether a speaker is the one that is wanted: by the whole name or by a part of it, such as the first name."""
    if wanted is None:
        return True
    names = folded(speaker or "")
    return folded(wanted) == names or folded(wanted) in names.split()


def marks(text: str, query: str) -> list[tuple[int, int]]:
    """The places in a text of words that the query has, too, in whatever form."""
    wanted = {stem(folded(word)) for word in _WORD.findall(query)}
    return [match.span() for match in _WORD.finditer(text) if stem(folded(match.group())) in wanted]


def folded(text: str) -> str:
    """Text without case and accents, for comparing."""
    bare = (each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return " ".join("".join(bare).casefold().split())
