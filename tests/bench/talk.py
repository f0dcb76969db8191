"""Minutes and their evidence on meetings as people talk: on some the rules were mended, on others not by results.

    python tests/bench/talk.py

Each meeting comes with its facts, and with lines that are right and lines with one planted fault. Figures of the
meetings in `minutes_talk_unseen.yaml` say how the rules do elsewhere, at best: who wrote the cues knew their wording.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from embedder import embedder
from planted import Tally, rows, score

sys.path.append(str(Path(__file__).parents[1]))
from aiprov.core.evidence import checked_all
from aiprov.core.meeting import understood
from aiprov.core.minutes import Entry
from aiprov.minutes.extractive import extract
from aiprov.minutes.vectors import Vectors
from minutes_world import claims, told

FILES = ("minutes_talk.yaml", "minutes_talk_unseen.yaml")
Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]


def marked(meetings: dict[str, dict[str, Any]], embed: Embed) -> dict[str, str]:
    """Of the right and of the wrong lines, how many are marked as not supported."""
    found, given = Counter[str](), Counter[str]()
    for meeting in meetings.values():
        vectors = Vectors(embed)
        for side in ("right", "wrong"):
            lines = [
                Entry(
                    each["text"], tuple(each["turns"]), kind=each["kind"], owner=each.get("owner"), due=each.get("due")
                )
                for each in meeting[side]
            ]
            judged = checked_all(lines, understood(told(meeting)), vectors.similarity)
            given[side] += len(lines)
            found[side] += sum(not each.supported for each in judged)
    return {f"{side} lines marked": f"{found[side]}/{given[side]}" for side in ("wrong", "right")}


def main() -> None:
    embed = embedder()
    for file in FILES:
        print(file)
        meetings, tally = claims(file), Tally()
        print(json.dumps(marked(meetings, embed)))
        for meeting in meetings.values():
            day = meeting["date"]
            facts = {kind: meeting.get(kind, ()) for kind in ("decisions", "action_items", "open_questions")}
            facts["action_items"] = [{"owner": None, "due": None, **each} for each in facts["action_items"]]
            score(facts, extract(told(meeting), embed, today=(day.year, day.month, day.day)), tally)
        for row in rows(tally):
            print(json.dumps({name: value for name, value in row.items() if name != "by fifth"}))


if __name__ == "__main__":
    main()
