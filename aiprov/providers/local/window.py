"""One context of a model: tokens go in, the odds of the next token come out. Knows nothing of texts.

The same prompt gives the same odds, whatever was read before and however many threads there are: a prompt is read in
batches that begin at multiples of one size, so what is kept of an earlier prompt was computed as it would be now; and
flash attention, whose sums depend on the number of threads, is off.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from aiprov.core.failures import Kind
from aiprov.errors import ProviderError
from aiprov.providers.local.threads import Check
from aiprov.providers.local.weights import Weights, engine, out_of_memory

# Between two batches the caller may stop the work. Larger ones were not faster on two cores.
_BATCH = 128


class Contents(NamedTuple):
    """What a window has read: the tokens of the prompt, and the model's memory of them and of the answer."""

    tokens: list[int]
    state: Any


class Window:
    """A context of a fixed size.

    Args:
        weights: The model.
        tokens: How many tokens it holds.
        threads: Threads to compute with.

    Raises:
        ProviderError: There is not enough memory.
    """

    def __init__(self, weights: Weights, tokens: int, threads: int) -> None:
        llama = engine().functions
        parameters = llama.llama_context_default_params()
        parameters.n_ctx = tokens
        parameters.n_batch = parameters.n_ubatch = _BATCH
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_DISABLED
        context = llama.llama_init_from_model(weights.model, parameters)
        if not context:
            raise out_of_memory(weights.name)
        self.tokens = tokens
        self.free = weakref.finalize(self, llama.llama_free, context)
        self.free.atexit = False
        self._llama = llama
        self._weights = weights  # they outlive this
        self._context = context
        self._memory = llama.llama_get_memory(context)
        self._kept: list[int] = []

    def read(self, prompt: Sequence[int], check: Check) -> None:
        """Read a prompt from its beginning; what the last one had in common with it is not computed again."""
        done = self._in_common(prompt)
        if not self._llama.llama_memory_seq_rm(self._memory, 0, done, -1):
            self._llama.llama_memory_clear(self._memory, True)
            done = 0
        self._kept = list(prompt[:done])
        for start in range(done, len(prompt), _BATCH):
            check()
            batch = prompt[start : start + _BATCH]
            self._decode(batch)
            self._kept += batch

    def contents(self) -> Contents:
        """What was read, to go on with in another window of the model."""
        size = self._llama.llama_state_seq_get_size(self._context, 0)
        state = (ctypes.c_uint8 * size)()
        self._llama.llama_state_seq_get_data(self._context, state, size, 0)
        return Contents(list(self._kept), state)

    def take_over(self, contents: Contents) -> None:
        """Go on from what another window has read."""
        done = self._llama.llama_state_seq_set_data(self._context, contents.state, len(contents.state), 0)
        self._kept = contents.tokens if done else []

    def add(self, token: int) -> None:
        """Read one token of the answer."""
        self._decode([token])

    def logits(self) -> Any:
        """The log odds of every token to be the next: float32, valid until the next token is read."""
        import numpy as np

        found = self._llama.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(found, shape=(self._weights.words,))

    def _in_common(self, prompt: Sequence[int]) -> int:
        """Whole batches at the beginning that were read already; the last token is always read again."""
        pairs = zip(self._kept, prompt[:-1], strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs)) // _BATCH * _BATCH

    def _decode(self, tokens: Sequence[int]) -> None:
        array = (self._llama.llama_token * len(tokens))(*tokens)  # C keeps a pointer, not a copy
        status = self._llama.llama_decode(self._context, self._llama.llama_batch_get_one(array, len(tokens)))
        if status != 0:
            self._kept = []
            raise ProviderError(
                f"the engine failed while answering with {self._weights.name} (llama.cpp status {status})",
                "choose a smaller model, or a shorter text",
                provider="local",
                model=self._weights.name,
                code=Kind.ENGINE,
            )
