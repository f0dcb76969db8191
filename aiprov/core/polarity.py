"""Does a line say the contrary of what is said? Denials, opposites, and what nobody decided. Pure.

Each check returns the words of the line that are in question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aiprov.core.clauses import Act, Clause
from aiprov.core.cues.table import Cues
from aiprov.core.ground import FRAGMENT, Ground
from aiprov.core.meeting import Meeting
from aiprov.core.minutes import Entry
from aiprov.core.words import stem, stems, words

_BINDING = (Act.DECIDE, Act.RULING, Act.COMMIT, Act.REQUEST)


def denied(entry: Entry, ground: Ground) -> list[str]:
    """Parts of a line that say the contrary of what is said there, by what is denied."""
    if entry.kind == "open_question":
        return []
    said = [part for clause in ground.cited for part in _polar(clause, ground.meeting)]
    found = []
    for text, matter, negative in _fragments(entry.text, ground.meeting.cues):
        if negative and ground.meeting.cues.contrast.search(text):
            continue  # "rather than steel" says what was chosen, by what was not
        rated = [(len(matter & other), polarity) for other, polarity in said]
        most = max((count for count, _polarity in rated), default=0)
        # What is asked, half denied, or was taken back is neither said nor denied.
        kinds = {polarity for count, polarity in rated if count == most} | ({None} if negative is None else set())
        contrary = (
            most >= (2 if negative else min(2, len(matter)))
            and most > 0
            and negative not in kinds
            and None not in kinds
        )
        if contrary or _swallows(matter, negative, said):
            found.append(text)
    return found


def _swallows(
    matter: frozenset[str], negative: bool | None, said: Sequence[tuple[frozenset[str], bool | None]]
) -> bool:
    """Whether a part takes in whole what is said only the other way round: "by hand" out of "never by hand"."""
    if negative is not False:
        return False
    alike = {each for other, polarity in said if polarity is not (not negative) for each in other}
    return any(other <= matter and not other & alike for other, polarity in said if polarity is (not negative))


def undecided(entry: Entry, ground: Ground) -> list[str]:
    """What a line states although it was only asked, and the answer was that nobody can say yet."""
    cues, clauses = ground.meeting.cues, ground.meeting.clauses
    if entry.kind == "open_question" or cues.hedged.search(entry.text) or cues.reported.search(entry.text):
        return []
    matter = stems(entry.text, cues)
    if any(clause.does(Act.DECIDE, Act.RULING, Act.COMMIT) and clause.stems & matter for clause in ground.core):
        return []
    asked = [clause for clause in ground.core if clause.does(Act.QUESTION) and clause.stems & matter]
    return [
        clause.text
        for clause in asked
        if any(other.does(Act.UNDECIDED) for other in clauses[clause.id + 1 : clause.id + 4])
    ]


def opposed(entry: Entry, ground: Ground) -> list[str]:
    """Words of a line whose opposite is said there instead."""
    cues, text = ground.meeting.cues, entry.text.casefold()
    ours = {stem(word) for word in words(text)}
    matter = stems(entry.text, cues)
    acts = [clause for clause in ground.cited if clause.does(*_BINDING) and clause.stems & matter]
    closest = acts or list(ground.core)
    chosen = [clause for clause in ground.cited if clause.does(Act.DECIDE, Act.RULING)]
    found = _replaced(ours, cues.opposites, closest)
    if entry.kind == "decision":
        found += _replaced(ours, list(_choices(ground)), chosen)
    return list(dict.fromkeys(found))


def _replaced(ours: set[str], groups: Sequence[tuple[str, ...]], clauses: Sequence[Clause]) -> list[str]:
    """Words of a line in whose place the clauses have another word of the same group."""
    theirs = [{stem(word) for word in words(clause.text)} for clause in clauses]
    found = []
    for group in groups:
        for word in group:
            others = {stem(other) for other in group if other != word}
            if stem(word) in ours and not others & ours and _instead(stem(word), others, theirs):
                found.append(word)
    return found


def _choices(ground: Ground) -> Iterator[tuple[str, ...]]:
    """What is chosen between there: "the steel version" and "the concrete one"."""
    found = [match for clause in ground.cited for match in ground.meeting.cues.choices.finditer(clause.text)]
    yield from (match.groups()[:2] for match in found if match[1] and match[2])
    yield tuple(dict.fromkeys(match[3].casefold() for match in found if match[3]))


def _instead(word: str, others: set[str], texts: Sequence[set[str]]) -> bool:
    return any(others & text for text in texts) and not any(word in text for text in texts)


def _fragments(text: str, cues: Cues) -> Iterator[tuple[str, frozenset[str], bool | None]]:
    for part in FRAGMENT.split(text):
        if matter := stems(cues.negation.sub(" ", part), cues):
            yield part, matter, None if cues.half_denied.search(part) else bool(cues.negation.search(part))


def _polar(clause: Clause, meeting: Meeting) -> Iterator[tuple[frozenset[str], bool | None]]:
    """The matter of each part of a clause, and whether it is denied; None where that is open."""
    open_ended = clause.id in meeting.taken_back or clause.does(Act.QUESTION)
    for _text, matter, negative in _fragments(clause.text, meeting.cues):
        yield matter, None if open_ended else negative
