from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aiprov.state import Result, State, Written

ROW = Written("h1", "plain", "a" * 64, "b" * 64, 12, 1_700_000_000_123_456_789)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / "state.sqlite3") as state:
        yield state


def test_what_was_recorded_is_found_by_path_and_by_request(state: State) -> None:
    result = Result("local", "base", 61.5, "ok")
    state.record({"/out/a.json": ROW}, {"h1": result})
    assert state.written(["/out/a.json", "/out/b.json"]) == {"/out/a.json": ROW}
    assert state.results(["h1", "h2"]) == {"h1": result}


def test_the_last_writer_of_a_path_counts(state: State) -> None:
    state.record({"/out/a.json": ROW}, {})
    newer = ROW._replace(request_hash="h2", sha256="c" * 64)
    state.record({"/out/a.json": newer}, {})
    assert state.written(["/out/a.json"]) == {"/out/a.json": newer}


def test_bytes_are_known_wherever_they_lie_now(state: State) -> None:
    state.record({"/out/a.json": ROW}, {})
    assert state.wrote("h1", "b" * 64)
    assert not state.wrote("h1", "c" * 64)
    assert not state.wrote("h2", "b" * 64)


def test_any_file_name_can_be_recorded(state: State) -> None:
    paths = ["/o/\udcff.json", "/o/new\nline.json", "/o/ж'\".json"]
    state.record(dict.fromkeys(paths, ROW), {})
    assert set(state.written(paths)) == set(paths)


def test_ten_thousand_paths_take_a_few_queries(state: State) -> None:
    paths = [f"/out/{number}.json" for number in range(10_000)]
    state.record(dict.fromkeys(paths, ROW), {})
    queries: list[str] = []
    state._connection.set_trace_callback(queries.append)
    assert len(state.written(paths)) == 10_000
    assert len(queries) == 2
