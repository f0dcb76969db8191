"""What stands on a command line, before typer reads it: flags in both spellings, booleans as Whisper has them. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence, Set
from typing import Any, NamedTuple

from typer.core import TyperOption

_BOOLEANS = ("True", "False")


class Options(NamedTuple):
    """The options of a command by normalised name: flags with what switches them off, and those that take a value."""

    flags: dict[str, str | None]
    valued: frozenset[str]


def options_of(params: Sequence[Any]) -> Options:
    """Sort a command's options into flags and those that take a value."""
    options = [param for param in params if isinstance(param, TyperOption)]
    flags = {name: next(iter(o.secondary_opts), None) for o in options if o.is_flag for name in o.opts}
    valued = frozenset(name for o in options if not o.is_flag and not o.count for name in o.opts)
    return Options(flags, valued)


def units(args: Sequence[str], *, valued: Set[str], switches: Set[str]) -> Iterator[tuple[str, list[str]]]:
    """Group a command line into single arguments and flags with their values.

    Args:
        args: As typed.
        valued: Flags that take the next argument, in the spelling with dashes.
        switches: Flags that take the next argument when it is `True` or `False`.

    Yields:
        The flag in the spelling with dashes (or the argument), and the arguments that belong together.
    """
    rest = deque(args)
    while rest:
        words = [rest.popleft()]
        if words[0] == "--":
            yield "--", [*words, *rest]
            return
        name, equals, _ = words[0].partition("=")
        flag = name.replace("_", "-")
        if rest and not equals and (flag in valued or (flag in switches and rest[0] in _BOOLEANS)):
            words.append(rest.popleft())
        yield flag, words


def bare_flags(args: Sequence[str], options: Options) -> list[str]:
    """Rewrite `--flag True`, `--flag False` and `--flag=True` to the bare flag, its negation, or nothing."""
    done = list[str]()
    for flag, words in units(args, valued=options.valued, switches=options.flags.keys()):
        value = words[1] if len(words) > 1 else words[0].partition("=")[2]
        done += _switched(flag, value, options) if flag in options.flags and value in _BOOLEANS else words
    return done


def _switched(flag: str, value: str, options: Options) -> list[str]:
    if value == "True":
        return [flag]
    negation = options.flags[flag]
    return [] if negation is None else [negation]
