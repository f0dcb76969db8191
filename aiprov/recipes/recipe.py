"""A recipe out of its YAML: the steps in their order and what is said of each, every value with its line.

Whether a step knows an option is the business of who carries it out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiprov.configfile.document import MAX_BYTES, decoded, parse
from aiprov.configfile.values import Value
from aiprov.errors import ConfigError

STEPS = ("transcribe", "summarize", "export", "embed")

_OTHERWISE = "otherwise"
_MAY_FAIL = ("transcribe", "summarize")
_SHAPE = "write `steps:`, and below it one `- transcribe:` a line, each with its options below"


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        name: One of `STEPS`.
        place: Where it stands, for messages.
        options: By name, as they are written.
        otherwise: Options in place of these for what could not be done with them; None when there are none.
    """

    name: str
    place: Value
    options: Mapping[str, Value] = field(default_factory=dict)
    otherwise: Mapping[str, Value] | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a file says.

    Attributes:
        options: For all steps that know them; what a step says itself wins.
        steps: In order; each name once.
    """

    path: Path
    text: str
    description: str
    options: Mapping[str, Value]
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem


def read(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        ConfigError: It cannot be read, is no YAML that is let in (`configfile.document`), or has not a recipe's shape.
            The message names file, line and key.
    """
    text = _text(path)
    document = parse(text, path)
    if document is None:
        raise ConfigError(f"{path} is empty", _SHAPE)
    said = Value(document, path).keys()
    if "steps" not in said:
        raise Value(document, path, "the recipe").wrong("has no steps", _SHAPE)
    description = said["description"].text() if "description" in said else ""
    options = {name: value for name, value in said.items() if name not in ("description", "steps")}
    return Recipe(path, text, description, options, _steps(said["steps"]))


def _steps(value: Value) -> tuple[Step, ...]:
    steps = tuple(_step(each) for each in value.items())
    if not steps:
        raise value.wrong("holds no step", _SHAPE)
    names = [step.name for step in steps]
    for at, step in enumerate(steps):
        if step.name in names[:at]:
            raise step.place.wrong("is there twice", "say all of it in one step")
        if step.name == "transcribe" and at:
            raise step.place.wrong("comes too late", "put it first: the other steps work on its transcripts")
        if step.name == "embed" and at + 1 < len(steps):
            raise step.place.wrong("comes too early", "put it last, so that minutes get into the archive, too")
    return steps


def _step(value: Value) -> Step:
    """`- embed`, `- embed:` and `- embed: {...}` all name a step."""
    alone = value.node.kind == "str"
    found = {value.node.text: value} if alone else value.keys()
    if len(found) != 1:
        raise value.wrong("has to be one step", f"write one of {', '.join(STEPS)}, and its options below it")
    ((name, place),) = found.items()
    if name not in STEPS:
        raise place.wrong("is not a step", near(name, STEPS))
    options = {} if alone else place.keys()
    otherwise = options.pop(_OTHERWISE, None)
    if otherwise is not None and name not in _MAY_FAIL:
        raise otherwise.wrong("is not known here", f"only {' and '.join(_MAY_FAIL)} can be done otherwise")
    return Step(name, place, options, None if otherwise is None else otherwise.keys())


def near(word: str, known: Collection[str]) -> str:
    """A hint for a word that is not known: the one that was probably meant, or all of them."""
    from difflib import get_close_matches

    found = get_close_matches(word, known, n=1, cutoff=0.7)
    return f"did you mean {found[0]}?" if found else f"known are {', '.join(known)}"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read the recipe {path}: {error.strerror or error}", "check its name") from error
    return decoded(content, path, "a recipe is a short text")
