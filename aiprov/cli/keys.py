"""`aiprov keys`: store the keys of providers, and see which there are. No key is taken from the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from aiprov.cli.command import App, Command
from aiprov.cli.output import Output
from aiprov.cli.wishes import Json, Quiet
from aiprov.core.secret import Secret
from aiprov.errors import ConfigError
from aiprov.settings import Settings

app = App(
    help="Store, list and remove the keys of providers.",
    examples=["aiprov keys set openai", "aiprov keys list", "aiprov keys remove openai"],
)

Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="Such as openai, anthropic or huggingface.")]

_WHERE = {"argument": "the call", "environment": "environment", "keyring": "keyring", "file": "keys.json"}
_MOST_BYTES = 10_000


class Discreet(Command):
    """A command that is given the words too many, whose usual error would repeat them."""

    allow_extra_args = True


@app.command("set", cls=Discreet, examples=["aiprov keys set openai", "cat key.txt | aiprov keys set openai"])
def set_key(
    ctx: typer.Context,
    provider: Provider,
    any_name: Annotated[
        bool, typer.Option("--any-name", help="Take a name that aiprov does not know, for a server that comes later.")
    ] = False,
    quiet: Quiet = False,
) -> int:
    """Store a key.

    It is asked for without being shown, or read from standard input; never from the command line, which other programs
    can see. It goes to the system's keyring where there is one (pip install "aiprov[keyring]"), else to keys.json,
    which only you can read.
    """
    from aiprov import keys

    if ctx.args:
        hint = f"run `aiprov keys set {provider}` and paste it; replace the one that your shell's history holds now"
        raise ConfigError("a key is not taken from the command line, which others can see", hint, code="usage")
    out, settings = Output(quiet=quiet), _settings()
    if not any_name:
        _refuse_unknown(provider, settings)
    origin = keys.store(provider, Secret(_typed(provider)), settings)
    out.line(f"stored the key of {provider} in {_place(origin, settings)}")
    found = keys.find(provider, settings)
    if found is not None and found.origin != origin:
        out.note(f"{keys.variable_of(provider, settings)} in the environment is used instead of it")
    return 0


@app.command("list", examples=["aiprov keys list", "aiprov keys list --json"])
def list_keys(json: Json = False) -> int:
    """List the keys that are found.

    Of each, where it is and its last four characters.
    """
    from aiprov import keys

    out, settings = Output(json=json), _settings()
    found, trouble = keys.listing(settings), keys.keyring_trouble()
    if json:
        rows = [{"provider": key.provider, "origin": key.origin, "tail": key.secret.tail} for key in found]
        out.document({"schema": 1, "keys": rows, "keyring": {"usable": trouble is None, "trouble": trouble}})
        return 0
    places = [
        keys.variable_of(key.provider, settings) if key.origin == "environment" else _WHERE[key.origin] for key in found
    ]
    cells = [(key.provider, place, key.secret.tail) for key, place in zip(found, places, strict=True)]
    out.table(("provider", "from", "key"), cells)
    if trouble:
        out.note(f"the keyring is not used: {trouble}")
    return 0


@app.command(examples=["aiprov keys remove openai"])
def remove(provider: Provider, quiet: Quiet = False) -> int:
    """Forget a stored key.

    One in the environment or in .env is not touched.
    """
    from aiprov import keys

    out, settings = Output(quiet=quiet), _settings()
    if not keys.remove(provider, settings):
        raise ConfigError(f"no key of {provider} is stored", "`aiprov keys list` shows which there are")
    out.line(f"removed the key of {provider}")
    left = keys.find(provider, settings)
    if left is not None:
        out.note(f"there still is one in {keys.variable_of(provider, settings)}")
    return 0


def _settings() -> Settings:
    from aiprov.settings import find_env_file, load

    return load(find_env_file())


def _refuse_unknown(provider: str, settings: Settings) -> None:
    """A key under a mistyped name would never be found. The name is not repeated: it may be the key, in its place."""
    import difflib

    from aiprov import keys
    from aiprov.providers import registry

    known = [*keys.KNOWN, *(name for name in settings.config.providers if name != "local"), *registry.known()]
    if provider not in known:
        near = difflib.get_close_matches(provider, known, n=1)
        meant = f"did you mean {near[0]}?" if near else f"known are {', '.join(dict.fromkeys(known))};"
        hint = f"{meant} a server of your own is known when aiprov.yaml names it, and --any-name takes any name"
        raise ConfigError("there is no provider of that name", hint, code="unknown_provider")


def _typed(provider: str) -> str:
    import sys

    if sys.stdin is None:
        return ""
    if sys.stdin.isatty():
        return str(typer.prompt(f"Key of {provider}", hide_input=True, err=True)).strip()
    return sys.stdin.buffer.read(_MOST_BYTES).decode("ascii", "replace").strip()


def _place(origin: str, settings: Settings) -> str:
    return "the keyring" if origin == "keyring" else str(settings.home / "keys.json")
