"""How fast JSON by a schema is written, against free text by the same model: here, and by llama-cpp-python as it comes.

Tokens per second of CPU time, so that others on the machine count less; one thread. Every side writes the same number
of answers to the same requests, and every side is measured in turn, several times.
Run by hand: python tests/bench/json_rate.py --rounds 3
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiprov.core.requests import ChatMessage, ChatRequest

TALK = " ".join(
    f"Speaker {n % 3}: item {n * 7919 % 1000} of the plan goes to the red team by Friday." for n in range(12)
)
ASKED = (
    "List who does what as JSON.",
    "List the items of the plan as JSON.",
    "Which team has which item? Answer as JSON.",
)
ITEM = {
    "type": "object",
    "properties": {
        "text": {"type": "string", "maxLength": 200},
        "owner": {"anyOf": [{"type": "string", "maxLength": 60}, {"type": "null"}]},
        "segments": {"type": "array", "items": {"type": "integer"}, "maxItems": 6},
    },
    "required": ["text", "owner", "segments"],
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": ITEM, "minItems": 4, "maxItems": 6}},
    "required": ["items"],
    "additionalProperties": False,
}
TOKENS = 200


def cpu_s() -> float:
    """Seconds of CPU time of this process and all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def weights() -> Path:
    """The starter model's file."""
    import platformdirs

    from aiprov.models import ModelStore

    default = platformdirs.user_cache_path("aiprov-test-models", appauthor=False)
    store = ModelStore(Path(os.environ.get("AIPROV_TEST_MODELS") or default) / "models", offline=True, trust_cache=True)
    entry = store.find("smollm2-135m")
    return store.verified_path(entry) / entry.weights


def ours(path: Path) -> Callable[[str, bool], int]:
    """Answer with this package's engine; returns the tokens written."""
    from aiprov.providers.local.llama import LlamaModel

    model = LlamaModel("smollm2-135m", path, 1, gpu=False)

    def answer(asked: str, constrained: bool) -> int:
        request = ChatRequest(
            [ChatMessage("user", f"{TALK}\n{asked}")],
            max_tokens=TOKENS,
            response_schema=SCHEMA if constrained else None,
        )
        return model.answer(request, lambda: None, lambda _: None).output_tokens

    return answer


def bare(path: Path) -> Callable[[str, bool], int]:
    """Answer with llama-cpp-python's own class."""
    from llama_cpp import Llama

    model = Llama(str(path), n_ctx=2048, n_threads=1, n_threads_batch=1, verbose=False)

    def answer(asked: str, constrained: bool) -> int:
        form = {"type": "json_object", "schema": SCHEMA} if constrained else None
        found: Any = model.create_chat_completion(
            [{"role": "user", "content": f"{TALK}\n{asked}"}], max_tokens=TOKENS, temperature=0.0, response_format=form
        )
        return int(found["usage"]["completion_tokens"])

    return answer


def rate(answer: Callable[[str, bool], int], constrained: bool) -> float:
    """Tokens written per second, the reading of the prompt left out by reading it before."""
    written, spent = 0, 0.0
    for asked in ASKED:
        answer(asked, constrained)  # the prompt is read now, and kept
        began = cpu_s()
        written += answer(asked, constrained)
        spent += cpu_s() - began
    return written / spent


def main() -> None:
    """Print a line for each side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    path = weights()
    sides = {"aiprov": ours(path), "llama-cpp-python": bare(path)}
    rates: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, answer in sides.items():
            for constrained in (False, True):
                rates[name, constrained].append(rate(answer, constrained))
    for name in sides:
        free, held = (statistics.median(rates[name, constrained]) for constrained in (False, True))
        print(
            json.dumps({"side": name, "free": round(free, 1), "json": round(held, 1), "share": round(held / free, 3)})
        )


if __name__ == "__main__":
    main()
