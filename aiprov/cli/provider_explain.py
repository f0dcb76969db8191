"""`aiprov providers explain`: who would transcribe a recording, and why. Decides nothing: it asks whom a run asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aiprov.cli import speech_options as o
from aiprov.cli.output import Output, hours, money
from aiprov.cli.wishes import Json
from aiprov.core.requests import ModelCapability, TranscriptionRequest
from aiprov.core.routing import Candidate, Strategy, reason
from aiprov.errors import ConfigError, InputError

if TYPE_CHECKING:
    from aiprov.manager import Roster, Route, Transcribing
    from aiprov.pipelines.options import TranscribeOptions
    from aiprov.settings import Settings
    from aiprov.wiring import Kit

EXAMPLES = [
    "aiprov providers explain meeting.mp3",
    "aiprov providers explain meeting.mp3 --privacy local",
    "aiprov providers explain --model openai/whisper-1 --language de meeting.mp3 --json",
]


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision with what it was made from.

    Attributes:
        left_out: Provider, model and reason of all that are not asked.
        stored: The candidates whose answer is there already.
    """

    task: Transcribing
    order: tuple[Candidate, ...]
    left_out: tuple[tuple[str, str, str], ...]
    stored: frozenset[Candidate]
    strategy: Strategy


def explain(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording.")],
    provider: o.Provider = None,
    strategy: o.Strategy = None,
    privacy: o.Privacy = None,
    cloud_fallback: o.CloudFallback = None,
    model: o.ModelName = None,
    language: o.Language = None,
    json: Json = False,
) -> int:
    """Show who would transcribe a recording, in which order and why, and who would not.

    It is what `aiprov transcribe` with the same options decides; nobody is asked anything, and nothing is spent.
    """
    wishes = dict(locals())
    from aiprov.settings import find_env_file, load
    from aiprov.wiring import build

    out, settings = Output(json=json), load(find_env_file([file]))
    options = _options(wishes, settings, file, out)
    kit = build(settings).for_run(options, None)
    try:
        found = _explained(file, options, kit)
    finally:
        kit.close()
    if json:
        out.document(_document(found))
    else:
        _show(found, out)
    return 0


def _options(wishes: Mapping[str, Any], settings: Settings, file: Path, out: Output) -> TranscribeOptions:
    """The options of `aiprov transcribe` with nothing else said."""
    from aiprov.cli.transcribe import options_from

    unsaid: dict[str, Any] = {"formats": "all", "temperature": 0.0, "channels": "mix", "diarize": False}
    numbers = ("speakers", "min_speakers", "max_speakers", "max_cost", "temperature_increment_on_fallback")
    unsaid |= dict.fromkeys(("glossary", "speakers_from", "channel_names", *numbers))
    return options_from({**unsaid, **wishes}, settings, [file], out)


def _explained(file: Path, options: TranscribeOptions, kit: Kit) -> Explained:
    from aiprov.manager import Transcribing

    content = _content(file, kit)
    request = TranscriptionRequest(file, options.language, True, options.model, options.decoding)
    task = Transcribing(request, content, _length_s(file))
    route = kit.manager.explain(task, options.provider)
    hashes = dict(zip(route.order, route.hashes(content), strict=True))
    stored = kit.state.answer_digests(hashes.values())
    answered = frozenset(candidate for candidate, hashed in hashes.items() if hashed in stored)
    left_out = [(each.provider, each.model, each.refusal or "") for each in route.left_out]
    if options.model is None and options.provider is None:
        left_out += _passed_over(route, kit.roster)
    return Explained(task, route.order, tuple(left_out), answered, kit.roster.policy.strategy)


def _passed_over(route: Route, roster: Roster) -> Iterator[tuple[str, str, str]]:
    """Models that could do it, but for another of the same provider, and providers that have none."""
    named = {(each.provider, each.model) for each in (*route.order, *route.left_out)}
    asked = {each.provider: each.model for each in (*route.left_out, *route.order)}
    for entry in roster.entries:
        name, offered = entry.provider.name, entry.provider.models(ModelCapability.TRANSCRIPTION)
        if not offered:
            yield name, "", "has no model for transcription"
        for facts in offered:
            if (name, facts.name) not in named:
                yield name, facts.name, f"{asked.get(name)} of the same provider comes before it"


def _content(file: Path, kit: Kit) -> str:
    from aiprov.files import sha256_of

    try:
        return kit.state.content_sha256(file.resolve(strict=True), sha256_of)
    except OSError as error:
        code = "not_found" if isinstance(error, FileNotFoundError) else "unreadable_audio"
        raise InputError(f"{file} cannot be read: {error.strerror}", "check the name", code=code) from error


def _length_s(file: Path) -> float | None:
    """Seconds of audio; None where nothing is installed that could tell."""
    from aiprov.audio import probe

    try:
        return probe(file).duration_s
    except ConfigError:
        return None


def _why(found: Explained, place: int) -> str:
    candidate = found.order[place]
    why = reason(candidate, found.strategy, 0) if place == 0 else "when the one before it fails"
    return f"{why}; left alone for {candidate.held_s:.0f} s after failures" if candidate.held_s else why


def _cost(candidate: Candidate, found: Explained) -> Decimal | None:
    return Decimal(0) if candidate in found.stored else candidate.cost


def _document(found: Explained) -> dict[str, Any]:
    candidates = []
    for place, each in enumerate(found.order):
        cost = _cost(each, found)
        candidates.append(
            {
                "provider": each.provider,
                "model": each.model,
                "priority": each.priority,
                "local": each.local,
                "why": _why(found, place),
                "expected_cost": None if cost is None else float(cost),
                "held_s": round(each.held_s, 1),
                "stored": each in found.stored,
            }
        )
    left_out = [{"provider": name, "model": model or None, "reason": why} for name, model, why in found.left_out]
    return {
        "schema": 1,
        "path": str(found.task.path),
        "audio_s": found.task.audio_s,
        "strategy": found.strategy,
        "candidates": candidates,
        "left_out": left_out,
    }


def _show(found: Explained, out: Output) -> None:
    length = "of unknown length" if found.task.audio_s is None else hours(found.task.audio_s)
    out.line(f"{found.task.path}, {length}; strategy: {found.strategy}")
    asked = [
        (place + 1, each.provider, each.model, money(_cost(each, found)), _why(found, place))
        for place, each in enumerate(found.order)
    ]
    others = [("-", name, model, "", why) for name, model, why in found.left_out]
    out.table(("", "provider", "model", "cost", "why"), [*asked, *others], right=("cost",))
    if not found.order:
        out.line("nobody can transcribe it")
    for each in found.order:
        if each in found.stored:
            out.line(f"the answer of {each.provider} ({each.model}) is stored: nobody is asked, and nothing is spent")
