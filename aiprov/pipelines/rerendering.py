"""The outputs beside a transcript, rendered again when it says other names; nothing is transcribed.

An output that this program wrote and nobody touched is rendered from the stored answer where the journal knows it, else
from the transcript's JSON, as for a transcript from another machine. One that was edited is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiprov.files import write_atomic
from aiprov.pipelines.formats import EVERY, render
from aiprov.pipelines.named import NAMES, named, names_at, names_mark
from aiprov.pipelines.options import RenderOptions
from aiprov.state import State, Written

# The transcript comes last: what it said before tells which outputs of another machine nobody touched.
_ORDER = (*(form for form in EVERY if form != "json"), "json")


@dataclass(slots=True)
class Outputs:
    """The outputs beside a transcript.

    Attributes:
        transcript: Its JSON.
        before, now: What it says, and what it is to say.
        moments: The names that were given to its recording, by moments.
        force: Overwrite outputs that were edited, too.
        amended: Digests of stored answers that have others now, by the earlier one.
        written, kept: Those that were rendered again, and those that were left alone.
    """

    transcript: Path
    before: Mapping[str, Any]
    now: Mapping[str, Any]
    moments: Mapping[float, str]
    state: State
    force: bool
    amended: Mapping[str, str] = field(default_factory=dict)
    written: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    faithful: bool = False  # the JSON is as it was written: all that its recording's outputs say is in it

    def render(self) -> None:
        """Render those that are there."""
        place, rows = self.rows()
        said = rows.get(f"{place}.json")
        self.faithful = said is not None and said.sha256 == hashlib.sha256(self.transcript.read_bytes()).hexdigest()
        noted: dict[str, Written] = {}
        for form in _ORDER:
            path, key = self.transcript.with_suffix(f".{form}"), f"{place}.{form}"
            if path.is_file() and (row := self.rendered(path, form, rows.get(key))) is not None:
                noted[key] = row
        if noted:
            self.state.record(noted, {})

    def rows(self) -> tuple[str, dict[str, Written]]:
        """Where the outputs are, without a suffix, and what the journal knows of them."""
        place = os.path.join(os.path.realpath(self.transcript.parent), self.transcript.stem)  # noqa: PTH118
        return place, self.state.written(f"{place}.{form}" for form in EVERY)

    def rendered(self, path: Path, form: str, row: Written | None) -> Written | None:
        """Render one output again, where that is allowed; return its row for the journal, if it has one."""
        found = path.read_bytes()
        answer = self.state.answer(row.request_hash) if row is not None and "aiprov" in self.before else None
        if row is None or answer is None:
            content, row = _bytes(self.now, form, RenderOptions()), None
            ours = (form == "json" and "aiprov" in self.before) or found == _bytes(self.before, form, RenderOptions())
        else:
            content = _bytes(self.now if self.faithful else self.of_answer(answer), form, _options_of(row.rendering))
            ours = hashlib.sha256(found).hexdigest() == row.sha256
        if found != content and not (ours or self.force):
            self.kept.append(path)
            return None
        if found != content:
            write_atomic(path, content)
            self.written.append(path)
        return None if row is None else self.noted(row, path, content)

    def noted(self, row: Written, path: Path, content: bytes) -> Written:
        """An output's row for the journal as it is now."""
        status, sha256 = path.stat(), hashlib.sha256(content).hexdigest()
        return row._replace(
            rendering=row.rendering.partition(NAMES)[0] + names_mark(self.moments),
            answer_sha256=self.amended.get(row.answer_sha256, row.answer_sha256),
            sha256=sha256,
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
        )

    def of_answer(self, answer: bytes) -> dict[str, Any]:
        """The stored answer as a run would render it, but for what a glossary corrected."""
        document = json.loads(answer)
        document["aiprov"]["source"]["path"] = self.before["aiprov"]["source"]["path"]
        return named(document, names_at(document, self.moments))


def _bytes(document: Mapping[str, Any], form: str, options: RenderOptions) -> bytes:
    return render(document, form, options).encode("utf-8", "surrogateescape")


def _options_of(rendering: str) -> RenderOptions:
    """Read the options out of what the journal holds of them: their `repr`."""
    said = dict(re.findall(r"(\w+)=(\w+)", rendering.partition(NAMES)[0]))
    names = ("max_line_width", "max_line_count", "max_words_per_line")
    limits = {name: int(said[name]) for name in names if said.get(name, "None") != "None"}
    return RenderOptions(**limits, highlight_words=said.get("highlight_words") == "True")
