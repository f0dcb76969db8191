"""Who is called what, as the talk itself gives it away: whoever answers to "David, please start" is David. Pure.

Knows labels and clauses; names that people give themselves come from outside.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from aiprov.core.clauses import NAME, Act, Clause
from aiprov.core.cues.table import Cues, cues_of
from aiprov.core.phrases import NO_NAMES
from aiprov.core.words import words

# A name must beat the next best label, and a label's name the next best name, by so much.
_MARGIN = 0.75
_TITLE = r"(?:(?-i:Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Frau|Monsieur|Madame|Señor|Señora)\.?\s+)?"
_LABEL = re.compile(
    r"(?:speaker|spk|spkr|s|channel|ch|person|participant|unknown)[ _-]?(?:\d+|[a-z])?"
    r"|left|right|mic(?:rophone)?|system",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody is called by name.

    Attributes:
        name: The name.
        clause: The id of the clause.
        back: Whether it answers what was said before ("Thank you, Daniel"), and does not ask for what comes.
    """

    name: str
    clause: int
    back: bool


def is_label(speaker: str) -> bool:
    """Whether a speaker is only numbered, as in `SPEAKER_00`, and not named."""
    return bool(_LABEL.fullmatch(speaker))


def calls(clauses: Sequence[Clause], language: str, known: Collection[str] = ()) -> tuple[Call, ...]:
    """Return where people are called by name, in order.

    Args:
        clauses: The meeting.
        language: ISO 639-1 code.
        known: First names that are known to be names.
    """
    cues = cues_of(language)
    small = {word for clause in clauses for word in words(clause.text) if word[:1].islower()}
    found = []
    for clause in clauses:
        for name, front in _vocatives(clause.text, language):
            if name in known or not _common(name, small, cues):
                back = not front and not clause.does(Act.QUESTION, Act.REQUEST, Act.PASSING)
                found.append(Call(name, clause.id, back))
    return tuple(found)


def named(
    clauses: Sequence[Clause], heard: Sequence[Call], introduced: Mapping[str, str], language: str
) -> dict[str, str]:
    """Return the names of labels, as far as the talk gives them away beyond doubt.

    Args:
        clauses: The meeting.
        heard: From `calls`.
        introduced: Names that speakers gave themselves, by label; these stand.
        language: ISO 639-1 code.
    """
    scores: dict[tuple[str, str], float] = defaultdict(float)
    for call in heard:
        for label, weight in _answering(clauses, call, language):
            scores[label, call.name] += weight
    for label, name in _taking_on(clauses, language):
        scores[label, name] += 1
    names = dict(introduced)
    for (label, name), score in sorted(scores.items(), key=lambda item: -item[1]):
        rivals = [other for (one, two), other in scores.items() if (one == label) != (two == name)]
        if (
            score >= 1
            and score - max(rivals, default=0.0) >= _MARGIN
            and label not in names
            and name not in names.values()
        ):
            names[label] = name
    return names


def _answering(clauses: Sequence[Clause], call: Call, language: str) -> Iterator[tuple[str, float]]:
    """Labels that may bear the name: who speaks next, who spoke before; and surely not who calls."""
    caller = clauses[call.clause]
    if caller.speaker is None:
        return
    yield caller.speaker, -2.0
    everyone = {clause.speaker for clause in clauses}
    before = _neighbour(clauses, call.clause, -1)
    after = _neighbour(clauses, call.clause, 1)
    if len(everyone) == 2 and (other := before or after):
        yield other, 1.0
        return
    if before is not None and call.back:
        yield before, 0.75
    if after is not None:
        yield after, 0.25 if call.back else _answer(clauses, call.clause, language)


def _answer(clauses: Sequence[Clause], at: int, language: str) -> float:
    """How much the next speaker's first words sound like somebody who was asked: anybody may cut in."""
    answer = next(clause for clause in clauses[at:] if clause.speaker != clauses[at].speaker)
    yes = cues_of(language).yes.match(answer.text)
    taken = answer.does(Act.AGREE, Act.COMMIT, Act.COMMIT_LATE, Act.COURTESY, Act.REFUSE)
    return 1.0 if yes or taken else 0.5


def _taking_on(clauses: Sequence[Clause], language: str) -> Iterator[tuple[str, str]]:
    """ "Peter adds one line" and "I'll have that ready" right after it: that is Peter."""
    for task, answer in pairwise(clauses):
        if answer.speaker is not None and answer.speaker != task.speaker and answer.does(Act.COMMIT_LATE):
            yield from ((answer.speaker, name) for name in third_persons(task.text, language))


def _neighbour(clauses: Sequence[Clause], at: int, step: int) -> str | None:
    """The next other speaker in one direction."""
    speaker = clauses[at].speaker
    found = (clauses[place].speaker for place in range(at + step, len(clauses) if step > 0 else -1, step))
    return next((other for other in found if other != speaker), None)


def _common(name: str, small: Collection[str], cues: Cues) -> bool:
    """Whether a capitalised word is no name: it stands in small letters elsewhere, or says a day or nothing."""
    low = name.casefold()
    if low in NO_NAMES:
        return True
    days = {word.casefold() for group in (*cues.dates.months, *cues.dates.weekdays) for word in group}
    return low in small or low in cues.stop or low in days or bool(cues.courtesy.search(name))


def third_persons(text: str, language: str) -> list[str]:
    """The names in a clause that stand before what somebody does: "Peter adds one line"."""
    cues = cues_of(language)
    found = re.finditer(
        rf"(?<![\w'’-])({NAME})(?:,? and (?:{NAME}))?(?: also| then)? (?:{cues.doing.pattern})", text, re.IGNORECASE
    )
    return [match[1] for match in found if match[1].casefold() not in cues.stop | NO_NAMES]


@cache
def _called(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    cues = cues_of(language)
    lead = r"^\W*(?:(?:and|so|okay|ok|well|then|now|yes|no|good|great|thank you|thanks|right|sure)\W+)*"
    # "James, can you": what follows tells a name from "Sure, so".
    front = rf"{lead}{_TITLE}({NAME})(?:,\s|,?\s(?=(?:{cues.request.pattern}|{cues.asks.pattern.lstrip('^')}|you\b)))"
    back = rf"(?:,|\b(?:thank you|thanks|hi|hello|hey|sorry|morning|welcome|bye|goodbye))\s+{_TITLE}({NAME})\W*$"
    return re.compile(front, re.IGNORECASE), re.compile(back, re.IGNORECASE)


def _vocatives(text: str, language: str) -> Iterator[tuple[str, bool]]:
    """The names that a clause calls, and whether before what it says."""
    front, back = _called(language)
    if match := front.search(text):
        yield match[1], True
    if match := back.search(text):
        yield match[1], False
