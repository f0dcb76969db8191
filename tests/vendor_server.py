"""A loopback server that plays OpenAI and Anthropic: scripted replies and faults, and every request written down.

One write per reply and no Nagle: delayed acknowledgements would add 40 ms to each.
"""

from __future__ import annotations

import email
import email.policy
import gzip
import json
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request as it arrived; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as a document."""
        return json.loads(self.body)

    def form(self) -> dict[str, list[str | bytes]]:
        """The fields of a multipart body; files as bytes, other fields as text."""
        fields: dict[str, list[str | bytes]] = {}
        for part in self._parts():
            content = part.get_payload(decode=True)
            value = content if part.get_filename() else content.decode()
            fields.setdefault(part.get_param("name", header="content-disposition"), []).append(value)
        return fields

    def filename(self) -> str:
        """The name under which a multipart body sends its file."""
        return str(next(part.get_filename() for part in self._parts() if part.get_filename()))

    def _parts(self) -> list[Any]:
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        return list(email.message_from_bytes(head + self.body, policy=email.policy.HTTP).iter_parts())


@dataclass(frozen=True)
class Reply:
    """What to answer.

    `fault`: `cut` closes after half the body, `reset` resets there, `drip` sends that half and then a byte now and
    then, `hang` sends nothing at all.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    fault: str = ""


@dataclass
class Vendor:
    """The server's script and what it received. Replies are given in turn; the last one goes on for ever."""

    replies: list[Reply] = field(default_factory=list)
    requests: list[Received] = field(default_factory=list)
    url: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)

    def script(self, *replies: Reply) -> None:
        """Replace what is to be answered."""
        self.replies = list(replies)

    def next_reply(self) -> Reply:
        """The reply whose turn it is."""
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def serving(*replies: Reply, tls: ssl.SSLContext | None = None) -> Iterator[Vendor]:
    """Run the server; its `url` has no path (OpenAI's base URL is `url + "/v1"`, Anthropic's is `url`)."""
    vendor = Vendor(list(replies))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"vendor": vendor}))
    server.daemon_threads, server.block_on_close = True, False
    # A client that hangs up in the midst of a reply is what some tests are about.
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    vendor.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield vendor
    finally:
        vendor.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    vendor: Vendor

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.vendor.requests.append(Received(self.command, self.path, headers, self._body()))
        reply = self.vendor.next_reply()
        head = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
        length = f"content-length: {len(reply.body)}\r\n"
        whole = f"HTTP/1.1 {reply.status} Scripted\r\n{length}{head}\r\n".encode() + reply.body
        half = len(whole) - (len(reply.body) + 1) // 2
        if not reply.fault:
            self.wfile.write(whole)
            return
        self.close_connection = True
        with suppress(OSError):
            {"cut": self._cut, "reset": self._reset, "drip": self._drip, "hang": self._hang}[reply.fault](whole, half)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _cut(self, whole: bytes, half: int) -> None:
        self.wfile.write(whole[:half])

    def _reset(self, whole: bytes, half: int) -> None:
        self.wfile.write(whole[:half])
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _drip(self, whole: bytes, half: int) -> None:
        self.wfile.write(whole[:half])
        for at in range(half, len(whole)):
            if self.vendor.stopping.wait(0.05):
                return
            self.wfile.write(whole[at : at + 1])

    def _hang(self, whole: bytes, half: int) -> None:
        self.vendor.stopping.wait()


# --- replies in general -------------------------------------------------------------------------------------------


def answer(document: object, status: int = 200, **headers: str) -> Reply:
    """A JSON reply; underscores in header names become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(json.dumps(document).encode(), status, {"content-type": "application/json", **named})


def raw(body: bytes, content_type: str = "application/json", status: int = 200, **headers: str) -> Reply:
    """A reply of any bytes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(body, status, {"content-type": content_type, **named})


def html() -> Reply:
    """A login page, as a captive portal gives it."""
    return raw(b"<html><body>login</body></html>", "text/html")


def zipped(body: bytes) -> Reply:
    """A reply that is small on the wire."""
    return raw(gzip.compress(body), content_encoding="gzip")


def sse(*events: object, named: bool = False) -> Reply:
    """A stream of events: documents, or text as it stands; Anthropic's have names."""
    lines = []
    for event in events:
        if named and isinstance(event, dict):
            lines.append(f"event: {event['type']}\n")
        lines.append(f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n")
    return raw("".join(lines).encode(), "text/event-stream")


# --- OpenAI -------------------------------------------------------------------------------------------------------


def openai_error(status: int, code: str | None = None, message: str = "no", kind: str = "", **headers: str) -> Reply:
    """A refusal."""
    error = {"message": message, "type": kind or code, "param": None, "code": code}
    return answer({"error": error}, status, **headers)


def openai_chat(content: Any = "Hello", **changes: Any) -> dict[str, Any]:
    """A chat completion; changes with names of the choice (`finish_reason`, `refusal`) go there."""
    message = {"role": "assistant", "content": content, "refusal": changes.pop("refusal", None)}
    choice = {"index": 0, "message": message, "finish_reason": changes.pop("finish_reason", "stop")}
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
    whole = {"id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-served", "choices": [choice]}
    return whole | {"usage": usage} | changes


def openai_chunks(*parts: str, finish: str | None = "stop", usage: bool = True) -> list[dict[str, Any]]:
    """The events of a streamed chat completion, without the final `[DONE]`."""
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-served"}
    chunks: list[dict[str, Any]] = [
        head | {"choices": [{"index": 0, "delta": {"content": part}, "finish_reason": None}]} for part in parts
    ]
    if finish:
        chunks.append(head | {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    if usage:
        counted = {"prompt_tokens": 9, "completion_tokens": len(parts), "total_tokens": 9 + len(parts)}
        chunks.append(head | {"choices": [], "usage": counted})
    return chunks


def openai_embeddings(vectors: Sequence[Sequence[float]], **changes: Any) -> dict[str, Any]:
    """Vectors, in the order given."""
    rows = [{"object": "embedding", "index": at, "embedding": list(vector)} for at, vector in enumerate(vectors)]
    usage = {"prompt_tokens": 5, "total_tokens": 5}
    return {"object": "list", "data": rows, "model": "embed-served", "usage": usage} | changes


def openai_models(*names: str, **shutdowns: str) -> dict[str, Any]:
    """A model list; keyword arguments are models with a shutdown date, underscores standing for hyphens."""
    dates = dict.fromkeys(names) | {name.replace("_", "-"): date for name, date in shutdowns.items()}
    rows = [{"id": n, "object": "model", "created": 1, "owned_by": "x", "shutdown_date": d} for n, d in dates.items()]
    return {"object": "list", "data": rows}


# --- Anthropic ----------------------------------------------------------------------------------------------------


def anthropic_error(status: int, kind: str, message: str = "no", **headers: str) -> Reply:
    """A refusal."""
    return answer({"type": "error", "error": {"type": kind, "message": message}, "request_id": "r1"}, status, **headers)


def anthropic_message(text: Any = "Hello", **changes: Any) -> dict[str, Any]:
    """A message with one block of text."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-served",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 2},
    } | changes


def anthropic_events(*parts: str, stop: str | None = "end_turn") -> list[dict[str, Any]]:
    """The events of a streamed message; without `stop` it ends before its last two. Give them to `sse(named=True)`."""
    start = anthropic_message() | {"content": [], "stop_reason": None, "usage": {"input_tokens": 9, "output_tokens": 1}}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    ]
    for part in parts:
        delta = {"type": "text_delta", "text": part}
        events.append({"type": "content_block_delta", "index": 0, "delta": delta})
    events.append({"type": "content_block_stop", "index": 0})
    if stop:
        end = {"stop_reason": stop, "stop_sequence": None}
        events.append({"type": "message_delta", "delta": end, "usage": {"output_tokens": len(parts)}})
        events.append({"type": "message_stop"})
    return events


def anthropic_models(*names: str, **extra: Any) -> dict[str, Any]:
    """A model list; keyword arguments are added to every model."""
    rows = [
        {"id": name, "type": "model", "display_name": name, "created_at": "2026-01-01T00:00:00Z"} | extra
        for name in names
    ]
    return {
        "data": rows,
        "has_more": False,
        "first_id": names[0] if names else None,
        "last_id": names[-1] if names else None,
    }
