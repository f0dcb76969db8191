"""Meetings made by code with known facts in them: who takes on what until when, what is decided, taken back, left open.

Every phrase stands in two halves. The rules for minutes were written with the first half in sight; the second was held
out. Names are near misses of each other, traps look like facts, and the facts stand in known fifths of the meeting.
Run by hand: python tests/bench/planted.py --seeds 20
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

NAMES = ("Martin", "Martina", "Anna", "Hanna", "Chris", "Christa", "Joan", "John", "Erik", "Erika", "Leon", "Lena")
# Base form, and the same as a noun phrase of what it is about.
TASKS = (
    ("update the price list", "price list"), ("call the landlord about the heating", "heating"),
    ("send the survey results to the board", "survey results"),
    ("book a room for the workshop", "workshop room"), ("translate the safety manual", "safety manual"),
    ("order new badges for the visitors", "visitor badges"),
    ("write the job advert for the driver", "job advert"), ("repair the projector in the small hall", "projector"),
    ("collect three offers for the catering", "catering"),
    ("test the backup of the mail server", "mail server backup"), ("draft the letter to the neighbours",
    "letter to the neighbours"), ("review the insurance policy", "insurance policy"),
    ("count the stock in the cellar", "cellar stock"), ("design the flyer for the open day", "open day flyer"),
    ("clean up the customer list", "customer list"),
    ("compare the two delivery services", "delivery services"),
)  # fmt: skip
# What is decided, as "we ..." and as "to ...".
PLANS = (
    "move the stand to the main entrance", "drop the printed catalogue", "raise the membership fee to forty euros",
    "open the shop on Sundays",
    "use the blue logo for the brochure", "hire two students for the summer",
    "switch to the cheaper electricity plan", "close the old warehouse in June",
    "hold the annual party on the roof", "pay the drivers weekly", "keep the paper forms until autumn",
    "cancel the Leipzig fair",
    "replace the coffee machines", "publish the report without photos", "start the deliveries at seven",
    "limit the meetings to thirty minutes",
)  # fmt: skip
IDEAS = (
    "sell the van", "rent out the garden", "stop the newsletter", "paint the facade orange", "fire the agency",
    "charge for parking",
    "buy a second boat", "skip the inventory this year", "merge both departments", "give everybody a dog",
    "outsource the reception", "double the ticket price",
)  # fmt: skip
QUESTIONS = (
    ("Does the new scanner read the old labels?", "scanner"), ("Will the city pay for the fence?", "fence"),
    ("Who owns the rights to the photos?", "rights"),
    ("Can the lift carry the new oven?", "lift"), ("How much does the second licence cost?", "licence"),
    ("Is the roof strong enough for the solar panels?", "roof"),
    ("When does the contract with the cleaners end?", "cleaners"), ("Do we need a permit for the tent?", "permit"),
)  # fmt: skip
# As it is said, and what should be written down.
DUES = (
    ("by Friday", "Friday"), ("by next Wednesday", "next Wednesday"), ("before the end of April",
    "before the end of April"), ("by Monday, the twentieth of April", "Monday, the twentieth of April"),
    ("tomorrow", "tomorrow"), ("by the end of next week", "the end of next week"), ("on Thursday", "Thursday"),
    ("within two weeks", "within two weeks"),
    ("before the board meets", "before the board meets"), ("", None), ("", None), ("by May 4th", "May 4th"),
)  # fmt: skip

# Each phrase is a list of turns; A leads, B is meant, C is somebody else. Even places were in sight, odd ones held out.
COMMITS = (
    [("B", "I'll {task} {due}.")], [("B", "Okay, you can put me down for that one: I {task} {due}.")],
    [("B", "I will {task} {due}.")], [("B", "Leave that with me, I'm going to {task} {due}.")],
    [("B", "I can {task} {due}.")], [("B", "Right, I'd be glad to {task} {due}.")],
    [("B", "Let me {task} {due}.")], [("B", "Then I'd better {task} {due}.")],
    [("A", "Somebody has to {task}."), ("B", "I'll do that {due}.")], [("A", "There's still nobody to {task}."),
    ("B", "That's mine. You'll get it {due}.")],
    [("A", "What about the {about}?"), ("B", "I'm on it. I'll {task} {due}.")], [("A", "And the {about}?"), ("B",
    "Already on my list, I will {task} {due}.")],
)  # fmt: skip
REQUESTS = (
    [("A", "{B}, can you {task} {due}?"), ("B", "Yes, no problem.")], [("A",
    "{B}, I'd be grateful if you could {task} {due}."), ("B", "Sure thing.")],
    [("A", "{B}, please {task} {due}."), ("B", "Okay.")], [("A",
    "Would it be possible for you to {task} {due}, {B}?"), ("B", "Yes, I think so.")],
    [("A", "Could you {task}, {B}?"), ("B", "Of course. You'll have it {due}.")], [("A",
    "{B}, how about you {task}?"), ("B", "Fine, I'll get that done {due}.")],
    [("A", "{B} will {task} {due}."), ("B", "Yes.")], [("A", "So {B} is going to {task} {due}, right?"), ("B",
    "Right.")],
    [("A", "Who can {task}?"), ("B", "I can do it {due}.")], [("A", "Any volunteer to {task}?"), ("B",
    "Me. I'll have it ready {due}.")],
    [("A", "I'd like {B} to {task} {due}."), ("B", "All right.")], [("A",
    "{B}, would you take care of it and {task} {due}?"), ("B", "Will do.")],
)  # fmt: skip
DECISIONS = (
    [("A", "Then it's decided. We {plan}.")], [("A", "Good, that settles it. We are going to {plan}.")],
    [("A", "We have decided to {plan}.")], [("A", "The conclusion is that we {plan}.")],
    [("A", "Let's {plan}."), ("C", "Agreed."), ("B", "Fine with me.")], [("A", "My vote is to {plan}."), ("C",
    "Same here."), ("B", "Then we do it.")],
    [("A", "Should we {plan}?"), ("C", "Yes, let's do that."), ("B", "I agree.")], [("A",
    "Are we all okay if we {plan}?"), ("C", "Absolutely."), ("B", "No objections.")],
    [("C", "I suggest that we {plan}."), ("B", "Good idea."), ("A", "Okay, then we do it that way.")], [("C",
    "The best thing would be to {plan}."), ("B", "I'm all for it."), ("A", "Good, so that's what we'll do.")],
    [("A", "Does anyone object if we {plan}?"), ("B", "No."), ("C", "No, that's fine.")], [("A",
    "From next month on, we {plan}. Everybody happy?"), ("B", "Yep."), ("C", "Yes.")],
)  # fmt: skip
RETRACTED = (
    [("C", "Maybe we should {idea}."), ("A", "That would be very expensive."), ("C", "True. Forget it.")], [("C",
    "What would you say if we {idea}?"), ("A", "Seriously?"), ("C", "No, I'm only joking.")],
    [("C", "We could {idea}."), ("B", "We tried that in the spring."), ("C", "Okay, I take that back.")], [("C",
    "One option would be to {idea}."), ("B", "Nobody would like that."), ("C", "Fair enough, let's leave that out.")],
    [("B", "I suggest that we {idea}."), ("A", "Hmm, why?"), ("B", "No, wait, that's wrong. Scrap that.")], [("B",
    "Let's {idea}. Hmm, actually no, that was silly of me.")],
)  # fmt: skip
OPENS = (
    [("C", "{question}"), ("A", "We don't know that yet.")], [("C", "{question}"), ("A",
    "That I'd have to look up.")],
    [("C", "{question}"), ("A", "I'm not sure."), ("B", "Then it stays an open question.")], [("C", "{question}"),
    ("A", "Nobody could tell me so far.")],
    [("C", "One question is still open. {question}"), ("A", "Let's leave that for next time.")], [("C",
    "{question}"), ("A", "Too early to say, I'm afraid.")],
)  # fmt: skip
# Nothing in these is a fact for the minutes.
TRAPS = (
    [("A", "I'll be brief today.")], [("B", "I'll come to that in a minute.")], [("C",
    "I will never understand that form.")], [("A", "Can you see my screen?"), ("B", "Yes.")],
    [("B", "Last year we decided to wait, and that was a mistake.")], [("C",
    "They agreed on a price, but that was in another company.")], [("A", "{B}, please go on.")], [("B",
    "As I said, we should be proud of that.")],
    [("C", "If I had more time, I would learn Spanish.")], [("A", "{C}, can you hear us?"), ("C",
    "Loud and clear.")], [("B", "So we use about forty litres a day.")], [("C",
    "We could see the sea from there, it was lovely.")],
    [("A", "Let me just say thank you to the kitchen.")], [("B", "How was your holiday, {C}?"), ("C",
    "Great, thanks.")], [("C", "He said he would call by Friday, and of course he didn't.")], [("A",
    "I think we are doing well.")],
)  # fmt: skip
FILLER = (
    "Sales went up by {n} percent in the north.", "The visitors liked the new entrance, at least most of them.",
    "There were {n} complaints last month, fewer than before.",
    "The old system still runs, but it is slow in the morning.", "The weather was bad, so only {n} people came.",
    "We received the second invoice on Tuesday.",
    "The team in the south is a bit behind.", "The numbers are in the folder that I sent around.",
    "It took {n} minutes to load the page.", "Our partners were happy with the talk.",
    "The door in the back is stuck again.", "The supplier has changed the packaging.",
    "Most of the feedback was about parking.", "The training went better than the last one.",
)  # fmt: skip
GREETINGS = (
    "Good morning, everyone. Today is Tuesday, the fourteenth of April.",
    "Hello all. It's Tuesday, the fourteenth of April.",
)


@dataclass
class Planted:
    """A made meeting: its transcript document, and the facts in it with their turns and fifths."""

    document: dict[str, Any]
    facts: dict[str, list[dict[str, Any]]]
    turns: list[tuple[str, str]] = field(default_factory=list)


def planted(seed: int, half: int, *, turns: int = 60, names: bool = True) -> Planted:
    """Make one meeting.

    Args:
        seed: The same seed makes the same meeting.
        half: 0 takes the phrases that were in sight, 1 those that were held out.
        turns: About how many.
        names: Whether speakers are named; else they have labels.
    """
    rng = random.Random(f"{seed}-{half}")
    people = rng.sample(NAMES, 4)
    facts = _facts(rng, half)
    filler = max(0, turns - sum(len(fact["turns"]) for fact in facts)) // (len(facts) + 1)
    said: list[tuple[str, str]] = [(people[0], rng.choice(GREETINGS))]
    found: dict[str, list[dict[str, Any]]] = {
        "decisions": [],
        "action_items": [],
        "open_questions": [],
        "retracted": [],
    }
    for at, fact in enumerate(facts):
        said += [(rng.choice(people), _filled(rng)) for _ in range(filler)]
        roles = dict(zip("ABC", rng.sample(people, 3), strict=True))
        first = len(said)
        said += [(roles[role], _spoken(text, fact, roles)) for role, text in fact["turns"]]
        if fact["kind"] in found:
            place = {"turns": list(range(first, len(said))), "fifth": at * 5 // len(facts)}
            owner = {"owner": roles["B"], "due": fact["due"]} if fact["kind"] == "action_items" else {}
            found[fact["kind"]].append({"text": fact["text"], **place, **owner})
    return Planted(_document(said, people, names), found, said)


def _facts(rng: random.Random, half: int) -> list[dict[str, Any]]:
    tasks, plans = rng.sample(TASKS, 6), rng.sample(PLANS, 4)
    facts = [_task(rng, task, bank[half::2]) for task, bank in zip(tasks, (COMMITS, REQUESTS) * 3, strict=True)]
    facts += [_fact("decisions", rng.choice(DECISIONS[half::2]), text=plan, plan=plan) for plan in plans]
    facts += [_fact("retracted", rng.choice(RETRACTED[half::2]), text=idea, idea=idea) for idea in rng.sample(IDEAS, 2)]
    facts += [
        _fact("open_questions", rng.choice(OPENS[half::2]), text=text, question=text)
        for text, _ in rng.sample(QUESTIONS, 2)
    ]
    facts += [_fact("trap", trap, text="") for trap in rng.sample(TRAPS, 5)]
    rng.shuffle(facts)
    return facts


def _task(rng: random.Random, task: tuple[str, str], bank: Sequence[Any]) -> dict[str, Any]:
    said, due = rng.choice(DUES)
    return _fact("action_items", rng.choice(bank), text=task[0], task=task[0], about=task[1], said=said, due=due)


def _fact(kind: str, turns: Sequence[Any], **more: Any) -> dict[str, Any]:
    return {"kind": kind, "turns": turns, "due": None, **more}


def _spoken(text: str, fact: dict[str, Any], roles: dict[str, str]) -> str:
    words = {
        "due": fact.get("said", ""),
        **{key: fact.get(key, "") for key in ("task", "about", "plan", "idea", "question")},
    }
    filled = text.format(**words, **roles)
    return filled.replace(" .", ".").replace(" ?", "?").replace(" ,", ",").replace("  ", " ")


def _filled(rng: random.Random) -> str:
    return rng.choice(FILLER).format(n=rng.randint(2, 60))


def _document(said: Sequence[tuple[str, str]], people: Sequence[str], names: bool) -> dict[str, Any]:
    segments, at = [], 0.5
    for number, (who, text) in enumerate(said):
        length = len(text) / 14
        speaker = who if names else f"SPEAKER_{people.index(who):02}"
        segments.append(
            {"id": number, "start": round(at, 2), "end": round(at + length, 2), "text": text, "speaker": speaker}
        )
        at += length + 0.4
    return {"language": "en", "segments": segments}


# --- scoring ------------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """Counts over meetings."""

    wanted: Counter[str] = field(default_factory=Counter)
    hit: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)


def score(
    truth: dict[str, list[dict[str, Any]]], minutes: Any, tally: Tally, turns: Sequence[tuple[str, str]] = ()
) -> None:
    """Count which facts were found, and which findings are facts: those that cite one of its turns and share words."""
    for kind in ("decisions", "action_items", "open_questions"):
        entries = list(getattr(minutes, kind))
        tally.found[kind] += len(entries)
        taken: set[int] = set()
        for fact in truth[kind]:
            tally.wanted[kind] += 1
            match = next((at for at, entry in enumerate(entries) if at not in taken and _matches(entry, fact)), None)
            if match is None:
                tally.misses.append(f"- {kind}: {fact['text']} {[turns[t][1] for t in fact['turns']] if turns else ''}")
                continue
            taken.add(match)
            tally.hit[kind] += 1
            if "fifth" in fact:
                tally.hit[f"{kind} fifth {fact['fifth']}"] += 1
            if kind == "action_items":
                _owned(entries[match], fact, tally)
        tally.right[kind] += len(taken)
        for fact in truth[kind]:
            if "fifth" in fact:
                tally.wanted[f"{kind} fifth {fact['fifth']}"] += 1
        tally.misses += [f"+ {kind}: {entry.text}" for at, entry in enumerate(entries) if at not in taken]
    back = {turn for fact in truth.get("retracted", ()) for turn in fact["turns"]}
    bad = [each for each in (*minutes.decisions, *minutes.action_items) if back & set(each.segments)]
    tally.found["retracted as valid"] += len(bad)


def _owned(entry: Any, fact: dict[str, Any], tally: Tally) -> None:
    tally.wanted["owner"] += 1
    tally.hit["owner"] += entry.owner == fact["owner"]
    tally.wanted["due"] += 1
    right = _same_due(entry.due, fact["due"])
    tally.hit["due"] += right
    if entry.owner != fact["owner"] or not right:
        tally.misses.append(f"! {entry.text} | {entry.owner} {entry.due} | wanted {fact['owner']} {fact['due']}")


def _same_due(one: str | None, other: str | None) -> bool:
    """Whether both name the same day, in digits or in words; where they name none, the same words."""
    if one is None or other is None:
        return one is other
    from aiprov.core.dates import dates, resolved

    days = [[resolved(when, (2026, 3, 10)) for when in dates(text)] for text in (one, other)]
    if days[0] and any(days[0]):
        return days[0] == days[1]
    short = [text.casefold().removeprefix("the ").removeprefix("before ") for text in (one, other)]
    return short[0] in short[1] or short[1] in short[0]


def _matches(entry: Any, fact: dict[str, Any]) -> bool:
    from aiprov.core.cues.table import cues_of
    from aiprov.core.words import stems

    cited = fact.get("segments", fact["turns"])
    if not set(entry.segments) & set(cited):
        return False
    return bool(stems(entry.text, cues_of("en")) & stems(fact["text"], cues_of("en")))


def rows(tally: Tally) -> Iterator[dict[str, Any]]:
    """Yield one row for each kind: how many, recall and precision."""
    for kind in ("decisions", "action_items", "open_questions"):
        wanted, found = tally.wanted[kind], tally.found[kind]
        yield {
            "kind": kind,
            "wanted": wanted,
            "recall": round(tally.hit[kind] / max(wanted, 1), 3),
            "precision": round(tally.right[kind] / max(found, 1), 3),
            "by fifth": [
                round(tally.hit[f"{kind} fifth {n}"] / max(tally.wanted[f"{kind} fifth {n}"], 1), 2) for n in range(5)
            ],
        }
    for name in ("owner", "due"):
        yield {
            "kind": name,
            "wanted": tally.wanted[name],
            "right": round(tally.hit[name] / max(tally.wanted[name], 1), 3),
        }
    yield {"kind": "retracted as valid", "found": tally.found["retracted as valid"]}


def main() -> None:
    """Print the tables."""
    from embedder import embedder

    from aiprov.minutes.extractive import extract

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--half", type=int, choices=(0, 1))
    parser.add_argument("--labels", action="store_true")
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    embed = embedder()
    for half in (0, 1) if options.half is None else (options.half,):
        tally = Tally()
        for seed in range(options.first, options.first + options.seeds):
            made = planted(seed, half, names=not options.labels)
            score(made.facts, extract(made.document, embed, today=(2026, 4, 14)), tally, made.turns)
        print("phrases in sight" if half == 0 else "phrases held out")
        for row in rows(tally):
            print(json.dumps(row))
        if options.misses:
            print("\n".join(tally.misses))


if __name__ == "__main__":
    main()
