"""The manager: one call, the right provider, every attempt in the ledger, no answer paid twice."""

from __future__ import annotations

from aiprov.manager.calling import Time
from aiprov.manager.manager import ProviderManager
from aiprov.manager.pacing import Pace
from aiprov.manager.roster import Entry, Policy, Roster
from aiprov.manager.route import Route
from aiprov.manager.tasks import Chatting, Embedding, Transcribing

__all__ = [
    "Chatting",
    "Embedding",
    "Entry",
    "Pace",
    "Policy",
    "ProviderManager",
    "Roster",
    "Route",
    "Time",
    "Transcribing",
]
