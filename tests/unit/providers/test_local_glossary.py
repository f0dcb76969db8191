"""A glossary makes the reader listen again, to few passages and for few terms, and only where it helps.

Voice and model are played: what is spoken is known, and the model errs until it is told the right term.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pytest

from aiprov.core.passages import Passage
from aiprov.core.requests import DecodingOptions
from aiprov.core.results import Word
from aiprov.core.speech import Span
from aiprov.providers.local import reading
from aiprov.providers.local.batches import Batches
from aiprov.providers.local.reading import Reader, Reading
from aiprov.providers.local.voice import SAMPLE_RATE, Window
from aiprov.providers.local.whisper import Chunk, Loading, Manner
from aiprov.providers.local.whisper_prompts import prompts_of

SPEECH = [Span(1.0, 5.0), Span(10.0, 14.0), Span(20.0, 24.0), Span(30.0, 34.0)]
DRAFTS = ("We meet at noon today.", "So Mister Kovalsky will be there.", "That is fine by me.", "And what of lunch?")
GLOSSARY = ("Kubernetes", "Kowalski", "Zarathustra")
RIGHT = "So Mister Kowalski will be there."


class PlayedVoice:
    """Hears the speech in one window."""

    speech: ClassVar[list[Span]] = SPEECH

    def __init__(self, threshold: float) -> None:
        pass

    def windows(self, blocks: object) -> Iterator[Window]:
        yield Window(0.0, np.zeros(40 * SAMPLE_RATE, dtype=np.float32), self.speech)


@dataclass
class Model:
    """Says the drafts, and what `hinted` makes of a passage that it is to decode with hints."""

    hinted: Callable[[Passage], Passage]
    multilingual: bool = False
    loading: Loading = field(default_factory=lambda: Loading("cpu", "int8", 1, 1, 8))
    batches: list[list[Chunk]] = field(default_factory=list)

    def read(self, chunks: Sequence[Chunk], *_: Any) -> Future[list[Passage]]:
        self.batches.append(list(chunks))
        future: Future[list[Passage]] = Future()
        future.set_result([self.passage(chunk) for chunk in chunks])
        return future

    def passage(self, chunk: Chunk) -> Passage:
        draft = said(chunk.span, DRAFTS[SPEECH.index(chunk.span)])
        return self.hinted(draft) if chunk.hints else draft

    @property
    def told(self) -> list[tuple[float, tuple[str, ...]]]:
        return [(chunk.span.start, chunk.hints) for batch in self.batches for chunk in batch if chunk.hints]


def said(span: Span, text: str, logprob: float = -0.25) -> Passage:
    words = text.split()
    each = span.length / len(words)
    placed = (Word(span.start + i * each, span.start + (i + 1) * each, f" {w}", 0.6) for i, w in enumerate(words))
    return Passage(span, tuple(placed), logprob, 0.01)


def read(monkeypatch: pytest.MonkeyPatch, model: Model, **options: Any) -> Reading:
    monkeypatch.setattr(reading, "Voice", PlayedVoice)
    asked = DecodingOptions(glossary=GLOSSARY, **options)
    return Reader(model, asked, "en", lambda: None, lambda _: None).read([])  # type: ignore[arg-type]


def rightly(draft: Passage) -> Passage:
    return said(draft.span, RIGHT, logprob=-0.2)


@pytest.mark.parametrize("audit", [True, False])
def test_what_sounds_like_a_term_is_heard_again_with_that_term_in_mind(
    monkeypatch: pytest.MonkeyPatch, audit: bool
) -> None:
    model = Model(rightly)
    found = read(monkeypatch, model, audit=audit)
    assert model.told == [(10.0, ("Kowalski",))]
    assert [passage.text.strip() for passage in found.passages] == [DRAFTS[0], RIGHT, *DRAFTS[2:]]
    assert found.redecoded_s == 4.0


def test_a_reading_without_the_term_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, Model(lambda draft: said(draft.span, "So Mister Novak will be there.", -0.1)))
    assert [passage.text.strip() for passage in found.passages] == list(DRAFTS)


def test_a_reading_that_loops_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    looped = "So Mister Kowalski Mister Kowalski Mister Kowalski Mister Kowalski"
    found = read(monkeypatch, Model(lambda draft: replace(said(draft.span, looped, -0.1), complete=False)))
    assert [passage.text.strip() for passage in found.passages] == list(DRAFTS)


def test_without_a_glossary_nothing_is_heard_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "Voice", PlayedVoice)
    model = Model(rightly)
    found = Reader(model, DecodingOptions(), "en", lambda: None, lambda _: None).read([])  # type: ignore[arg-type]
    assert (model.told, found.redecoded_s) == ([], 0.0)


def test_chunks_of_unlike_hints_share_no_batch() -> None:
    model = Model(lambda draft: draft)
    samples = np.zeros(SAMPLE_RATE, dtype=np.float32)
    chunks = [
        Chunk(span, span.start, samples, 10.0, hints=hints)
        for span, hints in zip(SPEECH, [("a",), ("b",), ("a",), ()], strict=True)
    ]
    batches = Batches(model, DecodingOptions(), lambda: None)  # type: ignore[arg-type]
    found = batches.gather(batches.submit(chunks, Manner(), "en"))
    assert sorted([chunk.hints for chunk in batch] for batch in model.batches) == [[()], [("a",), ("a",)], [("b",)]]
    assert [passage.span for passage in found] == SPEECH


class Tokens:
    """A model and a tokenizer for which each word is a token."""

    def encode(self, text: str) -> list[str]:
        return text.split()

    def get_prompt(self, tokenizer: Any, previous: list[str], *, without_timestamps: bool, hotwords: str | None) -> Any:
        return [hotwords, *previous]


@pytest.mark.parametrize(
    ("hints", "hotwords", "prompt"),
    [
        (("a", "b"), None, "Glossary: a, b."),
        (("a",), "Zermatt", "Glossary: a. Zermatt"),
        ((), "Zermatt", "Zermatt"),
        ((), None, None),
    ],
)
def test_a_prompt_has_the_hints_before_the_users_own_words(
    hints: tuple[str, ...], hotwords: str | None, prompt: str | None
) -> None:
    chunks = [Chunk(SPEECH[0], 1.0, np.zeros(1, dtype=np.float32), 10.0, before, hints) for before in ("x y", "z")]
    options = DecodingOptions(hotwords=hotwords, initial_prompt="well")
    asked: Any = Tokens()
    assert prompts_of(asked, asked, options, chunks) == [[prompt, "well", "y"], [prompt, "well", "z"]]
