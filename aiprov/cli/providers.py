"""`aiprov providers`: who can do the work, for how much, and who is asked first. Knows no provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aiprov.cli.command import App, Command
from aiprov.cli.output import Output
from aiprov.cli.provider_costs import EXAMPLES as COSTS
from aiprov.cli.provider_costs import compare_cost
from aiprov.cli.provider_explain import EXAMPLES as EXPLAIN
from aiprov.cli.provider_explain import explain
from aiprov.cli.provider_health import EXAMPLES as HEALTH
from aiprov.cli.provider_health import health
from aiprov.cli.wishes import Json, Quiet

if TYPE_CHECKING:
    from aiprov.service import ProviderConfigService

app = App(
    help="See who can do the work, for how much, and choose.",
    examples=[
        "aiprov providers status",
        "aiprov providers compare-cost --minutes 60",
        "aiprov providers explain meeting.mp3",
        "aiprov providers set-priority local 1",
    ],
)

Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="As `aiprov providers status` names it.")]


@app.command("status", examples=["aiprov providers status", "aiprov providers status --json"])
def status(json: Json = False) -> int:
    """Show every provider: whether it takes part, in which order, and what it can do.

    The lower priority is asked first. Nobody is asked anything for this; `aiprov providers health` does that.
    """
    from aiprov.service import status_of
    from aiprov.settings import find_env_file, load
    from aiprov.wiring import build

    out, found = Output(json=json), status_of(build(load(find_env_file())).roster)
    if json:
        out.document(found)
        return 0
    manager = found["provider_manager"]
    providers = sorted(manager["providers"].items(), key=lambda item: (item[1]["priority"], item[0]))
    columns = ("provider", "state", "priority", "can do", "models", "host")
    out.table(columns, [_row(name, each) for name, each in providers], right=("priority", "models"))
    out.line(f"strategy: {manager['strategy']}")
    for name, each in providers:
        if each["enabled"] and each["note"]:
            out.note(f"{name} {each['note']}")
    return 0


app.command("health", examples=HEALTH)(health)
app.command("compare-cost", examples=COSTS)(compare_cost)
app.command("explain", examples=EXPLAIN)(explain)


@app.command(examples=["aiprov providers enable openai"])
def enable(provider: Provider, quiet: Quiet = False) -> int:
    """Let a provider take part.

    It is kept in aiprov.yaml. A cloud provider needs a key as well: `aiprov keys set PROVIDER` takes one.
    """
    return _change(provider, "enabled", True, Output(quiet=quiet))


@app.command(examples=["aiprov providers disable anthropic"])
def disable(provider: Provider, quiet: Quiet = False) -> int:
    """Take a provider out.

    It is kept in aiprov.yaml, and its key stays where it is.
    """
    return _change(provider, "enabled", False, Output(quiet=quiet))


class Signed(Command):
    """A command that takes numbers below zero: they look like options."""

    ignore_unknown_options = True


@app.command("set-priority", cls=Signed, examples=[f"aiprov providers set-priority local {n}" for n in (1, -5)])
def set_priority(
    provider: Provider,
    priority: Annotated[int, typer.Argument(metavar="N", help="The lower, the earlier it is asked; may be below 0.")],
    quiet: Quiet = False,
) -> int:
    """Set a provider's place in the order.

    It is kept in aiprov.yaml.
    """
    return _change(provider, "priority", priority, Output(quiet=quiet))


def _change(provider: str, key: str, value: bool | int, out: Output) -> int:
    from aiprov.settings import find_env_file, load
    from aiprov.wiring import build

    kit = build(load(find_env_file()))
    try:
        _changed(kit.service, provider, key, value, out)
    finally:
        kit.close()
    return 0


def _changed(service: ProviderConfigService, provider: str, key: str, value: bool | int, out: Output) -> None:
    """Make the change and say what came of it."""
    before = service.get_provider_config(provider)[key]
    after = service.update_provider_config(provider, {key: value})
    out.line(f"{provider}: {_told(key, value)} (before: {_told(key, before)}), kept in {service.config_file}")
    variable = service.settings.overridden(provider, key)
    if variable is not None:
        out.note(f"{variable} in the environment or .env is used instead: {_told(key, after[key])}")
    elif key == "enabled" and value and after["note"]:
        out.note(f"{provider} {after['note']}")


def _told(key: str, value: bool | int) -> str:
    return f"priority {value}" if key == "priority" else "enabled" if value else "disabled"


def _row(name: str, each: Mapping[str, Any]) -> tuple[object, ...]:
    why = "enabled" if each["note"] is None else each["note"].split(";")[0].removeprefix("is ").removeprefix("has ")
    host = "this machine" if each["host"] is None else each["host"]
    place = f"{host} ({each['region']})" if each["region"] else host
    return name, why, each["priority"], ", ".join(each["capabilities"]), each["models_count"], place
