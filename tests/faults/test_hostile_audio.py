"""Files that are no recordings, or that were made to do harm: named errors, in little time and memory."""

import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

import audio_factory as make
from aiprov.audio import decode, probe
from aiprov.errors import InputError

CHILD = Path(__file__).with_name("audio_child.py")
LITTLE_MB = 500


def in_child(*arguments: str | Path, timeout_s: float = 60.0) -> dict:
    """Run `audio_child.py` and return what it says; an abort, a hang or a second line fails the test."""
    command = [sys.executable, "-X", "faulthandler", str(CHILD), *map(os.fspath, arguments)]
    run = subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)
    assert run.returncode == 0, run.stderr.decode("utf-8", "replace") + run.stdout.decode("utf-8", "replace")
    assert run.stderr == b""
    return json.loads(run.stdout.splitlines()[-1])


def refused(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        list(decode(path))
    assert caught.value.hint
    return caught.value


@pytest.fixture
def sound(tmp_path) -> Path:
    return make.recording(tmp_path, "mp3", 2.0)


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


# What is no file


def test_what_does_not_exist_is_not_found(tmp_path, sound):
    assert refused(tmp_path / "nothing.mp3").code == "not_found"
    assert refused(sound / "below-a-file.mp3").code == "not_found"
    assert refused(Path("a\0b.mp3")).code == "not_found"


def test_a_folder_a_pipe_a_socket_and_a_device_are_refused_before_they_are_opened(tmp_path):
    (tmp_path / "folder.mp3").mkdir()
    os.mkfifo(tmp_path / "pipe.mp3")
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind("socket.mp3")  # the test's folder is the current one: socket paths are short
        for name, word in (("folder", "folder"), ("pipe", "pipe"), ("socket", "socket"), ("/dev/zero", "device")):
            said = in_child("decode", Path(name) if name.startswith("/") else tmp_path / f"{name}.mp3")
            assert said["code"] == "not_a_file"
            assert word in said["message"]


def test_a_link_is_followed_and_a_loop_is_not(tmp_path, sound):
    (tmp_path / "link.mp3").symlink_to(sound)
    assert probe(tmp_path / "link.mp3").format == "mp3"
    (tmp_path / "dangling.mp3").symlink_to(tmp_path / "nothing")
    assert refused(tmp_path / "dangling.mp3").code == "not_found"
    (tmp_path / "loop.mp3").symlink_to(tmp_path / "loop.mp3")
    assert refused(tmp_path / "loop.mp3").code == "unreadable_audio"
    (tmp_path / "zero.mp3").symlink_to("/dev/zero")
    assert refused(tmp_path / "zero.mp3").code == "not_a_file"


def test_a_file_that_may_not_be_read_is_named(sound, monkeypatch):
    def forbidden(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("aiprov.audio.source.os.open", forbidden)
    assert "Permission denied" in str(refused(sound))


def test_a_pipe_that_takes_the_place_of_a_file_is_not_read(tmp_path, sound, monkeypatch):
    real = os.open

    def swapped(path: Path, flags: int) -> int:
        path.unlink()
        os.mkfifo(path)
        return real(path, flags)

    monkeypatch.setattr("aiprov.audio.source.os.open", swapped)
    assert refused(sound).code == "not_a_file"


@pytest.mark.parametrize(
    "name",
    [
        b"http:..host.mp3",
        b"concat:a.mp3|b.mp3",
        b"subfile,,start,0,end,9,,:a.mp3",
        b"-x.mp3",
        b"\xff\xfe.mp3",
        b"two\nlines.mp3",
        b"%03d.mp3",
        b"data:audio.mp3",
        b"pipe:0",
        b"cache:file:a",
        "\u202ertl \U0001f600.mp3".encode(),
        b"x" * 251 + b".mp3",
    ],
)
def test_a_name_is_a_name_and_nothing_else(tmp_path, sound, name):
    path = sound.rename(tmp_path / os.fsdecode(name))
    assert probe(path).format == "mp3"
    assert probe(Path(os.fsdecode(name))).format == "mp3"
    with decode(path) as recording:
        assert sum(len(block) for block in recording) == pytest.approx(32_000, abs=500)


# What is no recording


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\0", "zero bytes"),
        (bytes(300_000), "zero bytes"),
        (b"x", "text"),
        (b"<html><body>Please log in</body></html>\n" * 50, "text"),
        (b'{"text": "hello"}\n' * 500, "text"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n" * 50, "text"),
        (np.random.default_rng(1).bytes(300_000), "invalid data"),
    ],
    ids=["nothing", "one byte", "zeros", "one letter", "html", "json", "subtitles", "noise"],
)
def test_what_is_no_recording_is_refused_with_the_reason(tmp_path, content, reason):
    said = in_child("decode", write(tmp_path, "a.mp3", content))
    assert said["code"] == "unreadable_audio"
    assert reason in said["message"]
    assert said["peak_mb"] < LITTLE_MB


def test_a_playlist_does_not_open_the_files_that_it_names(tmp_path, sound):
    lists = {
        "ffconcat": f"ffconcat version 1.0\nfile {sound.name}\n",
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-VERSION:3\n#EXTINF:2,\n{sound.name}\n#EXT-X-ENDLIST\n",
        "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    }
    for name, text in lists.items():
        path = write(tmp_path, f"{name}.mp3", text.encode())
        assert refused(path).code == "unreadable_audio"


@pytest.mark.parametrize(("codec", "container"), [("pcm_s16le", "caf"), ("flac", "oga"), ("libmp3lame", "avi")])
def test_only_formats_that_recorders_write_are_opened(tmp_path, codec, container):
    rate = 48_000
    voice = make.speech(1.0, rate)[None, :]
    if container == "oga":
        path = make.encode(tmp_path / "a", voice, rate, codec, container)
        assert probe(path).format == "ogg"
    else:
        path = make.encode(tmp_path / "a.mp3", voice, rate, codec, container)
        assert "format" in str(refused(path))


def test_a_video_without_sound_is_refused(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(10):
            image = av.VideoFrame(64, 48, "yuv420p")
            for plane in image.planes:
                plane.update(bytes(plane.buffer_size))
            image.pts = number
            output.mux(stream.encode(image))
        output.mux(stream.encode(None))
    assert "no audio track" in str(refused(path))


def test_an_m4a_that_was_never_finished_says_so(tmp_path):
    content = make.recording(tmp_path, "m4a", 4.0).read_bytes()
    path = write(tmp_path, "cut.m4a", content[: len(content) // 2])
    assert "never finished" in str(refused(path))


# Headers that lie


def test_a_wav_of_one_sample_per_second_stays_small(tmp_path):
    said = in_child("decode", write(tmp_path, "a.wav", make.wav_header(1, 96_000) + bytes(96_000)))
    assert said["code"] == "unreadable_audio"
    assert "1 samples per second" in said["message"]
    assert said["peak_mb"] < LITTLE_MB


@pytest.mark.parametrize(("rate", "channels"), [(7_999, 1), (192_001, 1), (4_000_000_000, 1), (16_000, 33)])
def test_rates_and_channels_have_bounds(tmp_path, rate, channels):
    path = write(tmp_path, "a.wav", make.wav_header(rate, 96_000, channels=channels) + bytes(96_000))
    assert refused(path).code == "unreadable_audio"
    with pytest.raises(InputError):
        probe(path)


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (192_000, 2), (48_000, 32)])
def test_what_lies_within_the_bounds_is_read(tmp_path, rate, channels):
    size = rate * channels * 2
    with decode(write(tmp_path, "a.wav", make.wav_header(rate, size, channels=channels) + bytes(size))) as recording:
        assert sum(len(block) for block in recording) == pytest.approx(16_000, abs=2)


@pytest.mark.parametrize("samples", [0, 1, 100])
def test_a_wav_without_sound_is_empty_and_not_an_empty_success(tmp_path, samples):
    path = write(tmp_path, "a.wav", make.wav_header(16_000, 2 * samples) + bytes(2 * samples))
    assert refused(path).code == "empty_audio"


def test_a_wav_that_ends_behind_its_header_is_empty(tmp_path):
    assert refused(write(tmp_path, "a.wav", make.wav_header(16_000, 96_000))).code == "empty_audio"


def test_a_large_file_whose_index_names_no_sound_is_not_called_empty(tmp_path):
    content = bytearray(make.recording(tmp_path, "m4a, index first", 20.0).read_bytes())
    for name in (b"stsz", b"stsc", b"stco"):
        at = content.index(name)
        content[at + 8 : at + 16] = bytes(8)
    assert refused(write(tmp_path, "a.m4a", bytes(content))).code == "unreadable_audio"


def test_a_swollen_text_in_a_wav_header_fills_no_memory(tmp_path):
    content = make.wav_header(16_000, 96_000)
    text = struct.pack("<4sI4s4sI", b"LIST", 0x7FFFFFF0, b"INFO", b"ISFT", 0x7FFFFF00)
    said = in_child("decode", write(tmp_path, "a.wav", content[:36] + text + content[36:] + bytes(96_000)))
    assert said["code"] == "unreadable_audio"
    assert said["peak_mb"] < LITTLE_MB


def test_channels_in_an_order_of_their_own_do_not_abort_the_process(tmp_path):
    # PyAV 18.1 frees the memory of such a layout twice.
    voice = np.tile(make.speech(2.0, 48_000), (2, 1))
    plain = make.encode(tmp_path / "a.mov", voice, 48_000, "pcm_s16le", "mov", layout="stereo").read_bytes()
    labels = b"".join(struct.pack(">II12x", label, 0) for label in (2, 1))
    described = struct.pack(">I4sIIII", 24 + len(labels), b"chan", 0, 0, 0, 2) + labels
    boxes = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"sowt")
    content = appended_in_box(plain.replace(b"chan", b"free"), boxes, described)
    said = in_child("decode", write(tmp_path, "b.mov", content))
    assert said["duration_s"] == pytest.approx(2.0, abs=0.1)


def appended_in_box(content: bytes, names: tuple[bytes, ...], extra: bytes) -> bytes:
    """An mp4 with `extra` at the end of the box that `names` lead to; every box on the way grows."""
    changed, place = bytearray(content), 0
    for name in names:
        place = changed.index(name, place) - 4
        size = int.from_bytes(changed[place : place + 4], "big")
        changed[place : place + 4] = (size + len(extra)).to_bytes(4, "big")
        place += 8
    end = place - 8 + size
    return bytes(changed[:end] + extra + changed[end:])


def test_frames_of_eight_and_more_channels_are_not_read_beyond_their_memory(tmp_path):
    # PyAV 18.1 counts the planes of such a frame until it meets a zero, wherever that is.
    channels = np.stack([make.speech(1.0, 48_000, seed=n) for n in range(8)])
    path = make.encode(tmp_path / "a.m4a", channels, 48_000, "aac", "ipod", layout="7.1")
    assert in_child("decode", path)["duration_s"] == pytest.approx(1.0, abs=0.1)


# Long ones


def test_an_hour_takes_hardly_more_memory_than_ten_minutes(tmp_path):
    minute = make.encode(
        tmp_path / "a.mp3", make.speech(60.0)[None, :], 16_000, "libmp3lame", "mp3", options={"write_xing": "0"}
    ).read_bytes()
    short = in_child("decode", write(tmp_path, "10.mp3", minute * 10))
    long = in_child("decode", write(tmp_path, "60.mp3", minute * 60))
    assert short["duration_s"] == pytest.approx(600, abs=5)
    assert long["duration_s"] == pytest.approx(3600, abs=30)
    assert long["peak_mb"] < 300
    assert long["peak_mb"] < short["peak_mb"] + 20


def test_time_stamps_of_days_do_not_become_days_of_silence(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w", format="matroska", options={"live": "1"}) as output:
        stream = output.add_stream("pcm_s16le", rate=16_000, layout="mono")
        for number in range(50):
            frame = av.AudioFrame.from_ndarray(np.full((1, 1_600), 999, np.int16), "s16", "mono")
            frame.sample_rate, frame.pts = 16_000, number * 16_000 * 3_600
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    said = in_child("decode", path)
    assert said["duration_s"] < 5 * 3600
    assert said["peak_mb"] < LITTLE_MB


# Anything at all

_HEADS = {"mp3": 1_024, "m4a, index first": 2_048, "wav": 100, "flac": 1_024, "webm": 1_024}


@pytest.mark.parametrize("kind", _HEADS)
def test_a_hundred_mutated_headers_neither_hang_nor_crash(tmp_path, kind):
    fuzz(tmp_path, kind, first=0, count=100)


@pytest.mark.soak
@pytest.mark.parametrize("kind", [*_HEADS, "ogg", "m4a in fragments", "alac, index first", "mkv", "aac", "wma", "aiff"])
def test_five_thousand_mutated_headers_neither_hang_nor_crash(tmp_path, kind):
    fuzz(tmp_path, kind, first=1_000, count=5_000)


def fuzz(folder: Path, kind: str, *, first: int, count: int) -> None:
    path = make.recording(folder, kind, 2.0)
    head = str(_HEADS.get(kind, 2_048))
    said = in_child("fuzz", path, head, str(first), str(count), timeout_s=60 + 2 * count)
    assert said["cases"] == count
    assert set(said["outcomes"]) <= {"decoded", "unreadable_audio", "empty_audio", "too_long"}
    assert said["outcomes"]["decoded"] > 0
    assert said["open_files"] == 0
    assert said["peak_mb"] < LITTLE_MB
