"""How every command behaves: help pages, errors and exit codes. Knows no command.

Help is plain text under headed panels, so that asking for it imports nothing but typer.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from aiprov.cli.arguments import bare_flags, options_of
from aiprov.cli.output import Output, discard, failure
from aiprov.errors import AiprovError, ConfigError

_CONTEXT = {
    "help_option_names": ["-h", "--help"],
    "max_content_width": 100,
    "token_normalize_func": lambda token: token.replace("_", "-"),
}


class _Page:
    """A help page: panels of options, then examples as they are typed."""

    epilog: str | None

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the examples without wrapping them."""
        if self.epilog:
            with formatter.section("Examples"):
                formatter.write("".join(f"  {line}\n" for line in self.epilog.splitlines()))


class Command(_Page, TyperCommand):
    """A command that takes flags in both spellings and booleans with or without `True|False`, as Whisper's do."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments after rewriting `--flag True` and `--flag False` to what typer understands."""
        return super().parse_args(ctx, bare_flags(args, options_of(self.get_params(ctx))))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and then the options, one headed panel each."""
        _write_panels(self, ctx, formatter)


class Group(_Page, TyperGroup):
    """A noun whose commands are verbs."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the verbs before the options."""
        self.format_commands(ctx, formatter)
        _write_panels(self, ctx, formatter)


class App(typer.Typer):
    """A `typer.Typer` whose commands behave as this room promises. One per noun; name it `app`.

    Args:
        help: What the noun is about. With it the noun has verbs; without it, it is the one command registered.
        examples: Command lines for the end of the help page.
        cls: The class of the group.
        add_completion: Offer `--install-completion`.
    """

    def __init__(
        self,
        *,
        help: str | None = None,  # noqa: A002
        examples: Sequence[str] = (),
        cls: type[TyperGroup] = Group,
        add_completion: bool = False,
    ) -> None:
        super().__init__(
            cls=cls,
            help=help,
            epilog="\n".join(examples),
            no_args_is_help=True,
            add_completion=add_completion,
            context_settings=_CONTEXT,
            rich_markup_mode=None,
        )
        if help is not None:
            self.callback()(lambda: None)

    def command(
        self,
        name: str | None = None,
        *,
        examples: Sequence[str] = (),
        cls: type[TyperCommand] | None = None,
        **settings: Any,
    ) -> Callable[[Any], Any]:
        """Register a verb; the function's docstring is its help, `examples` end the page."""
        epilog = "\n".join(examples)
        return super().command(name, cls=cls or Command, epilog=epilog, context_settings=_CONTEXT, **settings)


class Noun(NamedTuple):
    """Where a command lives and what the overview says of it."""

    module: str
    help: str
    panel: str


class Root(Group):
    """The overview. It imports a noun's module when that noun is called, and turns every error into an exit code."""

    nouns: Mapping[str, Noun] = {}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """The nouns in the order of the overview."""
        return list(self.nouns)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import the noun's module and return its command, or None when there is no such noun."""
        if cmd_name not in self.nouns:
            return None
        if cmd_name not in self.commands:
            import importlib

            command = typer.main.get_command(importlib.import_module(self.nouns[cmd_name].module).app)
            command.name = cmd_name
            self.commands[cmd_name] = command
        return self.commands[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the noun, or say which one was probably meant."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            import difflib

            near = difflib.get_close_matches(name, self.nouns, n=1)
            hint = f"did you mean `aiprov {near[0]}`?" if near else "`aiprov --help` lists the commands"
            raise ConfigError(f"there is no command {name!r}", hint, code="usage")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the nouns under their panels without importing any."""
        for panel in dict.fromkeys(noun.panel for noun in self.nouns.values()):
            with formatter.section(panel):
                formatter.write_dl([(name, noun.help) for name, noun in self.nouns.items() if noun.panel == panel])

    def main(self, args: Sequence[str] | None = None, *_: Any, **__: Any) -> NoReturn:
        """Run a command line and leave with its exit code."""
        given = list(sys.argv[1:] if args is None else args)
        sys.exit(guarded(lambda: super(Root, self).main(list(given), "aiprov", standalone_mode=False), given))


def guarded(work: Callable[[], Any], args: Sequence[str]) -> int:
    """Run `work` and return its exit code; every error is printed once, in one style.

    Args:
        work: Returns an exit code or None.
        args: The command line, to see whether errors are wanted as JSON.
    """
    Output.current = None
    # Python has no stream where the shell closed one (`>&-`).
    sys.stdout, sys.stderr = sys.stdout or io.StringIO(), sys.stderr or io.StringIO()
    try:
        code = work()
        sys.stdout.flush()
    except AiprovError as error:
        return _fail(error, args)
    except typer.TyperException as error:
        return _misused(error, args)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        discard(sys.stdout)
        return 0
    except SystemExit as stop:
        # typer ends this way after shell completion, and when the reader of a help page has gone.
        return 0 if isinstance(stop.__context__, BrokenPipeError) else int(stop.code or 0)
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        return _fail(_bug(error), args)
    return code if isinstance(code, int) else 0


def _fail(error: AiprovError, args: Sequence[str]) -> int:
    output = Output.current or Output(json="--json" in args)
    if output.json:
        output.document(failure(error))
    output.error(error)
    return error.exit_code


def _misused(error: Any, args: Sequence[str]) -> int:
    """Say typer's own errors in our style; a noun without a verb shows its help."""
    ctx = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        Output().page(error.message)
        return 2
    message = error.format_message().rstrip(".")
    hint = f"`{ctx.command_path} --help` shows how it is used" if ctx else None
    return _fail(ConfigError(message[:1].lower() + message[1:], hint, code="usage"), args)


def _bug(error: Exception) -> AiprovError:
    return AiprovError(
        # Without the exception's own words: they could be a key's or a transcript's.
        f"aiprov failed in a way it should not ({type(error).__name__})",
        "set PYTHONDEVMODE=1 and run the same command to see where, and please report it",
        code="bug",
    )


def _write_panels(command: Any, ctx: Any, formatter: Any) -> None:
    panels: dict[str, list[tuple[str, str]]] = {}
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record is not None:
            is_argument = param.param_type_name == "argument"
            name, text = record
            panel = getattr(param, "rich_help_panel", None) or ("Arguments" if is_argument else "Options")
            row = (param.display_name_raw if is_argument else name.replace(" range>", ">"), _tidied(text))
            panels.setdefault(panel, []).append(row)
    # The general panel comes last, where people look for --help.
    for panel in sorted(panels, key=lambda panel: panel == "Options"):
        with formatter.section(panel):
            formatter.write_dl(panels[panel])


def _tidied(text: str) -> str:
    """Take out what typer says beside the point: brackets around words, and lower bounds that nobody would cross."""
    text = re.sub(r"\[default: \((.*?)\)", r"[default: \1", text)
    return re.sub(r"  \[x>=\d+\]|; x>=\d+", "", text)
