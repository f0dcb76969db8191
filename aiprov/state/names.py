"""The names that people gave to the speakers of their recordings. Knows nothing of labels and voices."""

from __future__ import annotations

from collections.abc import Mapping

from aiprov.state.db import Database


class Names(Database):
    """The names' part of the state."""

    def given_names(self, sha256: str) -> dict[float, str]:
        """Return who speaks in a recording, by moments (seconds) at which they do; an empty name says: nobody we know.

        Args:
            sha256: The recording's content.
        """
        return dict(self._rows("SELECT moment, name FROM names WHERE sha256 = ? ORDER BY moment", (sha256,)))

    def give_names(self, sha256: str, names: Mapping[float, str]) -> None:
        """Keep these names for a recording in place of those that were given before."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM names WHERE sha256 = ?", (sha256,))
            rows = [(sha256, moment, name) for moment, name in names.items()]
            connection.executemany("INSERT INTO names VALUES (?, ?, ?)", rows)
