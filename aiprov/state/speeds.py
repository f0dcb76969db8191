"""How fast models have worked on this machine, as the ledger's last answers tell. Knows no call and no provider."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from aiprov.state.db import Database
from aiprov.state.rows import SELECT, unsealed

_LAST = 50  # answers that count: a machine or a provider may become faster or slower


@dataclass(frozen=True, slots=True)
class Speed:
    """What the last answers of a model took.

    Attributes:
        audio_s: Seconds of audio in them.
        calls_s: Seconds that the calls took, added up.
        wall_s: Seconds during which at least one of the calls was under way.
    """

    audio_s: float
    calls_s: float
    wall_s: float


class Speeds(Database):
    """The speeds' part of the state."""

    def speed(self, provider: str, model: str, operation: str = "transcription") -> Speed | None:
        """Return what the last answers of a model took; None while there is none that tells.

        Args:
            provider, model: As they stand in the ledger.
            operation: What kind of work.

        Raises:
            IntegrityError: A row is not what was written.
        """
        told = "WHERE provider = ? AND model = ? AND operation = ? AND outcome = 'ok' AND audio_s > 0"
        found = self._rows(f"{SELECT} {told} ORDER BY id DESC LIMIT {_LAST}", (provider, model, operation))
        with self._named_errors():
            rows = [unsealed(each) for each in found]
        times = [(_seconds(row["started_at"]), _seconds(row["ended_at"])) for row in rows]
        wall_s = _covered_s(times)
        if not wall_s:
            return None
        return Speed(sum(row["audio_s"] for row in rows), sum(end - start for start, end in times), wall_s)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _covered_s(times: Iterable[tuple[float, float]]) -> float:
    """How much time spans cover together."""
    covered, reached = 0.0, float("-inf")
    for start, end in sorted(times):
        covered += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return covered
