"""Speakers, channels and a glossary in the main job, with played providers and a played ear."""

from __future__ import annotations

import json
import struct
import wave
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from os import utime
from pathlib import Path
from typing import Any

import pytest

from aiprov.core.glossary import Glossary, Term
from aiprov.core.requests import TranscriptionRequest
from aiprov.core.speakers import Diarization, SpeakerWish, Turn
from aiprov.pipelines.labels import give_names
from aiprov.pipelines.options import SpeakerOptions
from aiprov.state import State
from transcribe_world import OLD_NS, PRICE, Scribe, World, put

BY_VOICE = SpeakerOptions(diarize=True)


@dataclass
class Ear:
    """Hears two people: the first word is one's, the second the other's. With a wish for one, one."""

    model: str = "ear-1"
    confidence: float = 0.9
    heard: list[tuple[str, SpeakerWish]] = field(default_factory=list)

    def diarize(self, path: Path, wish: SpeakerWish, *, check: Callable[[], None]) -> Diarization:
        check()
        self.heard.append((path.name, wish))
        second = "SPEAKER_00" if wish.maximum == 1 else "SPEAKER_01"
        turns = (Turn(0.0, 0.55, "SPEAKER_00"), Turn(0.55, 2.0, second))
        return Diarization(turns, self.confidence, self.model)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "in", tmp_path / "home", ear=Ear())


def words_of(world: World, name: str = "a.json") -> list[tuple[str, str | None]]:
    document = json.loads(world.outputs()[name])
    return [(word["word"].strip(), word.get("speaker")) for each in document["segments"] for word in each["words"]]


def ours(world: World) -> dict[str, Any]:
    return dict(json.loads(world.outputs()["a.json"])["aiprov"])


def test_voices_are_told_apart_word_by_word_when_that_is_asked_for(world):
    put(world.root, "a.wav")
    world.transcribe(speakers=BY_VOICE)
    assert [speaker for _, speaker in words_of(world)] == ["SPEAKER_00", "SPEAKER_01"]
    speakers = ours(world)["speakers"]
    assert (speakers["method"], speakers["count"], speakers["confidence"]) == ("voices", 2, 0.9)
    assert speakers["turns"] == [[0.0, 0.55, "SPEAKER_00"], [0.55, 2.0, "SPEAKER_01"]]


def test_nobody_listens_for_voices_that_nobody_asked_for(world):
    put(world.root, "a.wav")
    world.transcribe()
    assert (world.ear.heard, words_of(world)[0][1]) == ([], None)


def test_another_wish_listens_again_and_pays_nothing(world):
    put(world.root, "a.wav")
    world.transcribe()
    first = world.transcribe(speakers=BY_VOICE)
    second = world.transcribe(speakers=SpeakerOptions(diarize=True, wish=SpeakerWish(1, 1)))
    assert world.scribe.heard == ["a.wav"]
    assert [file.cost_usd for report in (first, second) for file in report.files] == [0, 0]
    assert {speaker for _, speaker in words_of(world)} == {"SPEAKER_00"}


def test_a_second_run_with_speakers_does_nothing(world):
    put(world.root, "a.wav")
    world.transcribe(speakers=BY_VOICE)
    before = world.outputs()
    assert world.transcribe(speakers=BY_VOICE).files[0].status == "skipped"
    assert (len(world.ear.heard), world.outputs()) == (1, before)


def test_force_asks_for_the_words_and_listens_again(world):
    put(world.root, "a.wav")
    world.transcribe(speakers=BY_VOICE)
    report = world.transcribe(speakers=BY_VOICE, force=True)
    assert (world.scribe.heard, len(world.ear.heard)) == (["a.wav", "a.wav"], 2)
    assert report.files[0].cost_usd == PRICE


def test_a_doubtful_number_of_speakers_is_said_also_by_later_runs(world):
    world.ear.confidence = 0.2
    put(world.root, "a.wav")
    world.transcribe(speakers=BY_VOICE)
    (file,) = world.transcribe(speakers=BY_VOICE, formats=("json", "srt")).files
    assert file.notes == ("2 speakers, but that is a guess; --speakers N says how many there are",)


def test_a_name_that_was_given_outlasts_everything_but_costs_nothing(world):
    put(world.root, "a.wav")
    world.transcribe(speakers=BY_VOICE)
    with State(world.home / "state.sqlite3") as state:
        give_names(world.root / "a.json", [("SPEAKER_01", "Maria")], state, world.home / "locks", force=False)
    assert [speaker for _, speaker in words_of(world)] == ["SPEAKER_00", "Maria"]
    before = world.outputs()
    assert world.transcribe(speakers=BY_VOICE).files[0].status == "skipped"
    assert world.outputs() == before
    world.transcribe(speakers=BY_VOICE, force=True)
    assert [speaker for _, speaker in words_of(world)] == ["SPEAKER_00", "Maria"]


def test_a_name_given_to_one_transcript_reaches_the_recordings_other_transcripts_with_their_next_run(world, tmp_path):
    put(world.root, "a.wav")
    world.transcribe(speakers=BY_VOICE)
    world.transcribe(speakers=BY_VOICE, output_dir=tmp_path / "elsewhere")
    with State(world.home / "state.sqlite3") as state:
        give_names(world.root / "a.json", [("SPEAKER_01", "Maria")], state, world.home / "locks", force=False)
    world.transcribe(speakers=BY_VOICE, output_dir=tmp_path / "elsewhere")
    assert "Maria" in (tmp_path / "elsewhere" / "a.json").read_text()
    assert world.scribe.heard == ["a.wav"]


def test_a_glossary_that_grows_corrects_finished_transcripts_without_a_call(world):
    put(world.root, "a.wav")
    world.transcribe()
    heard = words_of(world)[1][0]
    glossary = Glossary((Term("Zermatt", (heard.rstrip("."),)),))
    report = world.transcribe(glossary=glossary)
    assert (report.files[0].status, world.scribe.heard) == ("done", ["a.wav"])
    assert words_of(world)[1][0] == "Zermatt."
    assert [change["to"].strip() for change in ours(world)["glossary"]["changes"]] == ["Zermatt."]
    assert world.transcribe(glossary=glossary).files[0].status == "skipped"
    world.transcribe()
    assert words_of(world)[1][0] == heard


def test_the_terms_reach_whoever_transcribes(world):
    asked: list[TranscriptionRequest] = []
    world.scribe.before = lambda request, hooks: asked.append(request)
    put(world.root, "a.wav")
    world.transcribe(glossary=Glossary((Term("Zermatt"), Term("Maria", kind="person"))))
    assert asked[0].options.glossary == ("Zermatt", "Maria")


def put_call(folder: Path, name: str) -> Path:
    """Two channels, one tone after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    rate, seconds = 8000, 8
    frames = [(0, 6000 * (-1) ** (at // 10)) if at // rate % 4 < 2 else (6000 * (-1) ** (at // 13), 0)
              for at in range(rate * seconds)]  # fmt: skip
    with wave.open(str(path), "wb") as sound:
        sound.setparams((2, 2, rate, 0, "NONE", "not compressed"))
        sound.writeframes(b"".join(struct.pack("<hh", *frame) for frame in frames))
    utime(path, ns=(OLD_NS, OLD_NS))
    return path


@dataclass
class TwoEars(Scribe):
    """Hears something else in each channel, at another time."""

    name: str = "scribe"

    async def transcribe(self, request: TranscriptionRequest, model: str, hooks: Any) -> Any:
        found = await super().transcribe(request, model, hooks)
        late = 3.0 * (request.channel or 0)
        words = tuple(
            replace(word, start=word.start + late, end=word.end + late, text=f"{word.text[:-1]}{request.channel}")
            for word in found.segments[0].words
        )
        text = "".join(word.text for word in words)
        segment = replace(found.segments[0], start=words[0].start, end=words[-1].end, text=text, words=words)
        return replace(found, text=text.strip(), segments=(segment,), duration_s=8.0)


def test_channels_are_transcribed_one_by_one_where_that_is_asked_for_and_have_names(tmp_path):
    world = World(tmp_path / "in", tmp_path / "home", scribe=TwoEars())
    put_call(world.root, "a.wav")
    split = SpeakerOptions(channels="split", channel_names=("Agent", "Caller"))
    report = world.transcribe(speakers=split)
    assert report.files[0].error is None
    assert list(dict.fromkeys(speaker for _, speaker in words_of(world))) == ["Agent", "Caller"]
    assert len(world.scribe.heard) == 2
    assert world.transcribe(speakers=split).files[0].status == "skipped"


def test_a_cloud_provider_gets_the_mix_unless_channels_are_asked_for(tmp_path):
    world = World(tmp_path / "in", tmp_path / "home", scribe=TwoEars())
    put_call(world.root, "a.wav")
    world.transcribe()
    assert world.scribe.heard == ["a.wav"]


def test_a_dry_run_counts_every_channel_that_is_asked_for(tmp_path):
    world = World(tmp_path / "in", tmp_path / "home", scribe=TwoEars())
    put_call(world.root, "a.wav")
    mixed, split = (
        world.transcribe(dry_run=True, speakers=SpeakerOptions(channels=channels)).files[0]  # type: ignore[arg-type]
        for channels in ("mix", "split")
    )
    assert (mixed.audio_s, split.audio_s) == (8.0, 8.0)
    assert mixed.cost_usd is not None
    assert split.cost_usd == 2 * mixed.cost_usd > Decimal(0)
