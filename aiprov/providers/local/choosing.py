"""Which token comes next: the likeliest, or one drawn; where there is a schema, one that the schema allows.

The few likeliest are held against the grammar first, and all of them only when none of those fits: the answer is the
same, and most tokens cost one look instead of one for each word of the vocabulary. A token that would go round a loop
once more is passed over while there is another.
"""

from __future__ import annotations

import ctypes
import json
import weakref
from collections import deque
from collections.abc import Mapping
from typing import Any

from aiprov.core.failures import Kind
from aiprov.errors import ProviderError
from aiprov.providers.local.weights import Weights, engine

# One seed for all: equal requests get equal answers.
_SEED = 20_240_229
# Drawn among so many, and never one that is less than this share as likely as the likeliest.
_DRAWN_AMONG = 64
_LEAST_SHARE = 0.05
# A loop goes round in at most so many tokens, and was gone round three times, in at least so many tokens.
_LONGEST_LOOP, _SHORTEST_RUN = 64, 24


class Chooser:
    """Chooses the tokens of one answer.

    Args:
        weights: The model.
        temperature: 0 takes the likeliest token.
        schema: A JSON Schema that the answer has to fit, or None.

    Raises:
        ProviderError: The schema cannot be made into a grammar.
    """

    def __init__(self, weights: Weights, temperature: float, schema: Mapping[str, Any] | None) -> None:
        import numpy as np

        self._weights = weights
        self._temperature = temperature
        self._random = np.random.default_rng(_SEED)
        self._grammar = None if schema is None else Grammar(weights, schema)
        self._loops = Loops()
        self._breadths = (_DRAWN_AMONG, weights.words) if temperature > 0 else (1, _DRAWN_AMONG, weights.words)

    def next(self, logits: Any) -> int:
        """Choose by the log odds of every token (float32)."""
        for breadth in self._breadths:
            tokens = _likeliest(logits, breadth)
            if self._grammar is not None:
                tokens = self._grammar.allowed(tokens)
            others = self._loops.without(tokens)
            if len(others) or (len(tokens) and breadth == self._breadths[-1]):
                kept = others if len(others) else tokens
                return self._taken(int(self._drawn(kept, logits[kept])))
        raise ProviderError(
            f"{self._weights.name} found no way to go on that the schema allows",
            "loosen the schema, or choose another model",
            provider="local",
            model=self._weights.name,
            code=Kind.BAD_RESULT,
        )

    def _taken(self, token: int) -> int:
        self._loops.take(token)
        if self._grammar is not None:
            self._grammar.take(token)
        return token

    def _drawn(self, tokens: Any, logits: Any) -> Any:
        import numpy as np

        if self._temperature <= 0:
            return tokens[logits.argmax()]
        odds = np.exp((logits.astype(np.float64) - logits.max()) / self._temperature)
        odds[odds < _LEAST_SHARE] = 0
        return self._random.choice(tokens, p=odds / odds.sum())


class Loops:
    """Notices when an answer goes round in circles."""

    def __init__(self) -> None:
        self._last: deque[int] = deque(maxlen=_LONGEST_LOOP)  # the newest first
        # For each length of a loop, how many tokens in a row were the same as one round before.
        self._runs = [0] * _LONGEST_LOOP

    def take(self, token: int) -> None:
        """Note a token of the answer."""
        for at, before in enumerate(self._last):
            self._runs[at] = self._runs[at] + 1 if token == before else 0
        self._last.appendleft(token)

    def without(self, tokens: Any) -> Any:
        """The tokens, in the same order, but for those with which a loop would go on."""
        barred = {before for at, before in enumerate(self._last) if self._runs[at] >= max(2 * (at + 1), _SHORTEST_RUN)}
        return tokens[[token not in barred for token in tokens.tolist()]] if barred else tokens


class Grammar:
    """What a JSON Schema allows next."""

    def __init__(self, weights: Weights, schema: Mapping[str, Any]) -> None:
        llama = engine().functions
        text = _grammar_of(schema, weights.name)
        sampler = llama.llama_sampler_init_grammar(weights.vocabulary, text.encode(), b"root")
        if not sampler:
            raise _not_a_grammar(weights.name)
        self._weights = weights  # they outlive this
        self._llama = llama
        self._sampler = sampler
        self.free = weakref.finalize(self, llama.llama_sampler_free, sampler)
        self.free.atexit = False

    def allowed(self, tokens: Any) -> Any:
        """Those of the tokens that may come next, in the same order."""
        import numpy as np

        rows = np.zeros(len(tokens), dtype=[("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])
        rows["id"] = tokens
        data = rows.ctypes.data_as(self._llama.llama_token_data_p)
        array = self._llama.llama_token_data_array(data=data, size=len(rows), selected=-1, sorted=False)
        self._llama.llama_sampler_apply(self._sampler, ctypes.byref(array))
        return tokens[rows["logit"] > -np.inf]

    def take(self, token: int) -> None:
        """Go on behind a token that is allowed."""
        self._llama.llama_sampler_accept(self._sampler, token)


def _likeliest(logits: Any, count: int) -> Any:
    import numpy as np

    if count == 1:
        return np.array([logits.argmax()])
    return np.arange(len(logits)) if count >= len(logits) else np.argpartition(logits, -count)[-count:]


def _grammar_of(schema: Mapping[str, Any], model: str) -> str:
    from llama_cpp.llama_grammar import json_schema_to_gbnf

    try:
        return str(json_schema_to_gbnf(json.dumps(schema)))
    except Exception as error:  # it is a recursive reader of what the user wrote, and raises whatever comes
        raise _not_a_grammar(model) from error


def _not_a_grammar(model: str) -> ProviderError:
    return ProviderError(
        f"{model} cannot be held to this response_schema",
        "use types, properties, required, items, enum and $defs",
        provider="local",
        model=model,
        code=Kind.INVALID_REQUEST,
    )
