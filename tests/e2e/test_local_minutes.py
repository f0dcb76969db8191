"""Minutes with the real starter models: the shared words are read once, and a small model loses nothing."""

from __future__ import annotations

import asyncio
import json
import resource
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aiprov.core.meeting import understood
from aiprov.core.requests import ChatRequest
from aiprov.core.results import ChatResult, Usage
from aiprov.manager.structured import asked
from aiprov.minutes.abstractive import NoteTaker
from aiprov.minutes.prompts import Wish
from aiprov.minutes.reader import Reader
from aiprov.models import ModelStore
from aiprov.providers.local import window
from aiprov.providers.local.llama import LlamaModel
from clerk_world import document, noted, topics
from cli_world import aiprov

MODEL = "smollm2-135m"
# A prompt is read in batches; what two prompts share may end within one.
BATCH = 128


@pytest.fixture(scope="module")
def model(starter_models: Path) -> Iterator[LlamaModel]:
    store = ModelStore(starter_models / "models", offline=True, trust_cache=True)
    entry = store.find(MODEL)
    loaded = LlamaModel(MODEL, store.verified_path(entry) / entry.weights, 1, gpu=False)
    yield loaded
    loaded.close()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens of each prompt were evaluated."""
    evaluated: list[int] = []
    reading, decoding = window.Window.read, window.Window._decode

    def counted(self: Any, prompt: Any, check: Any) -> None:
        evaluated.append(0)
        self.is_reading = True
        reading(self, prompt, check)
        self.is_reading = False

    def decoded(self: Any, tokens: Any) -> None:
        evaluated[-1] += len(tokens) if self.is_reading else 0
        decoding(self, tokens)

    monkeypatch.setattr(window.Window, "read", counted)
    monkeypatch.setattr(window.Window, "_decode", decoded)
    return evaluated


def take_notes(model: LlamaModel, billions: float) -> list[ChatRequest]:
    """Notes on a meeting of two chunks; of each answer the model writes one token, the rest is played."""
    requests: list[ChatRequest] = []

    async def ask(request: ChatRequest) -> ChatResult:
        requests.append(request)
        model.answer(asked(replace(request, max_tokens=1)), lambda: None, lambda _: None)
        return ChatResult("", "local", MODEL, Usage(), data=noted(request))

    reader = Reader("local", MODEL, ask, model.count, 1600, local=True, billions=billions)
    taker = NoteTaker(understood(document(topics(4, filler=8))), reader, Wish())
    parts = taker.chunks()
    assert len(parts) >= 2
    asyncio.run(taker.notes(parts[:2], lambda _: None))
    return requests


def test_the_second_chunk_of_a_meeting_evaluates_only_its_own_tokens(model: LlamaModel, read: list[int]) -> None:
    first, second = take_notes(model, billions=8.0)
    own = model.count(second.messages[-1].content)
    assert read[0] > own + BATCH
    assert read[1] <= own + BATCH
    assert first.messages[0] == second.messages[0]


def test_the_second_question_about_a_chunk_evaluates_only_itself(model: LlamaModel, read: list[int]) -> None:
    requests = take_notes(model, billions=1.5)
    assert len(requests) == 8
    for at in (1, 2, 3, 5, 6, 7):
        question = requests[at].messages[-1].content.rpartition("\n\n")[2]
        assert read[at] <= model.count(question) + BATCH + 16


@pytest.mark.soak
def test_the_starter_model_writes_minutes_of_a_sample_without_loss(
    home_with_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIPROV_OFFLINE", "1")
    (tmp_path / "sync.json").write_text(json.dumps(document(topics(3, filler=6))))
    found = aiprov("summarize", tmp_path / "sync.json", "--method", "abstractive", "--trust-cache", "--json")
    assert found.exit_code == 0, found.output
    minutes = json.loads((tmp_path / "sync.minutes.json").read_text())
    assert (minutes["method"], minutes["model"]) == ("abstractive", MODEL)
    covered = {segment for entry in minutes["topics"] for segment in entry["segments"]}
    assert len(covered) > 8
    assert minutes["summary"]


def test_by_itself_the_starter_model_is_not_trusted_with_minutes(
    home_with_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIPROV_OFFLINE", "1")
    (tmp_path / "sync.json").write_text(json.dumps(document()))
    assert aiprov("summarize", tmp_path / "sync.json", "--trust-cache").exit_code == 0
    minutes = json.loads((tmp_path / "sync.minutes.json").read_text())
    assert (minutes["method"], minutes["model"]) == ("extractive", "all-minilm-l6-v2")
    assert minutes["decisions"][0]["text"].startswith("We decided to use the short version")


@pytest.mark.soak
def test_three_hours_run_through_a_context_of_4k_tokens_without_loss(model: LlamaModel) -> None:
    talk = topics(36, filler=60)
    assert sum(len(text.split()) for _, text in talk) > 20_000
    peaks: list[int] = []

    async def ask(request: ChatRequest) -> ChatResult:
        found = model.answer(asked(replace(request, max_tokens=8)), lambda: None, lambda _: None)
        assert found.input_tokens + (request.max_tokens or 0) <= 4096
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return ChatResult("", "local", MODEL, Usage(), data=noted(request))

    reader = Reader("local", MODEL, ask, model.count, 4096, local=True, billions=8.0)
    taker = NoteTaker(understood(document(talk)), reader, Wish())
    parts = taker.chunks()
    notes = asyncio.run(taker.notes(parts, lambda _: None))
    assert [entry.segments[0] for entry in notes if entry.kind == "topic"] == list(range(0, len(talk), 62))
    assert sum(entry.kind == "decision" for entry in notes) == 36
    assert peaks[-1] - peaks[2] < 20_000  # kilobytes
