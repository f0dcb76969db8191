"""What the routes work with: the parts of one running server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from aiprov.configfile import ServerEntry
from aiprov.core.redaction import Redactor
from aiprov.keys import redactor
from aiprov.manager import ProviderManager
from aiprov.server.queue import Queue
from aiprov.wiring import Kit


@dataclass
class Desk:
    """One server's parts.

    Attributes:
        kit: Manager, configuration, state and models.
    """

    kit: Kit
    queue: Queue = field(init=False)

    def __post_init__(self) -> None:
        self.queue = Queue(self.kit.state, self.kit.settings.home / "uploads", self.said)

    def said(self) -> ServerEntry:
        """What the configuration file says of the server, at this moment."""
        return self.kit.settings.config.server

    @property
    def manager(self) -> ProviderManager:
        """Who serves requests."""
        return self.kit.manager

    @property
    def providers(self) -> Sequence[str]:
        """The names of all that are set up."""
        return [entry.provider.name for entry in self.manager.roster.entries]

    @property
    def aliases(self) -> Mapping[str, str]:
        """What clients may write as a model, and what is meant."""
        return self.said().aliases

    @property
    def archive(self) -> Path:
        """Where meetings can be searched."""
        return self.kit.settings.home / "archive.sqlite3"

    @cached_property
    def redactor(self) -> Redactor:
        """Takes keys out of whatever is told."""
        return redactor(self.kit.settings)
