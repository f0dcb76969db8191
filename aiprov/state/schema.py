"""The tables, as numbered migrations. To change a table, append a migration; never edit one that was released."""

from __future__ import annotations

import sqlite3

from aiprov.state import totals

APPLICATION_ID = 0x41495056  # "AIPV": marks the file as ours, see `PRAGMA application_id`

# Paths are bytes (PEP 383), because a file name need not be UTF-8. Money is the text of a Decimal.
# Times are UTC, ISO 8601. NULL in attempts.outcome: the call has not reported back.
_FIRST = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    command TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    exit_code INTEGER
);
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    path BLOB NOT NULL,
    audio_s REAL,
    estimate TEXT,
    free INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    outcome TEXT,
    error_code TEXT,
    cost TEXT,
    usage TEXT,
    seal INTEGER NOT NULL
);
CREATE INDEX attempts_by_time ON attempts (started_at);
CREATE TABLE answers (
    request_hash TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    attempt_id INTEGER NOT NULL,
    content BLOB NOT NULL
);
CREATE TABLE results (
    request_hash TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    audio_s REAL,
    verdict TEXT
);
CREATE TABLE outputs (
    path BLOB PRIMARY KEY,
    request_hash TEXT NOT NULL,
    rendering TEXT NOT NULL,
    answer_sha256 TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL
);
CREATE INDEX outputs_by_request ON outputs (request_hash);
CREATE TABLE sources (
    path BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    sha256 TEXT NOT NULL
);
"""

# attempts.price is JSON: the unit prices that the cost was computed from, their source and date.
# totals.scope is `run ID`, `day 2026-03-01` or `month 2026-03`; see totals.py for what is added up.
# breakers.until is NULL while failures are only counted; held_at is when the last one came.
_BUDGET_AND_BREAKERS = """
ALTER TABLE attempts ADD COLUMN host TEXT;
ALTER TABLE attempts ADD COLUMN price TEXT;
ALTER TABLE attempts ADD COLUMN status INTEGER;
ALTER TABLE attempts ADD COLUMN ms REAL;
CREATE INDEX attempts_by_input ON attempts (run_id, path);
CREATE TABLE totals (
    scope TEXT PRIMARY KEY,
    usd TEXT NOT NULL,
    seal INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE breakers (
    scope TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    failures INTEGER NOT NULL,
    openings INTEGER NOT NULL,
    until TEXT,
    held_at TEXT,
    probe_until TEXT
) WITHOUT ROWID;
"""

# A name belongs to whoever speaks at that moment (seconds) of the recording with this content.
_NAMES = """
CREATE TABLE names (
    sha256 TEXT NOT NULL,
    moment REAL NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (sha256, moment)
) WITHOUT ROWID;
"""

# Calls that have not reported back, by what they ask.
_UNDER_WAY = "CREATE INDEX attempts_under_way ON attempts (request_hash) WHERE outcome IS NULL;"

# runs.progress is JSON for people to look at; jobs.source, too: what the job works on, and jobs.error why it failed.
_JOBS = """
ALTER TABLE runs ADD COLUMN pid INTEGER;
ALTER TABLE runs ADD COLUMN progress TEXT;
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    recipe TEXT NOT NULL,
    source TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT,
    ended_at TEXT,
    owner TEXT,
    pid INTEGER,
    run_id TEXT,
    exit_code INTEGER,
    error TEXT
) WITHOUT ROWID;
CREATE INDEX jobs_waiting ON jobs (id) WHERE status IN ('queued', 'running');
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _BUDGET_AND_BREAKERS, _NAMES, _UNDER_WAY, _JOBS)


def fill(connection: sqlite3.Connection, version: int) -> None:
    """Do what SQL alone cannot when a file of this version has got all newer tables.

    Raises:
        sqlite3.DatabaseError: A row is not what was written.
    """
    if version < 2:
        totals.build(connection)
