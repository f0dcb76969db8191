"""One loaded chat model: conversations go in, answers come out, one at a time. Knows nothing of stores or providers."""

from __future__ import annotations

import codecs
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aiprov.core.failures import Kind
from aiprov.core.requests import ChatRequest
from aiprov.errors import ProviderError, Stopped
from aiprov.providers.local.choosing import Chooser
from aiprov.providers.local.memory import free_bytes, size
from aiprov.providers.local.prompts import Prompts
from aiprov.providers.local.threads import Check, held
from aiprov.providers.local.weights import Weights
from aiprov.providers.local.window import Window

# The longest answer of a request that leaves it open: what goes on beyond this is mostly a loop.
_LONGEST = 2048
# An answer needs this much room, at least (tokens).
_LEAST = 32
# Windows grow in steps of this many tokens.
_STEP = 1024

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered.

    Attributes:
        text: The answer.
        input_tokens: Tokens of the conversation.
        output_tokens: Tokens of the answer.
        complete: Whether the model came to its end by itself.
    """

    text: str
    input_tokens: int
    output_tokens: int
    complete: bool


class LlamaModel:
    """A chat model in memory; whoever comes while it answers waits.

    Args:
        name: The model's name, for messages.
        path: A verified GGUF file.
        threads: Threads to compute with.
        gpu: Use a GPU where there is one.

    Raises:
        IntegrityError: The file is what the lock says, and still no model.
        ProviderError: It is no chat model, this llama.cpp does not know it, or memory ran out.
    """

    def __init__(self, name: str, path: Path, threads: int, *, gpu: bool) -> None:
        self.name = name
        self._weights = Weights(name, path, gpu=gpu)
        self._prompts = _prompts_of(self._weights)
        self._threads = threads
        self._window: Window | None = None
        self._lock = threading.Lock()
        self._closed = False

    def answer(self, request: ChatRequest, check: Check, say: Say) -> Answer:
        """Answer one conversation.

        Args:
            request: The conversation; its model is not looked at.
            check: Called before every token; raises to stop.
            say: Takes the answer's pieces as they come.

        Raises:
            ProviderError: It does not fit into the model or into memory, or the engine fails.
            Stopped: The model was closed meanwhile.
        """

        def go_on() -> None:
            if self._closed:
                raise Stopped(f"{self.name} was unloaded while it answered")
            check()

        with held(self._lock, go_on):
            try:
                return self._answer(request, go_on, say)
            finally:
                if self._closed:
                    self._free()

    def count(self, text: str) -> int:
        """How many tokens a text is, by itself.

        Raises:
            Stopped: The model was closed meanwhile.
        """
        with self._lock:  # nobody frees the vocabulary meanwhile
            if self._closed:
                raise Stopped(f"{self.name} was unloaded while it counted")
            return len(self._weights.tokens(text))

    def close(self, *, wait: bool = True) -> None:
        """Stop what it answers at its next token and free the model; without `wait`, return before that."""
        self._closed = True
        if self._lock.acquire(blocking=wait):
            self._free()
            self._lock.release()

    def _free(self) -> None:
        if self._window is not None:
            self._window.free()
        self._weights.free()

    def _answer(self, request: ChatRequest, check: Check, say: Say) -> Answer:
        check()
        prompt = self._tokens(request)
        most = self._longest(len(prompt), request.max_tokens)
        chooser = Chooser(self._weights, request.temperature or 0.0, request.response_schema)
        window = self._window_of(len(prompt) + most)
        window.read(prompt, check)
        decoder, pieces, count, token = codecs.getincrementaldecoder("utf-8")("replace"), [], 0, -1
        for token in self._tokens_of(window, chooser, most, check):
            ended = self._weights.ends(token)
            count += not ended
            piece = decoder.decode(b"" if ended else self._weights.piece(token), final=ended or count == most)
            if piece:
                pieces.append(piece)
                say(piece)
        return Answer("".join(pieces), len(prompt), count, complete=self._weights.ends(token))

    def _tokens_of(self, window: Window, chooser: Chooser, most: int, check: Check) -> Iterator[int]:
        """The answer's tokens, the one that ends it included."""
        for left in reversed(range(most)):
            check()
            token = chooser.next(window.logits())
            yield token
            if self._weights.ends(token):
                return
            if left:
                window.add(token)

    def _tokens(self, request: ChatRequest) -> list[int]:
        text = self._prompts.text(request.messages)
        if self._weights.adds_first:
            text = text.removeprefix(self._weights.first)
        return self._weights.tokens(text)

    def _longest(self, prompt: int, wanted: int | None) -> int:
        """How many tokens the answer may have."""
        room = self._weights.trained_tokens - prompt
        if room < (wanted or _LEAST):
            asked = f"{prompt} tokens and an answer of {wanted or _LEAST}"
            most = max(0, self._weights.trained_tokens - (wanted or _LEAST))
            hint = f"keep the text below {most} tokens, or choose a model that reads more"
            raise self._too_long(f"reads {self._weights.trained_tokens} tokens; {asked} do not fit", hint)
        return wanted or min(room, _LONGEST)

    def _window_of(self, tokens: int) -> Window:
        """The window, made larger where it is too small for so many tokens; it never shrinks, and forgets nothing."""
        if self._window is None or self._window.tokens < tokens:
            contents = None
            if self._window is not None:
                contents = self._window.contents()
                self._window.free()
                self._window = None
            tokens = min(-(-tokens // _STEP) * _STEP, self._weights.trained_tokens)
            needed, free = tokens * self._weights.token_bytes, free_bytes()
            if needed > free and not self._weights.on_gpu:
                fitting = free // self._weights.token_bytes
                hint = f"{fitting} tokens of text and answer together fit, or a smaller model (aiprov models recommend)"
                raise self._too_long(
                    f"needs {size(needed)} of memory for {tokens} tokens, and {size(free)} is free", hint
                )
            self._window = Window(self._weights, tokens, self._threads)
            if contents is not None:
                self._window.take_over(contents)
        return self._window

    def _too_long(self, why: str, hint: str) -> ProviderError:
        return ProviderError(
            f"{self.name} {why}",
            hint,
            provider="local",
            model=self.name,
            code=Kind.CONTEXT_LENGTH,
        )


def _prompts_of(weights: Weights) -> Prompts:
    template = weights.template
    if template is None:
        raise ProviderError(
            f"{weights.name} has no chat template: it was not made for conversations",
            "choose a model whose name says instruct, it or chat",
            provider="local",
            model=weights.name,
            code=Kind.ENGINE,
        )
    return Prompts(weights.name, template, weights.first, weights.last, weights.control_texts)
