"""What commands over many meetings share: the inputs that were named, and the way from wishes to an exit code."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from aiprov.cli.output import Output
from aiprov.errors import ConfigError

if TYPE_CHECKING:
    from aiprov.batch.report import Report
    from aiprov.settings import Settings

_Options = TypeVar("_Options")


def named(inputs: Sequence[Path] | None, from_file: str | None, what: str) -> list[Path]:
    """Return the inputs on the command line and those of a list.

    Args:
        what: What they are called, for the message.

    Raises:
        ConfigError: There are none, or the list cannot be read.
    """
    paths = [*(inputs or []), *listed(from_file)]
    if not paths:
        raise ConfigError(f"no {what} were named", "give files or folders, or --from-file LIST", code="usage")
    return paths


def carried_out(
    paths: Sequence[Path],
    wishes: Mapping[str, Any],
    out: Output,
    options_of: Callable[[Settings], _Options],
    pipeline: Callable[[Sequence[Path], _Options, Any, Any], Awaitable[Report]],
) -> int:
    """Run a pipeline, show it while it goes on and what came of it.

    Args:
        wishes: The command's options by name, `local_files_only` among them.
        options_of: Makes the pipeline's options out of the settings.
        pipeline: Takes the paths, these options, a kit and a watcher.

    Returns:
        The exit code.
    """
    import asyncio

    from aiprov.cli.plan import show
    from aiprov.cli.progress import watching
    from aiprov.pipelines.plan_report import PlanReport
    from aiprov.wiring import build

    settings = settings_for(paths, offline=wishes["local_files_only"])
    options = options_of(settings)

    async def run(watcher: Any) -> Report:
        return await pipeline(paths, options, build(settings), watcher)

    with watching(out) as watcher:
        report = asyncio.run(run(watcher))
        if not isinstance(report, PlanReport):
            watcher.ended(report)
    if isinstance(report, PlanReport):
        show(report, out)
    if out.json:
        out.document(report.as_json())
    return report.exit_code


def settings_for(paths: Sequence[Path], *, offline: bool) -> Settings:
    """The settings that apply to these inputs; `offline` forbids fetching whatever they say."""
    from dataclasses import replace

    from aiprov import settings

    found = settings.load(settings.find_env_file(paths))
    return replace(found, offline=True) if offline else found


def listed(source: str | None) -> list[Path]:
    """Return the paths that a list file names, one a line or each ended by NUL; `-` is stdin.

    Raises:
        ConfigError: The list cannot be read.
    """
    import os

    if source is None:
        return []
    try:
        content = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"cannot read the list {source}: {error.strerror}", "check --from-file", code="usage"
        ) from error
    names = content.split(b"\0") if b"\0" in content else content.splitlines()
    return [Path(os.fsdecode(name)) for name in names if name.strip()]
