from __future__ import annotations

import os
import socket
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from aiprov.batch.plan import Plan, make_plan
from aiprov.errors import ConfigError, InputError

SUFFIXES = frozenset({".mp3", ".wav"})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Inputs are named relative to the current folder, as people do."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def put(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"words")


def plan(*inputs: str, formats: Sequence[str] = ("json", "srt"), **more: Any) -> Plan:
    return make_plan(inputs, suffixes=SUFFIXES, formats=formats, **more)


def paths(found: Plan) -> list[str]:
    return [str(job.path) for job in found.jobs]


def firsts(found: Plan) -> list[str]:
    """The first output of every job, relative to the current folder."""
    return [os.path.relpath(job.outputs["json"]) for job in found.jobs]


def failures(found: Plan) -> dict[str, str]:
    return {str(file.path): file.error.code for file in found.failures if file.error}


def test_files_are_taken_as_named_and_outputs_go_beside_them() -> None:
    put("a.mp3", "deep/b.wav", "odd.name.mp3")
    found = plan("deep/b.wav", "a.mp3", "odd.name.mp3")
    assert paths(found) == ["a.mp3", "deep/b.wav", "odd.name.mp3"]
    assert [str(path) for path in found.jobs[1].outputs.values()] == ["deep/b.json", "deep/b.srt"]
    assert firsts(found) == ["a.json", "deep/b.json", "odd.name.json"]
    assert found.folders == [Path.cwd(), Path.cwd() / "deep"]


def test_a_named_file_is_taken_whatever_its_ending() -> None:
    put("recording.bin", "noending")
    assert paths(plan("recording.bin", "noending")) == ["noending", "recording.bin"]


def test_a_folder_gives_its_files_with_a_known_ending_in_any_case() -> None:
    put("m/b.MP3", "m/a.wav", "m/notes.txt", "m/.hidden.mp3", "m/._a.wav", "m/below/c.mp3")
    assert paths(plan("m")) == ["m/a.wav", "m/b.MP3"]
    assert paths(plan("m/", recursive=True)) == ["m/a.wav", "m/b.MP3", "m/below/c.mp3"]


def test_hidden_folders_are_left_alone() -> None:
    put("m/a.mp3", "m/.trash/b.mp3")
    assert paths(plan("m", recursive=True)) == ["m/a.mp3"]


def test_patterns_that_the_shell_left_alone_are_matched() -> None:
    put("m/a.mp3", "m/b.wav", "m/.c.mp3", "m/x/d.mp3")
    assert paths(plan("m/*.mp3")) == ["m/a.mp3"]
    assert paths(plan("m/**/*.mp3")) == ["m/a.mp3", "m/x/d.mp3"]
    assert paths(plan("m/?.[mw]*")) == ["m/a.mp3", "m/b.wav"]
    assert paths(plan("*/x")) == ["m/x/d.mp3"]
    assert paths(plan(f"{Path.cwd()}/m/*.wav")) == [f"{Path.cwd()}/m/b.wav"]


def test_a_name_that_only_looks_like_a_pattern_is_a_name() -> None:
    put("a[1].mp3", "a1.mp3")
    assert paths(plan("a[1].mp3")) == ["a[1].mp3"]


def test_the_same_file_by_several_names_is_one_job() -> None:
    put("m/a.mp3")
    os.symlink("m/a.mp3", "z.mp3")
    os.symlink("m", "n")
    assert paths(plan("m/a.mp3", "./m/a.mp3", "m", "n", "z.mp3", f"{Path.cwd()}/m/a.mp3")) == [f"{Path.cwd()}/m/a.mp3"]


def test_a_linked_recording_is_read_at_its_target_and_written_beside_the_link() -> None:
    put("store/a.mp3")
    os.mkdir("m")
    os.symlink("../store/a.mp3", "m/talk.mp3")
    (job,) = plan("m").jobs
    assert job.source == Path.cwd() / "store" / "a.mp3"
    assert firsts(plan("m")) == ["m/talk.json"]


def test_links_that_lead_in_circles_end() -> None:
    put("m/a.mp3")
    for name in ("one", "two", "three"):
        os.symlink("..", f"m/{name}")
    os.symlink("self.mp3", "m/self.mp3")
    for inputs in (["m"], ["m/**/*.mp3"]):
        found = plan(*inputs, recursive=True)
        assert paths(found) == ["m/a.mp3"]
    assert failures(plan("m")) == {"m/self.mp3": "not_found"}


def test_what_cannot_be_an_input_fails_alone() -> None:
    put("a.mp3")
    os.mkfifo("pipe.mp3")
    os.symlink("gone", "dangling.mp3")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.mp3")
        found = plan("a.mp3", "missing.mp3", "pipe.mp3", "dangling.mp3", "socket.mp3", "/dev/null", "", "x\0y", "no*pe")
    assert paths(found) == ["a.mp3"]
    assert failures(found) == {
        "missing.mp3": "not_found",
        "pipe.mp3": "not_a_file",
        "dangling.mp3": "not_found",
        "socket.mp3": "not_a_file",
        "/dev/null": "not_a_file",
        ".": "not_found",
        "x\0y": "not_found",
        "no*pe": "not_found",
    }
    assert all(file.error and file.error.exit_code == 3 for file in found.failures)


def test_pipes_in_a_folder_fail_alone() -> None:
    put("m/a.mp3")
    os.mkfifo("m/b.mp3")
    os.mkdir("m/c.mp3")
    found = plan("m", recursive=True)
    assert paths(found) == ["m/a.mp3"]
    assert failures(found) == {"m/b.mp3": "not_a_file"}


def test_when_nothing_at_all_is_found_the_hint_says_where_to_look() -> None:
    put("m/below/a.mp3", "m/notes.txt")
    with pytest.raises(ConfigError, match="nothing to work on in m; --recursive looks into"):
        plan("m")
    with pytest.raises(ConfigError, match="no inputs were given") as caught:
        plan()
    assert caught.value.exit_code == 2


def test_an_empty_folder_among_others_is_a_note() -> None:
    put("m/a.mp3")
    os.mkdir("empty")
    assert plan("m", "empty").notes == ("nothing to work on in empty",)


def test_an_output_folder_keeps_the_tree_below_the_folder_that_was_named() -> None:
    put("m/a.mp3", "m/x/a.mp3", "m/x/y/a.mp3", "z/b.mp3")
    found = plan("m", "z/b.mp3", recursive=True, output_dir=Path("out"))
    assert firsts(found) == ["out/a.json", "out/x/a.json", "out/x/y/a.json", "out/b.json"]
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("inputs", "more"),
    [
        (["a.mp3", "a.wav"], {}),
        (["d1/a.mp3", "d2/a.mp3"], {"output_dir": Path("out")}),
        (["d1", "d2"], {"output_dir": Path("out")}),
        (["Case.mp3", "case.mp3"], {}),
        (["ä.mp3", unicodedata.normalize("NFD", "ä.mp3")], {}),
    ],
)
def test_two_inputs_that_would_share_an_output_are_refused_by_name(inputs: list[str], more: dict[str, Any]) -> None:
    put(*(name for name in inputs if "." in name), "d1/a.mp3", "d2/a.mp3")
    with pytest.raises(InputError, match="would share the output") as caught:
        plan(*inputs, **more)
    assert caught.value.code == "outputs_clash"
    assert "--on-collision suffix" in str(caught.value.hint)
    assert all(Path(name).name.split("/")[0] in caught.value.message for name in inputs)


def test_on_request_clashing_names_get_their_ending_and_then_a_number() -> None:
    put("a.mp3", "a.wav", "b.mp3", "d1/c.mp3", "d2/c.mp3", "d3/c.mp3")
    assert firsts(plan("a.mp3", "a.wav", "b.mp3", on_collision="suffix")) == ["a.mp3.json", "a.wav.json", "b.json"]
    found = plan("d1", "d2", "d3", output_dir=Path("out"), on_collision="suffix")
    assert firsts(found) == ["out/c.mp3.json", "out/c.mp3-2.json", "out/c.mp3-3.json"]


def test_a_new_name_does_not_clash_with_a_third_input() -> None:
    put("a.mp3", "a.wav", "a.mp3.wav")
    names = firsts(plan("a.mp3", "a.wav", "a.mp3.wav", on_collision="suffix"))
    assert len({name.casefold() for name in names}) == 3


def test_transcripts_of_the_last_run_are_no_inputs() -> None:
    put("m/a.mp3", "m/a.json", "m/a.srt", "m/b.mp3")
    found = plan(*(str(path) for path in Path("m").iterdir()))
    assert paths(found) == ["m/a.mp3", "m/b.mp3"]
    assert found.notes == ("2 files are outputs of other inputs and not taken as input",)


def test_outputs_of_outputs_are_no_inputs_either() -> None:
    put("a.json", "a.minutes.json", "b.json")
    found = make_plan(["."], suffixes={".json"}, formats=["minutes.json"])
    assert paths(found) == ["a.json", "b.json"]


def test_an_output_never_takes_the_place_of_an_input() -> None:
    put("a.mp3", "notes.json", "B.JSON")
    found = plan("a.mp3", "notes.json", "B.JSON")
    assert paths(found) == ["a.mp3"]
    assert failures(found) == {"notes.json": "outputs_clash", "B.JSON": "outputs_clash"}
    renamed = plan("notes.json", on_collision="suffix")
    assert firsts(renamed) == ["notes.json.json"]


def test_a_name_without_room_for_an_ending_fails_alone() -> None:
    fitting, too_long = ("y" * 250 + ".mp3", "ж" * 125 + ".mp3"), ("x" * 251 + ".mp3", "ж" * 125 + "x.mp3")
    put(*fitting, *too_long)
    found = plan(".")
    assert paths(found) == list(fitting)
    assert failures(found) == dict.fromkeys(too_long, "name_too_long")


@pytest.mark.parametrize("name", ["a\udcff.mp3", "new\nline.mp3", "-rf.mp3", "\u202e3pm.mp3", "🎙.mp3", "a\x07.mp3"])
def test_any_name_can_be_planned(name: str) -> None:
    put(f"m/{name}")
    assert paths(plan("m")) == [f"m/{name}"]


def test_a_folder_that_cannot_be_read_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    put("m/a.mp3", "m/locked/b.mp3")
    scan = os.scandir

    def refusing(path: Any) -> Any:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    found = plan("m", recursive=True)
    assert paths(found) == ["m/a.mp3"]
    assert failures(found) == {"m/locked": "not_found"}
