"""The manager: the attempt is in the ledger before the call, the answer after it, and none is paid twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aiprov.core.requests import DecodingOptions, TranscriptionRequest
from aiprov.core.results import Transcript
from aiprov.errors import ConfigError, InputError, ProviderError
from aiprov.manager import ProviderManager
from aiprov.models import ModelStore
from aiprov.providers.base import Hooks
from aiprov.providers.local.provider import LocalProvider, Wishes
from aiprov.state import Charges, State
from transcribe_world import PRICE, Scribe, put, suspect


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / "state.sqlite3") as state:
        yield state


@pytest.fixture
def request_(tmp_path: Path) -> TranscriptionRequest:
    return TranscriptionRequest(put(tmp_path / "in", "a.wav"))


def transcribe(manager: ProviderManager, request: TranscriptionRequest, *more: Any, **named: Any) -> Transcript:
    return asyncio.run(manager.transcribe(request, *more, **named))


def only_row(state: State) -> Charges:
    (row,) = state.charges(by="provider")
    return row


def test_an_answer_names_its_provider_its_cost_and_its_attempts(state: State, request_: TranscriptionRequest) -> None:
    found = transcribe(ProviderManager([Scribe()], state), request_)
    assert found.text.startswith("Heard ")
    assert (found.provider, found.model, found.language, found.cost) == ("scribe", "scribe-1", "en", PRICE)
    (attempt,) = found.attempts
    assert (attempt.provider, attempt.model, attempt.outcome, attempt.cost) == ("scribe", "scribe-1", "ok", PRICE)


def test_the_attempt_stands_in_the_ledger_before_the_call_and_is_settled_after(
    state: State, request_: TranscriptionRequest
) -> None:
    during: list[Charges] = []
    scribe = Scribe(before=lambda request, hooks: during.append(only_row(state)))
    transcribe(ProviderManager([scribe], state), request_)
    (seen,) = during
    assert (seen.attempts, seen.running, seen.cost) == (1, 1, Decimal(0))
    after = only_row(state)
    assert (after.attempts, after.running, after.unknown, after.cost) == (1, 0, 0, PRICE)
    assert [row.key for row in state.charges(by="model")] == ["scribe/scribe-1"]
    assert [row.key for row in state.charges(by="file")] == [str(request_.audio_path)]


def test_the_same_request_is_answered_from_the_state_without_a_call(
    state: State, request_: TranscriptionRequest
) -> None:
    scribe = Scribe(quality=suspect())
    manager = ProviderManager([scribe], state)
    first, second = transcribe(manager, request_), transcribe(manager, request_)
    assert scribe.calls == ["a.wav"]
    assert (second.cost, second.attempts) == (Decimal(0), ())
    assert replace(second, cost=first.cost, attempts=first.attempts) == first
    assert only_row(state).attempts == 1


def test_a_copy_under_another_name_is_the_same_request_and_other_content_is_not(
    state: State, request_: TranscriptionRequest, tmp_path: Path
) -> None:
    scribe = Scribe()
    manager = ProviderManager([scribe], state)
    transcribe(manager, request_)
    transcribe(manager, replace(request_, audio_path=put(tmp_path / "elsewhere", "copy.wav")))
    assert scribe.calls == ["a.wav"]
    transcribe(manager, replace(request_, audio_path=put(tmp_path / "in", "b.wav", pitch=330)))
    assert scribe.calls == ["a.wav", "b.wav"]


def fails(error: Exception) -> Scribe:
    def fail(request: TranscriptionRequest, hooks: Hooks) -> None:
        raise error

    return Scribe(before=fail)


def test_a_failure_is_in_the_ledger_and_what_it_cost_stays_open(state: State, request_: TranscriptionRequest) -> None:
    error = ProviderError("no answer", provider="scribe", code="timed_out")
    with pytest.raises(ProviderError) as caught:
        transcribe(ProviderManager([fails(error)], state), request_)
    assert caught.value is error
    row = only_row(state)
    assert (row.attempts, row.failed, row.unknown, row.running, row.cost) == (1, 1, 1, 0, Decimal(0))


def test_a_failure_of_a_free_provider_costs_nothing(state: State, request_: TranscriptionRequest) -> None:
    scribe = fails(InputError("a.wav holds no audio", code="empty_audio"))
    scribe.free = True
    with pytest.raises(InputError):
        transcribe(ProviderManager([scribe], state), request_)
    row = only_row(state)
    assert (row.failed, row.unknown, row.unpriced, row.cost) == (1, 0, 0, Decimal(0))


def test_after_a_failure_the_same_request_is_called_again(state: State, request_: TranscriptionRequest) -> None:
    with pytest.raises(ProviderError):
        transcribe(ProviderManager([fails(ProviderError("no answer", provider="scribe"))], state), request_)
    scribe = Scribe()
    transcribe(ProviderManager([scribe], state), request_)
    assert scribe.calls == ["a.wav"]
    assert only_row(state).attempts == 2


def test_a_call_that_dies_unforeseen_is_an_unknown_charge(state: State, request_: TranscriptionRequest) -> None:
    with pytest.raises(ZeroDivisionError):
        transcribe(ProviderManager([fails(ZeroDivisionError())], state), request_)
    row = only_row(state)
    assert (row.attempts, row.unknown, row.running, row.cost) == (1, 1, 0, Decimal(0))


def test_the_first_provider_answers_unless_another_is_named(state: State, request_: TranscriptionRequest) -> None:
    one, other = Scribe("one"), Scribe("other")
    manager = ProviderManager([one, other], state)
    assert transcribe(manager, request_).provider == "one"
    assert transcribe(manager, request_, "other").provider == "other"
    assert transcribe(manager, request_, provider_type="other").provider == "other"
    assert (one.calls, other.calls) == (["a.wav"], ["a.wav"])


def test_a_provider_that_is_not_there_is_named_before_anything_is_read(state: State, tmp_path: Path) -> None:
    request = TranscriptionRequest(tmp_path / "nowhere.wav")
    with pytest.raises(ConfigError, match="the provider openai"):
        transcribe(ProviderManager([Scribe()], state), request, "openai")
    with pytest.raises(ConfigError, match="any provider"):
        transcribe(ProviderManager([], state), request)


def test_a_recording_that_is_not_there_is_a_named_error(state: State, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        transcribe(ProviderManager([Scribe()], state), TranscriptionRequest(tmp_path / "nowhere.wav"))
    assert state.charges() == []


def test_progress_and_stopping_reach_the_provider(state: State, request_: TranscriptionRequest) -> None:
    told: list[float] = []
    asked: list[Hooks] = []
    scribe = Scribe(before=lambda request, hooks: asked.append(hooks))
    hooks = Hooks(progress=told.append)
    transcribe(ProviderManager([scribe], state), request_, hooks=hooks)
    assert (told, asked) == ([2.0], [hooks])


def identities(provider: Any, *requests: TranscriptionRequest) -> set[str]:
    # The state is not needed to tell requests apart.
    manager = ProviderManager([provider], None)  # type: ignore[arg-type]
    return {manager.identify(request, "ab" * 32) for request in requests}


def local(tmp_path: Path, **wishes: Any) -> LocalProvider:
    return LocalProvider(ModelStore(tmp_path / "models"), Wishes(**wishes))


def test_everything_that_decides_the_words_is_in_the_identity(tmp_path: Path) -> None:
    plain = TranscriptionRequest(tmp_path / "a.wav")
    requests = (
        plain,
        replace(plain, language="de"),
        replace(plain, model="tiny.en"),
        replace(plain, options=DecodingOptions(beam_size=1)),
        replace(plain, options=DecodingOptions(initial_prompt="Zermatt")),
        replace(plain, options=DecodingOptions(temperatures=(0.0, 0.2))),
        replace(plain, options=DecodingOptions(audit=False)),
    )
    assert len(identities(local(tmp_path), *requests)) == len(requests)
    others = [local(tmp_path, whisper_model="tiny.en"), local(tmp_path, compute_type="float32")]
    assert len(set().union(*(identities(each, plain) for each in [local(tmp_path), *others]))) == 3


def test_what_only_decides_the_speed_is_not_in_the_identity(tmp_path: Path) -> None:
    plain = TranscriptionRequest(tmp_path / "a.wav")
    same = (
        local(tmp_path),
        local(tmp_path, workers=1),
        local(tmp_path, workers=7, threads=3),
        local(tmp_path, batch_size=1),
        local(tmp_path, whisper_model="Systran/faster-whisper-base"),
    )
    named = replace(plain, audio_path=tmp_path / "b.wav", model="base")
    assert len(set().union(*(identities(each, plain, named) for each in same))) == 1


def test_the_provider_is_part_of_the_identity(tmp_path: Path) -> None:
    plain = TranscriptionRequest(tmp_path / "a.wav")
    assert identities(Scribe("one"), plain) != identities(Scribe("other"), plain)


def test_a_model_for_something_else_cannot_transcribe(tmp_path: Path) -> None:
    request = TranscriptionRequest(tmp_path / "a.wav", model="all-minilm-l6-v2")
    with pytest.raises(ConfigError, match="does not transcribe"):
        identities(local(tmp_path), request)


def test_a_missing_engine_is_named_before_any_recording_is_blamed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import importlib.util

    from aiprov.errors import ConfigError
    from aiprov.models import ModelStore
    from aiprov.providers.local.provider import LocalProvider, Wishes

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "faster_whisper" else found(name))
    provider = LocalProvider(ModelStore(tmp_path), Wishes())
    with pytest.raises(ConfigError, match="not installed") as caught:
        provider.transcription_identity(TranscriptionRequest(tmp_path / "x.wav"))
    assert "aiprov[speech]" in str(caught.value.hint)
