"""Recordings beyond a model's limits: sent in parts, each paid once, all to one provider, joined at the right times."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aiprov.core.failures import Kind
from aiprov.core.requests import ModelCapability, TranscriptionRequest
from aiprov.core.results import Segment, Transcript, Usage
from aiprov.core.routing import ModelFacts
from aiprov.errors import BudgetReached, ProviderError
from aiprov.manager import Transcribing
from aiprov.prices import OwnPrice
from aiprov.providers.base import Hooks
from aiprov.providers.fake import FakeProvider
from aiprov.state import State
from manager_world import World, capped, fails, run
from transcribe_world import put_long

SPEECH = ModelCapability.TRANSCRIPTION
HOURLY = OwnPrice(usd_per_audio_hour=Decimal(36))  # a cent for a second
SPOKEN = Decimal("0.02")  # for the two seconds that the fake says of every answer


def scribe(name: str, *script: Any, **facts: Any) -> FakeProvider:
    known = {"words": True, "segments": True} | facts
    return FakeProvider(name, script, offers=(ModelFacts(f"{name}-ear", ModelCapability.TRANSCRIPTION, **known),))


def world_of(folder: Path, *providers: FakeProvider, **more: Any) -> World:
    return World(folder, providers, prices={(p.name, f"{p.name}-ear"): HOURLY for p in providers}, **more)


def transcribe(world: World, recording: Path, **wishes: Any) -> Transcript:
    with State(world.folder / "state.sqlite3") as state:
        return run(world.manager(state).transcribe(TranscriptionRequest(recording, language="en", **wishes)))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """40 s."""
    return put_long(tmp_path / "in", "long.wav", 40)


def test_a_recording_within_the_limits_is_sent_whole(tmp_path: Path, recording: Path) -> None:
    one = scribe("one", max_audio_s=60.0)
    answer = transcribe(world_of(tmp_path, one), recording)
    assert [call.clip for call in one.calls] == [None]  # type: ignore[union-attr]
    assert answer.cost == SPOKEN


def test_one_beyond_them_is_sent_in_parts_and_joined_at_the_right_times(tmp_path: Path, recording: Path) -> None:
    one = scribe("one", *(f"part number {number}" for number in range(9)), max_audio_s=15.0)
    answer = transcribe(world_of(tmp_path, one), recording)
    clips = [call.clip for call in one.calls]  # type: ignore[union-attr]
    assert len(clips) >= 3
    assert [clip.start_s for clip in clips[1:]] == [clip.end_s for clip in clips[:-1]]
    assert (clips[0].start_s, clips[-1].end_s) == (0.0, pytest.approx(40.0))
    assert [segment.start for segment in answer.segments] == [clip.start_s for clip in clips]
    assert answer.text.startswith("part number 0 part number 1")
    assert answer.cost == len(clips) * SPOKEN
    assert len(answer.attempts) == len(clips)
    assert answer.provenance is not None
    assert answer.provenance.host == "fake.invalid"


def test_what_parts_were_paid_for_is_not_paid_again_after_a_failure(tmp_path: Path, recording: Path) -> None:
    broken = [*(f"part {number}" for number in range(2)), *fails(Kind.INVALID_REQUEST)]
    one = scribe("one", *broken, max_audio_s=10.0)
    world = world_of(tmp_path, one)
    with pytest.raises(ProviderError):
        transcribe(world, recording)
    paid = world.charges()["one"].cost
    first = len(one.calls)
    again = transcribe(world, recording)
    parts = {call.clip.start_s for call in one.calls}  # type: ignore[union-attr]
    assert world.charges()["one"].cost == len(parts) * SPOKEN
    assert again.cost == len(parts) * SPOKEN - paid
    assert len(one.calls) - first == len(parts) - int(paid / SPOKEN)
    calls = len(one.calls)
    assert transcribe(world, recording).cost == 0
    assert len(one.calls) == calls


def test_when_a_part_fails_another_provider_gets_the_whole_recording(tmp_path: Path, recording: Path) -> None:
    one, two = scribe("one", "part one", *fails(Kind.AUTH, times=9), max_audio_s=10.0), scribe("two")
    answer = transcribe(world_of(tmp_path, one, two), recording)
    assert answer.provider == "two"
    assert [call.clip for call in two.calls] == [None]  # type: ignore[union-attr]
    assert {attempt.provider for attempt in answer.attempts} == {"one", "two"}


def test_a_model_without_times_gets_pieces_of_at_most_half_a_minute(tmp_path: Path, recording: Path) -> None:
    one = scribe("one", words=False, segments=False)
    answer = transcribe(world_of(tmp_path, one), recording)
    clips = [call.clip for call in one.calls]  # type: ignore[union-attr]
    assert all(clip.end_s - clip.start_s <= 30.0 for clip in clips)
    assert [segment.start for segment in answer.segments] == [clip.start_s for clip in clips]
    assert "approximate_times" in [finding.code for finding in answer.quality.findings]
    assert answer.quality.verdict == "ok"


def test_without_need_of_times_such_a_model_gets_the_whole(tmp_path: Path, recording: Path) -> None:
    one = scribe("one", words=False, segments=False)
    transcribe(world_of(tmp_path, one), recording, enable_timestamps=False)
    assert [call.clip for call in one.calls] == [None]  # type: ignore[union-attr]


def test_parts_stop_at_the_budget_and_go_on_with_another(tmp_path: Path, recording: Path) -> None:
    one = scribe("one", max_audio_s=10.0)
    world = world_of(tmp_path, one, policy=capped("0.13"))
    with pytest.raises(BudgetReached):
        transcribe(world, recording)
    assert world.charges()["one"].cost <= Decimal("0.13")
    world.policy = capped("9")
    assert transcribe(world, recording).text


def test_under_a_cap_a_recording_of_unknown_length_is_not_sent_and_the_error_says_what_is_missing(
    tmp_path: Path, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    one = scribe("one")
    world = world_of(tmp_path, one, policy=capped("9"))
    with pytest.raises(BudgetReached, match=r"the length of .*long\.wav is not known") as caught:
        transcribe(world, recording)
    assert (caught.value.code, one.calls) == ("unknown_length", [])
    assert "aiprov[speech]" in (caught.value.hint or "")
    world.prices = {("else", "else"): HOURLY}
    with pytest.raises(BudgetReached, match="nobody knows what one/one-ear costs"):
        transcribe(world, recording)
    world.policy = {}
    assert transcribe(world, recording).provider == "one"


SAMPLE = Path(__file__).parents[3] / "recipes" / "samples" / "product-sync.mp3"


def truth() -> Transcript:
    """The sample meeting as it was really said."""
    turns = json.loads(SAMPLE.with_suffix(".truth.json").read_text(encoding="utf-8"))["turns"]
    said = [
        Segment(at, 0, turn["start"], turn["end"], f" {turn['text']}", 0.0, -0.2, 1.2, 0.01)
        for at, turn in enumerate(turns)
    ]
    text = "".join(segment.text for segment in said).strip()
    return Transcript(text, tuple(said), "en", 129.5, "one", "one-ear", None, usage=Usage(audio_s=129.5))


def test_words_that_do_not_account_for_the_speech_heard_here_are_no_transcript(tmp_path: Path) -> None:
    one = scribe("one", "Hello world.", "Hello world.")
    world = world_of(tmp_path, one)
    with pytest.raises(ProviderError) as caught:
        transcribe(world, SAMPLE)
    assert (caught.value.code, len(one.calls)) == (Kind.BAD_RESULT, 2)
    assert world.charges()["one"].cost == 2 * SPOKEN


def test_a_whole_transcript_from_elsewhere_is_held_against_the_speech_heard_here(tmp_path: Path) -> None:
    answer = transcribe(world_of(tmp_path, scribe("one", truth())), SAMPLE)
    assert answer.quality.verdict == "ok"
    assert answer.quality.coverage > 0.95
    assert answer.quality.speech_s > 60


def test_a_dropped_minute_is_found(tmp_path: Path) -> None:
    whole = truth()
    kept = tuple(segment for segment in whole.segments if not 30 <= segment.start < 60)
    cut = replace(whole, segments=kept, text="".join(segment.text for segment in kept).strip())
    answer = transcribe(world_of(tmp_path, scribe("one", cut)), SAMPLE)
    assert answer.quality.verdict == "suspect"
    holes = [finding for finding in answer.quality.findings if finding.code == "uncovered_speech"]
    assert holes
    assert all(29 <= hole.start <= hole.end <= 62 for hole in holes)


def test_a_recording_in_parts_can_be_the_one_that_sees_whether_a_provider_is_back(
    tmp_path: Path, recording: Path
) -> None:
    one = scribe("one", *fails(Kind.QUOTA, times=4), max_audio_s=10.0)
    world = world_of(tmp_path, one)
    with pytest.raises(ProviderError):
        transcribe(world, recording)
    assert len(one.calls) == 4
    world.clock.seconds += 7200
    assert transcribe(world, recording).provider == "one"


def forced(world: World, recording: Path, notes: list[str] | None = None, **more: Any) -> Transcript:
    """Transcribed as the pipeline does it, with `--force`."""
    task = Transcribing(TranscriptionRequest(recording, language="en"), "content", 40.0, reusable=False, fresh=True)
    hooks = Hooks(note=[].append if notes is None else notes.append)
    with State(world.folder / "state.sqlite3") as state:
        return run(world.manager(state).serve(replace(task, **more), hooks=hooks))


def test_forced_every_part_is_asked_for_anew_and_without_force_none_is(tmp_path: Path, recording: Path) -> None:
    one = scribe("one", max_audio_s=10.0)
    world = world_of(tmp_path, one)
    forced(world, recording)
    parts = len(one.calls)
    assert forced(world, recording).cost == parts * SPOKEN
    assert len(one.calls) == 2 * parts
    assert forced(world, recording, fresh=False).cost == 0
    assert len(one.calls) == 2 * parts


def spoil(world: World, old: str, new: str) -> None:
    """Damage the stored answers to parts behind everybody's back: checksums and all."""
    with State(world.folder / "state.sqlite3") as state:
        (first, *_) = state._rows("SELECT request_hash FROM answers WHERE attempt_id > 0 ORDER BY attempt_id")
        answer = state.answer(first[0])
        assert answer is not None
        state.keep_answer(first[0], answer.replace(old.encode(), new.encode()))


@pytest.mark.parametrize(("old", "new"), [('"text"', '"next"'), ("{", ""), ('"segments":[', '"segments":[7,')])
def test_a_stored_part_of_another_form_is_forgotten_asked_for_again_and_told(
    tmp_path: Path, recording: Path, old: str, new: str
) -> None:
    one, notes = scribe("one", max_audio_s=10.0), list[str]()
    world = world_of(tmp_path, one)
    first = forced(world, recording)
    parts = len(one.calls)
    spoil(world, old, new)
    again = forced(world, recording, notes, fresh=False)
    assert (again.text, again.cost, len(one.calls)) == (first.text, SPOKEN, parts + 1)
    assert notes == ["the stored answer to a part of long.wav was damaged; it is asked for again"]
    assert forced(world, recording, fresh=False).cost == 0


def test_a_stored_part_whose_checksum_does_not_match_is_asked_for_again(tmp_path: Path, recording: Path) -> None:
    one, notes = scribe("one", max_audio_s=10.0), list[str]()
    world = world_of(tmp_path, one)
    forced(world, recording)
    parts = len(one.calls)
    with State(world.folder / "state.sqlite3") as state, state._transaction() as connection:
        connection.execute("UPDATE answers SET sha256 = 'no' WHERE attempt_id = 1")
    assert forced(world, recording, notes, fresh=False).cost == SPOKEN
    assert (len(one.calls), len(notes)) == (parts + 1, 1)


def test_parts_of_a_whole_that_is_refused_are_not_joined_again(tmp_path: Path, recording: Path) -> None:
    """Each part passes by itself; put together, they say one thing over and over."""
    said = ["Thank you very much for watching this video to its end."] * 99
    one = scribe("one", *said, max_audio_s=10.0)
    world = world_of(tmp_path, one)
    with pytest.raises(ProviderError) as caught:
        transcribe(world, recording)
    parts = len({call.clip.start_s for call in one.calls})  # type: ignore[union-attr]
    assert (caught.value.code, len(one.calls)) == (Kind.BAD_RESULT, 2 * parts), "tried once more, not from the state"
    with pytest.raises(ProviderError):
        transcribe(world, recording)
    assert len(one.calls) == 4 * parts


class Dawdling(FakeProvider):
    """Its first answer comes at once, the others later."""

    async def transcribe(self, request: TranscriptionRequest, model: str, hooks: Hooks) -> Transcript:
        for _ in range(50 if self.calls else 0):
            await asyncio.sleep(0)
        return await FakeProvider.transcribe(self, request, model, hooks)


def test_parts_that_are_under_way_are_not_dropped_when_another_fails(tmp_path: Path, recording: Path) -> None:
    one = Dawdling("one", fails(Kind.INVALID_REQUEST), scribe("one", max_audio_s=10.0).models(SPEECH))
    with pytest.raises(ProviderError):
        transcribe(world := world_of(tmp_path, one), recording)
    row = world.charges()["one"]
    assert (row.attempts, row.failed, row.unknown, row.cost) == (4, 1, 0, 3 * SPOKEN)
