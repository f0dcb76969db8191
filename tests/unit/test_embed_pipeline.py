"""`aiprov embed` as a library: what is embedded, what is not, and what it costs."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.archive import Archive
from aiprov.core.failures import Kind
from aiprov.errors import Busy, ConfigError, ProviderError
from aiprov.files import RunLock
from aiprov.pipelines import embed as embed_module
from archive_world import Library, Meaner, routing, talk, transcript
from transcribe_world import Audience


@pytest.fixture
def library(tmp_path: Path, aiprov_home: Path) -> Library:
    library = Library(tmp_path / "in", aiprov_home)
    transcript(library.folder / "2026-03-10 finance.json", *talk("budget"))
    transcript(library.folder / "walk.json", *talk("dog"))
    return library


def statuses(report) -> dict[str, str]:
    return {file.path.name: file.status for file in report.files}


def known(library: Library) -> list[str]:
    return sorted(path.name for path in Archive(library.archive).contents())


def test_transcripts_are_taken_in_and_found(library):
    report = library.embed()
    assert statuses(report) == {"2026-03-10 finance.json": "done", "walk.json": "done"}
    assert report.exit_code == 0
    assert library.found("cash")[0][0] == "2026-03-10 finance"
    (hit, *_) = library.search("puppy").hits
    assert (hit.meeting, hit.path) == ("walk", str(library.folder / "walk.json"))
    assert hit.start % 5 == 0
    assert hit.text.startswith("Number")


def test_the_second_run_embeds_nothing(library):
    library.embed()
    calls = len(library.meaner.calls)
    witness = Audience()
    report = library.embed(witness=witness)
    assert statuses(report) == {"2026-03-10 finance.json": "skipped", "walk.json": "skipped"}
    assert len(library.meaner.calls) == calls


def test_of_a_transcript_that_changed_only_new_texts_are_embedded(library):
    library.embed()
    library.meaner.calls.clear()
    transcript(library.folder / "walk.json", *talk("dog"), ("Anna", "And it rains a lot."))
    assert statuses(library.embed())["walk.json"] == "done"
    assert "And it rains a lot." in library.meaner.texts
    assert "Number 0 is about the dog that we know." not in library.meaner.texts
    assert library.found("umbrella")[0][1] == "And it rains a lot."


def test_names_that_are_given_to_speakers_embed_nothing(library):
    library.embed()
    library.meaner.calls.clear()
    said = [("Zoe" if name == "Anna" else name, text) for name, text in talk("dog")]
    transcript(library.folder / "walk.json", *said)
    assert statuses(library.embed())["walk.json"] == "done"
    assert library.meaner.calls == []
    assert {meeting for meeting, _ in library.found("zoe", words_only=True)} == {"walk"}


def test_a_renamed_file_costs_nothing_and_is_there_once(library):
    library.embed()
    library.meaner.calls.clear()
    (library.folder / "walk.json").rename(library.folder / "stroll.json")
    assert statuses(library.embed()) == {"2026-03-10 finance.json": "skipped", "stroll.json": "done"}
    assert library.meaner.calls == []
    assert known(library) == ["2026-03-10 finance.json", "stroll.json"]


def test_a_copy_costs_nothing_and_both_stay(library):
    library.embed()
    library.meaner.calls.clear()
    (library.folder / "copy.json").write_bytes((library.folder / "walk.json").read_bytes())
    library.embed()
    assert library.meaner.calls == []
    assert known(library) == ["2026-03-10 finance.json", "copy.json", "walk.json"]


def test_the_same_talk_out_of_another_recording_costs_nothing(library):
    library.embed()
    library.meaner.calls.clear()
    document = json.loads((library.folder / "walk.json").read_text())
    (library.folder / "again.json").write_text(json.dumps(document | {"aiprov_copy": True}))
    library.embed()
    assert library.meaner.calls == []
    assert "again.json" in known(library)


def test_files_that_are_gone_are_said_and_pruned_only_when_that_is_wished_for(library):
    library.embed()
    (library.folder / "walk.json").unlink()
    witness = Audience()
    library.embed(witness=witness)
    assert witness.notes == [
        "1 of the files that it was made from are gone, and are still in the archive; --prune takes them out"
    ]
    assert "walk.json" in known(library)
    library.embed(prune=True)
    assert known(library) == ["2026-03-10 finance.json"]


def test_another_model_is_refused_before_anything_is_done_and_named_with_what_to_do(library):
    library.embed()
    library.meaner.calls.clear()
    library.meaner.version = "2"
    transcript(library.folder / "new.json", *talk("rain"))
    with pytest.raises(ConfigError, match="was made with local/words-1") as caught:
        library.embed()
    assert caught.value.code == "other_model"
    assert "--rebuild" in caught.value.hint
    assert library.meaner.calls == []
    with pytest.raises(ConfigError, match="cannot be compared"):
        library.search("cash")


def test_rebuilding_takes_another_model_and_these_paths_alone(library):
    library.embed()
    library.meaner.version, library.meaner.width = "2", 12
    library.embed(library.folder / "walk.json", rebuild=True)
    archive = Archive(library.archive)
    assert archive.space.dimension == 12
    assert known(library) == ["walk.json"]
    assert library.found("puppy")


def test_a_rebuild_that_fails_at_once_leaves_the_archive_as_it_was(library):
    library.embed()
    library.people = (Meaner(version="2", script=[ProviderError("no", provider="local", code=Kind.ENGINE)] * 9),)
    report = library.embed(rebuild=True)
    assert report.exit_code == 3
    assert len(known(library)) == 2


def test_a_json_file_that_is_no_transcript_fails_when_it_is_named_and_is_left_out_of_a_folder(library):
    (library.folder / "package.json").write_text('{"name": "x"}')
    witness = Audience()
    report = library.embed(witness=witness)
    assert report.exit_code == 0
    assert "package.json" not in statuses(report)
    assert witness.notes == ["JSON files in folders that are no transcripts were left out: 1"]
    report = library.embed(library.folder / "package.json", library.folder / "walk.json")
    assert statuses(report) == {"package.json": "failed", "walk.json": "skipped"}
    assert report.exit_code == 3


def test_a_transcript_without_words_is_no_failure(library):
    transcript(library.folder / "silence.json")
    assert statuses(library.embed())["silence.json"] == "skipped"
    assert library.embed().exit_code == 0


@pytest.mark.parametrize("content", ['{"segments": []', "[" * 10_000, '{"segments": [{"start": 1}]}', "\xff"])
def test_a_broken_transcript_does_not_stop_the_others(library, content):
    path = library.folder / "broken.json"
    path.write_bytes(content.encode("latin-1"))
    report = library.embed(path, library.folder / "walk.json")
    assert statuses(report) == {"broken.json": "failed", "walk.json": "done"}


def test_minutes_are_found_beside_their_transcript(library):
    entry = {"segments": [0], "support": 1.0, "quote": ""}
    document = {"schema": 1, "source": {"path": "2026-03-10 finance.mp3"}, "title": "t", "method": "extractive"} | {
        name: [] for name in ("summary", "topics", "action_items", "open_questions", "unsupported")
    }
    document |= {"provider": "", "model": ""}
    document["decisions"] = [{"text": "We buy an umbrella.", "start": 600.0, "end": 605.0, **entry}]
    (library.folder / "finance.minutes.json").write_text(json.dumps(document))
    assert statuses(library.embed())["finance.minutes.json"] == "done"
    (hit, *_) = library.search("umbrella", limit=1).hits
    assert (hit.meeting, hit.text, hit.start) == ("2026-03-10 finance", "We buy an umbrella.", 600.0)


def test_damaged_minutes_fail_alone(library):
    (library.folder / "bad.minutes.json").write_text('{"schema": 1, "decisions": [3]}')
    assert statuses(library.embed())["bad.minutes.json"] == "failed"


def test_unless_told_otherwise_this_machine_embeds_whoever_has_a_key(library):
    cloud = Meaner("cloud", local=False)
    library.people = (cloud, Meaner())
    library.embed()
    library.search("cash")
    assert cloud.calls == []


def test_a_provider_elsewhere_is_paid_once_also_when_the_archive_is_lost_in_the_middle(library, monkeypatch):
    cloud = Meaner("cloud", local=False)
    library.people = (cloud,)
    with monkeypatch.context() as broken:
        broken.setattr(Archive, "put", lambda *_: 1 / 0)
        report = library.embed(provider="cloud")
    assert set(statuses(report).values()) == {"failed"}
    assert {file.error.code for file in report.files} == {"bug"}
    calls = len(cloud.calls)
    assert calls == 2
    report = library.embed(provider="cloud")
    assert set(statuses(report).values()) == {"done"}
    assert len(cloud.calls) == calls
    assert {file.cost_usd for file in report.files} == {Decimal(0)}


def test_the_answers_go_from_the_state_when_the_archive_has_them(library):
    library.embed()
    kit = library.kit()
    with kit.state as state:
        assert state._rows("SELECT count(*) FROM answers") == [(0,)]


def test_the_budget_holds_and_what_it_does_not_cover_waits(library):
    library.people = (Meaner("cloud", local=False),)
    report = library.embed(provider="cloud", transcribe=routing(max_cost=Decimal("0.70")))
    assert report.exit_code == 5
    assert sorted(statuses(report).values()) == ["done", "parked"]
    assert sum(row.cost for row in library.charges()) <= Decimal("0.70")
    assert set(statuses(library.embed(provider="cloud")).values()) == {"done", "skipped"}


def test_what_leaves_this_machine_is_said(library):
    library.people = (Meaner("cloud", local=False, host="cloud.example"),)
    report = library.embed(provider="cloud")
    assert report.sent == {"cloud.example": 2}


def test_with_privacy_local_nobody_elsewhere_is_asked(library):
    library.people = (Meaner("cloud", local=False),)
    with pytest.raises(ConfigError):
        library.embed(provider="cloud", transcribe=routing(privacy="local"))
    assert library.meaner.calls == []


def test_one_failure_does_not_stop_the_others(library):
    library.people = (Meaner(script=[ProviderError("no", provider="local", code=Kind.ENGINE)]),)
    report = library.embed()
    assert sorted(statuses(report).values()) == ["done", "failed"]
    assert report.exit_code == 3


def test_a_dry_run_asks_nobody_and_makes_nothing(library):
    report = library.embed(dry_run=True)
    assert set(statuses(report).values()) == {"planned"}
    assert library.meaner.calls == []
    assert not library.archive.exists()


def test_a_second_run_on_the_same_archive_ends_at_once(library):
    locks = library.home / "locks"
    with RunLock([next(_lock_folders(library))], locks), pytest.raises(Busy, match=r"archive\.sqlite3 is in use"):
        library.embed()
    assert library.embed().exit_code == 0


def _lock_folders(library):
    import hashlib

    name = hashlib.sha256(os.fsencode(library.archive)).hexdigest()[:16]
    yield library.home / "locks" / f"archive-{name}"


def test_recordings_are_transcribed_first_and_their_failures_are_theirs(library, monkeypatch):
    made = library.folder / "call.json"

    async def transcribed(paths, options, kit, watcher):
        from aiprov.batch.report import FileReport, Report
        from aiprov.errors import InputError

        transcript(made, *talk("rain"))
        files = [
            FileReport(path, "done", (made,))
            if path.name == "call.mp3"
            else FileReport(path, "failed", error=InputError("no"))
            for path in paths
        ]
        return Report("r", tuple(files), 1.0)

    monkeypatch.setattr(embed_module, "transcribed", transcribed)
    for name in ("call.mp3", "broken.mp3"):
        (library.folder / name).write_bytes(b"sound")
    report = library.embed()
    assert statuses(report)["broken.mp3"] == "failed"
    assert statuses(report)["call.mp3"] == "done"
    assert "call.json" in known(library)
    assert library.found("umbrella")


def test_the_day_of_a_meeting_is_in_its_name_or_on_its_file(library):
    library.embed()
    from aiprov.archive import Filters

    only = {meeting for meeting, _ in library.found("number", filters=Filters(since="2026-03-10", until="2026-03-10"))}
    assert only == {"2026-03-10 finance"}
    old = {meeting for meeting, _ in library.found("number", filters=Filters(until="2023-11-15"))}
    assert old == {"walk"}


def test_prompts_go_before_texts_and_queries_of_models_that_want_them(library):
    meaner = library.meaner
    meaner._offers = tuple(type(each)("e5-words", each.capability) for each in meaner._offers)
    library.embed()
    assert all(text.startswith("passage: ") for text in meaner.texts)
    meaner.calls.clear()
    assert library.found("cash")
    assert meaner.texts == ["query: cash"]
    assert not any("passage" in text for _, text in library.found("number"))


def test_words_alone_need_no_model(library):
    library.embed()
    library.meaner.calls.clear()
    library.meaner.version = "2"
    assert library.found("budget", words_only=True)
    assert library.found("cash", words_only=True) == []
    assert library.meaner.calls == []
