"""Who was invited: names out of an attendance list (csv) or a calendar's invitation (ics).

Whatever a file says is data: it can at most name people. Knows nothing of audio and of speakers.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from aiprov.core.naming import checked_name
from aiprov.errors import ConfigError

_MOST_BYTES = 1 << 20
_MOST_PEOPLE = 500
_DEEPEST = 8  # a calendar, an event, an alarm: three
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WHOLE = frozenset(
    {"name", "names", "full name", "display name", "attendee", "attendees", "participant", "participants", "invitee"}
    | {"teilnehmer", "teilnehmerin", "teilnehmende", "nom", "participant(e)", "nombre", "nombre completo", "nome"}
)
_FIRST = frozenset({"first name", "firstname", "given name", "vorname", "prénom"})
_LAST = frozenset({"last name", "lastname", "surname", "family name", "nachname", "nom de famille", "apellido"})
_HEADERS = (_WHOLE, _FIRST, _LAST)
_LOOK = 30  # rows in which the header may stand: some lists begin with a summary
_DECLINED = frozenset({"declined", "abgelehnt", "refusé", "rechazado", "rifiutato"})
# One parameter of a calendar's line, quoted or not. Source: RFC 5545, section 3.1.
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^;:",]*)')
_CARET = {"^n": " ", "^^": "^", "^'": '"'}  # Source: RFC 6868


def attendees(path: Path) -> tuple[str, ...]:
    """Return the names of those who take part, each once, in the order of the file.

    Who has only an address is named by it. Left out are who declined, rooms, and events that were cancelled.

    Args:
        path: `.ics`; anything else is a list: with a column of names, or one name a line.

    Raises:
        ConfigError: It cannot be read, is no such file, or names nobody.
    """
    text = _text(path)
    names: dict[str, str] = {}
    with contextlib.suppress(csv.Error, ValueError):  # what is no list and no calendar names nobody
        for raw in _invited(text) if path.suffix.lower() == ".ics" else _listed(text):
            if name := _name(raw):
                names.setdefault(name.casefold(), name)
    if not names or len(names) > _MOST_PEOPLE:
        said = "names nobody" if not names else f"names more than {_MOST_PEOPLE} people"
        hint = "give a calendar's .ics, or a .csv with a column called name, or with one name a line"
        raise ConfigError(f"{path} {said}", hint, code="attendees")
    return tuple(names.values())


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise ConfigError(f"{path} is not a file", "give a .csv or an .ics", code="attendees")
        with path.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}", code="attendees") from error
    if len(content) > _MOST_BYTES:
        raise ConfigError(f"{path} is too large for a list of people", "give a .csv or an .ics", code="attendees")
    # A calendar breaks lines by bytes, within letters, too: they are joined before they are read.
    joined = re.sub(rb"\r?\n[ \t]", b"", content) if path.suffix.lower() == ".ics" else content
    try:
        text = joined.decode(next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8"))
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8 text", "save it as UTF-8", code="attendees") from None
    if "\0" in text:
        raise ConfigError(f"{path} is not a text file", "give a .csv or an .ics", code="attendees")
    return text


def _name(raw: str) -> str | None:
    """A name as people say it; None for what is none."""
    last, comma, first = raw.partition(",")
    turned = f"{first} {last}" if comma and "," not in first else raw
    text = turned.removesuffix(":").strip().strip("'\"")
    if "@" in text:
        address = re.sub(r"^.*[<:\s]|>.*$", "", text)
        text = " ".join(part.capitalize() for part in re.split(r"[._-]+", address.partition("@")[0]))
    try:
        return checked_name(re.sub(r"\s*(\(.*\)|\[.*\]|<.*>)\s*$", "", text))
    except ConfigError:
        return None


# --- lists --------------------------------------------------------------------------------------------------------


def _listed(text: str) -> Iterator[str]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    rows = [[cell.strip() for cell in row] for row in reader]
    header = next((at for at, row in enumerate(rows[:_LOOK]) if _columns(row)), None)
    columns = [0] if header is None else _columns(rows[header])
    for row in rows if header is None else rows[header + 1 :]:
        if header is not None and not any(row):
            return  # another table follows
        if not any(cell.casefold() in _DECLINED for cell in row):
            yield " ".join(row[at] for at in columns if at < len(row))


def _delimiter(text: str) -> str:
    lines = text.splitlines()[:_LOOK]
    return max("\t;,", key=lambda sign: sum(sign in line for line in lines))


def _columns(row: Sequence[str]) -> list[int]:
    """Where the names stand, if this is a header."""
    cells = [cell.casefold().lstrip("\ufeff") for cell in row]
    whole, first, last = ([at for at, cell in enumerate(cells) if cell in names][:1] for names in _HEADERS)
    return whole or (first + last if first else [])


# --- calendars ----------------------------------------------------------------------------------------------------


def _invited(text: str) -> Iterator[str]:
    lines = text.splitlines()
    if not lines or lines[0].lstrip("\ufeff").strip().upper() != "BEGIN:VCALENDAR":
        raise ValueError("no calendar")
    if not any(re.fullmatch(r"METHOD:CANCEL\s*", line, re.IGNORECASE) for line in lines):
        for event in _events(lines):
            yield from _people(event)


def _events(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield the lines of each event, without those of what is inside it."""
    depth, event = 0, list[str]()
    for line in lines:
        word = line.strip().upper()
        if word.startswith("BEGIN:"):
            depth += 1
            if depth > _DEEPEST:
                raise ValueError("nested too deeply")
        elif word.startswith("END:"):
            depth -= 1
        if word == "BEGIN:VEVENT":
            event = []
        elif word == "END:VEVENT":
            yield event
        elif depth == 2:
            event.append(line)


def _people(event: Sequence[str]) -> Iterator[str]:
    if any(re.fullmatch(r"STATUS:CANCELLED\s*", line, re.IGNORECASE) for line in event):
        return
    lines = [line for line in event if re.match(r"(ATTENDEE|ORGANIZER)[;:]", line, re.IGNORECASE)]
    away = {_address(line) for line in lines if _parameters(line).get("PARTSTAT", "").upper() == "DECLINED"}
    seen = set[str]()
    for line in lines:
        parameters, address = _parameters(line), _address(line)
        person = parameters.get("CUTYPE", "INDIVIDUAL").upper() in ("INDIVIDUAL", "UNKNOWN")
        if person and address not in away and address not in seen:
            seen.add(address)
            yield parameters.get("CN") or address


def _parameters(line: str) -> dict[str, str]:
    found = {key.upper(): value.strip('"') for key, value in _PARAMETER.findall(line)}
    return {key: re.sub(r"\^[n^']", lambda sign: _CARET[sign.group()], value) for key, value in found.items()}


def _address(line: str) -> str:
    value = _PARAMETER.sub("", line).partition(":")[2]
    return value.strip().removeprefix("mailto:").removeprefix("MAILTO:").casefold()
