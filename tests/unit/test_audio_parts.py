"""A recording in parts: nothing is lost between them, each is within its limits, and speech is never cut in two."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from aiprov.audio import decode, probe
from aiprov.audio.opus import Opus
from aiprov.audio.parts import Part, cut, fits, quietest
from aiprov.errors import InputError
from audio_factory import Samples, damaged, encode, offset_s, recording, speech

RATE = 16_000


def wav(path: Path, samples: Samples) -> Path:
    encode(path, samples[None, :], RATE, "pcm_s16le", "wav")
    return path


def heard(path: Path) -> Samples:
    with decode(path) as blocks:
        return np.concatenate(list(blocks))


def sound(part: Part, folder: Path) -> Samples:
    path = folder / f"part{part.index}{part.suffix}"
    path.write_bytes(part.data)
    return heard(path)


def talk(*lengths_s: float, pause_s: float = 0.7) -> Samples:
    """Speech without a breath for the given times, with pauses of room noise between."""
    rng = np.random.default_rng(5)
    pieces: list[Samples] = []
    for at, length_s in enumerate(lengths_s):
        tone = np.sin(2 * np.pi * (150 + 40 * at) * np.arange(int(length_s * RATE)) / RATE)
        pieces += [0.2 * tone, np.zeros(int(pause_s * RATE))]
    whole = np.concatenate(pieces[:-1])
    return np.asarray(whole + rng.normal(0, 0.002, len(whole)), np.float32)


def test_the_parts_together_are_the_whole_recording_to_the_sample(tmp_path: Path) -> None:
    path = recording(tmp_path, "m4a", 45.3, seed=3)
    whole = heard(path)
    parts = list(cut(path, max_bytes=None, max_s=12))
    assert len(parts) >= 4
    assert [part.index for part in parts] == list(range(len(parts)))
    assert parts[0].start_s == 0
    assert all(one.end_s == other.start_s for one, other in pairwise(parts))
    assert parts[-1].end_s == len(whole) / RATE
    sounds = [sound(part, tmp_path) for part in parts]
    assert [len(each) for each in sounds] == [round((part.end_s - part.start_s) * RATE) for part in parts]
    again = np.concatenate(sounds)
    for at_s in (1.0, 10.0, 20.0, 30.0, 43.0):
        assert abs(offset_s(again, whole, at_s)) < 0.002


def test_a_recording_within_the_limits_is_one_part(tmp_path: Path) -> None:
    path = recording(tmp_path, "mp3", 12.0)
    (part,) = cut(path, max_bytes=25_000_000, max_s=1400)
    assert (part.start_s, part.suffix, part.damage) == (0.0, ".ogg", ())
    assert part.end_s == len(heard(path)) / RATE


@pytest.mark.parametrize("max_s", [10, 17.5, 30])
def test_no_part_is_longer_than_the_limit_or_needlessly_short(tmp_path: Path, max_s: float) -> None:
    parts = list(cut(wav(tmp_path / "a.wav", speech(70)), max_bytes=None, max_s=max_s))
    assert all(len(sound(part, tmp_path)) <= max_s * RATE for part in parts)
    assert all(part.end_s - part.start_s >= 0.79 * max_s for part in parts[:-1])


@pytest.mark.parametrize("kind", ["speech", "noise", "silence"])
def test_no_part_has_more_bytes_than_the_limit_whatever_it_sounds_like(tmp_path: Path, kind: str) -> None:
    size = 120 * RATE
    loud = np.random.default_rng(1).uniform(-1, 1, size).astype(np.float32)
    samples = {"speech": speech(120), "noise": loud, "silence": np.zeros(size, np.float32)}[kind]
    limit = 150_000
    parts = list(cut(wav(tmp_path / "a.wav", samples), max_bytes=limit, max_s=None))
    assert len(parts) >= 4
    assert all(len(part.data) <= limit for part in parts)
    assert all(len(part.data) > 0.75 * limit for part in parts[:-1])


def test_the_stricter_of_two_limits_counts(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", speech(60))
    by_size = [part.end_s for part in cut(path, max_bytes=60_000, max_s=50)]
    by_length = [part.end_s for part in cut(path, max_bytes=10_000_000, max_s=25)]
    assert max(by_size[:1]) < 15
    assert 19 < by_length[0] <= 25


def test_a_cut_falls_into_the_pause_before_the_limit(tmp_path: Path) -> None:
    samples = talk(17, 9, 25, 20)
    pauses = [(17.0, 17.7), (26.7, 27.4), (52.4, 53.1)]
    parts = list(cut(wav(tmp_path / "a.wav", samples), max_bytes=None, max_s=30))
    assert len(parts) == 3
    for part in parts[:-1]:
        assert any(start < part.end_s < end for start, end in pauses), part.end_s


def test_the_longest_pause_wins_over_a_gap_between_words_and_over_quiet_words() -> None:
    loud, quiet = talk(1.0), 0.03 * talk(1.0)
    click = np.zeros(800, np.float32)  # a gap of the codec's making: quieter than any room
    hush = np.random.default_rng(2).normal(0, 0.002, 10 * RATE).astype(np.float32)
    samples = np.concatenate([loud, hush[:1600], loud, hush[: RATE // 2], loud, quiet, click, loud])
    assert 2.1 * RATE < quietest(samples) < 2.6 * RATE


def test_what_is_silent_all_the_way_is_cut_late() -> None:
    assert quietest(np.zeros(20 * RATE, np.float32)) > 19 * RATE
    assert quietest(np.full(20 * RATE, 0.1, np.float32)) > 19 * RATE


def test_the_last_part_is_never_a_mere_click(tmp_path: Path) -> None:
    for extra in (1, 160, 4000):
        size = int(19.9 * RATE) + extra
        *_, last = cut(wav(tmp_path / "a.wav", np.zeros(size, np.float32)), max_bytes=None, max_s=20)
        assert last.index == 1
        assert last.end_s == size / RATE
        assert last.end_s - last.start_s >= 1.0


def test_the_same_recording_gives_the_same_bytes(tmp_path: Path) -> None:
    path = recording(tmp_path, "ogg", 40.0)
    assert list(cut(path, max_bytes=None, max_s=15)) == list(cut(path, max_bytes=None, max_s=15))


def test_damage_keeps_its_length_and_is_told_with_its_part(tmp_path: Path) -> None:
    path = recording(tmp_path, "m4a, index first", 40.0)
    content = path.read_bytes()
    changed, _ = damaged(content[2 * len(content) // 5 :], 6000, seed=4)
    path.write_bytes(content[: 2 * len(content) // 5] + changed)
    with decode(path) as blocks:
        length = sum(map(len, blocks))
        damage, damaged_s = blocks.damage, blocks.damaged_s
    parts = list(cut(path, max_bytes=None, max_s=12))
    assert damage
    assert parts[-1].end_s == length / RATE
    assert sum(span.length for part in parts for span in part.damage) == pytest.approx(damaged_s, abs=0.01)
    assert all(part.start_s <= span.start < part.end_s for part in parts for span in part.damage)
    assert parts[0].damage == ()


def test_what_is_missing_at_the_end_is_told_with_the_last_part(tmp_path: Path) -> None:
    path = recording(tmp_path, "m4a, index first", 30.0)
    path.write_bytes(path.read_bytes()[: -path.stat().st_size // 3])
    parts = list(cut(path, max_bytes=None, max_s=12))
    assert [part.damage for part in parts[:-1]] == [()] * (len(parts) - 1)
    assert parts[-1].damage[-1].end == pytest.approx(30.0, abs=0.1)


def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    def peak(seconds: int) -> int:
        path = wav(tmp_path / "long.wav", np.zeros(seconds * RATE, np.float32))
        tracemalloc.start()
        for _ in cut(path, max_bytes=None, max_s=60):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(480) < peak(120) + 8_000_000  # the samples themselves would be 23 MB more


def test_a_reader_that_stops_early_leaves_no_open_file(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", speech(60))
    parts = cut(path, max_bytes=None, max_s=20)
    next(parts)
    parts.close()  # type: ignore[attr-defined]
    open_files = [link.resolve() for link in Path("/proc/self/fd").iterdir()] if Path("/proc/self/fd").exists() else []
    assert path not in open_files


@pytest.mark.parametrize(("max_bytes", "max_s"), [(None, 5), (20_000, None), (0, 60), (None, -1)])
def test_limits_that_leave_next_to_nothing_are_refused(
    tmp_path: Path, max_bytes: int | None, max_s: float | None
) -> None:
    with pytest.raises(ValueError, match="too short"):
        next(cut(tmp_path / "a.wav", max_bytes=max_bytes, max_s=max_s))


def test_what_is_no_recording_is_refused_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(bytes(5000))
    with pytest.raises(InputError) as caught:
        next(cut(path, max_bytes=None, max_s=30))
    assert caught.value.code == "unreadable_audio"
    with pytest.raises(InputError):
        fits(path, None, None)


def test_a_recording_fits_by_its_size_and_its_length(tmp_path: Path) -> None:
    path = recording(tmp_path, "m4a", 20.0)
    size = path.stat().st_size
    assert fits(path, None, None)
    assert fits(path, size, 20.1)
    assert not fits(path, size - 1, 20.1)
    assert not fits(path, size, 19.0)


def test_a_recording_without_a_length_fits_no_limit_of_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = recording(tmp_path, "mp3", 5.0)
    headers = replace(probe(path), duration_s=None)
    monkeypatch.setattr("aiprov.audio.parts.probe", lambda _path: headers)
    assert fits(path, 10_000_000, None)
    assert not fits(path, 10_000_000, 3600)


@pytest.mark.parametrize(
    ("kind", "taken"),
    [("mp3", True), ("wav", True), ("flac", True), ("webm", True), ("ogg", True), ("m4a in fragments", True),
     ("wma", False), ("aiff", False), ("aac", False), ("mkv", False)],
)  # fmt: skip
def test_only_files_that_services_read_are_sent_as_they_are(tmp_path: Path, kind: str, taken: bool) -> None:
    assert fits(recording(tmp_path, kind, 2.0), None, None) is taken


def test_a_name_that_does_not_fit_the_content_or_that_services_refuse_is_not_sent(tmp_path: Path) -> None:
    ogg = recording(tmp_path, "ogg", 2.0)
    for name in ("a.opus", "a.mp3", "a"):
        assert not fits(ogg.rename(tmp_path / name), None, None)
        ogg = (tmp_path / name).rename(tmp_path / "b.ogg")
    assert fits(ogg.rename(tmp_path / "A.OGG"), None, None)


def test_an_opus_file_has_the_same_bytes_however_the_samples_come() -> None:
    samples = speech(3.0)

    def written(size: int) -> bytes:
        opus = Opus()
        for start in range(0, len(samples), size):
            opus.write(samples[start : start + size])
        opus.write(samples[:0])
        return opus.finish()

    assert written(len(samples)) == written(RATE) == written(777)
