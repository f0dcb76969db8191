"""A recipe's options read as the commands read theirs: there is no other list of them, and no other check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from typer.core import TyperOption

from aiprov.errors import ConfigError
from aiprov.recipes import Recipe, Step, near

if TYPE_CHECKING:
    from aiprov.configfile.values import Value

# What is said on the command line of `aiprov run` alone.
_OF_THE_RUN = frozenset(
    {"archive", "dry_run", "export", "fail_fast", "force", "from_file", "help", "json", "local_files_only", "log_file"}
    | {"output_dir", "prune", "quiet", "rebuild", "wait"}
)
# The same for all steps.
_OF_THE_WHOLE = frozenset({"recursive", "on_collision"})
_BUDGET = "max_cost"
# What may be said under `otherwise`: who is asked and how, not what comes out.
_OTHERWISE = frozenset(
    {"provider", "model", "strategy", "privacy", "cloud_fallback", "max_cost", "method", "device"},
)


def check_whole(recipe: Recipe) -> None:
    """Refuse options for all steps that none of them has.

    Raises:
        ConfigError: There is one; the message names its line.
    """
    known = sorted({name for step in recipe.steps for name in _options_of(step.name)} | _OF_THE_WHOLE)
    for name, value in recipe.options.items():
        _refuse_what_is_of_the_run(name, value)
        if name not in known:
            raise value.wrong("is not an option of any step here", near(name, ["description", "steps", *known]))


def wishes_of(step: Step, recipe: Recipe) -> dict[str, Any]:
    """The option values of a step, by the names of its command's parameters, those for all steps included.

    Raises:
        ConfigError: The command has no such option, or cannot take the value; the message names the line.
    """
    return _parsed(step.name, _shared(step, recipe) | _checked(step, step.options), recipe)


def otherwise_of(step: Step, recipe: Recipe) -> dict[str, Any] | None:
    """The same with what stands under `otherwise` in place of what stands beside it; None where nothing does."""
    if step.otherwise is None:
        return None
    for name, value in step.otherwise.items():
        if name not in _OTHERWISE:
            known = sorted(_OTHERWISE & set(_options_of(step.name)))
            raise value.wrong("cannot be said here", f"{near(name, known)} What comes out is the same either way")
    return _parsed(step.name, {**_shared(step, recipe), **step.options, **_checked(step, step.otherwise)}, recipe)


def budget_of(recipe: Recipe) -> Decimal | None:
    """The most that a whole run may spend, in US dollars, as far as the recipe says it."""
    said = recipe.options.get(_BUDGET)
    return None if said is None else said.number()


def _shared(step: Step, recipe: Recipe) -> dict[str, Value]:
    known = _options_of(step.name).keys() - {_BUDGET}  # of the whole run, not of each step
    return {name: value for name, value in recipe.options.items() if name in known}


def _checked(step: Step, options: Mapping[str, Value]) -> dict[str, Value]:
    known = [name for name in _options_of(step.name) if name not in _OF_THE_WHOLE]
    for name, value in options.items():
        if name in _OF_THE_WHOLE:
            raise value.wrong("is the same for all steps", "say it at the margin, beside `steps`")
        _refuse_what_is_of_the_run(name, value)
        if name not in known:
            raise value.wrong(f"is not an option of {step.name}", near(name, known))
    return dict(options)


def _refuse_what_is_of_the_run(name: str, value: Value) -> None:
    if name in _OF_THE_RUN:
        raise value.wrong(
            "is no business of a recipe", "say it to `aiprov run`; `aiprov run --help` shows what it takes"
        )


@cache
def _command(name: str) -> Any:
    import importlib

    return typer.main.get_command(importlib.import_module(f"aiprov.cli.{name}").app)


def _options_of(name: str) -> dict[str, TyperOption]:
    """A command's options by their names in a recipe: the long ones, with underscores."""
    params = [param for param in _command(name).params if isinstance(param, TyperOption)]
    named = {_spelled(opt): param for param in params for opt in param.opts if opt.startswith("--")}
    return {each: param for each, param in named.items() if each not in _OF_THE_RUN}


def _spelled(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")


def _parsed(name: str, options: Mapping[str, Value], recipe: Recipe) -> dict[str, Any]:
    known = _options_of(name)
    words = [word for each, value in options.items() for word in _words(each, known[each], value)]
    command = _command(name)
    inputs = [recipe.name for param in command.params if param.param_type_name == "argument" and param.required]
    try:
        found = dict(command.make_context(name, [*words, "--", *inputs]).params)
    except typer.BadParameter as error:
        _refuse(error, {known[each].name: value for each, value in options.items()}, name, recipe)
    for each, value in options.items():
        parameter = str(known[each].name)
        if isinstance(found[parameter], Path):
            found[parameter] = _beside(recipe.path, found[parameter], value)
    _forbid_only(options)
    return found


def _words(name: str, param: TyperOption, value: Value) -> Iterable[str]:
    """An option as it would be typed."""
    flag = next(opt for opt in param.opts if _spelled(opt) == name)
    if value.node.kind == "null":
        return []
    if param.is_flag:
        return [flag] if value.flag() else param.secondary_opts[:1]
    if value.node.kind == "list":
        return [f"{flag}={','.join(each.text() for each in value.items())}"]
    if value.node.kind in ("int", "float"):
        return [f"{flag}={value.node.text}"]
    return [f"{flag}={value.text()}"]


def _refuse(error: typer.BadParameter, said: Mapping[Any, Value], name: str, recipe: Recipe) -> NoReturn:
    reason = error.message.rstrip(".")
    if value := said.get(getattr(error.param, "name", None)):
        raise value.wrong(f"cannot be that: {reason}", f"`aiprov {name} --help` explains it") from None
    place = next(step.place for step in recipe.steps if step.name == name)
    raise place.wrong(f"is not complete: {error.format_message().rstrip('.')}", f"`aiprov {name} --help` explains it")


def _beside(recipe: Path, path: Path, value: Value) -> Path:
    """A file that a recipe names lies in its folder or below: who wrote the recipe does not choose what is read."""
    folder = recipe.resolve().parent
    found = (folder / path).resolve()
    if not found.is_relative_to(folder):
        raise value.wrong("names a file elsewhere", "put the file beside the recipe, or below")
    return found


def _forbid_only(options: Mapping[str, Value]) -> None:
    privacy = options.get("privacy")
    if privacy is not None and privacy.node.text != "local":
        raise privacy.wrong("can only be local", "what may leave this machine is up to AIPROV_PRIVACY and --privacy")


def placed(error: ConfigError, step: Step) -> ConfigError:
    """An error of a command's own, with the step's place in the recipe."""
    node, path = step.place.node, step.place.path
    return ConfigError(f"{path}, line {node.line}: {step.name}: {error.message}", error.hint, code=error.code)
