"""The only printer. Data goes to stdout, everything else to stderr.

Whatever comes from outside (file names, transcripts, model names) is printed as data: no markup, and control and
bidirectional characters appear as escapes. A reader that goes away (`| head`) ends the printing, not the work.
Knows nothing of what the commands do.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TextIO

from aiprov.core.redaction import Redactor
from aiprov.errors import AiprovError, StorageError

if TYPE_CHECKING:
    import logging

    from rich.console import Console

# Terminal control (C0, DEL, C1), line separators, text direction, invisible tags and bytes that are not UTF-8.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f\ud800-\udfff]"
)


def plain(text: object) -> str:
    """Return `text` on one line and harmless to a terminal: what could steer it is shown as an escape."""
    return _UNSAFE.sub(lambda match: _escape(match.group()), str(text))


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8 (PEP 383)
        return f"\\x{code - 0xDC00:02x}"
    if character in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[character]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class Output:
    """Where a command prints.

    Args:
        json: stdout carries exactly one JSON document; tables and lines go to stderr.
        quiet: Only errors are said, and data that was asked for.
        log_file: Gets a copy of everything that is said, one line each with its time (UTC).

    Raises:
        StorageError: The log file cannot be opened.
    """

    current: ClassVar[Output | None] = None
    # Keys are never said. Patterns work without knowing them; `known` adds those of the configuration.
    redactor: ClassVar[Redactor] = Redactor()

    def __init__(self, *, json: bool = False, quiet: bool = False, log_file: Path | None = None) -> None:
        Output.current = self  # errors that end the command are told where it tells everything else
        self.json = json
        self.quiet = quiet
        self._log = None if log_file is None else _opened_log(log_file)

    def document(self, value: object) -> None:
        """Print one JSON document to stdout, in ASCII so that every terminal and pipe carries it."""
        _write(sys.stdout, json.dumps(value, indent=2) + "\n")

    def data(self, text: str) -> None:
        """Print a piece of data to stdout as it is: a path or a document that a program reads."""
        if sys.stdout.isatty():
            _write(sys.stdout, "\n".join(map(plain, text.split("\n"))) + "\n")
        else:
            _write(sys.stdout, text + "\n")

    def line(self, text: str) -> None:
        """Print one line of the result for people: to stdout, or to stderr while stdout belongs to JSON."""
        self.log(text)
        if not self.quiet:
            _write(self._results(), plain(text) + "\n")

    def failed(self, text: str) -> None:
        """Print one line of the result that says a failure: quiet or not, it is said."""
        self.log(text)
        _write(sys.stderr if self.quiet else self._results(), plain(text) + "\n")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> None:
        """Print rows under their column names, aligned; columns named in `right` are flush right."""
        cells = [[plain("" if value is None else value) for value in row] for row in rows]
        for text in aligned([list(columns), *cells], [name in right for name in columns]):
            self.line(text)

    def note(self, message: str) -> None:
        """Say something that is neither result nor error; `--quiet` keeps it from the terminal."""
        message = self.redactor.clean(message)
        self.log(message)
        if not self.quiet:
            _write(sys.stderr, plain(message) + "\n")

    def page(self, text: str) -> None:
        """Print a help page of our own to stderr."""
        _write(sys.stderr, text + "\n")

    def error(self, error: AiprovError) -> None:
        """Say what went wrong and what to do next."""
        self.say("error", error.message, "bold red")
        if error.hint:
            self.say("hint", error.hint, "bold cyan")

    def say(self, label: str, message: str, style: str) -> None:
        """Print `label: message` to stderr with the label in colour where the terminal takes it."""
        from rich.text import Text

        message = self.redactor.clean(message)
        self.log(f"{label}: {message}")
        self.console().print(Text.assemble((f"{label}:", style), " ", plain(message)), soft_wrap=True)

    def console(self) -> Console:
        """A rich console on stderr that treats text as data and respects NO_COLOR."""
        return _console(sys.stderr)

    @property
    def results_on_terminal(self) -> bool:
        """Whether `line` and `table` print to a terminal."""
        return self._results().isatty()

    def results(self) -> Console:
        """A rich console where `line` and `table` print."""
        return _console(self._results())

    def _results(self) -> TextIO:
        return sys.stderr if self.json else sys.stdout

    def log(self, message: str) -> None:
        """Copy a message to the log file, when there is one."""
        if self._log is not None:
            self._log.info("%s", plain(self.redactor.clean(message)))


def failure(error: AiprovError) -> dict[str, Any]:
    """The JSON document of a command that ended with an error."""
    return {"schema": 1, "error": {"code": error.code, "message": error.message, "hint": error.hint}}


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """Return one text line per row, the columns padded to equal width and two spaces apart."""
    widths = [max(map(width, column), default=0) for column in zip(*rows, strict=True)]
    return ["  ".join(_padded(*cell) for cell in zip(row, widths, right, strict=True)).rstrip() for row in rows]


def width(text: str) -> int:
    """How many terminal cells `text` takes."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) != 0 for character in text)


def hours(seconds: float) -> str:
    """Write a length as people read it: `0:07`, `12:05`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{rest:02d}" if hour else f"{minute}:{rest:02d}"


def money(dollars: Decimal | None) -> str:
    """Write US dollars for people: `$0.27`, `$0.0045`, `under $0.0001`; None is `unknown`."""
    if dollars is None:
        return "unknown"
    if 0 < dollars < Decimal("0.0001"):
        return "under $0.0001"
    cents = dollars.quantize(Decimal("0.01"))
    return f"${cents}" if dollars == cents or dollars >= 1 else f"${dollars.quantize(Decimal('0.0001')).normalize():f}"


def _padded(text: str, room: int, flush_right: bool) -> str:
    padding = " " * (room - width(text))
    return padding + text if flush_right else text + padding


def _write(stream: TextIO, text: str) -> None:
    """Write and flush; when the reader has gone, everything later goes nowhere."""
    try:
        stream.write(_encodable(text, stream))
        stream.flush()
    except BrokenPipeError:
        discard(stream)
    except OSError as error:
        discard(stream)
        raise StorageError(f"cannot print: {error.strerror or error}", "check where the output goes") from error


def _encodable(text: str, stream: TextIO) -> str:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def discard(stream: TextIO) -> None:
    """Let a stream whose reader has gone end in the null device, so that nothing complains at exit."""
    with contextlib.suppress(OSError, ValueError, io.UnsupportedOperation):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    class Quietly(Console):
        def on_broken_pipe(self) -> None:
            """Go on without a reader; rich would end the process."""
            discard(stream)

    return Quietly(file=stream, markup=False, highlight=False, emoji=False)


def _opened_log(path: Path) -> logging.Logger:
    import logging
    import time

    try:
        handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        message = f"cannot write the log {path}: {error.strerror or error}"
        raise StorageError(message, "choose another --log-file") from error
    formatter = logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger = logging.Logger("aiprov.run")
    logger.addHandler(handler)
    return logger
