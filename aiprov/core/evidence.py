"""Does the transcript carry a line of the minutes? Each line is held against the clauses that it cites. Pure.

Looked at are owners, names, numbers, days, denial, what was taken back, and the meaning as a whole. Where the cited
segments do not carry a line, others are looked for before it is condemned. How near two texts are in meaning comes from
outside. Knows nothing of who wrote the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from aiprov.core import attribution, figures, polarity
from aiprov.core.clauses import Act, Clause
from aiprov.core.ground import Ground, claim, matter_of
from aiprov.core.meeting import Meeting
from aiprov.core.minutes import TITLE, Entry, Problem
from aiprov.core.words import share

# For each text on the left how near (cosine, -1..1) it is to each on the right.
Similarity = Callable[[Sequence[str], Sequence[str]], Sequence[Sequence[float]]]

# A line with less support is not said there.
LEAST = 0.47
# What a line with a wrong word in it may have at most.
_DOUBTED = 0.3
# Where else to look: around so many of the nearest clauses, so many clauses before and after.
_PLACES = 3
_AROUND = ((0, 0), (2, 1), (1, 3), (4, 4))
# So near a clause must stand to what it refers to, and so few content words it has.
_REACH, _SHORT = 3, 3
# Somebody takes on the work up to so many clauses away.
_FAR = 6
_CHECKS = (
    ("owner", attribution.wrong_owners),
    ("name", attribution.unheard_names),
    ("number", figures.wrong_numbers),
    ("date", figures.wrong_days),
    ("negation", polarity.denied),
    ("opposite", polarity.opposed),
    ("opposite", polarity.swapped),
    ("undecided", polarity.undecided),
)
# What is said otherwise where the line should be said is not looked for elsewhere.
_FINAL = frozenset({"negation", "opposite", "undecided", "retracted"})
# Another place must carry a line about as well as the first.
_WORSE = 0.1


def checked_all(entries: Sequence[Entry], meeting: Meeting, similarity: Similarity) -> tuple[Entry, ...]:
    """Return all lines as `checked` does, and let the texts that surely are compared be embedded together.

    Args:
        entries: The lines.
        meeting: The meeting.
        similarity: How near texts are in meaning; it should remember the vectors of texts.
    """
    claims = [text for entry in entries for text in (claim(entry), entry.text)]
    similarity(claims, [clause.text for clause in meeting.clauses])
    joined = [
        text
        for entry in entries
        if (given := meeting.within(entry.segments))
        for text in _compared(_ground(entry, given, meeting, similarity)[0])
    ]
    similarity(claims[:1], joined)
    return tuple(checked(entry, meeting, similarity) for entry in entries)


def checked(entry: Entry, meeting: Meeting, similarity: Similarity) -> Entry:
    """Return a line with its citations, support and problems.

    Args:
        entry: Text, kind, and what else it claims; its `segments`, if any, are where it should be said.
        meeting: The meeting.
        similarity: How near texts are in meaning.

    Returns:
        The line with the segments that carry it, which may be others than the given ones. Where none does, with the
        problems that it has where it should be said.
    """
    first: tuple[Entry, float] | None = None
    given = meeting.within(entry.segments)
    for cited in _citations(entry, given, meeting, similarity):
        judged, support, contrary = _judged(entry, cited, meeting, similarity)
        if judged.supported and (first is None or support >= first[1] - _WORSE):
            return judged
        if contrary and (cited is given or (support >= LEAST and (first is None or support > first[1]))):
            return judged
        first = first or (judged, support)
    return first[0] if first else replace(entry, segments=(), support=0.0, problems=(Problem("uncited"),))


def _citations(
    entry: Entry, given: tuple[Clause, ...], meeting: Meeting, similarity: Similarity
) -> Iterator[tuple[Clause, ...]]:
    """Where a line may be said: what it cites, then what is nearest to it in meaning, in ever wider windows."""
    if given:
        yield given
    if not meeting.clauses:
        return
    (row,) = similarity([claim(entry)], [clause.text for clause in meeting.clauses])
    matter = matter_of(claim(entry), meeting)
    score = [near + share(matter, clause.stems) for near, clause in zip(row, meeting.clauses, strict=True)]
    nearest = sorted(range(len(score)), key=lambda at: -score[at])[:_PLACES]
    for before, after in _AROUND:
        for at in nearest:
            yield meeting.clauses[max(0, at - before) : at + after + 1]


def _judged(
    entry: Entry, cited: tuple[Clause, ...], meeting: Meeting, similarity: Similarity
) -> tuple[Entry, float, bool]:
    """The line as these clauses carry it, their support, and whether its contrary is said there."""
    ground, near = _ground(entry, cited, meeting, similarity)
    problems = _problems(entry, ground)
    support = _support(entry, ground, similarity)
    contrary = any(each.code in _FINAL for each in problems) or _otherwise_owned(problems, ground)
    if support < LEAST:
        problems.append(Problem("unsaid"))
    best = max(ground.core, key=lambda clause: near[clause.id])
    judged = replace(
        entry,
        segments=tuple(sorted({segment for clause in ground.support for segment in clause.segments})),
        start=ground.support[0].start,
        end=ground.support[-1].end,
        support=min(support, _DOUBTED) if problems else support,
        quote=entry.quote if entry.quote and entry.quote in ground.text else best.text,
        speaker=entry.speaker or best.speaker,
        problems=tuple(problems),
    )
    return judged, support, contrary


def _problems(entry: Entry, ground: Ground) -> list[Problem]:
    names_only = entry.kind in (TITLE, "topic")  # these state nothing
    wanted = _CHECKS[1:4] if names_only else _CHECKS
    problems = [Problem(code, what) for code, check in wanted for what in check(entry, ground)]
    if not names_only and _only_taken_back(entry, ground):
        problems.append(Problem("retracted"))
    return problems


def _otherwise_owned(problems: Sequence[Problem], ground: Ground) -> bool:
    """Whether somebody else took on what the line gives to its owner."""
    wrong = any(problem.code == "owner" for problem in problems)
    return wrong and any(attribution.takers(ground.meeting, clause) for clause in ground.core)


def _ground(
    entry: Entry, cited: tuple[Clause, ...], meeting: Meeting, similarity: Similarity
) -> tuple[Ground, dict[int, float]]:
    """Choose the cited clauses that the line is about: together they have its words, and the nearest one."""
    (row,) = similarity([claim(entry)], [clause.text for clause in cited])
    matter = matter_of(claim(entry), meeting)
    near = {clause.id: cosine for clause, cosine in zip(cited, row, strict=True)}
    core = {max(cited, key=lambda clause: near[clause.id] + share(matter, clause.stems)).id}
    missing = set(matter) - {each for clause in cited if clause.id in core for each in clause.stems}
    while missing:
        best = max(cited, key=lambda clause: (len(missing & clause.stems), near[clause.id]))
        if not missing & best.stems:
            break
        core.add(best.id)
        missing -= best.stems
    chosen = tuple(clause for clause in cited if clause.id in core)
    beside = {clause.id for clause in cited if _refers(clause, core, matter, meeting)}
    support = tuple(clause for clause in cited if clause.id in core | beside)
    return Ground(meeting, matter, cited, chosen, support), near


def _refers(clause: Clause, core: set[int], matter: frozenset[str], meeting: Meeting) -> bool:
    """Whether a clause speaks of what stands beside it: it is short, has a word for it, or takes on its work."""
    distance = min(abs(clause.id - at) for at in core)
    if clause.does(Act.COMMIT_LATE) or (clause.does(Act.COMMIT, Act.REQUEST) and clause.stems & matter):
        return distance <= _FAR
    late = clause.does(Act.REQUEST, Act.AGREE, Act.DECIDE, Act.UNDECIDED)
    short = late or len(clause.stems) <= _SHORT or bool(meeting.cues.pronouns.search(clause.text))
    return short and distance <= _REACH


def _only_taken_back(entry: Entry, ground: Ground) -> bool:
    """Whether a line states as it were valid what somebody took back."""
    cues = ground.meeting.cues
    if entry.kind == "open_question" or cues.reported.search(entry.text):
        return False
    clause = max(ground.core, key=lambda clause: share(ground.matter, clause.stems))
    same = bool(cues.negation.search(entry.text)) == clause.does(Act.DENIED)
    return same and clause.id in ground.meeting.taken_back


def _support(entry: Entry, ground: Ground, similarity: Similarity) -> float:
    """How well the clauses carry the meaning, 0..1: nearness of the whole, and the share of the words that are said."""
    (row,) = similarity([entry.text], _compared(ground))
    heard = (*_before(ground), *ground.cited)
    said = share(ground.matter, (each for clause in heard for each in clause.stems))
    return max(0.0, min(1.0, 0.6 * max(row) + 0.4 * said))


def _compared(ground: Ground) -> list[str]:
    """The texts that a line's meaning is compared with."""
    parts = (ground.core, ground.support, (*_before(ground), *ground.support), ground.cited)
    return [" ".join(clause.text for clause in part) for part in parts]


def _before(ground: Ground) -> tuple[Clause, ...]:
    """The clause before, for an answer means little without its question."""
    first = ground.support[0].id
    return ground.meeting.clauses[max(0, first - 1) : first]
