"""No key shows anywhere (P8): a canary in every key, given in every way, and every fault of a server that echoes it.

What is looked through: stdout, stderr, the log file, logging at DEBUG, tracebacks, reprs, and every byte of every file
that a command leaves, but for those that the key was put into. What the vendors' packages log of a reply's headers is
the server's word alone, and is left out.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import ssl
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

import aiprov as package
from aiprov import library as library_room
from aiprov.core import routing
from aiprov.errors import AiprovError
from aiprov.settings import find_env_file, load
from aiprov.wiring import build
from cli_world import aiprov
from provider_world import short_recording
from vendor_server import (
    Reply,
    Vendor,
    answer,
    anthropic_message,
    html,
    openai_chat,
    openai_embeddings,
    openai_models,
    raw,
    serving,
)

MARK = "kaNaRi"  # in the middle: the last four characters may be shown
KEYS = {
    "openai": f"sk-proj-{MARK}0penai0123456789abcdefghij-wxyz",
    "anthropic": f"sk-ant-api03-{MARK}anthropic0123456789abcd-wxyz",
    "groq": f"gsk_{MARK}groq0123456789abcdefghijklmnopqrwxyz",
    "huggingface": f"hf_{MARK}face0123456789abcdefghijklmnopwxyz",
}
VARIABLES = {name: f"{name.upper()}_API_KEY" for name in KEYS} | {"huggingface": "HUGGINGFACE_TOKEN"}
PEOPLE = ("openai", "anthropic", "groq")
ALL_KEYS = " ".join(KEYS.values())

HEARD = {
    "text": "Hello there.", "language": "english", "duration": 0.5,
    "segments": [
        {"id": 0, "seek": 0, "start": 0.0, "end": 0.5, "text": " Hello there.", "temperature": 0.0,
         "avg_logprob": -0.2, "compression_ratio": 1.1, "no_speech_prob": 0.01, "tokens": [1]}
    ],
    "usage": {"type": "duration", "seconds": 1},
}  # fmt: skip
# One document that is an answer to every kind of call.
GOOD = openai_chat() | anthropic_message() | openai_embeddings([[0.0] * 8]) | HEARD | {"usage": {}} | openai_models("x")
ECHO = {"error": {"message": f"Incorrect API key provided: {ALL_KEYS}", "type": ALL_KEYS, "code": KEYS["openai"]}}
HEADERS = {"authorization": f"Bearer {KEYS['openai']}", "x-api-key": KEYS["anthropic"]}

FAULTS: dict[str, Reply | None] = {
    "an answer": answer(HEARD),
    "401 with the key": answer(ECHO, 401),
    "401 with the key as detail": answer({"detail": ALL_KEYS}, 401),
    "400 with the key": answer(ECHO, 400),
    "400 in text": raw(ALL_KEYS.encode(), "text/plain", 400),
    "429 with the key in headers": answer(ECHO, 429, retry_after=KEYS["openai"], x_request_id=KEYS["openai"]),
    "500 with the headers": answer({"headers": HEADERS, "error": HEADERS}, 500, request_id=KEYS["anthropic"]),
    "502 as a page": raw(f"<html>{HEADERS}</html>".encode(), "text/html", 502),
    "redirect to an address with the key": raw(b"", status=307, location=f"http://{KEYS['openai']}@127.0.0.1:1/"),
    "login page": html(),
    "200 in text": raw(ALL_KEYS.encode(), "text/plain"),
    "200 of wrong types": answer({"text": [ALL_KEYS], "choices": ALL_KEYS, "content": ALL_KEYS, "data": ALL_KEYS}),
    "200 with wrong numbers": answer(HEARD | {"duration": ALL_KEYS, "usage": {"prompt_tokens": ALL_KEYS}}),
    "an answer with the key in a header": raw(json.dumps(HEARD).encode(), content_encoding=KEYS["openai"]),
    "reset": Reply(json.dumps(HEARD).encode(), fault="reset"),
    "cut": Reply(json.dumps(HEARD).encode(), fault="cut"),
    "nobody there": None,
}
every_fault = pytest.mark.parametrize("fault", FAULTS)

# How the SDKs and their HTTP client begin what they log of a reply.
_REPLIES = ("HTTP Response: ", "request_id: ", "receive_response_headers.complete ")


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 1
    kept: dict[tuple[str, str], str]

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@dataclass
class Place:
    """A user's folder, with what was seen of it.

    Attributes:
        sources: The files that hold keys because the user put them there.
    """

    folder: Path
    home: Path
    log: pytest.LogCaptureFixture
    seen: list[str] = field(default_factory=list)
    sources: set[Path] = field(default_factory=set)

    def given_in(self, path: Path, text: str, mode: int = 0o600) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        self.sources.add(path)

    def run(self, *words: object, **more: Any) -> int:
        """Run a command in this process."""
        result = aiprov(*words, **more)
        self.seen += [result.stdout, result.stderr]
        if result.exception is not None:
            self.caught(result.exception)
        return int(result.exit_code)

    def caught(self, error: BaseException) -> None:
        """Look at an error as any handler could show it."""
        parts = traceback.TracebackException.from_exception(error).format()
        self.seen += [*parts, repr(error), repr(vars(error))]

    def nothing_shown(self) -> None:
        """Look through all that was said and left behind."""
        logged = [record.getMessage() for record in self.log.records]
        ours = [text for text in logged if not text.startswith(_REPLIES)]
        assert [text for text in (*self.seen, *ours) if MARK in text] == []
        files = [path for path in self.folder.rglob("*") if path.is_file() and path not in self.sources]
        assert [path for path in files if MARK.encode() in path.read_bytes()] == []
        assert [path for path in self.folder.rglob("*") if MARK in path.name] == []


@pytest.fixture(autouse=True, scope="module")
def no_certificates() -> Iterator[None]:
    """Nothing here speaks TLS, and reading the system's certificates for every client would take longest of all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)
        yield


@pytest.fixture(autouse=True)
def keyring_of_its_own() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


@pytest.fixture
def place(
    tmp_path: Path, aiprov_home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Place:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(routing, "_FIRST_WAIT_S", 0.001)
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    monkeypatch.setattr("aiprov.library._kit", None)
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/v1")
    short_recording(tmp_path / "meeting.wav")
    return Place(tmp_path, aiprov_home, caplog)


def in_environment(place: Place, patch: pytest.MonkeyPatch) -> None:
    for name, key in KEYS.items():
        patch.setenv(VARIABLES[name], key)


def in_dotenv(place: Place, patch: pytest.MonkeyPatch) -> None:
    place.given_in(place.folder / ".env", "".join(f"{VARIABLES[name]}={key}\n" for name, key in KEYS.items()))
    patch.setenv("AIPROV_ENV_FILE", str(place.folder / ".env"))


def in_file(place: Place, patch: pytest.MonkeyPatch) -> None:
    place.given_in(place.home / "keys.json", json.dumps(KEYS))


def in_keyring(place: Place, patch: pytest.MonkeyPatch) -> None:
    ring = Ring()  # type: ignore[no-untyped-call]
    ring.kept = {("aiprov", name): key for name, key in KEYS.items()}
    keyring.set_keyring(ring)


WAYS = {"environment": in_environment, "dotenv": in_dotenv, "file": in_file, "keyring": in_keyring}


@contextmanager
def servers(place: Place, patch: pytest.MonkeyPatch, reply: Reply | None) -> Iterator[Vendor]:
    """All three vendors at the loopback server; with None, where nobody listens."""
    with serving(reply or answer({})) as vendor:
        url = vendor.url if reply is not None else "http://127.0.0.1:9"
        patch.setenv("OPENAI_BASE_URL", f"{url}/v1")
        patch.setenv("ANTHROPIC_BASE_URL", url)
        place.home.mkdir(exist_ok=True)
        (place.home / "aiprov.yaml").write_text(f"providers:\n  groq:\n    preset: groq\n    base_url: {url}/v1\n")
        yield vendor


def work(place: Place) -> list[int]:
    """The commands that send keys, and those that look at them; the exit codes of those that transcribe."""
    codes = [
        place.run("transcribe", "meeting.wav", "--provider", provider, "-o", provider, *more)
        for provider, more in (("openai", ("--json", "--log-file", "run.log")), ("groq", ("-f", "json,txt,md")))
    ]
    for words in ("providers health", "keys list --json", "costs --by file"):
        place.run(*words.split())
    return codes


# --- every fault, every way ---------------------------------------------------------------------------------------


@every_fault
def test_no_command_shows_a_key_whatever_the_server_does(
    place: Place, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    in_environment(place, monkeypatch)
    with servers(place, monkeypatch, FAULTS[fault]) as vendor:
        codes = work(place)
    assert set(codes) == ({0} if fault.startswith("an answer") else {3})
    sent = {value for request in vendor.requests for value in request.headers.values()}
    assert any(KEYS["openai"] in value for value in sent) or fault == "nobody there"
    place.nothing_shown()


@pytest.mark.parametrize("way", WAYS)
def test_no_key_shows_wherever_it_is_kept(place: Place, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    WAYS[way](place, monkeypatch)
    with servers(place, monkeypatch, FAULTS["401 with the key"]) as vendor:
        work(place)
        for words in (
            "health --json",
            "status",
            "explain meeting.wav --json",
            "compare-cost --minutes 5",
            "disable groq",
        ):
            place.run("providers", *words.split())
    sent = {value for request in vendor.requests for value in request.headers.values()}
    assert [name for name in PEOPLE if not any(KEYS[name] in value for value in sent)] == []
    place.nothing_shown()


@every_fault
def test_no_error_that_a_program_catches_holds_a_key(place: Place, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    in_environment(place, monkeypatch)
    message = [package.ChatMessage("user", "hello")]
    with servers(place, monkeypatch, FAULTS[fault]):
        manager = package.initialize_provider_system()

        async def calls() -> None:
            for provider in PEOPLE:
                asked = package.ChatRequest(message, model=f"{provider}/claude-x")
                with pytest.raises(package.ProviderError) as caught:
                    await manager.chat_completion(asked)
                place.caught(caught.value)

        asyncio.run(calls())
        place.nothing_shown()  # while the state is open: its log is part of it
        vars(library_room)["_kit"].close()


def test_nothing_that_is_made_of_keys_shows_them_in_its_repr(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(place, monkeypatch)
    with servers(place, monkeypatch, answer({})):
        settings = load(None)
        kit = build(settings)
        providers = [entry.provider for entry in kit.roster.entries]
        for each in (settings, kit, kit.roster, kit.manager, kit.service, kit.store, kit.state, *providers):
            place.seen += [repr(each), str(each), format(each)]
        place.seen += [repr(vars(kit)), repr(vars(kit.manager)), repr(vars(kit.service))]
        place.nothing_shown()
        kit.close()


# --- keys in wrong places -----------------------------------------------------------------------------------------

KEY = KEYS["openai"]
LOOKS = ("providers status", "providers health --json", "transcribe meeting.wav --json --log-file run.log")

IN_YAML = {
    "as api_key": f"providers:\n  openai:\n    api_key: {KEY}\n",
    "as the name of its variable": f"providers:\n  openai:\n    api_key_env: {KEY}\n",
    "as the user in the address": f"providers:\n  openai:\n    base_url: http://{KEY}@127.0.0.1:9/v1\n",
    "as a password in the address": f"providers:\n  openai:\n    base_url: http://me:{KEY}@127.0.0.1:9/v1\n",
    "in the query of the address": f"providers:\n  openai:\n    base_url: http://127.0.0.1:9/v1?api_key={KEY}\n",
    "as the address": f"providers:\n  openai:\n    base_url: {KEY}\n",
    "as a provider": f"providers:\n  {KEY}:\n    preset: groq\n",
    "as a preset": f"providers:\n  groq:\n    preset: {KEY}\n",
    "as a region": f"providers:\n  openai:\n    region: {KEY}\n",
    "as a priority": f"providers:\n  openai:\n    priority: {KEY}\n",
    "as a model": f"providers:\n  openai:\n    models:\n      - name: {KEY}\n        capability: chat\n",
    "as a key of its own": f"{KEY}: 1\n",
    "in an option": f"providers:\n  local:\n    custom_config:\n      device: {KEY}\n",
    "in an unknown option": f"providers:\n  openai:\n    custom_config:\n      api_key: {KEY}\n",
    "in what is no YAML": f"providers: [{KEY}\n",
    "as the whole file": f"{KEY}\n",
}


@pytest.mark.parametrize("where", IN_YAML)
def test_a_key_that_was_put_into_the_configuration_file_is_not_repeated(place: Place, where: str) -> None:
    place.given_in(place.home / "aiprov.yaml", IN_YAML[where])
    codes = [place.run(*words.split()) for words in LOOKS]
    assert codes[0] == 2, "it is refused"
    place.nothing_shown()


IN_VARIABLES = {
    "OPENAI_BASE_URL": f"http://{KEY}@127.0.0.1:9/v1",
    "ANTHROPIC_BASE_URL": f"http://127.0.0.1:9/?key={KEY}",
    "OPENAI_API_KEY": f"{KEY}\n{KEY}",
    "ANTHROPIC_API_KEY": f"{KEY} ",
    "OPENAI_ENABLED": KEY,
    "OPENAI_PRIORITY": KEY,
    "PROVIDER_STRATEGY": KEY,
    "LOCAL_QUANTIZATION": KEY,
    "LOCAL_DEVICE": KEY,
    "AIPROV_PRIVACY": KEY,
    "AIPROV_CLOUD_FALLBACK": KEY,
    "AIPROV_MAX_COST": KEY,
    "AIPROV_OFFLINE": KEY,
    "AIPROV_ENV_FILE": KEY,
    "AIPROV_CONFIG": KEY,
    "LOCAL_WHISPER_MODEL": KEY,
}


@pytest.mark.parametrize("name", IN_VARIABLES)
def test_a_key_in_a_variable_that_wants_something_else_is_not_repeated(
    place: Place, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("AIPROV_OFFLINE", "1")
    monkeypatch.setenv(name, IN_VARIABLES[name])
    for words in LOOKS:
        place.run(*words.split())
    try:
        place.seen.append(repr(build(load(find_env_file())).roster))
    except AiprovError as error:
        place.caught(error)
    place.nothing_shown()


COMMANDS = {
    "keys set": ("keys", "set", "openai", KEY),
    "keys set alone": ("keys", "set", KEY),
    "keys remove": ("keys", "remove", KEY),
    "a command": (KEY,),
    "an option": (f"--{KEY}",),
    "the provider": ("transcribe", "meeting.wav", "--provider", KEY),
    "the model": ("transcribe", "meeting.wav", "--model", KEY),
    "the limit": ("transcribe", "meeting.wav", "--max-cost", KEY),
    "the strategy": ("transcribe", "meeting.wav", "--strategy", KEY),
    "a provider to enable": ("providers", "enable", KEY),
    "a priority": ("providers", "set-priority", "openai", KEY),
    "a model to fetch": ("models", "pull", KEY),
}


@pytest.mark.parametrize("where", COMMANDS)
def test_a_key_on_the_command_line_is_not_repeated(place: Place, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.setenv("AIPROV_OFFLINE", "1")
    assert place.run(*COMMANDS[where], input="") != 0
    place.nothing_shown()


def test_a_key_that_is_stored_is_in_one_file_and_shown_by_no_step(place: Place) -> None:
    assert place.run("keys", "set", "openai", input=f"{KEY}\n") == 0
    place.sources.add(place.home / "keys.json")
    assert KEY in (place.home / "keys.json").read_text()
    place.run("keys", "list")
    assert place.run("keys", "set", "openai", input=f"{KEY} and more\n") == 2
    place.given_in(place.home / "keys.json", f'{{"openai": "{KEY}", damaged')
    assert place.run("keys", "list") == 2
    place.nothing_shown()


# --- processes of their own ---------------------------------------------------------------------------------------


def child(place: Place, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command line as its user does, with Python's own tracebacks and warnings on."""
    environment = {**os.environ, "PYTHONDEVMODE": "1", **more}
    done = subprocess.run(
        [sys.executable, "-m", "aiprov", *words], capture_output=True, text=True, cwd=place.folder, env=environment
    )
    place.seen += [done.stdout, done.stderr]
    return done


@pytest.mark.parametrize("fault", ["an answer", "401 with the key", "redirect to an address with the key"])
def test_no_process_shows_a_key_in_development_mode(place: Place, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    in_environment(place, monkeypatch)
    with servers(place, monkeypatch, FAULTS[fault]):
        done = child(place, "transcribe", "meeting.wav", "--provider", "openai", "--json", OPENAI_LOG="debug")
    assert done.returncode == (0 if fault == "an answer" else 3)
    place.nothing_shown()


CRASH = """
import sys
from aiprov.providers import openai_shaped

def crash(*_, **__):
    raise RuntimeError("a bug")

openai_shaped.chat_parameters = openai_shaped.transcription_parameters = crash
sys.argv[1:] = ["transcribe", "meeting.wav", "--provider", "openai"]
from aiprov.__main__ import main
main()
"""


def test_the_traceback_of_a_bug_shows_no_key(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    in_environment(place, monkeypatch)
    with servers(place, monkeypatch, answer({})):
        environment = {**os.environ, "PYTHONDEVMODE": "1"}
        done = subprocess.run(
            [sys.executable, "-c", CRASH], capture_output=True, text=True, cwd=place.folder, env=environment
        )
    place.seen += [done.stdout, done.stderr]
    assert "RuntimeError: a bug" in done.stderr
    place.nothing_shown()
