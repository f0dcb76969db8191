"""The processes of router.py: a server that answers every chat alike, and those that ask it. Knows no figure's meaning.

    router_sides.py serve            prints its base URL, and serves until its input ends
    router_sides.py SIDE BASE_URL    for each line `CALLS ABREAST` of its input, prints what so many calls took, as JSON

Runs in the peer's environment, too: nothing but the standard library is imported before a side is chosen.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

MODEL = "gpt-6-luna"  # its price is known to all
_ABOUT = "the harbour, the ferry, the new timetable and who is going to write to the council about it. " * 4
_BODY = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1764000000,
        "model": MODEL,
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "They met, and agreed on a second ferry in the morning."},
            }
        ],
        "usage": {"prompt_tokens": 96, "completion_tokens": 12, "total_tokens": 108},
    }
).encode()
_REPLY = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)

Ask = Callable[[str], Awaitable[Any]]


class Answering(asyncio.Protocol):
    """Answers each request in one write. asyncio sets TCP_NODELAY, without which a reply waits for 40 ms."""

    def connection_made(self, transport: Any) -> None:
        self._transport, self._received = transport, b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0)
        if end and len(rest) >= length:
            self._received = rest[length:]
            self._transport.write(_REPLY)


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answering, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def sdk(base_url: str) -> Ask:
    """OpenAI's own client, as people use it."""
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key="none", base_url=base_url, max_retries=0)
    return lambda text: client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": text}])


def aiprov(base_url: str) -> Ask:
    """aiprov as the environment configures it: ledger and answers in a real state file."""
    import aiprov

    manager = aiprov.initialize_provider_system()
    return lambda text: manager.chat_completion(aiprov.ChatRequest([aiprov.ChatMessage("user", text)]))


def litellm(base_url: str) -> Ask:
    """litellm's Router with a fallback."""
    from litellm import Router  # type: ignore[import-not-found]  # it is in the peer's environment

    known = {"model": f"openai/{MODEL}", "api_base": base_url, "api_key": "none"}
    models = [{"model_name": name, "litellm_params": known} for name in ("first", "second")]
    router = Router(model_list=models, fallbacks=[{"first": ["second"]}], num_retries=0)
    return lambda text: router.acompletion("first", [{"role": "user", "content": text}])


async def asked(ask: Ask, prompts: Any, calls: int, abreast: int) -> dict[str, Any]:
    """Make the calls, so many at once; `ms` of each, and CPU seconds of this process, its threads included."""
    took: list[float] = []
    left = iter(range(calls))

    async def one_after_the_other() -> None:
        for _ in left:
            text = f"In one sentence, {next(prompts)}: {_ABOUT}"  # no two alike: nothing is answered from the state
            began = time.perf_counter()
            await ask(text)
            took.append(round((time.perf_counter() - began) * 1000, 3))

    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one_after_the_other() for _ in range(abreast)))
    wall_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    return {"ms": took, "wall_s": round(wall_s, 4), "cpu_s": round(cpu_s, 4)}


async def take_turns(side: str, base_url: str) -> None:
    ask = {"sdk": sdk, "aiprov": aiprov, "litellm": litellm}[side](base_url)
    loop, prompts = asyncio.get_running_loop(), count()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        calls, abreast = map(int, line.split())
        print(json.dumps(await asked(ask, prompts, calls, abreast)), flush=True)


if __name__ == "__main__":
    asyncio.run(serve() if sys.argv[1] == "serve" else take_turns(*sys.argv[1:]))
