"""Which models fit a machine: memory first, then speed, one best of each kind."""

from __future__ import annotations

from aiprov.models import machine, recommend
from aiprov.models.lock import shipped_entries

GB = 10**9
ENTRIES = shipped_entries()


def best(memory_bytes: int, cores: int) -> dict[str, str]:
    """The best of each kind."""
    return {str(row.kind): row.name for row in recommend(ENTRIES, memory_bytes, cores) if row.best}


def test_every_model_is_judged_once_by_kind_and_size() -> None:
    rows = recommend(ENTRIES, 16 * GB, 8)
    assert sorted(row.name for row in rows) == sorted(entry.name for entry in ENTRIES)
    assert list(dict.fromkeys(str(row.kind) for row in rows)) == ["transcription", "chat", "embedding", "voice"]
    whisper = [row for row in rows if row.kind == "transcription"]
    assert [row.bytes for row in whisper] == sorted(row.bytes for row in whisper)


def test_estimates_meet_what_was_measured_on_two_cores() -> None:
    rates = {row.name: row.rate for row in recommend(ENTRIES, 16 * GB, 2)}
    assert 4.5 < rates["base"] < 6.5
    assert 9 < rates["tiny.en"] < 13
    assert 70 < rates["smollm2-135m"] < 110
    assert 180 < rates["all-minilm-l6-v2"] < 240


def test_more_machine_allows_larger_models() -> None:
    assert best(4 * GB, 2) == {
        "transcription": "small",
        "chat": "qwen2.5-1.5b",
        "embedding": "bge-small-en-v1.5",
        "voice": "cam++",
    }
    assert best(64 * GB, 32)["transcription"] == "large-v3"
    assert best(64 * GB, 32)["chat"] == "gemma-2-9b"
    assert best(int(1.3 * GB), 32)["transcription"] in ("tiny", "tiny.en", "base", "base.en")


def test_nothing_is_called_best_that_does_not_fit() -> None:
    rows = recommend(ENTRIES, GB // 4, 64)
    assert not any(row.fits or row.best for row in rows)
    assert all(row.memory_bytes > row.bytes for row in rows)
    assert recommend([], GB, 1) == []


def test_this_machine_has_memory_and_cores() -> None:
    assert machine.memory_bytes() > 100_000_000
    assert machine.cores() >= 1
