"""What a command line says of speakers, as the pipeline's options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiprov.core.speakers import SpeakerWish
from aiprov.errors import ConfigError
from aiprov.pipelines.options import SpeakerOptions

_MOST = 64  # no meeting that can be told apart has more
_HOW = "give a number such as 3, or at least and at most such as 2:6"


def speaker_options(wishes: Mapping[str, Any], invited: Sequence[str]) -> SpeakerOptions:
    """Make the options out of the command line's.

    Args:
        wishes: Option values by name.
        invited: Who takes part, out of --speakers-from.

    Raises:
        ConfigError: They contradict each other, or are none.
    """
    names = tuple(name.strip() for name in (wishes["channel_names"] or "").split(",") if name.strip())
    if names and wishes["channels"] == "mix":
        raise ConfigError("--channel-names needs channels, and --channels is mix", "leave one out", code="usage")
    wish = wished(wishes, len(invited))
    asked = wishes["diarize"] or wish != SpeakerWish()
    return SpeakerOptions(wishes["channels"], names, asked, wish)


def wished(wishes: Mapping[str, Any], invited: int) -> SpeakerWish:
    """How many speakers there are, from --speakers, whisperX's two flags, or the number of people invited.

    Raises:
        ConfigError: It is no number, or at least is more than at most.
    """
    least, most = _ends(wishes["speakers"])
    least = least or wishes["min_speakers"]
    most = most or wishes["max_speakers"] or invited or None
    if most is not None and (least or 1) > most:
        raise ConfigError(f"there cannot be at least {least} and at most {most} speakers", _HOW, code="usage")
    return SpeakerWish(least or 1, most)


def invited_from(path: Path | None) -> tuple[str, ...]:
    """The names in an attendance list (csv) or a calendar's invitation (ics); none without a file.

    Raises:
        ConfigError: It cannot be read, or names nobody.
    """
    if path is None:
        return ()
    from aiprov.attendees import attendees

    return tuple(attendees(path))


def _ends(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    least, colon, most = text.partition(":")
    low = _number(least) if least or not colon else None
    high = _number(most) if most else (None if colon else low)
    return low, high


def _number(text: str) -> int:
    if not (text.strip().isascii() and text.strip().isdigit() and 1 <= int(text) <= _MOST):
        raise ConfigError(f"--speakers takes numbers from 1 to {_MOST}, not {text!r}", _HOW, code="usage")
    return int(text)
