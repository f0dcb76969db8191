"""With privacy `local` no socket leaves the machine: an attempt to make one ends the child that makes it."""

from __future__ import annotations

import json
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from aiprov.audio import decode

ROOT = Path(__file__).parents[2]

CHILD = """
import sys

def forbid(event, args):
    # Name look-ups and connections; sockets between threads of one process (asyncio's own) have no address.
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"):
        sys.stderr.write(f"LEAVES {event} {args[1:]}\\n")
        sys.stderr.flush()
        import os
        os._exit(99)

sys.addaudithook(forbid)
from aiprov.__main__ import main
main()
"""


def aiprov(home: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    base = {"AIPROV_HOME": str(home), "PATH": "/usr/bin:/bin", "HOME": str(home), "HF_HOME": str(home / "hub")}
    return subprocess.run(
        [sys.executable, "-c", CHILD, *args],
        capture_output=True,
        text=True,
        env=base | environment,
        cwd=home,
        check=False,
    )


KEYS = {"OPENAI_API_KEY": "sk-test-0123456789abcdef", "ANTHROPIC_API_KEY": "sk-ant-0123456789abcdef"}


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """The first eight seconds of a sample meeting."""
    with decode(ROOT / "recipes" / "samples" / "product-sync.mp3") as sample:
        samples = next(iter(sample))[: 8 * 16_000]
    with wave.open(str(tmp_path / "short.wav"), "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", "not compressed"))
        sound.writeframes((samples * 32767).astype("<i2").tobytes())
    return tmp_path / "short.wav"


@pytest.mark.parametrize("how", ["flag", "setting", "file"])
def test_a_run_under_privacy_local_makes_no_connection_whatever_keys_there_are(
    home_with_models: Path, recording: Path, how: str
) -> None:
    arguments = ["transcribe", str(recording), "--model", "tiny.en", "-f", "json", "-o", str(home_with_models / "out")]
    more = dict(KEYS)
    if how == "flag":
        arguments += ["--privacy", "local"]
    elif how == "setting":
        more["AIPROV_PRIVACY"] = "local"
    else:
        (home_with_models / "aiprov.yaml").write_text("privacy: local\nproviders:\n  groq: {preset: groq}\n")
    done = aiprov(home_with_models, *arguments, "--json", **more)
    assert done.returncode == 0, done.stderr
    (file,) = json.loads(done.stdout)["files"]
    assert (file["status"], file["provider"], file["sent_to"]) == ("done", "local", [])


def test_the_same_run_without_it_would_have_left(home_with_models: Path, recording: Path) -> None:
    done = aiprov(home_with_models, "transcribe", str(recording), "-f", "json", **KEYS)
    assert done.returncode == 99
    assert "LEAVES" in done.stderr


def test_what_only_others_can_do_is_refused_before_anything_is_done(home_with_models: Path, recording: Path) -> None:
    done = aiprov(
        home_with_models, "transcribe", str(recording), "--provider", "openai", "--privacy", "local", "--json", **KEYS
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "privacy"


def test_a_model_that_is_absent_is_not_fetched(home_with_models: Path, recording: Path) -> None:
    done = aiprov(
        home_with_models, "transcribe", str(recording), "--model", "small", "--privacy", "local", "--json", **KEYS
    )
    assert done.returncode not in (0, 99), done.stderr
    assert "small" in done.stdout


@pytest.mark.parametrize("command", [["providers", "health"], ["providers", "status"], ["doctor"]], ids=" ".join)
def test_looking_around_under_privacy_local_makes_no_connection(home_with_models: Path, command: list[str]) -> None:
    assert aiprov(home_with_models, *command, AIPROV_PRIVACY="local", **KEYS).returncode in (0, 3)
