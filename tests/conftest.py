"""What every test stands on: an AIPROV_HOME of its own, no keys, no hub; and real starter models where asked for."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from aiprov.models import ModelStore

# huggingface_hub reads this once, when it is imported: no test reaches the hub by accident, whatever it imports.
os.environ["HF_HUB_OFFLINE"] = "1"
# The developer's keyring stays closed.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"

STARTERS = ("base", "tiny.en", "smollm2-135m", "all-minilm-l6-v2", "cam++")
_PREFIXES = ("AIPROV_", "OPENAI_", "ANTHROPIC_", "GROQ_", "LOCAL_", "HUGGINGFACE_", "HUGGING_FACE_", "PROVIDER_")
_HUB = ("HF_TOKEN", "HF_ENDPOINT", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")


@pytest.fixture(autouse=True)
def aiprov_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh AIPROV_HOME; the developer's keys, settings, hub login and `.env` are out of sight."""
    for name in list(os.environ):
        if (name.startswith(_PREFIXES) and name != "AIPROV_TEST_MODELS") or name in _HUB:
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    monkeypatch.setenv("AIPROV_HOME", str(home))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub-home"))
    monkeypatch.chdir(tmp_path)
    return home


@pytest.fixture(scope="session")
def starter_models() -> Path:
    """A home folder whose `models/` holds the starter models: kept outside the clone, fetched once, verified each time.

    It lies in the user's cache folder, or where AIPROV_TEST_MODELS says.
    """
    default = platformdirs.user_cache_path("aiprov-test-models", appauthor=False)
    home = Path(os.environ.get("AIPROV_TEST_MODELS") or default)
    store = ModelStore(home / "models")
    for name in STARTERS:
        store.pull(name, source="index")
    return home


@pytest.fixture
def home_with_models(aiprov_home: Path, starter_models: Path) -> Path:
    """This test's own AIPROV_HOME, with the starter models in it."""
    aiprov_home.mkdir(exist_ok=True)
    (aiprov_home / "models").symlink_to(starter_models / "models")
    return aiprov_home
