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
from aiprov.core.outcomes import Outcome, outcome
from aiprov.core.words import content, stem, stems, words

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
        if contrary or _swallows(matter, negative, said) or (negative and _denies_settled(matter, ground)):
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


def _denies_settled(matter: frozenset[str], ground: Ground) -> bool:
    """Whether a part that denies has all words of what was settled there without a denial."""
    settled = [each for each in ground.cited if each.stems and _stands(each, ground.meeting)]
    return any(each.stems <= matter and not each.does(Act.DENIED) for each in settled) and not any(
        each.does(Act.DENIED) and each.stems & matter for each in settled
    )


def _stands(clause: Clause, meeting: Meeting) -> bool:
    """Whether a clause settles something, or puts what others take."""
    taken = clause.does(Act.PROPOSE) and outcome(clause, meeting) is Outcome.TAKEN
    return taken or clause.does(Act.DECIDE, Act.RULING)


def undecided(entry: Entry, ground: Ground) -> list[str]:
    """What a line states although it was only put or asked, and nobody could say yet, or somebody said no."""
    cues = ground.meeting.cues
    if entry.kind == "open_question" or cues.hedged.search(entry.text) or cues.reported.search(entry.text):
        return []
    matter = stems(entry.text, cues)
    binding = ground.support if entry.kind == "action_item" else ()
    if any(_settles(clause) and clause.stems & matter for clause in (*ground.core, *binding)):
        return []
    put = [clause for clause in ground.core if clause.does(Act.QUESTION, Act.PROPOSE) and clause.stems & matter]
    most = max((len(clause.stems & matter) for clause in put), default=0)
    stated = any(len(clause.stems & matter) > most for clause in ground.core if clause not in put)
    denies = bool(cues.negation.search(entry.text))
    failed = [
        clause.text
        for clause in put
        if (came_of := outcome(clause, ground.meeting)) is Outcome.OPEN
        or (came_of is Outcome.REFUSED and not denies and not clause.does(Act.VACANT))
    ]
    return [] if stated else failed


def _settles(clause: Clause) -> bool:
    """Whether a clause says itself that something is so, and no proposal is made with it."""
    return clause.does(Act.DECIDE, Act.RULING, Act.COMMIT) and not clause.does(Act.QUESTION, Act.RETRACT)


def opposed(entry: Entry, ground: Ground) -> list[str]:
    """Words of a line whose opposite is said there instead."""
    cues, text = ground.meeting.cues, entry.text.casefold()
    ours = {stem(word) for word in words(text)}
    matter = stems(entry.text, cues)
    acts = [clause for clause in ground.cited if clause.does(*_BINDING) and clause.stems & matter]
    closest = [each for each in acts or ground.core if each.does(Act.DENIED) == bool(cues.negation.search(entry.text))]
    chosen = [clause for clause in ground.cited if clause.does(Act.DECIDE, Act.RULING)]
    found = _replaced(ours, cues.opposites, closest)
    if entry.kind == "decision":
        found += _replaced(ours, list(_choices(ground)), chosen)
    return list(dict.fromkeys(found))


def swapped(entry: Entry, ground: Ground) -> list[str]:
    """Words of a line that change places with others: "east to west" where "west to east" is said."""
    cues = ground.meeting.cues
    said = {link for clause in ground.cited for link in _links(clause.text, cues)}
    found = [
        f"{one} {other}"
        for one, way, other in _links(entry.text, cues)
        if (other, way, one) in said - {(one, way, other)}
    ]
    return found or _crossed(entry, ground)


def _links(text: str, cues: Cues) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Pairs of neighbouring content words with the small words between, and pairs around a third one."""
    last: list[tuple[str, tuple[str, ...]]] = []
    between: tuple[str, ...] = ()
    for word in words(text):
        if not content(word, cues):
            between = (*between, word.casefold())
            continue
        here = stem(word)
        if last and set(between) - cues.joins:
            yield last[-1][0], between, here
        if len(last) > 1 and last[-1][0] != here:
            yield last[-2][0], (last[-1][0], *between), here
        last.append((here, between))
        between = ()


def _crossed(entry: Entry, ground: Ground) -> list[str]:
    """Two parts of a line that exchange words: "lockers in lessons, allowed at lunch"."""
    cues = ground.meeting.cues
    ours = [(text, matter) for text, matter, _ in _fragments(entry.text, cues) if len(matter) > 1]
    said = [matter for clause in ground.core for _, matter, _ in _fragments(clause.text, cues)]
    pairs = [(one, other) for at, one in enumerate(said) for other in said[at + 1 :]]
    return [
        text
        for at, (text, matter) in enumerate(ours)
        for _other_text, rest in ours[at + 1 :]
        for one, other in pairs
        if _split(matter - rest, one - other, other - one) and _split(rest - matter, one - other, other - one)
    ]


def _split(matter: frozenset[str], one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(matter & one) and bool(matter & other)


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
