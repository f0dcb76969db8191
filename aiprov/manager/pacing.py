"""Calls to one provider, no faster than its user says they may be. Within one process; waits for nobody itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """Evenly spaced calls, so that no minute has more than it may.

    Attributes:
        requests: Calls in a minute; None for no limit.
        tokens: Tokens in a minute, read and written; None for no limit.
        free_s: When the next call may begin, on the caller's clock.
    """

    requests: int | None = None
    tokens: int | None = None
    free_s: float = 0.0

    def wait_s(self, now_s: float, tokens: int) -> float:
        """Take the next place; return how long it is until then, in seconds.

        Args:
            now_s: The time on a clock that never goes back.
            tokens: How many the call is expected to take.
        """
        begins_s = max(now_s, self.free_s)
        by_requests = 60 / self.requests if self.requests else 0.0
        by_tokens = 60 * tokens / self.tokens if self.tokens else 0.0
        self.free_s = begins_s + max(by_requests, by_tokens)
        return begins_s - now_s
