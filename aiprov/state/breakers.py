"""Which providers and models are left alone for a while, shared by all processes and kept between runs.

A breaker opens after so many failures in a row; when its time is over, one item goes through to see. Knows no rule of
when to open: its callers say it. A scope is `provider` (the account) or `provider|model|operation`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiprov.state.db import Database, utc_text

_LONGEST_S = 3600.0
# A probe that never reported back, because its process died, stops nobody for longer than this.
_PROBE_S = 600.0
# No hold is longer, jitter included; one that seems to be was made by a clock that has been put back since.
_BELIEVED_S = 2 * _LONGEST_S
_COLUMNS = "scope, kind, failures, openings, until, held_at"


@dataclass(frozen=True, slots=True)
class Hold:
    """An open breaker.

    Attributes:
        scope: What it is about.
        kind: The last failure.
        until: When somebody may try again (UTC).
        failures: How many there were in a row.
    """

    scope: str
    kind: str
    until: datetime
    failures: int


class Breakers(Database):
    """The breakers' part of the state. Times are aware datetimes."""

    def holds(self, now: datetime) -> dict[str, Hold]:
        """Return the scopes that are held, those whose one probe is out included."""
        rows = self._rows("SELECT scope, kind, failures, until, probe_until FROM breakers WHERE until IS NOT NULL")
        found = [(scope, kind, _latest(moments, now), failures) for scope, kind, failures, *moments in rows]
        return {scope: self._hold(scope, kind, end, failures) for scope, kind, end, failures in found if end}

    def failed(
        self,
        scope: str,
        kind: str,
        now: datetime,
        *,
        trips: int,
        hold_s: float,
        retry_after_s: float | None = None,
        jitter: float = 0.0,
    ) -> Hold | None:
        """Count a failure, and open the breaker when it is time.

        Args:
            trips: So many in a row open it. When one has been open, or its probe fails, one is enough.
            hold_s: For how long, at first; each opening without a success between doubles it, up to an hour.
            retry_after_s: What the provider asked for, instead of `hold_s`; up to an hour, too.
            jitter: 0..1, the share by which the hold is lengthened, so that not everybody comes back at once.

        Returns:
            The hold, or None when the breaker stays closed.
        """
        with self._transaction(durable=False) as connection:
            query = "SELECT failures, openings, until FROM breakers WHERE scope = ?"
            until: str | None
            failures, openings, until = connection.execute(query, (scope,)).fetchone() or (0, 0, None)
            failures += 1
            wished_s = _wished_s(retry_after_s)
            if until is not None and _latest([until], now):  # held, and this call was on its way already
                until = max(until, _after(now, (wished_s or 0.0) * (1 + jitter)))
            elif failures >= trips or until is not None:
                held_s = min(hold_s * 2.0 ** min(openings, 12), _LONGEST_S) if wished_s is None else wished_s
                until, openings = _after(now, held_s * (1 + jitter)), openings + 1
            held_at = None if until is None else utc_text(now)
            row = (scope, kind, failures, openings, until, held_at)
            connection.execute(f"INSERT OR REPLACE INTO breakers ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", row)  # noqa: S608
        return None if until is None else self._hold(scope, kind, until, failures)

    def succeeded(self, scope: str | Iterable[str], began: datetime | None = None) -> None:
        """Close the breaker, and begin to count anew. Only looks where there is nothing to close.

        Args:
            scope: One or several.
            began: When the call began; one from before the last failure does not end a hold.
        """
        scopes, among = _among(scope)
        if not self._rows(f"SELECT 1 {among}", scopes):
            return
        latest = "~" if began is None else utc_text(began)
        with self._transaction(durable=False) as connection:
            connection.execute(f"DELETE {among} AND coalesce(held_at, '') <= ?", (*scopes, latest))

    def try_probe(self, scope: str | Iterable[str], now: datetime) -> bool:
        """Whether the caller may send its item now: nothing is held, or it is the one that sees whether all is well.

        Who sends a probe reports with `succeeded` or `failed`, or gives it back with `release`; until then, and for
        10 minutes at most, nobody else may.

        Args:
            scope: One or several; with several, all of them or none.
        """
        scopes, among = _among(scope)
        if not self._rows(f"SELECT 1 {among} AND until IS NOT NULL", scopes):
            return True
        with self._transaction(durable=False) as connection:
            query = f"SELECT scope, until, probe_until {among} AND until IS NOT NULL"
            rows = connection.execute(query, scopes).fetchall()
            if any(_latest(moments, now) for _, *moments in rows):
                return False
            probes = [(_after(now, _PROBE_S), found) for found, *_ in rows]
            connection.executemany("UPDATE breakers SET probe_until = ? WHERE scope = ?", probes)
        return True

    def release(self, scope: str | Iterable[str]) -> None:
        """Give a probe back that told nothing, such as a stopped one: the next item may be it.

        Args:
            scope: One or several.
        """
        scopes, among = _among(scope)
        if self._rows(f"SELECT 1 {among} AND probe_until IS NOT NULL", scopes):
            with self._transaction(durable=False) as connection:
                connection.executemany(
                    "UPDATE breakers SET probe_until = NULL WHERE scope = ?", [(each,) for each in scopes]
                )

    def forget(self, prefix: str) -> None:
        """Close the breaker of a scope and of all below it: something was changed there.

        Args:
            prefix: Whole parts of a scope, such as `provider`, which names all its models, too.
        """
        below = f"{prefix}|"
        with self._transaction(durable=False) as connection:
            connection.execute(
                "DELETE FROM breakers WHERE scope = ? OR substr(scope, 1, ?) = ?", (prefix, len(below), below)
            )

    def let_through(self, prefix: str, now: datetime, kinds: Iterable[str]) -> list[Hold]:
        """End holds of a scope and of all below it: one item goes through, and its success closes the breaker.

        Args:
            prefix: As for `forget`.
            kinds: The failures that are believed to be over; holds for others stay.

        Returns:
            What was held until now.
        """
        over, below = set(kinds), f"{prefix}|"
        ended = [hold for hold in self.holds(now).values() if hold.kind in over and f"{hold.scope}|".startswith(below)]
        if ended:
            with self._transaction(durable=False) as connection:
                rows = [(utc_text(now), hold.scope) for hold in ended]
                connection.executemany("UPDATE breakers SET until = ?, probe_until = NULL WHERE scope = ?", rows)
        return ended

    def _hold(self, scope: str, kind: str, until: str, failures: int) -> Hold:
        try:
            return Hold(scope, kind, datetime.fromisoformat(until), failures)
        except ValueError as error:
            raise self._damaged(f"the breaker of {scope} holds no time") from error


def _among(scope: str | Iterable[str]) -> tuple[list[str], str]:
    """The scopes, and the clause that selects their rows."""
    scopes = [scope] if isinstance(scope, str) else list(scope)
    return scopes, f"FROM breakers WHERE scope IN ({', '.join('?' * len(scopes))})"


def _wished_s(retry_after_s: float | None) -> float | None:
    if retry_after_s is None or not math.isfinite(retry_after_s) or retry_after_s < 0:
        return None
    return min(retry_after_s, _LONGEST_S)


def _after(now: datetime, seconds: float) -> str:
    return utc_text(now + timedelta(seconds=seconds))


def _latest(moments: Sequence[str | None], now: datetime) -> str | None:
    """The last of these ends of holds that is still to come; None when all are over."""
    low, high = utc_text(now), _after(now, _BELIEVED_S)
    return max((moment for moment in moments if moment is not None and low < moment <= high), default=None)
