"""The archive: one SQLite file with what was said in many meetings, to be found by words and by meaning.

It is made from transcripts and minutes, and can be made from them again. Knows nothing of models and providers but
their names, and of vectors only that near ones mean nearly the same.
"""

from __future__ import annotations

from aiprov.archive.archive import Archive
from aiprov.archive.meeting import Entry, Filters, Found, Meeting, Row, Space
from aiprov.archive.vectors import as_npy, packed

__all__ = ["Archive", "Entry", "Filters", "Found", "Meeting", "Row", "Space", "as_npy", "packed"]
