"""Damaged recordings: each is decoded to its end with the damage counted, or fails by name. None is cut in silence."""

import errno
import functools
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

import audio_factory as make
from aiprov.audio import SAMPLE_RATE, Recording, decode
from aiprov.audio.source import open_source
from aiprov.errors import InputError

SECONDS = 12.0
# How far later sound may be displaced: where packets carry times, hardly at all.
_SHIFT_S = {"mp3": 0.06, "m4a": 0.01, "flac": 0.01}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Callable[[str], bytes]:
    """One undamaged recording of each kind that is asked for."""
    folder = tmp_path_factory.mktemp("whole")
    return functools.cache(lambda kind: make.recording(folder, kind, SECONDS).read_bytes())


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    return make.speech(SECONDS)


def decoded(path: Path) -> tuple[Recording, np.ndarray]:
    with decode(path) as recording:
        sound = np.concatenate(list(recording))
    return recording, sound


def failure(path: Path) -> str | None:
    """The code of the error with which a recording fails, None when it is decoded."""
    try:
        decoded(path)
    except InputError as error:
        return error.code
    return None


def accounted_s(recording: Recording) -> float:
    """Seconds given, and seconds reported as missing at the end."""
    return max([recording.duration_s, *(end for _, end in recording.damage)])


@pytest.mark.parametrize("seed", range(14))
@pytest.mark.parametrize("count", [1, 64, 2000])
@pytest.mark.parametrize("kind", ["mp3", "m4a", "flac"])
def test_damaged_bytes_cost_their_own_moment(tmp_path, whole, truth, kind, count, seed):
    content, where = make.damaged(whole(kind), count, seed)
    path = tmp_path / "damaged"
    path.write_bytes(content)
    code = failure(path)
    if code is not None:
        assert code == "unreadable_audio"
        assert kind != "mp3"  # it has no index that a byte could ruin
        return
    recording, sound = decoded(path)
    assert accounted_s(recording) == pytest.approx(SECONDS, abs=0.5)
    assert len(sound) / SAMPLE_RATE == recording.duration_s
    if kind == "m4a" and where > 0.97:
        return  # the index, which lies behind the sound: parts of it cannot be found
    assert recording.damaged_s < 2.0
    after = 10.0 if where < 0.6 else 3.0
    assert abs(make.offset_s(sound, truth, after)) < _SHIFT_S[kind]


@pytest.mark.parametrize("kind", ["aac", "m4a in fragments", "mkv", "ogg", "webm", "mp3 without Xing header"])
@pytest.mark.parametrize("seed", range(4))
def test_damage_in_other_formats_is_survived_and_counted(tmp_path, whole, truth, kind, seed):
    content, _ = make.damaged(whole(kind), 2000, seed)
    path = tmp_path / "damaged"
    path.write_bytes(content)
    recording, _ = decoded(path)
    # A fragment, cluster or page is lost as a whole; how many seconds it had is an estimate in some formats.
    assert accounted_s(recording) > SECONDS - 0.5
    assert accounted_s(recording) < SECONDS + 3.0
    assert 0 < recording.damaged_s < SECONDS


@pytest.mark.parametrize("kind", ["mp3", "m4a, index first", "alac, index first", "wav", "aiff", "flac", "mkv", "webm"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_what_a_cut_recording_lacks_at_its_end_is_counted(tmp_path, whole, kind, share):
    content = whole(kind)
    path = tmp_path / "cut"
    path.write_bytes(content[: int(len(content) * share)])
    recording, sound = decoded(path)
    assert recording.duration_s == pytest.approx(SECONDS * share, abs=1.5)
    assert recording.duration_s + recording.damaged_s == pytest.approx(SECONDS, abs=0.2)
    assert recording.damage[-1][1] == pytest.approx(SECONDS, abs=0.2)
    assert len(sound) == pytest.approx(recording.duration_s * SAMPLE_RATE)


@pytest.mark.parametrize("codec", ["pcm_s16le", "libmp3lame", "libopus"])
def test_a_live_matroska_that_promises_no_length_lacks_nothing(tmp_path, codec):
    voice = make.speech(20.0, 48_000)[None, :]
    path = make.encode(tmp_path / "a.mkv", voice, 48_000, codec, "matroska", options={"live": "1"})
    recording, _ = decoded(path)
    assert recording.duration_s == pytest.approx(20.0, abs=0.1)
    assert recording.damage == []


def test_junk_behind_an_mp3_that_promises_no_length_is_counted(tmp_path, whole):
    path = tmp_path / "a.mp3"
    content = whole("mp3 without Xing header")
    path.write_bytes(content[: len(content) // 2] + bytes(len(content) // 2))
    recording, _ = decoded(path)
    assert recording.duration_s == pytest.approx(SECONDS / 2, abs=0.2)
    assert recording.damaged_s == pytest.approx(SECONDS / 2, abs=0.5)


def test_a_fragment_header_that_is_lost_is_not_a_silent_end(tmp_path, whole):
    content = bytearray(whole("m4a in fragments"))
    at = content.index(b"moof", len(content) // 4)
    content[at - 4 : at + 60] = b"\xff" * 64
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    recording, _ = decoded(path)
    assert recording.duration_s < SECONDS / 2
    assert accounted_s(recording) == pytest.approx(SECONDS, abs=2.5)


def test_a_damaged_flac_frame_is_silence_and_not_noise(tmp_path):
    quiet = 0.01 * make.speech(SECONDS, 44_100)[None, :]
    whole = make.encode(tmp_path / "a.flac", quiet, 44_100, "flac", "flac").read_bytes()
    for seed in range(10):
        content, where = make.damaged(whole, 1, seed)
        if where > 0.01:
            path = tmp_path / "b.flac"
            path.write_bytes(content)
            recording, sound = decoded(path)
            assert np.abs(sound).max() < 0.02
            assert 0.05 < recording.damaged_s < 0.5


def test_scattered_damage_never_makes_a_recording_shorter_than_reported(tmp_path, whole):
    for seed in range(20):
        content = whole("m4a")
        for hit in range(40):
            content, _ = make.damaged(content, 1, 1000 * seed + hit)
        path = tmp_path / "a.m4a"
        path.write_bytes(content)
        code = failure(path)
        assert code in (None, "unreadable_audio", "empty_audio")
        if code is None:
            assert accounted_s(decoded(path)[0]) == pytest.approx(SECONDS, abs=0.5)


class Stumbling:
    """A container whose demuxer fails on every packet behind the `first` ones, `times` times in all."""

    def __init__(self, container: av.container.InputContainer, first: int, times: int) -> None:
        self._container, self._first, self._times = container, first, times

    def __getattr__(self, name: str) -> object:
        return getattr(self._container, name)

    def demux(self) -> Iterator[av.Packet]:
        for packet in self._container.demux():
            if self._first == 0 and self._times:
                self._times -= 1
                raise av.error.InvalidDataError(1, "Invalid data found when processing input")
            self._first -= self._first > 0
            yield packet


def stumbling(path: Path, *, first: int, times: int) -> Recording:
    source = open_source(path)
    recording = Recording(replace(source, container=Stumbling(source.container, first, times)), 30.0)
    assert list(recording)
    return recording


def test_a_demuxer_that_fails_is_asked_again(tmp_path, whole):
    path = tmp_path / "a.m4a"
    path.write_bytes(whole("m4a"))
    recording = stumbling(path, first=100, times=50)  # each failure swallows a packet
    assert recording.duration_s == pytest.approx(SECONDS, abs=0.1)
    assert recording.damaged_s == pytest.approx(50 * 1024 / 44_100, abs=0.05)


@pytest.mark.parametrize("kind", ["m4a", "mp3 without Xing header", "ogg"])
def test_what_a_demuxer_that_is_stuck_leaves_is_counted(tmp_path, whole, kind):
    path = tmp_path / "a"
    path.write_bytes(whole(kind))
    recording = stumbling(path, first=100, times=10**9)
    assert recording.duration_s < SECONDS / 2
    assert accounted_s(recording) == pytest.approx(SECONDS, abs=0.5)


def test_a_disk_that_fails_while_reading_is_named_and_is_no_damage(tmp_path, monkeypatch, capfd):
    path = make.recording(tmp_path, "wav", 60.0)

    def read(file: io.FileIO, size: int = -1) -> bytes:
        if file.tell() > 1_000_000:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return io.FileIO.read(file, size)

    monkeypatch.setattr("aiprov.audio.source._Bytes.read", read, raising=False)
    with pytest.raises(InputError, match="input/output error") as caught:
        list(decode(path))
    assert caught.value.code == "unreadable_audio"
    assert capfd.readouterr().err == ""
