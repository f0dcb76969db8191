"""What the local provider says of its models without loading one."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from aiprov.core.requests import (
    ChatMessage,
    ChatRequest,
    DecodingOptions,
    EmbeddingRequest,
    ModelCapability,
    TranscriptionRequest,
)
from aiprov.errors import ConfigError, IntegrityError, ProviderError
from aiprov.models import ModelStore
from aiprov.models.entry import ModelEntry
from aiprov.providers.base import Hooks, Request
from aiprov.providers.local import memory
from aiprov.providers.local.engines import require_engine
from aiprov.providers.local.provider import LocalProvider, Wishes
from model_world import pin, pinned, sentence_files, write_files

CHAT, SPEECH, EMBEDDING = ModelCapability.CHAT, ModelCapability.TRANSCRIPTION, ModelCapability.EMBEDDING
ASKED = ChatRequest([ChatMessage("user", "hello")])
GGUF = {"tiny.Q4_0.gguf": b"GGUF" + b"\0" * 100}
GGUF_8 = {"tiny.Q8_0.gguf": b"GGUF" + b"\0" * 100}


def local(root: Path, *, offline: bool = False, **wishes: object) -> LocalProvider:
    return LocalProvider(ModelStore(root, offline=offline), Wishes(**wishes), fetches=not offline)  # type: ignore[arg-type]


def chat_entry(files: dict[str, bytes], name: str = "tiny-chat") -> ModelEntry:
    return ModelEntry(name, CHAT, "added", pinned(files), licence="MIT", quantization="Q4_0")


def identities(provider: LocalProvider, model: str, requests: Sequence[Request]) -> set[str]:
    return {json.dumps(provider.identity(request, model), sort_keys=True) for request in requests}


def test_each_kind_of_work_offers_the_wished_model_alone(tmp_path: Path) -> None:
    provider = local(tmp_path, llm_model="Qwen2.5-7B-instruct")
    offered = {kind: [facts.name for facts in provider.models(kind)] for kind in ModelCapability}
    assert offered == {CHAT: ["qwen2.5-7b"], SPEECH: ["base"], EMBEDDING: ["all-minilm-l6-v2"], "vision": []}


def test_facts_come_from_the_lock(tmp_path: Path) -> None:
    provider = local(tmp_path)
    chat, embedding = provider.facts(CHAT, "llama-3.1-8b"), provider.facts(EMBEDDING, "bge-large-en-v1.5")
    assert chat is not None
    assert (chat.context_tokens, chat.json_schema, chat.images) == (131072, True, False)
    assert embedding is not None
    assert embedding.dimension == 1024


@pytest.mark.parametrize(
    ("model", "languages", "translates"),
    [
        ("base", (), True),
        ("large-v3", (), True),
        ("large-v3-turbo", (), False),
        ("base.en", ("en",), False),
        ("distil-large-v3", ("en",), False),
        ("Systran/faster-whisper-tiny.en", ("en",), False),
    ],
)
def test_speech_models_say_what_they_know(
    tmp_path: Path, model: str, languages: tuple[str, ...], translates: bool
) -> None:
    facts = local(tmp_path).facts(SPEECH, model)
    assert facts is not None
    assert (facts.words, facts.segments, facts.prompt) == (True, True, True)
    assert (facts.languages, facts.translates) == (languages, translates)


def test_a_model_that_is_unknown_or_does_other_work_has_no_facts(tmp_path: Path) -> None:
    provider = local(tmp_path)
    assert provider.facts(CHAT, "gpt-5") is None
    assert provider.facts(CHAT, "openai/gpt-5") is None
    assert provider.facts(CHAT, "base") is None
    assert provider.facts(SPEECH, "smollm2-135m") is None


def test_a_model_named_by_path_has_facts(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "mine", sentence_files())
    facts = local(tmp_path / "models").facts(EMBEDDING, str(folder))
    assert facts is not None
    assert facts.name == str(folder)


def test_a_path_to_code_is_no_model_but_an_alarm(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "mine", sentence_files() | {"evil.py": b"print(1)"})
    with pytest.raises(IntegrityError):
        local(tmp_path / "models").facts(EMBEDDING, str(folder))


def test_a_wish_that_cannot_be_had_is_offered_and_refused_when_it_is_used(tmp_path: Path) -> None:
    provider = local(tmp_path, llm_model="smollm3")
    assert [facts.name for facts in provider.models(CHAT)] == ["smollm3"]
    with pytest.raises(ConfigError, match="no model called 'smollm3'") as caught:
        provider.identity(ASKED, "smollm3")
    assert "smollm2" in str(caught.value.hint)


def test_a_quantization_that_is_not_pinned_is_refused_with_the_one_that_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="pinned as Q4_1 only, not in 8bit"):
        local(tmp_path, quantization="8bit").identity(ASKED, "smollm2-135m")


def test_a_file_of_the_users_is_its_own_quantization(tmp_path: Path) -> None:
    # Whoever names one file has chosen; there is nothing else that the wish could pick.
    path = write_files(tmp_path / "mine", GGUF_8) / "tiny.Q8_0.gguf"
    assert local(tmp_path / "models").identity(ASKED, str(path))["model"]


def test_everything_that_decides_an_answer_is_in_its_identity(tmp_path: Path) -> None:
    requests = (
        ASKED,
        replace(ASKED, temperature=0.5),
        replace(ASKED, max_tokens=5),
        replace(ASKED, response_schema={"type": "object"}),
    )
    found = identities(local(tmp_path), "smollm2-135m", requests)
    found |= identities(local(tmp_path), "qwen2.5-7b", [ASKED])
    assert len(found) == len(requests) + 1


def test_what_only_decides_the_speed_is_not_in_the_identity(tmp_path: Path) -> None:
    requests = (ASKED, replace(ASKED, temperature=0.0), replace(ASKED, model="smollm2-135m"))
    found = identities(local(tmp_path), "smollm2-135m", requests)
    found |= identities(local(tmp_path, threads=3), "smollm2-135m-instruct", requests)
    assert len(found) == 1


def test_the_identity_of_a_transcription_is_what_it_always_was(tmp_path: Path) -> None:
    request = TranscriptionRequest(tmp_path / "a.wav", language="de")
    found = local(tmp_path).identity(request, "base")
    assert set(found) == {"model", "device", "compute_type", "language", "options"}
    options = found["options"]
    assert isinstance(options, dict)
    # A glossary is a hint: one that grows makes no finished transcript undone.
    assert set(options) == set(DecodingOptions.__dataclass_fields__) - {"glossary"}


def test_embeddings_are_told_apart_by_the_model_alone(tmp_path: Path) -> None:
    requests = [EmbeddingRequest("a"), EmbeddingRequest(["b"], model="all-minilm-l6-v2")]
    models = ("all-minilm-l6-v2", "bge-small-en-v1.5")
    assert [len(identities(local(tmp_path), model, requests)) for model in models] == [1, 1]
    assert len(set().union(*(identities(local(tmp_path), model, requests) for model in models))) == 2


def test_a_model_for_other_work_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="base does not chat: it is a model for transcription"):
        local(tmp_path).identity(ASKED, "base")


@pytest.mark.parametrize(
    ("request_", "package", "extra"),
    [
        (TranscriptionRequest(Path("a.wav")), "faster_whisper", "speech"),
        (ASKED, "llama_cpp", "local"),
        (EmbeddingRequest("a"), "tokenizers", "speech"),
    ],
)
def test_a_missing_engine_is_named_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: Request, package: str, extra: str
) -> None:
    require_engine.cache_clear()  # that it was there a moment ago
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else found(name))
    with pytest.raises(ConfigError) as caught:
        local(tmp_path).identity(request_, "any")
    assert (caught.value.code, caught.value.hint) == ("not_installed", f"pip install 'aiprov[{extra}]'")


def test_models_that_are_not_here_yet_leave_it_usable(tmp_path: Path) -> None:
    found = asyncio.run(local(tmp_path).health())
    assert found.state == "degraded"
    assert found.reasons[0].startswith("base is not here yet; it is fetched at first use (")


def test_without_models_and_without_fetching_it_is_not_usable(tmp_path: Path) -> None:
    found = asyncio.run(local(tmp_path, offline=True).health())
    assert not found.usable
    assert len(found.reasons) == 3


def test_health_names_each_model_that_is_wrong(tmp_path: Path) -> None:
    pin(tmp_path, chat_entry(GGUF))
    write_files(tmp_path / "tiny-chat", GGUF)
    (tmp_path / "all-minilm-l6-v2").mkdir()
    found = asyncio.run(local(tmp_path, offline=True, whisper_model="odd-one", llm_model="tiny-chat").health())
    assert found.state == "degraded"
    assert "there is no model called 'odd-one'" in found.reasons[0]
    assert found.reasons[1].startswith("all-minilm-l6-v2 is incomplete")
    assert len(found.reasons) == 2


def test_health_notices_memory_that_is_too_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(tmp_path, chat_entry(GGUF))
    write_files(tmp_path / "tiny-chat", GGUF)
    monkeypatch.setattr("aiprov.providers.local.checkup.free_bytes", lambda: 50)
    found = asyncio.run(local(tmp_path, offline=True, llm_model="tiny-chat").health())
    assert not found.usable
    assert any("tiny-chat works with about" in reason for reason in found.reasons)


def test_deep_health_loads_what_is_here(tmp_path: Path) -> None:
    pin(tmp_path, chat_entry(GGUF))
    write_files(tmp_path / "tiny-chat", GGUF)
    provider = local(tmp_path, offline=True, llm_model="tiny-chat")
    assert asyncio.run(provider.health()).usable
    found = asyncio.run(provider.health(deep=True))
    assert not found.usable
    assert any("tiny-chat" in reason and "cannot be loaded" in reason for reason in found.reasons)


def test_a_model_that_is_absent_is_not_fetched_where_that_is_switched_off(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        asyncio.run(local(tmp_path, offline=True).chat(ASKED, "smollm2-135m", Hooks()))
    assert caught.value.code == "model_absent"


def test_a_model_larger_than_the_free_memory_is_refused_with_one_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = ModelStore(Path("unused")).entries()
    large = next(entry for entry in entries if entry.name == "llama-3.1-8b")
    monkeypatch.setattr(memory, "free_bytes", lambda: 3_000_000_000)
    with pytest.raises(ProviderError, match=r"llama-3.1-8b needs 4.9 GB of memory, and 3.0 GB is free") as caught:
        memory.require_room(large, entries)
    assert caught.value.code == "engine"
    assert "such as" in str(caught.value.hint)
    assert "llama-3.1-8b" not in str(caught.value.hint)


def test_a_model_that_cannot_be_fetched_is_a_failure_that_another_provider_survives(tmp_path: Path) -> None:
    # The hub is switched off for tests, and the package index does not carry this one.
    with pytest.raises(ProviderError) as caught:
        asyncio.run(local(tmp_path).chat(ASKED, "qwen3-0.6b", Hooks()))
    assert caught.value.code == "engine"
