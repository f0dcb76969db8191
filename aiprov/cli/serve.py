"""`aiprov serve`: the same over HTTP. What is served is the server's business."""

from __future__ import annotations

from typing import Annotated

import typer

from aiprov.cli.command import App
from aiprov.cli.output import Output
from aiprov.cli.wishes import LogFile, Quiet
from aiprov.errors import ConfigError

app = App()


@app.command(
    examples=[
        "aiprov serve",
        "aiprov serve --port 9000",
        "aiprov serve --host 0.0.0.0 --expose --name notes.example.org",
    ]
)
def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8765,
    expose: Annotated[bool, typer.Option("--expose", help="Allow an address that others reach.")] = False,
    names: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="<host>", help="What clients call this server, besides its address."),
    ] = None,
    quiet: Quiet = False,
    log_file: LogFile = None,
) -> int:
    """Serve the dashboard, the administration and OpenAI's endpoints.

    Everything wants the token, which is made at the first start, in a file that only you can read, or given as
    AIPROV_SERVER_TOKEN. Ctrl-C stops it; what is under way gets some seconds to end.
    """
    import asyncio

    out = Output(quiet=quiet, log_file=log_file)
    try:
        from aiprov.server.serving import Place, serve
        from aiprov.server.token import token_file, token_of
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"serving needs the package {error.name}", "pip install 'aiprov[server]' in this environment"
        ) from error
    from aiprov.settings import find_env_file, load
    from aiprov.wiring import build

    settings = load(find_env_file())
    token = token_of(settings)

    def ready(address: str) -> None:
        out.line(f"dashboard: {address}")
        out.line(f"for clients of OpenAI: base_url {address}v1, and the token as api_key")
        if settings.server_token is None:
            out.line(f"the token: {token_file(settings)}")
            if out.results_on_terminal:  # shown to whoever sits there, and to no log
                out.data(f"open {address}#token={token.reveal()}")

    asyncio.run(serve(build(settings), Place(host, port, expose, tuple(names or ())), token, ready, out.note))
    return 0
