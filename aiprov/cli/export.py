"""`aiprov export`: render finished transcripts again, in other formats or with other line lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from aiprov.cli.command import App
from aiprov.cli.output import Output
from aiprov.cli.wishes import HighlightWords, Json, LogFile, MaxLineCount, MaxLineWidth, MaxWordsPerLine, Quiet, remarks
from aiprov.errors import AiprovError, ConfigError, InputError, StorageError
from aiprov.pipelines.options import RenderOptions

app = App()


@dataclass(frozen=True, slots=True)
class Exported:
    """How one transcript ended: what was written, what stood there already, or why not."""

    path: Path
    written: tuple[Path, ...] = ()
    unchanged: tuple[Path, ...] = ()
    error: AiprovError | None = None


@app.command(
    examples=[
        "aiprov export team-sync.json -f srt,vtt",
        "aiprov export transcripts/*.json -f srt -o subtitles/ --max-line-width 42 --max-line-count 2",
        "aiprov export whisper-output.json -f md",
        "aiprov export team-sync.json -f rttm,md",
    ],
)
def export(
    transcripts: Annotated[
        list[Path],
        typer.Argument(metavar="FILES", help="Transcripts (JSON) that aiprov or another Whisper tool wrote."),
    ],
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            "--output-format",
            metavar="<list>",
            help="json, txt, srt, vtt, tsv, md, or all of these; rttm.",
        ),
    ],
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", "-o", help="Where the files go.", show_default="beside each transcript"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that differ.")] = False,
    max_line_width: MaxLineWidth = None,
    max_line_count: MaxLineCount = None,
    max_words_per_line: MaxWordsPerLine = None,
    highlight_words: HighlightWords = False,
    json: Json = False,
    quiet: Quiet = False,
    log_file: LogFile = None,
) -> int:
    """Render finished transcripts in other formats.

    Nothing is transcribed again. Where the transcript says who speaks, so do txt, srt, vtt and md; rttm says who speaks
    when, and no words. A file that stands in the way and differs is kept, unless --force is given. One
    transcript that cannot be read does not stop the others; the exit code then is 3.
    """
    from aiprov.pipelines.formats import chosen

    out = Output(json=json, quiet=quiet, log_file=log_file)
    render = RenderOptions(max_line_width, max_line_count, max_words_per_line, highlight_words)
    for remark in remarks(render):
        out.note(f"note: {remark}")
    wanted = tuple(form for form in chosen(formats) if form != "json" or output_dir is not None)
    if not wanted:
        raise ConfigError(
            "json is what the transcripts are already", "give --output-dir to write it anew", code="usage"
        )
    _refuse_clashes(transcripts, output_dir)
    done = [_exported(path, wanted, render, output_dir, force) for path in transcripts]
    _tell(done, out)
    return 3 if any(each.error for each in done) else 0


def _refuse_clashes(transcripts: Sequence[Path], output_dir: Path | None) -> None:
    homes: dict[Path, Path] = {}
    for path in transcripts:
        home = ((output_dir or path.parent) / path.stem).resolve()
        other = homes.setdefault(home, path)
        if other.resolve() != path.resolve():
            raise ConfigError(
                f"{other} and {path} would share the output name {home.name}",
                "rename one, or export them to different folders",
                code="outputs_clash",
            )


def _exported(
    path: Path, formats: Sequence[str], render: RenderOptions, output_dir: Path | None, force: bool
) -> Exported:
    from aiprov.pipelines import formats as writers
    from aiprov.pipelines.opening import opened

    try:
        document = opened(path)
        folder = output_dir or path.parent
        targets = {
            folder / f"{path.stem}.{form}": writers.render(document, form, render).encode("utf-8") for form in formats
        }
        changed = {target: content for target, content in targets.items() if not _holds(target, content)}
        _refuse_overwriting(path, changed, force)
        _write(changed)
    except StorageError:
        raise
    except AiprovError as error:
        return Exported(path, error=error)
    return Exported(path, tuple(changed), tuple(target for target in targets if target not in changed))


def _holds(target: Path, content: bytes) -> bool:
    try:
        return target.is_file() and target.read_bytes() == content
    except OSError:
        return False


def _refuse_overwriting(source: Path, changed: dict[Path, bytes], force: bool) -> None:
    for target in changed:
        if target.exists() and target.resolve() == source.resolve():
            raise InputError(f"{target} is the transcript itself", "choose another --output-dir", code="output_exists")
        if target.exists() and not force:
            raise InputError(f"{target} exists and differs", "--force overwrites it", code="output_exists")


def _write(files: dict[Path, bytes]) -> None:
    from aiprov.files import write_atomic

    for target, content in files.items():
        write_atomic(target, content)


def _tell(done: Sequence[Exported], out: Output) -> None:
    for each in done:
        for target in each.written:
            out.line(f"wrote {target}")
        for target in each.unchanged:
            out.line(f"kept {target}: it is the same")
        if each.error is not None:
            out.error(_named(each.error, each.path))
    if out.json:
        out.document({"schema": 1, "files": [_shape(each) for each in done], "totals": _totals(done)})


def _named(error: AiprovError, path: Path) -> AiprovError:
    known = path.stem in error.message
    return error if known else InputError(f"{path}: {error.message}", error.hint, code=error.code)


def _shape(each: Exported) -> dict[str, Any]:
    error = each.error
    status = "failed" if error else "done" if each.written else "skipped"
    return {
        "path": str(each.path),
        "status": status,
        "outputs": [str(target) for target in (*each.written, *each.unchanged)],
        "error": error and {"code": error.code, "message": error.message, "hint": error.hint},
    }


def _totals(done: Sequence[Exported]) -> dict[str, int]:
    failed = sum(each.error is not None for each in done)
    written = sum(bool(each.written) for each in done)
    return {"files": len(done), "done": written, "skipped": len(done) - failed - written, "failed": failed}
