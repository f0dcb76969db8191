"""Kill the embedding of three meetings at file events and SQL statements, run again, and compare."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from embed_kills import EmbedHarness
from kill_harness import KILLED

from aiprov.archive import Archive
from archive_world import Library, talk, transcript

TOPICS = ("budget", "dog", "rain")


@pytest.fixture(scope="module")
def harness() -> Iterator[EmbedHarness]:
    with EmbedHarness() as harness:
        yield harness


def fresh(folder: Path) -> Library:
    """The same three meetings under the same paths as before, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    library = Library(folder / "in", folder / "home")
    for topic in TOPICS:
        transcript(library.folder / f"{topic}.json", *talk(topic, 30))
    return library


def held(library: Library) -> dict[str, list[object]]:
    """Every meeting's excerpts with their vectors, and that each is found by a word of it."""
    meetings: dict[str, list[object]] = {}
    if not library.archive.exists():
        return meetings
    with closing(Archive(library.archive)) as archive:
        for row in archive.rows():
            meetings.setdefault(row.meeting, []).append((row.lines, row.vector))
        connection = archive._connection
        indexed = connection.execute("SELECT count(*) FROM words").fetchone()[0]
        assert indexed == connection.execute("SELECT count(*) FROM excerpts").fetchone()[0]
        assert indexed == sum(map(len, meetings.values()))
    return meetings


@pytest.mark.parametrize(("free", "step"), [(False, 3), (True, 11)], ids=["a paid provider", "a local engine"])
def test_embedding_killed_at_some_event_leaves_whole_meetings_and_pays_nothing_twice(
    harness: EmbedHarness, tmp_path: Path, free: bool, step: int
) -> None:
    library = fresh(tmp_path / "w")
    spec = {"root": library.folder, "home": library.home, "free": free}
    assert harness.run(**spec) == 0
    expected = held(library)
    assert set(expected) == set(TOPICS)
    paid = sum(row.cost for row in library.charges())
    at = killed = 0
    while True:
        at += step
        library = fresh(tmp_path / "w")
        if harness.run(**spec, kill_at=at) != KILLED:
            break
        killed += 1
        partly = held(library)
        assert all(partly[name] == expected[name] for name in partly), at
        assert harness.run(**spec) == 0
        assert held(library) == expected, at
        rows = library.charges()
        assert sum(row.cost for row in rows) == paid, at
    assert killed > 20 / step


def test_a_rebuild_killed_at_some_event_ends_like_one_that_was_not(harness: EmbedHarness, tmp_path: Path) -> None:
    library = fresh(tmp_path / "w")
    spec = {"root": library.folder, "home": library.home, "free": True}
    assert harness.run(**spec) == 0
    expected = held(library)
    for at in range(1, 400, 29):
        killed = harness.run(**spec, rebuild=True, kill_at=at) == KILLED
        partly = held(library)
        assert all(partly[name] == expected[name] for name in partly), at
        assert harness.run(**spec) == 0
        assert held(library) == expected, at
        if not killed:
            break
