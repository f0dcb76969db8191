"""Print the plan of a dry run: a line for each recording, a table of who could be asked, and the budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aiprov.cli.output import Output, hours, money
from aiprov.cli.progress import Lines
from aiprov.cli.summary import summary
from aiprov.models.staging import megabytes

if TYPE_CHECKING:
    from aiprov.batch.report import FileReport
    from aiprov.pipelines.plan_report import Allowance, Outlook, PlanReport

_SCOPES = {"run": "this run", "day": "this day (UTC)", "month": "this month (UTC)"}


def show(plan: PlanReport, out: Output) -> None:
    """Say what a run would do with each recording, and what all of it would come to."""
    lines = Lines(out)
    for file in plan.files:
        if file.status == "planned":
            out.line(planned(file))
        else:
            lines.finished(file)
    out.line(summary(plan))
    ready = plan.count("planned") - plan.asked
    if ready:
        out.line(f"{ready} of them cost{'s' if ready == 1 else ''} nothing: the answer is stored, or a copy's serves")
    if plan.candidates:
        _table(plan.candidates, out)
    _budget(plan.budget, out)
    lines.hints(plan)


def planned(file: FileReport) -> str:
    """Return what would be done with one recording, in one line."""
    length = "" if file.audio_s is None else hours(file.audio_s)
    who = f"{file.provider} ({file.model})" if file.provider else ""
    facts = ", ".join(filter(None, [length, who, money(file.cost_usd) if who else ""]))
    return f"planned {file.path}: " + "; ".join(filter(None, [facts, *file.notes, _written(file)]))


def _written(file: FileReport) -> str:
    """Name the outputs as a shell would take them."""
    paths = list(file.outputs)
    if not paths:
        return ""
    endings = [path.suffix.removeprefix(".") for path in paths]
    start = paths[0].with_suffix("")
    shown = start.name if start.parent == file.path.parent else start
    return f"writes {shown}." + (endings[0] if len(endings) == 1 else f"{{{','.join(endings)}}}")


def _table(candidates: Sequence[Outlook], out: Output) -> None:
    columns = ("", "provider", "model", "cost", "time", "memory", "download", "goes to", "why")
    out.line("")
    out.table(columns, map(_cells, candidates), right=("cost", "time", "memory", "download"))


def _cells(each: Outlook) -> tuple[object, ...]:
    return (
        each.place or "-",
        each.provider,
        each.model,
        money(each.cost),
        "unknown" if each.time_s is None else hours(each.time_s),
        "-" if each.memory_bytes is None else megabytes(each.memory_bytes),
        megabytes(each.download_bytes) if each.download_bytes else "-",
        each.host or "this machine",
        each.note,
    )


def _budget(budget: Sequence[Allowance], out: Output) -> None:
    out.line("")
    if not budget:
        out.line("no limit on costs is set: --max-cost sets one for a run, `budget` in aiprov.yaml for days and months")
        return
    rows = [
        (
            _SCOPES[each.cap.scope],
            money(each.cap.usd),
            money(each.spent),
            money(each.left),
            "yes" if each.fits else "no",
        )
        for each in budget
    ]
    out.table(("budget", "limit", "spent", "left", "enough"), rows, right=("limit", "spent", "left"))
