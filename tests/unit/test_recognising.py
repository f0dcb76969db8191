"""Voices that were enrolled are named in transcripts that were finished before, without transcribing again."""

import json
from dataclasses import dataclass, field

import pytest

from aiprov.errors import InputError
from aiprov.pipelines.formats import EVERY, render
from aiprov.pipelines.labels import give_names
from aiprov.pipelines.opening import opened
from aiprov.pipelines.recognising import recognise
from aiprov.state import State
from transcribe_world import World, put
from voice_world import VOICES, Panel, PlayedEar

KNOWN = {"Maria": VOICES["maria"], "Peter": VOICES["peter"]}
ALL = ("json", "txt", "srt", "vtt", "tsv", "md", "rttm")


@dataclass
class Matching:
    """The command, on one world in which SPEAKER_01 was known as Peter when it was transcribed."""

    world: World
    ear: PlayedEar = field(default_factory=lambda: PlayedEar(cast={"SPEAKER_00": "maria"}))

    def __call__(self, known=KNOWN, *, force=False):
        with State(self.world.home / "state.sqlite3") as state:
            path, locks = self.world.root / "a.json", self.world.home / "locks"
            return recognise(path, known, lambda: self.ear, state, locks, force=force)

    def label(self, wish):
        with State(self.world.home / "state.sqlite3") as state:
            give_names(self.world.root / "a.json", [wish], state, self.world.home / "locks", force=False)

    def text(self, form):
        return (self.world.root / f"a.{form}").read_text()


@pytest.fixture
def match(tmp_path):
    put(tmp_path / "in", "a.wav")
    return Matching(World(tmp_path / "in", tmp_path / "home", scribe=Panel()))


def test_a_known_voice_is_named_in_every_output_and_nobody_is_asked_again(match):
    match.world.transcribe(formats=ALL)
    done = match()
    assert done.names == {"SPEAKER_00": "Maria"}
    assert {path.suffix[1:] for path in done.written} == set(ALL) - {"tsv"}
    assert match.text("txt").startswith("[Maria]: Heard.\n[Peter]: Heard.\n[SPEAKER_02]: ")
    document = json.loads(match.text("json"))
    assert document["aiprov"]["speakers"]["people"][0] == {
        "label": "SPEAKER_00",
        "speech_s": 1.0,
        "name": "Maria",
        "source": "profile",
        "match": 1.0,
    }
    assert {form: match.text(form) for form in ALL} == {form: render(opened(done.transcript), form) for form in ALL}
    assert match.world.scribe.heard == ["a.wav"]


def test_a_run_after_it_has_nothing_to_do_and_a_new_format_shows_the_name(match):
    match.world.transcribe(formats=("json", "txt"))
    match()
    before = match.world.outputs()
    assert [each.status for each in match.world.transcribe(formats=("json", "txt")).files] == ["skipped"]
    assert match.world.outputs() == before
    match.world.transcribe(formats=("json", "srt"))
    assert "\n[Maria]: Heard." in match.text("srt")
    assert match.world.scribe.heard == ["a.wav"]


def test_a_run_after_it_was_killed_between_answer_and_outputs_shows_the_name(match, monkeypatch):
    match.world.transcribe()
    monkeypatch.setattr("aiprov.pipelines.rerendering.write_atomic", lambda path, content: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        match()
    assert "Maria" not in match.text("txt")
    match.world.transcribe()
    assert match.text("txt").startswith("[Maria]: ")
    assert match.world.scribe.heard == ["a.wav"]


def test_who_has_a_name_keeps_it_and_is_not_heard(match):
    match.world.transcribe()
    match.label(("SPEAKER_02", "Anna"))
    match.ear.cast = {"SPEAKER_00": "maria", "SPEAKER_01": "sister", "SPEAKER_02": "peter"}
    assert match().people == {"SPEAKER_00": "Maria", "SPEAKER_01": "Peter", "SPEAKER_02": "Anna"}
    assert match.ear.heard == [("a.wav", [(0.0, 1.0)])]
    assert match.text("txt") == "[Maria]: Heard.\n[Peter]: Heard.\n[Anna]: Heard.\n"
    match.world.transcribe(formats=EVERY)
    assert " Anna <NA>" in match.text("rttm")


def test_a_name_that_is_shown_is_given_to_nobody_else(match):
    match.world.transcribe()
    match.ear.cast = {"SPEAKER_00": "peter"}
    assert match().names == {}
    assert match.text("txt").startswith("[SPEAKER_00]: ")


def test_a_voice_that_could_be_two_peoples_stays_a_label(match):
    match.world.transcribe()
    before = match.world.outputs()
    assert match(KNOWN | {"Anna": VOICES["sister"]}).names == {}
    assert match.world.outputs() == before


def test_nothing_is_heard_where_nobody_is_known_or_nameless(match):
    match.world.transcribe()
    match({})
    match({"Peter": VOICES["peter"]})
    for label in ("SPEAKER_00", "SPEAKER_02"):
        match.label((label, f"Somebody {label[-1]}"))
    match()
    assert match.ear.heard == []


def test_an_output_that_was_edited_is_kept(match):
    match.world.transcribe()
    (match.world.root / "a.txt").write_text("mine")
    assert [path.name for path in match().kept] == ["a.txt"]
    assert match.text("txt") == "mine"
    assert "Maria" in match.text("json")


def test_the_recording_must_be_the_one_that_was_transcribed(match):
    match.world.transcribe()
    before = match.world.outputs()
    (match.world.root / "a.wav").write_bytes(b"another")
    with pytest.raises(InputError, match="was changed since"):
        match()
    assert match.world.outputs() == before


def test_a_transcript_without_speakers_is_refused(match):
    match.world.scribe = Panel.__mro__[1]()
    match.world.transcribe()
    with pytest.raises(InputError, match="does not say who speaks") as caught:
        match()
    assert caught.value.code == "no_speakers"
