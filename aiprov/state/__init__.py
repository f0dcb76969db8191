"""One SQLite file: the ledger of charges, the answers that were paid for, the breakers, the journal of outputs,
the names that people gave to speakers, and the queue of a server.

The only room that knows SQL. It knows nothing of audio, models or providers beyond their names.
"""

from __future__ import annotations

from aiprov.state.answers import Answers
from aiprov.state.asked import AskedAlreadyError
from aiprov.state.breakers import Breakers, Hold
from aiprov.state.charges import By, Charges, Spent
from aiprov.state.history import History, Run
from aiprov.state.jobs import Jobs, JobStatus, QueuedJob
from aiprov.state.journal import Journal, Result, Written
from aiprov.state.ledger import Ledger
from aiprov.state.names import Names
from aiprov.state.sources import Sources
from aiprov.state.speeds import Speed, Speeds
from aiprov.state.totals import Cap

__all__ = [
    "AskedAlreadyError",
    "By",
    "Cap",
    "Charges",
    "Hold",
    "JobStatus",
    "QueuedJob",
    "Result",
    "Run",
    "Speed",
    "Spent",
    "State",
    "Written",
]


class State(Ledger, History, Jobs, Answers, Breakers, Journal, Names, Sources, Speeds):
    """The state of one AIPROV_HOME. May be used by any number of threads and processes at once.

    Args:
        path: The file (`Settings.state_file`); created with mode 0600 when missing.
        now: The wall clock; for tests.

    Raises:
        IntegrityError: The file is damaged, foreign, or from a newer version of aiprov. It is kept as it is.
        StorageError: The file cannot be opened, created, locked or written.
    """

    def __enter__(self) -> State:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
