"""From a recipe and the wishes of a run to the pipeline's options: each step's made by its own command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiprov.cli import embed, summarize, transcribe
from aiprov.cli.recipe_wishes import budget_of, check_whole, otherwise_of, placed, wishes_of
from aiprov.cli.wishes import made
from aiprov.errors import ConfigError
from aiprov.pipelines.options import RenderOptions, TranscribeOptions
from aiprov.pipelines.recipe_options import ExportOptions, RecipeOptions
from aiprov.recipes import Recipe, Step

if TYPE_CHECKING:
    from aiprov.cli.output import Output
    from aiprov.settings import Settings


def options_from(
    recipe: Recipe, wishes: Mapping[str, Any], settings: Settings, paths: Sequence[Path], out: Output
) -> RecipeOptions:
    """Make the pipeline's options.

    Args:
        wishes: Those of `aiprov run`, by name; what is not there is not wished for.
        paths: What is worked on; a glossary may lie there.
        out: Takes notes on options without effect.

    Raises:
        ConfigError: A step has no such option, or cannot take the value; the message names file, line and key.
    """
    check_whole(recipe)
    reading = _Reading(recipe, wishes, settings, paths, out)
    found: dict[str, Any] = {}
    for step in recipe.steps:
        found[step.name] = reading.options(step)
        if (other := reading.otherwise(step)) is not None:
            found[f"{step.name}_otherwise"] = other
    spoken = found.pop("transcribe", None)
    # Whoever begins with another step gets transcripts all the same, and nothing else of them.
    run = spoken or replace(reading.options(Step("transcribe", recipe.steps[0].place)), formats=("json",))
    return RecipeOptions(recipe.name, run, transcribes=spoken is not None, **found)


@dataclass(frozen=True, slots=True)
class _Reading:
    recipe: Recipe
    wishes: Mapping[str, Any]
    settings: Settings
    paths: Sequence[Path]
    out: Output

    def options(self, step: Step) -> Any:
        return self._made(step, wishes_of(step, self.recipe))

    def otherwise(self, step: Step) -> Any:
        wishes = otherwise_of(step, self.recipe)
        return None if wishes is None else self._made(step, wishes)

    def _made(self, step: Step, wishes: Mapping[str, Any]) -> Any:
        makers: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "transcribe": self._speech,
            "summarize": self._minutes,
            "export": self._exported,
            "embed": self._archive,
        }
        try:
            return makers[step.name](wishes)
        except ConfigError as error:
            raise placed(error, step) from error

    def _speech(self, wishes: Mapping[str, Any]) -> TranscribeOptions:
        return self._whole(transcribe.options_from(wishes, self.settings, self.paths, self.out))

    def _minutes(self, wishes: Mapping[str, Any]) -> Any:
        found = summarize.options_from(wishes, self.settings, self.paths)
        return replace(found, run=self._whole(found.run))

    def _exported(self, wishes: Mapping[str, Any]) -> ExportOptions:
        from aiprov.pipelines.formats import chosen

        formats = tuple(form for form in chosen(wishes["formats"]) if form != "json")
        if not formats:
            raise ConfigError("json is what the transcripts are already", "name another format", code="usage")
        return ExportOptions(formats, made(RenderOptions, wishes))

    def _archive(self, wishes: Mapping[str, Any]) -> Any:
        from aiprov.pipelines.embed import EmbedOptions

        routing = self._whole(embed.routing_from(wishes, ("json",)))
        file = embed.archive_in(self.settings, self.wishes.get("archive"))
        of_the_run = {name: getattr(routing, name) for name in ("force", "dry_run", "wait")}
        return made(EmbedOptions, {**wishes, **of_the_run, "archive": file, "transcribe": routing})

    def _whole(self, options: TranscribeOptions) -> TranscribeOptions:
        """What is the same for all steps, in place of what the command takes for it."""
        given = self.wishes.get
        return replace(
            options,
            output_dir=given("output_dir"),
            recursive=bool(given("recursive") or options.recursive),
            on_collision=given("on_collision") or options.on_collision,
            force=bool(given("force")),
            dry_run=bool(given("dry_run")),
            fail_fast=bool(given("fail_fast")),
            wait=bool(given("wait")),
            trust_cache=bool(given("trust_cache") or options.trust_cache),
            privacy=options.privacy or given("privacy"),
            max_cost=_least(options.max_cost, self._budget),
        )

    @property
    def _budget(self) -> Decimal | None:
        """The most for the whole run. A recipe can lower what the settings allow; the command line says it anew."""
        said = transcribe.dollars(self.wishes.get("max_cost"))
        return _least(budget_of(self.recipe), self.settings.max_cost) if said is None else said


def _least(*amounts: Decimal | None) -> Decimal | None:
    return min((amount for amount in amounts if amount is not None), default=None)
