"""Numbers as people say and write them: digits, words, parts, units and times of the day. Pure.

"Twelve hundred" is 1200, "twenty-third" and "23rd" are one, and so are "quarter past nine" and "9:15". Knows no
language by itself: the words come from its table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from aiprov.core.cues.table import Numbers, cues_of
from aiprov.core.quantity import HALF_A_DAY, Quantity

_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+|[%€$£]")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP"}
_NTH = re.compile(r"(?:st|nd|rd|th|er|ère|e|è?me|º|ª)\b", re.IGNORECASE)
_SHORT = {"k": 1000, "m": 1_000_000, "bn": 1_000_000_000}
_RANGE = re.compile(r"\s*(?:-|–|to|or|and|bis|oder|und|à|ou|et|a|o|y)\s*", re.IGNORECASE)
_CENTURIES = (19, 20)


def quantities(text: str, language: str = "en") -> tuple[Quantity, ...]:
    """Return the numbers of a text, in order.

    Args:
        text: Any text.
        language: ISO 639-1 code of the text.
    """
    words = cues_of(language).numbers
    tokens = list(_TOKEN.finditer(text))
    found: list[Quantity] = []
    at = 0
    while at < len(tokens):
        quantity, used = _one(text, tokens, at, words)
        if quantity is not None:
            found.append(quantity)
        at += used
    return tuple(found)


def _one(text: str, tokens: list[re.Match[str]], at: int, words: Numbers) -> tuple[Quantity | None, int]:
    """The number that begins at a token, and how many tokens it takes."""
    before = _before_hour(text, tokens, at, words)
    if before is not None:
        return before
    value, used, unit, weak = _value(text, tokens, at, words)
    if value is None:
        return None, 1
    start, end = tokens[at].start(), tokens[at + used - 1].end()
    if at and tokens[at - 1].group() in _SIGNS and tokens[at - 1].end() == start:
        return Quantity(value, _SIGNS[tokens[at - 1].group()], False, start - 1, end), used
    match = _unit(words, unit == "share").match(text, _behind_range(text, tokens, at + used, words) or end)
    if match and unit in ("", "share"):
        name, factor = words.units[" ".join(match[1].casefold().split())]
        value = value * factor if name != "time" else value * 60 % HALF_A_DAY
        moved = _after_hour(text, match.end(), words) if name == "time" else 0
        value, unit, weak = (value + moved) % HALF_A_DAY if name == "time" else value, name, False
        end = match.end() if not _behind_range(text, tokens, at + used, words) else end
        while at + used < len(tokens) and tokens[at + used].start() < end:
            used += 1
    return Quantity(value, unit, weak, start, end), used


def _behind_range(text: str, tokens: list[re.Match[str]], at: int, words: Numbers) -> int | None:
    """Where the second number of "two to three seconds" ends: the first has its unit."""
    if at + 1 >= len(tokens) or not _RANGE.fullmatch(text, tokens[at - 1].end(), tokens[at + 1].start()):
        return None
    value, used, unit, _weak = _value(text, tokens, at + 1, words)
    return tokens[at + used].end() if value is not None and unit == "" else None


def _before_hour(text: str, tokens: list[re.Match[str]], at: int, words: Numbers) -> tuple[Quantity | None, int] | None:
    """A time such as "quarter past nine"."""
    for phrase, minutes in words.before.items():
        length = len(phrase.split())
        said = [token.group().casefold() for token in tokens[at : at + length]]
        if said != phrase.split() or at + length >= len(tokens):
            continue
        value, used, _unit_name, _weak = _value(text, tokens, at + length, words)
        if value is not None and 0 < value <= 24:
            end = tokens[at + length + used - 1].end()
            clock = (value * 60 + minutes) % HALF_A_DAY
            return Quantity(clock, "time", False, tokens[at].start(), end), length + used
    return None


def _after_hour(text: str, end: int, words: Numbers) -> int:
    for phrase, minutes in words.after.items():
        if text[end:].casefold().lstrip().startswith(phrase):
            return minutes
    return 0


def _value(text: str, tokens: list[re.Match[str]], at: int, words: Numbers) -> tuple[float | None, int, str, bool]:
    """Value, tokens used, unit (`nth`, `time`, `share` or none) and weakness of the number at a token."""
    token = tokens[at].group().casefold()
    if token[0].isdigit():
        return _digits(text, tokens, at, words)
    part_of = bool(at) and tokens[at - 1].group().casefold() in words.weak
    if token in words.shares and (part_of or token not in words.ordinals):
        return words.shares[token], 1, "share", not part_of
    return _spoken(text, tokens, at, words)


def _digits(text: str, tokens: list[re.Match[str]], at: int, words: Numbers) -> tuple[float | None, int, str, bool]:
    token = tokens[at]
    clock = _CLOCK.fullmatch(token.group())
    if clock:
        return (int(clock[1]) * 60 + int(clock[2])) % HALF_A_DAY, 1, "time", False
    value = _written(token.group(), words.decimal)
    if value is None:
        return None, 1, "", False
    nth = _NTH.match(text, token.end())
    if nth and nth.group():
        return value, 2, "nth", False
    following = tokens[at + 1].group().casefold() if at + 1 < len(tokens) else ""
    scale = words.scales.get(following, 0)
    if not scale and following in _SHORT and tokens[at + 1].start() == token.end():
        scale = _SHORT[following]
    return (value * scale, 2, "", False) if scale else (value, 1, "", False)


def _written(digits: str, decimal: str) -> float | None:
    thousands = "," if decimal == "." else "."
    if re.fullmatch(rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+(?:{re.escape(decimal)}\d+)?", digits):
        digits = digits.replace(thousands, "")
    plain = digits.replace(",", ".")
    return float(plain) if re.fullmatch(r"\d+(?:\.\d+)?", plain) else None


def _spoken(text: str, tokens: list[re.Match[str]], at: int, words: Numbers) -> tuple[float | None, int, str, bool]:
    """A number in words: each next word must be able to go on with it."""
    values: list[int] = []
    used, nth = 0, False
    while at + used < len(tokens) and not nth:
        token = tokens[at + used].group().casefold()
        if used and not _touches(text, tokens[at + used - 1].end(), tokens[at + used].start()):
            break
        if values and token in words.joiners and at + used + 1 < len(tokens):
            after, _nth = _known(tokens[at + used + 1].group().casefold(), words)
            if not after or not _joined(values, words) or not _follows(values, after, words):
                break
            used += 1
            continue
        parts, nth = _known(token, words)
        if not parts or not _follows(values, parts, words):
            nth = False
            break
        values += parts
        used += 1
    if not values:
        return None, 1, "", False
    weak = used == 1 and tokens[at].group().casefold() in words.weak
    decimals = _decimals(tokens, at + used, words)
    value = float(f"{_combined(values)}.{decimals}") if decimals else float(_combined(values))
    return value, used + (1 + len(decimals) if decimals else 0), "nth" if nth else "", weak


def _decimals(tokens: list[re.Match[str]], at: int, words: Numbers) -> str:
    """The digits behind "point", one word each."""
    if at >= len(tokens) or tokens[at].group().casefold() not in words.points:
        return ""
    digits = ""
    for token in tokens[at + 1 :]:
        value = words.values.get(token.group().casefold(), 10)
        if value > 9:
            break
        digits += str(value)
    return digits


def _touches(text: str, end: int, start: int) -> bool:
    return not text[end:start].strip(" \t\n-")


def _known(token: str, words: Numbers) -> tuple[list[int], bool]:
    """The values of a word, several when it is a compound, and whether it is an ordinal."""
    if token in words.values:
        return [words.values[token]], False
    if token in words.scales:
        return [words.scales[token]], False
    if token in words.ordinals:
        return [words.ordinals[token]], True
    if words.compound and (match := _compound(words).fullmatch(token)):
        parts = _compound_parts(words).findall(match[1])
        values = {**words.values, **words.scales, **words.ordinals}
        ordered = [values[part] for part in parts if part in values]
        return _german(ordered), bool(match[2])
    return [], False


def _german(values: list[int]) -> list[int]:
    """Ones stand before tens there: 3, 20 becomes 20, 3."""
    for at in range(len(values) - 1):
        if values[at] < 10 and 20 <= values[at + 1] < 100:
            values[at], values[at + 1] = values[at + 1], values[at]
    return values


def _joined(values: list[int], words: Numbers) -> bool:
    """Whether "and" may stand behind these: in English behind a hundred only, elsewhere also behind tens."""
    return values[-1] >= 100 or (words.decimal == "," and 20 <= values[-1] < 100)


def _follows(values: list[int], after: list[int], words: Numbers) -> bool:
    """Whether a number in words goes on with more words, or another number begins."""
    if not values:
        return True
    last, first = values[-1], after[0]
    if first >= 100:
        return last < 1000 or first > last
    if last >= 100:
        return True
    if words.scores and (last, first) == (4, 20):
        return True
    if 20 <= last < 100:
        return first < 10 or (words.scores and first < 20) or (last == 20 and len(values) == 1 and first >= 10)
    return last in _CENTURIES and len(values) == 1 and first >= 10


def _combined(values: Sequence[int]) -> int:
    total = group = 0
    for at, value in enumerate(values):
        if value >= 1000:
            total, group = total + max(group, 1) * value, 0
        elif value == 100:
            group = max(group, 1) * 100
        elif value == 20 and at and values[at - 1] == 4:
            group += 76  # quatre-vingt
        elif at == 1 and group in _CENTURIES and value >= 10:
            group = group * 100 + value
        else:
            group += value
    return total + group


@cache
def _alternatives(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _unit(words: Numbers, share: bool) -> re.Pattern[str]:
    """A unit behind a number, perhaps with a word such as "more" between; behind "half" also "an"."""
    return _unit_pattern(tuple(words.units), f"{words.fillers}|{words.articles}" if share else words.fillers)


@cache
def _unit_pattern(units: tuple[str, ...], fillers: str) -> re.Pattern[str]:
    names = _alternatives(units).replace(r"\ ", r"\s+")
    return re.compile(rf"[\s-]*(?:(?:{fillers})\s+)*({names})(?!\w)", re.IGNORECASE)


def _compound(words: Numbers) -> re.Pattern[str]:
    names = _alternatives((*words.values, *words.scales, *words.joiners))
    return re.compile(rf"((?:{names})+?)((?:s?te[nrsm]?)?)", re.IGNORECASE)


def _compound_parts(words: Numbers) -> re.Pattern[str]:
    return re.compile(_alternatives((*words.values, *words.scales, *words.joiners)), re.IGNORECASE)
