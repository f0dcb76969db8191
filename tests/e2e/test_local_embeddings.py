"""Embeddings on this machine with the real starter model."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aiprov.core.requests import EmbeddingRequest
from aiprov.core.results import EmbeddingResult
from aiprov.errors import ConfigError, IntegrityError, Stopped
from aiprov.models import ModelStore
from aiprov.providers.base import Hooks
from aiprov.providers.local import bert, sentence
from aiprov.providers.local.provider import LocalProvider, Wishes
from aiprov.providers.local.sentence import SentenceModel

MODEL = "all-minilm-l6-v2"

# In a process that may go to the hub, as a user's: what connects or looks up a host is written down.
_WATCHED = """
import asyncio, sys
seen = []
sys.addaudithook(lambda event, _: seen.append(event) if event in ("socket.connect", "socket.getaddrinfo") else None)
from pathlib import Path
from aiprov.core.requests import EmbeddingRequest
from aiprov.models import ModelStore
from aiprov.providers.base import Hooks
from aiprov.providers.local import bert, sentence
from aiprov.providers.local.provider import LocalProvider, Wishes
local = LocalProvider(ModelStore(Path(sys.argv[1])), Wishes())
found = asyncio.run(local.embed(EmbeddingRequest("hello"), "all-minilm-l6-v2", Hooks()))
print(len(found.embeddings[0]), seen)
"""


@pytest.fixture(scope="module")
def store(starter_models: Path) -> ModelStore:
    return ModelStore(starter_models / "models", offline=True, trust_cache=True)


@pytest.fixture(scope="module")
def provider(store: ModelStore) -> Iterator[LocalProvider]:
    local = LocalProvider(store, Wishes())
    yield local
    local.close()


def embedded(provider: LocalProvider, texts: str | Sequence[str], hooks: Hooks | None = None) -> EmbeddingResult:
    return asyncio.run(provider.embed(EmbeddingRequest(texts), MODEL, hooks or Hooks()))


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_three_texts_are_three_vectors_of_length_one(provider: LocalProvider) -> None:
    found = embedded(provider, ["a", "a longer text", "an even longer text than that"])
    assert [len(vector) for vector in found.embeddings] == [384] * 3
    assert all(type(number) is float for vector in found.embeddings for number in vector)
    assert [likeness(vector, vector) for vector in found.embeddings] == pytest.approx([1.0] * 3, abs=1e-5)
    assert (found.provider, found.model, found.cost) == ("local", MODEL, Decimal(0))
    assert found.usage.input_tokens == 3 + 5 + 8  # each text between two tokens of the model's own


def test_equal_meanings_are_nearer_than_different_ones(provider: LocalProvider) -> None:
    texts = ["We agreed to raise the budget.", "The team decided to spend more money.", "My cat sleeps all day."]
    one, same, other = embedded(provider, texts).embeddings
    assert likeness(one, same) > likeness(one, other) + 0.2


def test_vectors_keep_the_order_of_their_texts(provider: LocalProvider) -> None:
    texts = [f"item {n} " + "and more " * (n * 37 % 50) for n in range(70)]
    found = embedded(provider, texts).embeddings
    for index in (0, 13, 69):
        alone = embedded(provider, texts[index]).embeddings[0]
        assert likeness(found[index], alone) == pytest.approx(1.0, abs=1e-4)


def test_the_same_texts_are_the_same_vectors(provider: LocalProvider) -> None:
    assert embedded(provider, ["one", "two words"]) == embedded(provider, ["one", "two words"])


def test_an_address_of_a_picture_is_a_text_like_any_other(provider: LocalProvider) -> None:
    assert len(embedded(provider, "https://example.invalid/cat.png").embeddings) == 1


def test_a_text_longer_than_the_model_reads_is_cut(provider: LocalProvider) -> None:
    assert embedded(provider, "word " * 5000).usage.input_tokens == 256


def test_no_text_is_no_vector(provider: LocalProvider) -> None:
    assert embedded(provider, []).embeddings == ()


def test_the_caller_stops_it_between_batches(provider: LocalProvider) -> None:
    checks = 0

    def check() -> None:
        nonlocal checks
        checks += 1
        if checks == 4:
            raise Stopped("enough")

    with pytest.raises(Stopped, match="enough"):
        embedded(provider, ["word"] * 500, Hooks(check=check))


def test_a_model_that_is_closed_embeds_no_more(store: ModelStore) -> None:
    model = SentenceModel(MODEL, store.verified_path(MODEL), "cpu", 1)
    model.close()
    with pytest.raises(Stopped, match="was unloaded"):
        model.embed(["a"], lambda: None)


def test_a_broken_model_is_an_integrity_error(store: ModelStore, tmp_path: Path) -> None:
    folder = store.verified_path(MODEL)
    for file in store.find(MODEL).files:
        (tmp_path / file.name).parent.mkdir(exist_ok=True)
        (tmp_path / file.name).write_bytes((folder / file.name).read_bytes()[:1_000_000])
    with pytest.raises(IntegrityError, match=r"tiny in .* cannot be loaded"):
        SentenceModel("tiny", tmp_path, "cpu", 1)


def test_nothing_is_printed_and_no_socket_is_opened(starter_models: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    command = [sys.executable, "-c", _WATCHED, str(starter_models / "models")]
    done = subprocess.run(command, env=kept, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("384 []\n", "")


MEETING = [
    "Good morning, everyone.",
    "We have three topics: the release date, the new pricing page, and the support tickets.",
    "No.",
    "Then it's decided, we release version five on Monday, the twenty third of March. " * 12,
    "Zürich, naïve, 東京, and emoji \U0001f600.",
    "",
] * 3


@pytest.fixture(scope="module")
def reference(store: ModelStore) -> tuple[Sequence[str], Any]:
    """What sentence-transformers itself gives."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(store.verified_path(MODEL)), device="cpu", local_files_only=True)
    return MEETING, model.encode(MEETING, normalize_embeddings=True, show_progress_bar=False)


def likenesses(model: SentenceModel, reference: tuple[Sequence[str], Any]) -> list[float]:
    texts, rows = reference
    return [likeness(*pair) for pair in zip(model.embed(texts, lambda: None)[0], rows.tolist(), strict=True)]


def test_numpy_gives_the_vectors_of_sentence_transformers(
    store: ModelStore, reference: tuple[Sequence[str], Any]
) -> None:
    model = SentenceModel(MODEL, store.verified_path(MODEL), "cpu", 1)
    assert min(likenesses(model, reference)) > 0.99999
    assert model._heavy is None


def test_many_texts_are_read_by_pytorch_and_the_vectors_are_the_same(
    store: ModelStore, reference: tuple[Sequence[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentence, "_FEW", 0)
    model = SentenceModel(MODEL, store.verified_path(MODEL), "cpu", 1)
    assert min(likenesses(model, reference)) >= 0.999
    assert model._heavy is not None


def test_half_precision_is_not_taken_where_vectors_would_change(
    store: ModelStore, reference: tuple[Sequence[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentence, "_FEW", 0)
    monkeypatch.setattr(sentence, "_SAME", 1.1)
    model = SentenceModel(MODEL, store.verified_path(MODEL), "cpu", 1)
    assert min(likenesses(model, reference)) > 0.99999


def test_without_pytorch_numpy_reads_many_texts_too(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence, "_FEW", 0)
    monkeypatch.setattr(sentence, "_installed", lambda: False)
    model = SentenceModel(MODEL, store.verified_path(MODEL), "cpu", 1)
    assert len(model.embed(MEETING, lambda: None)[0]) == len(MEETING)
    with pytest.raises(ConfigError, match="needs PyTorch"):
        SentenceModel(MODEL, store.verified_path(MODEL), "cuda", 1)


def test_other_networks_are_left_to_pytorch(store: ModelStore, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(store.verified_path(MODEL), folder)
    assert bert.shape_in(folder) == bert.Shape(6, 12, 1e-12, 256, first=False)
    for file, old, new in (
        ("config.json", '"bert"', '"mpnet"'),
        ("modules.json", "Normalize", "Dense"),
        ("1_Pooling/config.json", "true", "false"),
        ("config.json", "{", "["),
    ):
        content = (folder / file).read_text()
        (folder / file).write_text(content.replace(old, new))
        assert bert.shape_in(folder) is None
        (folder / file).write_text(content)
