"""Minutes in a batch: every call paid once, edited outputs kept, recordings transcribed first."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aiprov.core.results import Usage
from aiprov.errors import ConfigError, ProviderError
from aiprov.minutes.prompts import Wish
from clerk_world import COST, Clerk, World, topics
from transcribe_world import put


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "in").mkdir()
    return World(tmp_path / "in", tmp_path / "home")


def texts(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["text"] for entry in entries]


def test_a_transcript_becomes_minutes_in_every_format(world):
    world.put("sync.json")
    report = world.summarize()
    (file,) = report.files
    assert (report.exit_code, file.status, file.provider, file.model) == (0, "done", "clerk", "clerk-8b")
    assert (file.audio_s, file.cost_usd) == (29.5, 2 * COST)
    assert sorted(world.outputs()) == ["sync.minutes.html", "sync.minutes.json", "sync.minutes.md"]
    found = world.minutes("sync")
    assert found["title"] == "Pricing page"
    assert (found["method"], found["provider"], found["model"]) == ("abstractive", "clerk", "clerk-8b")
    assert texts(found["decisions"]) == ["We decided to use the short version of the pricing page."]
    (task,) = found["action_items"]
    assert (task["owner"], task["due"], task["segments"]) == ("Ben", "Friday", [3])
    assert texts(found["open_questions"]) == ["What does the second licence cost?"]
    assert found["source"]["path"] == "sync.json"


def test_finished_minutes_are_skipped_and_what_is_stored_is_not_paid_again(world):
    world.put("sync.json")
    world.summarize()
    before, calls = world.outputs(), len(world.clerk.calls)
    assert world.summarize().files[0].status == "skipped"
    (world.root / "sync.minutes.md").unlink()
    assert world.summarize().files[0].status == "done"
    assert (world.outputs(), len(world.clerk.calls)) == (before, calls)


def test_another_style_asks_for_the_summary_alone_and_another_template_for_nothing(world):
    world.put("sync.json")
    world.summarize()
    calls = len(world.clerk.calls)
    world.summarize(template="$title!")
    assert (world.root / "sync.minutes.md").read_text() == "Pricing page!"
    assert len(world.clerk.calls) == calls
    world.summarize(wish=Wish("brief"))
    assert len(world.clerk.calls) == calls + 1


def test_the_houses_own_words_reach_the_model(world):
    world.put("sync.json")
    world.summarize(wish=Wish(task="Write as our house does."))
    assert all(call.messages[1].content.startswith("Write as our house does.\n") for call in world.clerk.calls)


def test_an_edited_output_is_kept(world):
    world.put("sync.json")
    world.summarize()
    path = world.root / "sync.minutes.md"
    path.write_text("mine")
    (file,) = world.summarize(template="$title").files
    assert path.read_text() == "mine"
    assert any("edited" in note for note in file.notes)


def test_a_recording_is_transcribed_first_and_its_transcript_serves_from_then_on(world):
    put(world.root, "talk.wav")
    report = world.summarize(method="extractive")
    (file,) = report.files
    assert file.steps == {"transcribe": "done", "summarize": "done"}
    assert [path.name for path in file.outputs] == [
        "talk.json", "talk.minutes.json", "talk.minutes.md", "talk.minutes.html",
    ]  # fmt: skip
    assert 'src="talk.wav"' in (world.root / "talk.minutes.html").read_text()
    (again,) = world.summarize(method="extractive").files
    assert (again.status, again.steps) == ("skipped", {"summarize": "skipped"})


def test_a_failing_meeting_fails_alone_and_is_named(world):
    def only_good(request):
        if "poison" in request.messages[-1].content:
            raise ProviderError("clerk refused", provider="clerk", code="content_filtered")

    world.clerk.before = only_good
    world.put("good.json")
    world.put("bad.json", [("Eve", "This is poison.")])
    report = world.summarize()
    assert report.exit_code == 3
    assert {file.path.name: file.status for file in report.files} == {"good.json": "done", "bad.json": "failed"}


def test_what_nothing_carries_is_listed_apart_and_strict_drops_it(world):
    def invents(request, found):
        if "decisions" in found:
            found["decisions"].append({"text": "The board approved ninety new helicopters", "segments": [1]})
        return found

    world.clerk.twist = invents
    world.put("sync.json")
    (file,) = world.summarize().files
    found = world.minutes("sync")
    (wrong,) = found["unsupported"]
    assert (wrong["text"], wrong["kind"]) == ("The board approved ninety new helicopters", "decision")
    assert wrong["problems"]
    assert "1 line is not supported by the transcript and listed apart" in file.notes
    calls = len(world.clerk.calls)
    world.summarize(strict=True)
    assert world.minutes("sync")["unsupported"] == []
    assert "helicopters" not in (world.root / "sync.minutes.md").read_text()
    assert len(world.clerk.calls) == calls


def test_an_owner_who_was_not_there_never_passes(world):
    def blames(request, found):
        for task in found.get("action_items", ()):
            task["owner"] = "Xavier"
        return found

    world.clerk.twist = blames
    world.put("sync.json")
    world.summarize()
    found = world.minutes("sync")
    assert found["action_items"] == []
    assert [problem["code"] for problem in found["unsupported"][0]["problems"]] == ["owner"]


def test_without_a_chat_model_auto_quotes_and_abstractive_is_refused(world):
    world.put("sync.json")
    world.clerk.name = "nobody"
    world.clerk.models = lambda capability: []  # type: ignore[method-assign]
    assert world.summarize().files[0].status == "done"
    assert world.minutes("sync")["method"] == "extractive"
    assert world.clerk.calls == []
    with pytest.raises(ConfigError):
        world.summarize(method="abstractive")


def test_a_meeting_in_which_nobody_speaks_has_empty_minutes(world):
    world.put("silence.json", [])
    assert world.summarize().files[0].status == "done"
    found = world.minutes("silence")
    assert [found[name] for name in ("summary", "decisions", "action_items")] == [[], [], []]
    assert world.clerk.calls == []


def test_a_dry_run_says_tokens_and_cost_and_asks_nobody(world):
    world.put("sync.json")
    report = world.summarize(dry_run=True)
    (file,) = report.files
    assert (file.status, file.provider) == ("planned", "clerk")
    assert file.cost_usd > 0
    assert any("2 calls, about" in note for note in file.notes)
    assert [each.provider for each in report.candidates] == ["clerk"]
    assert (world.clerk.calls, world.outputs()) == ([], {})


def test_the_cap_ends_the_run_and_what_was_paid_is_not_paid_again(world):
    world.put("long.json", topics(12, filler=30))
    world.clerk.context, world.clerk.usage = 8000, Usage(2000, 500)
    stopped = world.summarize(max_cost=Decimal("12.00"))
    assert stopped.exit_code == 5
    paid = len(world.clerk.calls)
    assert paid > 0
    assert world.summarize().exit_code == 0
    assert len({json.dumps([m.content for m in call.messages]) for call in world.clerk.calls}) == len(world.clerk.calls)


def test_a_killed_meeting_pays_only_for_the_topics_that_were_missing(world):
    world.put("long.json", topics(12, filler=60))
    world.clerk.context = 8000

    class Killed(BaseException):
        pass

    def dies(request):
        if len(world.clerk.calls) == 5:
            raise Killed

    world.clerk.before = dies
    with pytest.raises(BaseException):  # noqa: B017, PT011  as a power cut would
        world.summarize()
    first = len(world.clerk.calls)
    world.clerk.before = lambda request: None
    assert world.summarize().exit_code == 0
    asked = [json.dumps([message.content for message in call.messages]) for call in world.clerk.calls]
    answered = [each for at, each in enumerate(asked) if at != 4]
    assert len(asked) > first
    assert len(set(answered)) == len(answered)
    assert len(world.minutes("long")["decisions"]) == 12


def test_every_topic_has_a_note_even_when_the_model_has_nothing_to_say(world):
    world.clerk.twist = lambda request, found: {name: [] for name in found} if "title" not in found else found
    world.put("sync.json", topics(6, filler=8))
    world.summarize()
    found = world.minutes("sync")
    covered = {segment for topic in found["topics"] for segment in topic["segments"]}
    assert covered == set(range(len(topics(6, filler=8))))
    assert found["summary"]


def test_minutes_in_another_language_are_checked_before_they_are_translated(world):
    def translates(request, found):
        if "lines" in request.response_schema["properties"]:
            return {"lines": [f"DE {line}" for line in request.messages[-1].content.splitlines()[1:-1]]}
        return found

    world.clerk.twist = translates
    world.put("sync.json")
    world.summarize(language="de")
    found = world.minutes("sync")
    assert found["language"] == "de"
    assert texts(found["decisions"]) == ["DE We decided to use the short version of the pricing page."]
    assert found["decisions"][0]["quote"] == "We decided to use the short version of the pricing page."
    assert "## Beschlüsse" in (world.root / "sync.minutes.md").read_text()


def test_quotes_are_not_translated_and_the_report_says_so(world):
    world.put("sync.json")
    (file,) = world.summarize(language="de", method="extractive").files
    assert file.notes == ("lines are quoted as they were said, not in German",)
    assert world.minutes("sync")["language"] == "en"


def breaks_off(world: World, calls: int, code: str = "quota_exhausted") -> None:
    """From then on the clerk refuses."""

    def refuse(request):
        if len(world.clerk.calls) > calls:
            raise ProviderError("no more", provider="clerk", code=code)

    world.clerk.before = refuse


def test_what_one_model_began_no_small_one_finishes_the_whole_is_quoted_and_the_report_says_so(world):
    tiny = Clerk(name="tiny", size="135m", local=True)
    world.others = (tiny,)
    world.clerk.context = 4000
    world.put("long.json", topics(12, filler=30))
    breaks_off(world, 3)
    (file,) = world.summarize().files
    found = world.minutes("long")
    assert (file.status, found["method"]) == ("done", "extractive")
    assert all("title" in call.response_schema["properties"] for call in tiny.calls)
    assert any("clerk did not finish (quota_exhausted)" in note and "--provider clerk" in note for note in file.notes)
    assert file.cost_usd == 3 * COST
    assert world.summarize().files[0].status == "skipped"


def test_the_model_that_broke_off_finishes_later_and_what_it_wrote_is_not_paid_again(world):
    world.others = (Clerk(name="tiny", size="135m", local=True),)
    world.clerk.context = 4000
    world.put("long.json", topics(12, filler=30))
    breaks_off(world, 3, "content_filtered")
    world.summarize()
    world.clerk.before, paid = lambda request: None, [call.messages[-1].content for call in world.clerk.calls[:3]]
    tried = len(world.clerk.calls)
    (file,) = world.summarize(provider="clerk").files
    assert (file.status, world.minutes("long")["method"]) == ("done", "abstractive")
    assert not set(paid) & {call.messages[-1].content for call in world.clerk.calls[tried:]}
    assert len(world.minutes("long")["decisions"]) == 12


def test_who_asks_for_written_minutes_gets_a_failure_by_name_and_no_invention(world):
    tiny = Clerk(name="tiny", size="135m", local=True)
    world.others = (tiny,)
    world.put("sync.json")
    breaks_off(world, 0)
    (file,) = world.summarize(method="abstractive").files
    assert (file.status, file.error.code) == ("failed", "quota_exhausted")
    assert world.summarize(method="abstractive").files[0].status in ("failed", "parked")  # the clerk is held now
    assert tiny.calls == []


def test_a_large_model_takes_over_from_another_one(world):
    large = Clerk(name="large", local=True)
    world.others = (large,)
    world.put("sync.json")
    breaks_off(world, 0)
    (file,) = world.summarize().files
    assert (file.provider, world.minutes("sync")["method"]) == ("large", "abstractive")


def test_when_the_money_ends_the_whole_is_quoted_where_a_small_model_stands_by(world):
    world.others = (Clerk(name="tiny", size="135m", local=True),)
    world.put("long.json", topics(12, filler=30))
    world.clerk.context, world.clerk.usage = 8000, Usage(2000, 500)
    report = world.summarize(max_cost=Decimal("12.00"))
    assert (report.exit_code, world.minutes("long")["method"]) == (0, "extractive")
    assert any("did not finish (budget" in note for note in report.files[0].notes)


def test_title_and_summary_are_written_from_what_the_transcript_carries_alone(world):
    def invents(request, found):
        if "decisions" in found:
            found["decisions"].append({"text": "The board approved ninety new helicopters", "segments": [1]})
            found["decisions"].append({"text": "The team decided to proceed", "segments": [2]})
        return found

    world.clerk.twist = invents
    world.put("sync.json")
    world.summarize()
    (overview,) = [call for call in world.clerk.calls if "title" in call.response_schema["properties"]]
    told = overview.messages[-1].content
    assert "We decided to use the short version" in told
    assert "helicopters" not in told
    assert "proceed" not in told
    assert {entry["text"] for entry in world.minutes("sync")["unsupported"]} == {
        "The board approved ninety new helicopters", "The team decided to proceed",
    }  # fmt: skip


def test_a_summary_that_comes_to_no_end_is_replaced_by_lines_and_reported(world):
    world.clerk.twist = lambda request, found: "{" if "title" in found else found
    world.put("sync.json")
    (file,) = world.summarize().files
    assert "clerk-8b wrote no whole summary: lines of the meeting stand in" in file.notes
    assert world.minutes("sync")["summary"]


def test_chunks_end_where_topics_do(world):
    talk = topics(6, filler=12)
    world.clerk.context = 2600
    world.put("long.json", talk)
    world.summarize()
    asked = [call for call in world.clerk.calls if "title" not in call.response_schema["properties"]]
    assert len(asked) > 2
    for call in asked:  # the one who ends a topic announces the next one in the same breath
        lines = call.messages[-1].content.splitlines()[1:3]
        assert any("The next topic is" in line for line in lines)


def test_a_transcript_without_speakers_is_said_to_have_none_when_they_were_asked_for(world):
    from aiprov.pipelines.options import SpeakerOptions

    world.put("plain.json", [(None, "We decided to use the short version.")])
    (file,) = world.summarize(speakers=SpeakerOptions(diarize=True)).files
    assert any("plain.json tells no speakers apart: aiprov transcribe --diarize" in note for note in file.notes)
    world.put("sync.json")
    (file,) = world.summarize(world.root / "sync.json", speakers=SpeakerOptions(diarize=True)).files
    assert file.notes == ()
