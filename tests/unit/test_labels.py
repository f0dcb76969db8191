"""Speakers get names in a transcript and its outputs, without a new transcription and without harm to edits."""

import json
import os
import shutil
from dataclasses import dataclass

import pytest

from aiprov.errors import Busy, ConfigError, InputError
from aiprov.files import RunLock
from aiprov.pipelines.formats import EVERY, render
from aiprov.pipelines.labels import chosen_names, give_names, transcript_of
from aiprov.pipelines.named import names_mark
from aiprov.pipelines.opening import opened
from aiprov.pipelines.options import RenderOptions
from aiprov.state import State
from transcribe_world import Scribe, World, put
from voice_world import Panel


@pytest.fixture
def world(tmp_path):
    put(tmp_path / "in", "a.wav")
    return World(tmp_path / "in", tmp_path / "home", scribe=Panel())


@dataclass
class Naming:
    """The command, on one world."""

    world: World

    def __call__(self, *wishes, file="a.json", force=False):
        with State(self.world.home / "state.sqlite3") as state:
            path = self.world.root / file
            pairs = [tuple(wish.split("=")) for wish in wishes]
            return give_names(path, pairs, state, self.world.home / "locks", force=force)

    def rows(self):
        with State(self.world.home / "state.sqlite3") as state:
            return state.written(str(self.world.root / f"a.{form}") for form in EVERY)

    def text(self, form):
        return (self.world.root / f"a.{form}").read_text()


@pytest.fixture
def give(world):
    return Naming(world)


ALL = ("json", "txt", "srt", "vtt", "tsv", "md", "rttm")


def test_every_output_shows_the_name_and_nobody_is_asked_again(world, give):
    world.transcribe(formats=ALL)
    done = give("SPEAKER_00=Maria Lopez")
    assert {path.suffix[1:] for path in done.written} == set(ALL) - {"tsv"}
    assert done.kept == ()
    assert done.people["SPEAKER_00"] == "Maria Lopez"
    assert give.text("txt").startswith("[Maria Lopez]: Heard.\n")
    assert "\n[Maria Lopez]: Heard." in give.text("srt")
    assert "\n<v Maria Lopez>Heard." in give.text("vtt")
    assert "Maria Lopez** Heard." in give.text("md")
    assert " Maria_Lopez <NA>" in give.text("rttm")
    document = json.loads(give.text("json"))
    assert document["segments"][0]["speaker"] == document["segments"][0]["words"][0]["speaker"] == "Maria Lopez"
    assert document["aiprov"]["speakers"]["people"][0] == {
        "label": "SPEAKER_00",
        "speech_s": 1.0,
        "name": "Maria Lopez",
        "source": "given",
    }
    assert document["aiprov"]["speakers"]["turns"][0] == [0.0, 1.0, "SPEAKER_00"]
    assert world.scribe.heard == ["a.wav"]


def test_the_outputs_are_what_the_transcript_renders_to(world, give):
    world.transcribe(formats=ALL)
    give("SPEAKER_00=Maria", "SPEAKER_01=Bob")
    document = opened(world.root / "a.json")
    assert {form: give.text(form) for form in ALL} == {form: render(document, form) for form in ALL}


def test_the_journal_knows_the_outputs_under_their_new_names(world, give):
    world.transcribe(formats=("json", "srt"))
    before = give.rows()
    give("SPEAKER_00=Maria")
    with State(world.home / "state.sqlite3") as state:
        given = state.given_names(json.loads(give.text("json"))["aiprov"]["source"]["sha256"])
    for path, row in give.rows().items():
        status = os.stat(path)
        assert (row.size, row.mtime_ns) == (status.st_size, status.st_mtime_ns)
        assert row.rendering == before[path].rendering + names_mark(given)
        assert row[2:4:2] == before[path][2:4:2]
    assert give("SPEAKER_00=Maria").written == ()


def test_subtitles_keep_their_line_options(world, give):
    world.transcribe(formats=("json", "srt"), render=RenderOptions(highlight_words=True, max_words_per_line=1))
    give("SPEAKER_00=Maria")
    assert "\n[Maria]: <u>Heard.</u>\n" in give.text("srt")


def test_a_name_can_be_given_by_the_name_that_is_shown_and_taken_away(world, give):
    world.transcribe()
    give("SPEAKER_00=Maria")
    give("maria=Anna")
    assert give.text("txt").startswith("[Anna]: ")
    give("Anna=")
    assert give.text("txt").startswith("[SPEAKER_00]: ")


def test_a_known_voices_name_can_be_corrected_and_taken_away_for_good(world, give):
    world.transcribe()
    give("Peter=Bob")
    assert "[Bob]: " in give.text("txt")
    give("Bob=")
    give("SPEAKER_00=Maria")
    assert give.text("txt") == "[Maria]: Heard.\n[SPEAKER_01]: Heard.\n[SPEAKER_02]: Heard.\n"


def test_two_labels_may_be_one_person_and_become_two_again(world, give):
    world.transcribe()
    give("SPEAKER_00=Maria", "SPEAKER_02=Maria")
    assert give.text("txt").count("[Maria]: ") == 2
    assert "- Speakers" not in give.text("txt")
    give("SPEAKER_02=Anna")
    assert [line.split("]")[0] for line in give.text("txt").splitlines()][::2] == ["[Maria", "[Anna"]


def test_two_people_can_change_names_at_once(world, give):
    world.transcribe()
    give("SPEAKER_00=Maria")
    give("Maria=Peter", "Peter=Maria")
    assert [line.split("]")[0] for line in give.text("txt").splitlines()][:2] == ["[Peter", "[Maria"]


def test_the_recording_stands_for_the_transcript_beside_it(world, give):
    world.transcribe()
    give("SPEAKER_00=Maria", file="a.wav")
    assert give.text("txt").startswith("[Maria]: ")
    shutil.move(world.root / "a.json", world.root / "a.wav.json")
    assert transcript_of(world.root / "a.wav").name == "a.wav.json"


def test_an_edited_output_is_kept_and_named_unless_forced(world, give):
    world.transcribe(formats=("json", "txt", "srt"))
    (world.root / "a.txt").write_text("mine")
    row = give.rows()[str(world.root / "a.txt")]
    done = give("SPEAKER_00=Maria")
    assert [path.name for path in done.kept] == ["a.txt"]
    assert give.text("txt") == "mine"
    assert give.rows()[str(world.root / "a.txt")] == row
    assert "[Maria]" in give.text("srt")
    assert [path.name for path in give("SPEAKER_00=Maria", force=True).written] == ["a.txt"]
    assert give.text("txt").startswith("[Maria]: ")


def test_an_output_that_was_removed_stays_away(world, give):
    world.transcribe(formats=("json", "txt", "srt"))
    (world.root / "a.srt").unlink()
    give("SPEAKER_00=Maria")
    assert not (world.root / "a.srt").exists()


def test_on_another_machine_the_transcript_is_enough(world, give, tmp_path):
    world.transcribe(formats=ALL)
    (world.root / "a.tsv").write_text("edited")
    elsewhere = Naming(World(world.root, tmp_path / "other"))
    done = elsewhere("SPEAKER_00=Maria", "SPEAKER_02=Maria")
    assert {path.suffix[1:] for path in done.written} == set(ALL) - {"tsv"}
    assert [path.name for path in done.kept] == ["a.tsv"]
    assert give.text("txt") == "[Maria]: Heard.\n[Peter]: Heard.\n[Maria]: Heard.\n"
    elsewhere("SPEAKER_02=Anna")
    assert give.text("srt").count("[Maria]") == give.text("srt").count("[Anna]") == 1


def test_an_edited_transcript_from_another_machine_keeps_its_edits(world, give, tmp_path):
    world.transcribe(formats=("json",))
    path = world.root / "a.json"
    path.write_text(json.dumps(json.loads(path.read_text().replace(" Heard.", " Herd.")), indent=4))
    Naming(World(world.root, tmp_path / "other"))("SPEAKER_00=Maria")
    assert "Herd." in give.text("json")
    assert '"speaker": "Maria"' in give.text("json")


def test_another_tools_transcript_is_rewritten_only_when_forced(world, give):
    segments = [{"start": 0.0, "end": 1.0, "text": " Hi.", "speaker": "SPEAKER_00", "score": 0.5}]
    (world.root / "a.json").write_text(json.dumps({"segments": segments, "language": "en", "word_segments": []}))
    (world.root / "a.txt").write_text("[SPEAKER_00]: Hi.\n")
    done = give("SPEAKER_00=Maria")
    assert ([path.name for path in done.written], [path.name for path in done.kept]) == (["a.txt"], ["a.json"])
    give("SPEAKER_00=Maria", force=True)
    assert '"speaker": "Maria"' in give.text("json")


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ("SPEAKER_07=Maria", "there is no speaker 'SPEAKER_07'"),
        ("SPEAKER_00=SPEAKER_01", "SPEAKER_01 is a label, not a name"),
        ("SPEAKER_00=[x]", "that is no name"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is(world, give, wish, said):
    world.transcribe(formats=ALL)
    before = world.outputs()
    with pytest.raises(ConfigError, match=said):
        give("SPEAKER_02=Bob", wish)
    assert world.outputs() == before


def test_the_name_of_a_channel_cannot_be_given_to_somebody_else():
    call = {"segments": [{"start": 0.0, "end": 1.0, "speaker": name} for name in ("Agent", "Caller")]}
    with pytest.raises(ConfigError, match="Caller is the label of a speaker"):
        chosen_names(call, [("Agent", "Caller")])


def test_a_transcript_without_speakers_has_nobody_to_name(world, give):
    world.scribe = Scribe()
    world.transcribe()
    with pytest.raises(InputError) as caught:
        give("SPEAKER_00=Maria")
    assert caught.value.code == "no_speakers"
    assert "--diarize" in caught.value.hint


@pytest.mark.parametrize("file", ["b.json", "b.wav", "gone/b.json"])
def test_a_file_without_transcript_is_named_and_nothing_is_made(world, give, file):
    with pytest.raises(InputError) as caught:
        give("SPEAKER_00=Maria", file=file)
    assert caught.value.code == "not_found"
    assert not (world.root / "gone").exists()


def test_a_run_that_writes_into_the_folder_is_not_disturbed(world, give):
    world.transcribe()
    with RunLock([world.root], world.home / "locks"), pytest.raises(Busy):
        give("SPEAKER_00=Maria")
