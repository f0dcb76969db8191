"""Reading sound recordings: what comes out, how long it is, and what the headers say."""

import sys
from pathlib import Path

import av
import numpy as np
import pytest

import audio_factory as make
from aiprov.audio import SAMPLE_RATE, decode, probe
from aiprov.audio.mono import to_mono
from aiprov.audio.promise import promised_s
from aiprov.audio.source import open_source
from aiprov.errors import ConfigError, InputError

SECONDS = 4.0


def heard(path: Path) -> np.ndarray:
    with decode(path) as recording:
        return np.concatenate(list(recording))


@pytest.mark.parametrize("kind", make.KINDS)
def test_every_format_gives_all_its_seconds_at_the_right_time_without_damage(tmp_path, kind):
    path = make.recording(tmp_path, kind, SECONDS)
    with decode(path) as recording:
        sound = np.concatenate(list(recording))
    assert sound.dtype == np.float32
    assert sound.ndim == 1
    assert recording.duration_s == pytest.approx(SECONDS, abs=0.1)
    assert recording.damaged_s == 0
    assert recording.damage == []
    assert abs(make.offset_s(sound, make.speech(SECONDS), 2.5)) < 0.07


@pytest.mark.parametrize(
    ("kind", "container", "codec", "rate"),
    [
        ("mp3", "mp3", "mp3float", 44_100),
        ("m4a", "mov", "aac", 44_100),
        ("wav", "wav", "pcm_s16le", 16_000),
        ("flac", "flac", "flac", 44_100),
        ("webm", "matroska", "opus", 48_000),
    ],
)
def test_probe_tells_what_the_headers_say(tmp_path, kind, container, codec, rate):
    path = make.recording(tmp_path, kind, SECONDS, channels=2)
    probed = probe(path)
    assert (probed.format, probed.codec, probed.channels, probed.sample_rate) == (container, codec, 2, rate)
    assert probed.duration_s == pytest.approx(SECONDS, abs=0.1)
    assert probed.size_bytes == path.stat().st_size


def test_the_content_decides_the_format_and_not_the_name(tmp_path):
    wav = make.recording(tmp_path, "wav", SECONDS)
    mp3 = make.recording(tmp_path, "mp3", SECONDS)
    for path, name, container in ((wav, "a.mp3", "wav"), (mp3, "b.wav", "mp3")):
        renamed = path.rename(tmp_path / name)
        assert probe(renamed).format == container
        assert len(heard(renamed)) == pytest.approx(SECONDS * SAMPLE_RATE, abs=800)


def test_blocks_have_the_length_asked_for_and_the_last_one_the_rest(tmp_path):
    path = make.recording(tmp_path, "wav", 10.5)
    with decode(path, block_s=2.0) as recording:
        sizes = [len(block) for block in recording]
    assert sizes == [32_000] * 5 + [8_000]


def test_blocks_together_are_the_same_whatever_their_length(tmp_path):
    path = make.recording(tmp_path, "mp3", SECONDS)
    with decode(path, block_s=0.37) as recording:
        small = np.concatenate(list(recording))
    assert np.array_equal(small, heard(path))


def test_the_account_grows_with_the_blocks(tmp_path):
    with decode(make.recording(tmp_path, "wav", 3.0), block_s=1.0) as recording:
        blocks = iter(recording)
        next(blocks)
        assert recording.duration_s == 1.0
        assert sum(1 for _ in blocks) == 2
        assert recording.duration_s == 3.0


def test_a_recording_can_be_left_early_and_closed_twice(tmp_path):
    recording = decode(make.recording(tmp_path, "mp3", SECONDS), block_s=1.0)
    with recording:
        next(iter(recording))
    recording.close()
    assert list(recording) == []


def test_wav_samples_come_out_as_they_were(tmp_path):
    truth = make.speech(2.0)
    sound = heard(make.encode(tmp_path / "a.wav", truth[None, :], 16_000, "pcm_s16le", "wav"))
    assert np.abs(sound - truth).max() < 1e-4


def test_a_tone_keeps_its_pitch_and_loudness_through_resampling(tmp_path):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(96_000) / 48_000).astype(np.float32)
    sound = heard(make.encode(tmp_path / "a.flac", tone[None, :], 48_000, "flac", "flac"))[8_000:24_000]
    assert np.abs(np.fft.rfft(sound)).argmax() == 440
    assert np.abs(sound).max() == pytest.approx(0.5, abs=0.01)


def test_samples_that_are_no_numbers_or_too_loud_do_no_harm(tmp_path):
    wild = make.speech(2.0, 48_000)
    wild[1000:1100] = np.nan
    wild[5000:5100] = np.inf
    wild[9000:9100] = 1e30
    sound = heard(make.encode(tmp_path / "a.wav", wild[None, :], 48_000, "pcm_f32le", "wav"))
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 1.0
    assert np.abs(sound[8_000:]).max() > 0.05


def test_channels_are_mixed_to_their_mean():
    left, right = make.speech(1.0, seed=1), make.speech(1.0, seed=2)
    assert np.allclose(to_mono(np.stack([left, right])), (left + right) / 2)


def test_a_speaker_on_one_channel_of_eight_is_kept():
    channels = np.zeros((8, 16_000), np.float32)
    channels[5] = make.speech(1.0)
    assert np.allclose(to_mono(channels), channels[5] / 8)


def test_channels_that_cancel_each_other_give_the_louder_one():
    voice = make.speech(1.0)
    assert np.array_equal(to_mono(np.stack([0.8 * voice, -voice])), -voice)


def test_a_stereo_recording_with_swapped_poles_is_not_silent(tmp_path):
    voice = make.speech(SECONDS, 44_100)
    path = make.encode(tmp_path / "a.mp3", np.stack([voice, -voice]), 44_100, "libmp3lame", "mp3", layout="stereo")
    sound = heard(path)
    assert np.sqrt(np.mean(sound**2)) > 0.5 * np.sqrt(np.mean(voice**2))


@pytest.mark.parametrize(("codec", "container"), [("flac", "flac"), ("aac", "ipod"), ("pcm_s16le", "wav")])
def test_eight_channels_are_read(tmp_path, codec, container):
    channels = np.stack([make.speech(2.0, 48_000, seed=n) for n in range(8)])
    sound = heard(make.encode(tmp_path / "a", channels, 48_000, codec, container, layout="7.1"))
    truth = np.mean([make.speech(2.0, seed=n) for n in range(8)], axis=0)
    assert len(sound) == pytest.approx(32_000, abs=1_000)
    assert abs(make.offset_s(sound, heard_mean(channels), 0.5, within_s=0.3)) < 0.05
    assert np.sqrt(np.mean(sound**2)) == pytest.approx(np.sqrt(np.mean(truth**2)), rel=0.25)


def heard_mean(channels: np.ndarray) -> np.ndarray:
    return channels.mean(axis=0)[::3]


@pytest.mark.parametrize("kind", ["mp3", "mp3 without Xing header", "aac"])
def test_a_recording_may_change_its_rate_and_channels_in_the_middle(tmp_path, kind):
    _, codec, container, _, options = make.KINDS[kind]
    first = make.encode(
        tmp_path / "1", make.speech(3.0, 44_100)[None, :], 44_100, codec, container, options=options
    ).read_bytes()
    second = make.encode(
        tmp_path / "2",
        np.tile(make.speech(3.0, 24_000, seed=1), (2, 1)),
        24_000,
        codec,
        container,
        options=options,
        layout="stereo",
    ).read_bytes()
    path = tmp_path / "both"
    path.write_bytes(first + second)
    with decode(path) as recording:
        sound = np.concatenate(list(recording))
    assert recording.duration_s == pytest.approx(6.0, abs=0.3)
    assert recording.damaged_s < 0.1
    assert abs(make.offset_s(sound, np.concatenate([make.speech(3.0), make.speech(3.0, seed=1)]), 4.5)) < 0.2


def test_cover_pictures_and_tags_are_no_sound_and_no_damage(tmp_path):
    sound = make.recording(tmp_path, "mp3 without Xing header", SECONDS).read_bytes()
    picture = b"\0image/png\0\3\0\x89PNG\r\n\x1a\n" + np.random.default_rng(0).bytes(150_000)
    frame = b"APIC" + len(picture).to_bytes(4, "big") + b"\0\0" + picture
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    tag = b"ID3\x03\0\0" + size + frame
    for content in (tag + sound, sound + tag, sound + b"TAG" + bytes(125)):
        path = tmp_path / "tagged.mp3"
        path.write_bytes(content)
        with decode(path) as recording:
            assert sum(len(block) for block in recording) == pytest.approx(SECONDS * SAMPLE_RATE, abs=1_000)
        assert recording.damaged_s == 0


def test_sound_that_starts_after_the_picture_keeps_its_place(tmp_path):
    path = with_picture(tmp_path / "a.mkv", "matroska", sound_from_s=3.0, sound_s=2.0, picture_s=6.0)
    with decode(path) as recording:
        sound = np.concatenate(list(recording))
    assert np.abs(sound[: int(2.9 * SAMPLE_RATE)]).max() < 0.001
    assert recording.duration_s == pytest.approx(5.0, abs=0.1)
    assert recording.damaged_s == 0


@pytest.mark.parametrize("container", ["matroska", "mp4"])
def test_sound_that_ends_before_the_picture_is_not_damaged(tmp_path, container):
    path = with_picture(tmp_path / "a", container, sound_from_s=0.0, sound_s=2.0, picture_s=6.0)
    with decode(path) as recording:
        assert sum(len(block) for block in recording) == pytest.approx(2 * SAMPLE_RATE, abs=1_500)
    assert recording.damaged_s == 0


def test_the_first_of_several_tracks_is_read(tmp_path):
    path = tmp_path / "a.mka"
    voices = [make.speech(2.0, seed=n) for n in range(2)]
    with av.open(str(path), "w", format="matroska") as output:
        streams = [output.add_stream("flac", rate=16_000, layout="mono") for _ in voices]
        for stream, voice in zip(streams, voices, strict=True):
            frame = av.AudioFrame.from_ndarray((voice * 32_767).astype(np.int16)[None, :], "s16", "mono")
            frame.sample_rate, frame.pts = 16_000, 0
            output.mux([*stream.encode(frame), *stream.encode(None)])
    assert np.abs(heard(path) - voices[0]).max() < 1e-3


def test_a_pause_in_a_recording_keeps_later_times_right_and_is_no_damage(tmp_path):
    path = tmp_path / "a.webm"
    voice = make.speech(4.0, 48_000)
    with av.open(str(path), "w", format="webm") as output:
        stream = output.add_stream("libopus", rate=48_000, layout="mono")
        packets = []
        for start in range(0, len(voice), 48_000):
            frame = av.AudioFrame.from_ndarray(voice[None, start : start + 48_000], "flt", "mono")
            frame.sample_rate, frame.pts = 48_000, start
            packets += stream.encode(frame)
        for packet in packets + stream.encode(None):
            if packet.pts is not None and packet.pts * packet.time_base >= 2:
                packet.pts += int(20 / packet.time_base)
                packet.dts = packet.pts
            output.mux(packet)
    with decode(path) as recording:
        sound = np.concatenate(list(recording))
    assert recording.duration_s == pytest.approx(24.0, abs=0.1)
    assert recording.damaged_s == 0
    assert np.abs(sound[int(2.2 * SAMPLE_RATE) : int(21.8 * SAMPLE_RATE)]).max() < 0.001
    assert abs(make.offset_s(sound[20 * SAMPLE_RATE :], make.speech(4.0), 2.7)) < 0.05


def test_an_mp3_promises_the_frames_of_its_xing_header_even_behind_a_tag(tmp_path):
    path = make.recording(tmp_path, "mp3", SECONDS)
    content = path.read_bytes()
    for tag in (b"", b"ID3\x04\0\0\0\0\x03\x68" + bytes(3 * 128 + 104)):
        path.write_bytes((tag + content)[: len(tag) + len(content) // 2])
        assert promised(path) == pytest.approx(SECONDS, abs=0.1)


def test_an_mp3_without_xing_header_promises_nothing(tmp_path):
    assert promised(make.recording(tmp_path, "mp3 without Xing header")) is None


@pytest.mark.parametrize("kind", ["aac", "amr", "m4a in fragments"])
def test_an_estimate_is_no_promise(tmp_path, kind):
    path = make.recording(tmp_path, kind)
    assert promised(path) is None


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_wav_whose_writer_did_not_know_the_size_promises_what_is_there(tmp_path, size):
    path = tmp_path / "a.wav"
    path.write_bytes(make.wav_header(16_000, size) + bytes(64_000))
    assert promised(path) == pytest.approx(2.0, abs=0.01)
    with decode(path) as recording:
        assert sum(len(block) for block in recording) == 32_000
    assert recording.damaged_s == 0


def promised(path: Path) -> float | None:
    source = open_source(path)
    try:
        return promised_s(source)
    finally:
        source.close()


def test_a_recording_longer_than_a_day_is_refused_with_a_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr("aiprov.audio.recording.MAX_S", 3.0)
    recording = decode(make.recording(tmp_path, "wav", 5.0), block_s=1.0)
    with pytest.raises(InputError, match="longer than") as caught:
        list(recording)
    assert caught.value.code == "too_long"
    assert "split" in (caught.value.hint or "")


def with_picture(path: Path, container: str, *, sound_from_s: float, sound_s: float, picture_s: float) -> Path:
    """A video with sound in only a part of it."""
    with av.open(str(path), "w", format=container) as output:
        picture = output.add_stream("mpeg4", rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        sound = output.add_stream("aac", rate=48_000, layout="mono")
        for number in range(int(picture_s * 10)):
            image = av.VideoFrame(64, 48, "yuv420p")
            for plane in image.planes:
                plane.update(bytes(plane.buffer_size))
            image.pts = number
            output.mux(picture.encode(image))
        voice = make.speech(sound_s, 48_000)
        frame = av.AudioFrame.from_ndarray(voice[None, :], "fltp", "mono")
        frame.sample_rate, frame.pts = 48_000, int(sound_from_s * 48_000)
        output.mux(sound.encode(frame))
        output.mux([*picture.encode(None), *sound.encode(None)])
    return path


def test_a_missing_library_is_not_blamed_on_the_recording(tmp_path, monkeypatch):
    path = make.recording(tmp_path, "wav", SECONDS)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ConfigError, match="PyAV") as caught:
        probe(path)
    assert caught.value.hint == "pip install 'aiprov[speech]'"
