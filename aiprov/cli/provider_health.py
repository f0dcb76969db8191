"""`aiprov providers health`: an unbilled look at every provider, and with `--deep` the smallest call to each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aiprov.cli.output import Output, money
from aiprov.cli.speech_options import MaxCost
from aiprov.cli.wishes import Json
from aiprov.core.requests import ChatMessage, ChatRequest, ModelCapability
from aiprov.errors import AiprovError, ConfigError

if TYPE_CHECKING:
    from aiprov.manager import Entry
    from aiprov.providers.base import Health
    from aiprov.state import Hold
    from aiprov.wiring import Kit

EXAMPLES = ["aiprov providers health", "aiprov providers health --json", "aiprov providers health --deep --yes"]

_QUESTION = "Say OK."
# Room for a model that thinks before it says its one word: cut short, it would look broken. What is not used is free.
_MOST_TOKENS = 256


def health(
    deep: Annotated[bool, typer.Option("--deep", help="Also ask every cloud provider one billed question.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before --deep spends.")] = False,
    max_cost: MaxCost = None,
    json: Json = False,
) -> int:
    """Look whether every provider can work now.

    Keys and model lists, local files and engines are looked at; nothing is billed without --deep. Providers that are
    left alone for a while after failures are listed, too; to one that looks well again, the next request is let
    through. The exit code is 3 when one that is enabled and set up cannot work.
    """
    import asyncio

    out, kit = Output(json=json), _kit(max_cost)
    return asyncio.run(_examined(kit, out, deep=deep, yes=yes))


async def _examined(kit: Kit, out: Output, *, deep: bool, yes: bool) -> int:
    try:
        found = await kit.service.health()
        well = [name for name, each in found.items() if each.usable and each.reached]
        lifted = [_hold(each) for name in well for each in kit.manager.trust(name)]
        holds = [_hold(each) for each in kit.state.holds(datetime.now(UTC)).values()]
        _show(found, holds, lifted, out)
        answers = await _asked(kit, out, yes=yes) if deep else {}
    finally:
        await kit.aclose()
    if out.json:
        out.document(_document(found, holds, answers) | {"lifted": lifted})
    failed = any(each.state == "unhealthy" for each in found.values()) or any(a["error"] for a in answers.values())
    return 3 if failed else 0


def _kit(max_cost: str | None) -> Kit:
    """A kit whose manager makes one call for a question, whatever comes of it."""
    from aiprov.cli.transcribe import dollars
    from aiprov.pipelines.options import TranscribeOptions
    from aiprov.settings import find_env_file, load
    from aiprov.wiring import build

    kit = build(load(find_env_file())).for_run(TranscribeOptions((), max_cost=dollars(max_cost)), None)
    return replace(kit, policy={**kit.policy, "calls": 1})


async def _asked(kit: Kit, out: Output, *, yes: bool) -> dict[str, dict[str, Any]]:
    """Put one question to each cloud provider, after saying what that can cost."""
    chosen = dict(_questions(kit))
    for name, request in chosen.items():
        out.note(f"{name} ({request.model}): one question, at most {money(_most(kit, name, request))}")
    if not chosen:
        out.note("no cloud provider is set up for chat, so nobody was asked")
    elif not yes:
        _confirm()
    return {name: await _answered(kit, name, request, out) for name, request in chosen.items()}


def _questions(kit: Kit) -> Iterator[tuple[str, ChatRequest]]:
    for entry in kit.roster.entries:
        offered = entry.provider.models(ModelCapability.CHAT)
        if offered and _may_be_asked(kit, entry):
            name = entry.provider.name
            message = ChatMessage("user", _QUESTION)
            yield name, ChatRequest([message], max_tokens=_MOST_TOKENS, model=f"{name}/{offered[0].name}")


def _may_be_asked(kit: Kit, entry: Entry) -> bool:
    return not entry.provider.local and entry.out is None and kit.roster.policy.privacy != "local"


def _most(kit: Kit, name: str, request: ChatRequest) -> Decimal | None:
    from aiprov.manager import Chatting

    price = kit.roster.prices.expected(
        name,
        (request.model or "").removeprefix(f"{name}/"),
        capability=ModelCapability.CHAT,
        input_tokens=Chatting(request).need.input_tokens,
        output_tokens=_MOST_TOKENS,
    )
    return None if price is None else price.usd


def _confirm() -> None:
    import sys

    if sys.stdin is None or not sys.stdin.isatty():
        raise ConfigError("--deep makes billed calls and wants to be confirmed", "add --yes", code="usage")
    typer.confirm("Ask?", abort=True, err=True)


async def _answered(kit: Kit, name: str, request: ChatRequest, out: Output) -> dict[str, Any]:
    try:
        answer = await kit.manager.chat_completion(request, name, fresh=True)
    except AiprovError as error:
        out.failed(f"{name} did not answer: {error.message}")
        trouble = {"code": error.code, "message": error.message, "hint": error.hint}
        return {"model": request.model, "cost_usd": None, "error": trouble}
    out.line(f"{name} answered with {answer.model}, for {money(answer.cost)}")
    return {"model": answer.model, "cost_usd": None if answer.cost is None else float(answer.cost), "error": None}


def _show(found: Mapping[str, Health], holds: list[dict[str, Any]], lifted: list[dict[str, Any]], out: Output) -> None:
    rows = [(name, each.state, "; ".join(each.reasons)) for name, each in found.items()]
    out.table(("provider", "state", "why"), rows)
    for hold in holds:
        until = datetime.fromisoformat(hold["until"]).astimezone()
        out.line(f"{_held(hold)}: held until {until:%H:%M}, {hold['kind']}")
    for hold in lifted:
        out.line(f"{_held(hold)}: was held, {hold['kind']}; it looks well again: the next request is let through")


def _held(hold: Mapping[str, Any]) -> str:
    return " ".join(part for part in (hold["provider"], hold["model"], hold["capability"]) if part)


def _hold(hold: Hold) -> dict[str, Any]:
    """An open breaker, without the part of its name that stands for a key."""
    account, model, capability = (*hold.scope.split("|"), None, None)[:3]
    return {
        "provider": str(account).partition(":")[0],
        "model": model,
        "capability": capability,
        "kind": hold.kind,
        "until": hold.until.isoformat(timespec="seconds"),
    }


def _document(
    found: Mapping[str, Health], holds: list[dict[str, Any]], answers: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    providers = {
        name: {"state": each.state, "usable": each.usable, "reasons": list(each.reasons)}
        | ({"answer": answers[name]} if name in answers else {})
        for name, each in found.items()
    }
    return {"schema": 1, "providers": providers, "holds": holds}
