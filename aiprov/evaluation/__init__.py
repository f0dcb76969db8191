"""How near transcripts come to references: words, speakers and turns, counted so that recordings can be added up.

Values in, values out: knows no file, no configuration and no engine. jiwer and pyannote.metrics do the arithmetic.
"""

from __future__ import annotations

import importlib.util

from aiprov.errors import ConfigError

_PACKAGES = ("jiwer", "whisper_normalizer", "pyannote", "scipy")


def require_packages() -> None:
    """Say at once what is not installed, before a transcript is blamed for it.

    Raises:
        ConfigError: It names what to install.
    """
    if any(importlib.util.find_spec(package) is None for package in _PACKAGES):
        message = "the packages that compare transcripts with references are not installed"
        raise ConfigError(message, "pip install 'aiprov[eval]'", code="not_installed")
