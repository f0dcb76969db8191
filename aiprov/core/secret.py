"""A key as a value that does not show itself by mistake. Pure."""

from __future__ import annotations


class Secret:
    """A key that shows itself only when asked by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The key itself. Call it only where it is handed to a vendor."""
        return self._value

    @property
    def tail(self) -> str:
        """What may be shown: an ellipsis and the last four characters, these only of a key of twelve or more."""
        return f"…{self._value[-4:]}" if len(self._value) >= 12 else "…"

    def __repr__(self) -> str:
        return f"Secret({self.tail})"
