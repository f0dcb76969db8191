"""Channels: which recordings carry different voices in them, what one channel alone sounds like, and how loud it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aiprov.audio import SAMPLE_RATE, channels_of, cut, decode, levels_of, probe
from aiprov.audio import excerpts as stretches
from aiprov.audio.gains import echoing
from aiprov.core.crossing import Levels
from aiprov.errors import InputError
from audio_factory import Samples, damaged, recording, speech
from call_factory import call, db, hiss, late, power, voices, write


def mix() -> Samples:
    return np.asarray(voices().sum(axis=0), np.float32)


def heard(path: Path, channel: int | None = None) -> Samples:
    with decode(path, channel=channel) as blocks:
        return np.concatenate(list(blocks))


def loudness(samples: Samples) -> float:
    """The level of the loudest moments in dB below full scale."""
    power = np.mean(samples[: len(samples) // 480 * 480].reshape(-1, 480) ** 2, axis=1)
    return float(10 * np.log10(np.quantile(power, 0.99) + 1e-12))


@pytest.mark.parametrize("suffix", ["wav", "mp3", "m4a"])
@pytest.mark.parametrize("gap_db", [0, 20, 40])
@pytest.mark.parametrize("echo_db", [None, -25])
def test_a_call_is_two_voices_however_quiet_the_second_and_whatever_its_echo(
    tmp_path: Path, suffix: str, gap_db: float, echo_db: float | None
) -> None:
    report = channels_of(write(tmp_path / f"call.{suffix}", call(voices(), gap_db=gap_db, echo_db=echo_db)))
    assert (report.why, report.voices, report.split) == ("separate", (0, 1), True)
    assert report.distance_db > 25
    assert report.decided > 0.9
    assert report.heard_s == pytest.approx(27, abs=2)


def test_a_call_in_opus_is_two_voices_though_its_encoder_mixes_them_a_little(tmp_path: Path) -> None:
    for gap_db in (0, 20):
        assert channels_of(write(tmp_path / "call.ogg", call(voices(), gap_db=gap_db, echo_db=-25))).split


@pytest.mark.parametrize(
    ("echo_db", "late_ms", "noise_db"), [(-10, 30, (-75, -90)), (-15, 200, (-75, -75)), (None, 0, (-45, -55))]
)
def test_loud_and_late_echoes_and_noise_do_not_hide_a_call(
    tmp_path: Path, echo_db: float | None, late_ms: float, noise_db: tuple[float, float]
) -> None:
    sides = call(voices(), echo_db=echo_db, late_ms=late_ms, noise_db=noise_db)
    assert channels_of(write(tmp_path / "call.wav", sides)).split


def test_noise_louder_than_the_quiet_voice_of_the_other_channel_is_not_taken_for_that_voice(tmp_path: Path) -> None:
    sides = call(voices(), gap_db=40, noise_db=(-50, -92))
    assert channels_of(write(tmp_path / "call.wav", sides)).split


def test_two_who_speak_at_the_same_time_for_half_of_it_are_two_voices(tmp_path: Path) -> None:
    both = np.stack([voices()[0] + np.roll(voices()[0], 200_000), np.roll(voices()[1], 64_000)])
    assert channels_of(write(tmp_path / "call.wav", call(both, gap_db=20, echo_db=-25))).split


def test_who_says_a_sentence_now_and_then_is_a_voice(tmp_path: Path) -> None:
    rare = voices() * np.array([1, 0])[:, None]
    rare[1, 18 * SAMPLE_RATE : 20 * SAMPLE_RATE] = voices()[1, 18 * SAMPLE_RATE : 20 * SAMPLE_RATE]
    assert channels_of(write(tmp_path / "call.wav", call(rare, gap_db=20, echo_db=-25))).split


COPIES: dict[str, Callable[[Samples], Samples]] = {
    "the same": lambda one: one,
    "quieter": lambda one: one * db(-20),
    "far quieter": lambda one: one * db(-40),
    "swapped poles": lambda one: -one,
    "a little later": lambda one: late(one, 1),
    "later": lambda one: late(one, 40),
    "dull": lambda one: np.convolve(one, np.ones(8) / 8, "same"),
}


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize("noise_db", [-120, -60])
def test_one_sound_in_both_channels_is_no_call(tmp_path: Path, kind: str, noise_db: float) -> None:
    sides = np.stack([mix() + hiss(len(mix()), -75), COPIES[kind](mix()) + hiss(len(mix()), noise_db, 1)])
    report = channels_of(write(tmp_path / "copy.wav", sides))
    assert not report.split
    assert report.distance_db < 3


def room(seed: int = 0) -> Samples:
    """Two people before two microphones in a room: each nearer to one, and a tail of echoes from the walls."""
    dice = np.random.default_rng(seed)

    def at(voice: Samples, delay_s: float, gain: float) -> Samples:
        tail = dice.standard_normal(6400) * np.exp(-np.arange(6400) / 1600) * 0.03
        tail[int(delay_s * SAMPLE_RATE)] += gain
        size = len(voice) + len(tail)
        found = np.fft.irfft(np.fft.rfft(voice, size) * np.fft.rfft(tail, size), size)[: len(voice)]
        return np.asarray(found, np.float32)

    one, other = voices()
    return np.stack([at(one, 0.003, 1) + at(other, 0.006, 0.5), at(one, 0.006, 0.5) + at(other, 0.003, 1)])


def music() -> Samples:
    """Many notes, each somewhere between left and right."""
    dice = np.random.default_rng(3)
    sides = np.zeros((2, 30 * SAMPLE_RATE))
    at = np.arange(int(0.6 * SAMPLE_RATE)) / SAMPLE_RATE
    for _ in range(800):
        start = int(dice.uniform(0, 29.3) * SAMPLE_RATE)
        pitch, place = 110 * 2 ** (dice.integers(0, 36) / 12), dice.uniform(0, np.pi / 2)
        note = dice.uniform(0.03, 0.1) * np.sin(2 * np.pi * pitch * at) * np.exp(-5 * at)
        sides[:, start : start + len(at)] += np.outer([np.cos(place), np.sin(place)], note)
    return np.asarray(sides, np.float32)


def panned() -> Samples:
    return np.stack([voices()[0] + db(-6) * voices()[1], voices()[1] + db(-6) * voices()[0]])


def half_mixed() -> Samples:
    """The first channel holds both voices, the second one of them again."""
    return np.stack([mix(), voices()[1]]) + hiss(len(mix()), -75)


@pytest.mark.parametrize("sides", [room, music, panned, half_mixed])
def test_ordinary_stereo_is_no_call(tmp_path: Path, sides: Callable[[], Samples]) -> None:
    report = channels_of(write(tmp_path / "stereo.wav", sides()))
    assert (report.why, report.voices) == ("alike", ())


@pytest.mark.parametrize(("suffix", "noise_db"), [("wav", -200), ("mp3", -200), ("wav", -60)])
def test_a_channel_without_a_voice_leaves_the_other_one_alone(tmp_path: Path, suffix: str, noise_db: float) -> None:
    sides = np.stack([hiss(len(mix()), noise_db), mix()])
    report = channels_of(write(tmp_path / f"half.{suffix}", sides))
    assert (report.why, report.voices, report.split) == ("one voice", (1,), False)


def test_silence_and_a_single_channel_have_nothing_to_split(tmp_path: Path) -> None:
    silent = channels_of(write(tmp_path / "silent.wav", np.zeros((2, 80_000), np.float32)))
    assert (silent.why, silent.voices) == ("silent", ())
    assert channels_of(recording(tmp_path, "mp3")).why == "mono"


def test_every_track_with_a_voice_of_its_own_is_one_and_silent_tracks_are_none(tmp_path: Path) -> None:
    apart = voices("product-sync", 60.0)
    tracks = np.concatenate([apart, np.zeros_like(apart[:2])])
    report = channels_of(write(tmp_path / "tracks.wav", tracks + hiss(tracks.shape[1], -80)))
    assert (report.channels, report.voices) == (6, (0, 1, 2, 3))


def test_tracks_beside_a_mix_of_them_are_not_transcribed_again(tmp_path: Path) -> None:
    apart = voices("product-sync", 60.0)
    report = channels_of(write(tmp_path / "tracks.wav", np.concatenate([apart.sum(axis=0)[None], apart])))
    assert (report.why, report.voices) == ("alike", ())


def test_more_than_eight_channels_are_mixed(tmp_path: Path) -> None:
    tracks = np.stack([speech(2.0, seed=seed) for seed in range(9)])
    assert channels_of(write(tmp_path / "desk.wav", tracks)).why == "too many"


@pytest.mark.parametrize("suffix", ["wav", "mp3", "m4a", "ogg"])
def test_of_a_long_recording_only_stretches_are_heard(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "_ALL_S", 20.0)
    monkeypatch.setattr(stretches, "_STRETCH_S", 1.0)
    alone = call(voices() * np.array([[1], [0]]), echo_db=-25)
    long = np.concatenate([alone, alone, call(voices(), gap_db=20, echo_db=-25)], axis=1)
    report = channels_of(write(tmp_path / f"long.{suffix}", long))
    assert report.voices == (0, 1)
    assert 12 < report.heard_s < 40


def test_a_damaged_recording_is_judged_by_what_is_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "call.mp3", call(voices(), gap_db=20))
    path.write_bytes(damaged(path.read_bytes(), 3000, 5)[0])
    assert channels_of(path).voices == (0, 1)


def test_judging_can_be_stopped_and_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "call.wav", call(voices()))

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        channels_of(path, stop)
    with pytest.raises(KeyboardInterrupt):
        levels_of(path, (0, 1), stop)
    path.write_bytes(bytes(5000))
    for look in (lambda: channels_of(path), lambda: levels_of(path, (0, 1))):
        with pytest.raises(InputError):
            look()


@pytest.mark.parametrize("suffix", ["wav", "mp3", "m4a"])
def test_one_channel_is_heard_without_the_other(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"call.{suffix}", call(voices(), noise_db=(-90, -90)))
    for channel, own in enumerate(voices()):
        sound = heard(path, channel)
        assert abs(len(sound) - len(own)) < 3000
        pure = np.dot(sound[: len(own)], own[: len(sound)]) / (np.linalg.norm(sound) * np.linalg.norm(own))
        assert pure > (0.99 if suffix == "wav" else 0.3)  # a codec's delay moves every sample
        assert loudness(sound) == pytest.approx(loudness(own), abs=1)
    assert len(heard(path)) == len(heard(path, 0))


@pytest.mark.parametrize("gap_db", [40, 50])
def test_a_very_quiet_voice_is_brought_to_a_usual_level(tmp_path: Path, gap_db: float) -> None:
    path = write(tmp_path / "call.wav", call(voices(), gap_db=gap_db))
    assert loudness(heard(path, 1)) == pytest.approx(-15, abs=4)
    assert loudness(heard(path, 0)) == pytest.approx(loudness(voices()[0]), abs=0.5)


def test_quiet_noise_is_not_made_loud(tmp_path: Path) -> None:
    path = write(tmp_path / "half.wav", np.stack([mix(), hiss(len(mix()), -50)]))
    assert loudness(heard(path, 1)) == pytest.approx(-50, abs=2)


def test_silence_stays_silence(tmp_path: Path) -> None:
    path = write(tmp_path / "half.wav", np.stack([mix(), hiss(len(mix()), -95)]))
    assert loudness(heard(path, 1)) < -85


def turns(channel: int) -> np.ndarray:
    """In which samples one speaks and nobody else does."""
    around = np.stack([power(voice) for voice in voices()])
    return np.asarray((around[channel] > 1e-4) & (around[1 - channel] < 1e-9))


def test_a_clear_echo_is_put_down_and_the_voice_is_not(tmp_path: Path) -> None:
    sides = call(voices(), echo_db=-25)
    path = write(tmp_path / "call.wav", sides)
    for channel in (0, 1):
        sound = heard(path, channel)
        mine, others = turns(channel), turns(1 - channel)
        assert loudness(sound[others]) < loudness(sides[channel][others]) - 25
        assert np.abs(sound[mine] - sides[channel][mine]).max() < 0.02


def test_an_echo_that_drowns_the_quiet_voice_is_put_down_and_the_voice_brought_up(tmp_path: Path) -> None:
    sound = heard(write(tmp_path / "call.wav", call(voices(), gap_db=40, echo_db=-25)), 1)
    assert loudness(sound[turns(1)]) == pytest.approx(-15, abs=4)
    assert loudness(sound[turns(0)]) < -35


def test_an_echo_as_loud_as_the_quiet_voice_is_left_for_the_words_to_tell(tmp_path: Path) -> None:
    sides = call(voices(), gap_db=20, echo_db=-25)
    path = write(tmp_path / "call.wav", sides)
    levels = levels_of(path, (0, 1))
    assert not echoing(levels, 1).any()
    assert echoing(levels, 0).any()


def test_whoever_speaks_at_the_same_time_is_never_put_down(tmp_path: Path) -> None:
    both = np.stack([voices()[0], np.roll(voices()[0], 8000)])  # half a second apart
    sides = call(both, gap_db=10, echo_db=-35)
    sound = heard(write(tmp_path / "call.wav", sides), 1)
    speaks = power(both[1]) > 1e-4
    assert loudness(sound[speaks]) == pytest.approx(loudness(sides[1][speaks]), abs=0.5)


def test_a_channel_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "call.wav", call(voices()))
    for channel in (2, -1):
        with pytest.raises(InputError, match="2 channels") as caught:
            decode(path, channel=channel)
        assert caught.value.code == "no_such_channel"


def test_levels_follow_each_channel_step_by_step(tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE)
    gate = np.repeat([0.0, 1.0, 0.0], SAMPLE_RATE)
    levels = levels_of(write(tmp_path / "tone.wav", np.stack([0.5 * tone, 0.05 * tone * gate])), (1, 0))
    assert [len(curve) for curve in levels.curves] == [100, 100]
    assert levels.curves[1][50] == pytest.approx(-9, abs=0.2)
    assert [round(levels.curves[0][step]) for step in (10, 50, 90)] == [-120, -29, -120]


def test_damage_keeps_its_length_in_the_levels(tmp_path: Path) -> None:
    path = recording(tmp_path, "m4a", 30.0, channels=2)
    content = path.read_bytes()
    path.write_bytes(content[:60_000] + bytes(20_000) + content[80_000:])
    with decode(path) as blocks:
        length_s = sum(map(len, blocks)) / SAMPLE_RATE
    levels = levels_of(path, (0, 1))
    assert len(levels.curves[0]) * levels.step_s == pytest.approx(length_s, abs=0.1)


def test_parts_are_made_of_one_channel(tmp_path: Path) -> None:
    path = write(tmp_path / "call.wav", call(voices(), gap_db=40))
    (tmp_path / "part.ogg").write_bytes(b"".join(p.data for p in cut(path, max_bytes=None, max_s=None, channel=1)))
    assert probe(tmp_path / "part.ogg").channels == 1
    sound = heard(tmp_path / "part.ogg")
    assert loudness(sound) == pytest.approx(-15, abs=4)
    assert loudness(sound[turns(1)]) > loudness(sound[turns(0)]) + 20


def test_where_nobody_speaks_nothing_is_put_down() -> None:
    talk, pause = [-20.0] * 100, [-70.0] * 60
    one, other = talk + pause + [-45.0] * 100 + pause, [-45.0] * 100 + pause + talk + pause
    echo = echoing(Levels(0.03, (one, other)), 0)
    assert echo[165:255].all()
    assert not echo[:155].any()
    assert not echo[275:].any()


def test_no_level_is_needed_of_a_recording_without_any() -> None:
    assert not echoing(Levels(0.03, ([-120.0] * 10, [-120.0] * 10)), 0).any()
