"""How well and how fast `aiprov search` finds.

    python tests/bench/search.py --meetings DIR --out search.json

DIR holds meetings of QMSum: for each of their specific questions, is an excerpt of the right meeting that shares a turn
with the marked span among the first 1, 5, 10? By words alone (FTS5), by meaning alone, by both, and by search, which
leaves out neighbours. Then searches of 100 000 made-up excerpts are timed, in this process and warm.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import measure
from embed import meetings
from transcribe import default_home

from aiprov.archive import Archive, Filters, Meeting, Space, packed
from aiprov.core.excerpts import Content, Line
from aiprov.core.search import apart, blended
from aiprov.pipelines.embed import EmbedOptions, run
from aiprov.pipelines.embedding import embedder
from aiprov.pipelines.search import SearchOptions, _hits
from aiprov.providers.local.provider import Wishes
from aiprov.settings import Settings
from aiprov.wiring import Kit

DEPTHS = (1, 5, 10)
_ALL = Filters()
_DEEP = 200


class Silent:
    """A watcher that says nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


def built(folder: Path, work: Path, home: Path) -> tuple[Archive, Kit, list[dict[str, Any]]]:
    """An archive of the meetings, and their questions with the turns that answer."""
    questions = []
    for name, document, asked in meetings(folder):
        path = work / "in" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**document, "language": "en"}))
        for each in asked:
            spans = [(int(first), int(last)) for first, last in each["relevant_text_span"]]
            questions.append({"meeting": name, "query": each["query"], "spans": spans})
    kit = Kit(Settings(home=measure.fresh_home(home, work / "home")), Wishes(), trust_cache=True)
    options = EmbedOptions(work / "archive.sqlite3")
    report = asyncio.run(run([work / "in"], options, kit, Silent()))  # type: ignore[arg-type]
    assert report.exit_code == 0
    return Archive(options.archive), Kit(kit.settings, Wishes(), trust_cache=True), questions


async def vectors_of(questions: Sequence[Mapping[str, Any]], archive: Archive, kit: Kit) -> list[tuple[float, ...]]:
    chosen = embedder(kit.manager, kit.state, archive.space, None, None, free=True)
    return [await chosen.query(each["query"]) for each in questions]


def rate(questions: Sequence[dict[str, Any]], rankings: Sequence[Sequence[int]], archive: Archive) -> list[float]:
    """The share of questions that are answered within each depth."""
    firsts = [
        next((place for place, each in enumerate(ranking[: DEPTHS[-1]]) if _answers(question, each, archive)), 99)
        for question, ranking in zip(questions, rankings, strict=True)
    ]
    return [round(sum(place < depth for place in firsts) / len(firsts), 3) for depth in DEPTHS]


def _answers(question: Mapping[str, Any], number: int, archive: Archive) -> bool:
    name, start, end = archive.spans([number])[number]
    return name == question["meeting"] and any(
        start <= last + 0.9 and end >= first for first, last in question["spans"]
    )


def table(questions: Sequence[dict[str, Any]], vectors: Sequence[Any], archive: Archive) -> dict[str, list[float]]:
    said = [archive.by_words(each["query"], _ALL, _DEEP) for each in questions]
    near = [archive.by_meaning(vector, _ALL, _DEEP, also) for vector, also in zip(vectors, said, strict=True)]
    both = [[each for each, _ in blended(*pair)] for pair in zip(said, near, strict=True)]
    return {
        "words (FTS5)": rate(questions, [list(each) for each in said], archive),
        "meaning": rate(questions, [sorted(each, key=lambda n: -each[n]) for each in near], archive),
        "both": rate(questions, both, archive),
        "search": rate(questions, [_apart(each, archive) for each in both], archive),
    }


def _apart(ranking: Sequence[int], archive: Archive) -> list[int]:
    """What people see: of neighbours the better one."""
    spans = archive.spans(ranking)
    return list(apart((each, spans[each]) for each in ranking))


def large(path: Path, source: Archive, excerpts: int) -> Archive:
    """An archive of many excerpts: words drawn as often as the meetings have them, vectors drawn at random."""
    import numpy as np

    chance = np.random.default_rng(5)
    words = np.array([word for row in source.rows() for line in row.lines for word in line.text.split()])
    archive = Archive(path, create=True)
    archive.begin(Space("local", "all-minilm-l6-v2", "", 384))
    for number in range(excerpts // 60):
        lines = tuple(
            Line(20.0 * at, 20.0 * at + 19, f"Speaker {at % 5}", " ".join(chance.choice(words, 20)))
            for at in range(480)
        )
        content = Content(lines, tuple((8 * at, 8 * at + 8) for at in range(60)))
        rows = packed(chance.standard_normal((len(content.texts), 384)))
        vectors = {text: rows[384 * at : 384 * at + 384] for at, text in enumerate(content.texts)}
        archive.put(Meeting(Path(f"/{number}.json"), f"meeting {number}", "2026-01-01", str(number), content), vectors)
    return archive


def times(archive: Archive, questions: Sequence[Mapping[str, Any]], vectors: Sequence[Any]) -> dict[str, float]:
    """Milliseconds of searches, the first (nothing is in memory) and the others."""
    wall, cpu = [], []
    for question, vector in zip(questions, vectors, strict=True):
        began, busy = time.perf_counter(), time.process_time()
        _hits(question["query"], vector, SearchOptions(archive.path), archive)
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - busy))
    return {
        "first_wall_ms": wall[0],
        "first_cpu_ms": cpu[0],
        "median_wall_ms": statistics.median(wall[1:]),
        "median_cpu_ms": statistics.median(cpu[1:]),
        "worst_cpu_ms": max(cpu[1:]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="How well and how fast search finds.")
    parser.add_argument("--meetings", type=Path, required=True)
    parser.add_argument("--excerpts", type=int, default=100_000)
    parser.add_argument("--home", type=Path, default=default_home(), help="the AIPROV_HOME that holds the models")
    parser.add_argument("--out", type=Path, default=Path("search.json"), help="relative to tests/bench/results")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aiprov-bench-") as folder:
        archive, kit, questions = built(chosen.meetings, Path(folder), chosen.home)
        vectors = asyncio.run(vectors_of(questions, archive, kit))
        found = table(questions, vectors, archive)
        for name, figures in found.items():
            print(f"{name:14} hit@1 {figures[0]:.3f}  hit@5 {figures[1]:.3f}  hit@10 {figures[2]:.3f}", flush=True)
        many = large(Path(folder) / "large.sqlite3", archive, chosen.excerpts)
        fast = times(many, questions, vectors)
        fast["megabytes"] = many.path.stat().st_size / 1e6
        print({name: round(value, 1) for name, value in fast.items()})
    result = {
        "machine": measure.machine(("numpy", "torch", "sentence-transformers")),
        "questions": len(questions),
        "depths": DEPTHS,
        "hits": found,
        "times": fast,
    }
    measure.save(result, chosen.out)


if __name__ == "__main__":
    main()
