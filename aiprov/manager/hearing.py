"""A recording heard here before it goes elsewhere: what is damaged, and where people speak. Sends nothing."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiprov.core.speech import Span
from aiprov.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard.

    Attributes:
        damaged: Some of it cannot be decoded: whoever gets the file could stop there.
        speech: Where people speak, in seconds; None where nothing is installed that hears it.
    """

    damaged: bool = False
    speech: tuple[Span, ...] | None = None


def hear(path: Path, threshold: float, check: Callable[[], None], channel: int | None = None) -> Heard:
    """Listen to a whole recording once, with memory for a few minutes of it.

    Args:
        threshold: Speech probability above which 32 ms count as speech.
        check: Raises to stop.
        channel: The channel alone that shall be heard, from 0; None mixes all.

    Raises:
        InputError: It cannot be decoded.
    """
    from aiprov.audio import decode

    try:
        with decode(path, channel=channel) as recording:
            if importlib.util.find_spec("faster_whisper") is None:
                for _ in recording:
                    check()
                return Heard(recording.damaged_s > 0)
            from aiprov.providers.local.voice import Voice

            speech: list[Span] = []
            for window in Voice(threshold).windows(recording):
                check()
                speech += window.speech
            return Heard(recording.damaged_s > 0, tuple(speech))
    except ConfigError:  # nothing is installed that reads audio
        return Heard()
