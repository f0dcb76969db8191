"""The one composition root: settings become a kit of parts that know each other. Builds nothing before it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aiprov import keys
from aiprov import settings as settings_room
from aiprov.configfile import ProviderEntry
from aiprov.core.matching import recognised
from aiprov.core.results import Transcript
from aiprov.core.speakers import Diarization
from aiprov.manager import Entry, Pace, Policy, ProviderManager, Roster
from aiprov.models import ModelStore
from aiprov.pipelines.options import TranscribeOptions
from aiprov.prices import OwnPrice, PriceBook
from aiprov.providers import catalogue
from aiprov.providers.base import Provider
from aiprov.providers.local.provider import LocalProvider, Wishes
from aiprov.providers.registry import Wanted, account_of, needs_key, provider_of
from aiprov.service import ProviderConfigService
from aiprov.settings import Settings
from aiprov.state import Cap, State
from aiprov.voices import VoiceProfiles

if TYPE_CHECKING:
    from aiprov.providers.local.speakers.diarizer import Diarizer

_SERVER_PRIORITY = 70  # of a server in aiprov.yaml that states none: after the vendors, before this machine


@dataclass
class Kit:
    """The parts of one run.

    Attributes:
        settings: What it was built from.
        wishes: How local engines shall run.
        trust_cache: Believe an earlier check of a model's files while they look unchanged.
        on_fetch: Told about the bytes of a model that is being fetched.
        policy: In place of what the settings say, by the name of a `Policy` field.
        providers: In place of those that the settings name, the first asked first.
    """

    settings: Settings
    wishes: Wishes
    trust_cache: bool = False
    on_fetch: Callable[[str, int, int], None] | None = None
    policy: dict[str, Any] = field(default_factory=dict)
    providers: tuple[Provider, ...] = ()

    @cached_property
    def state(self) -> State:
        """Ledger, answers, breakers and journal."""
        return State(self.settings.state_file)

    @cached_property
    def store(self) -> ModelStore:
        """The models on this machine."""
        token = self.settings.huggingface_token
        return ModelStore(
            self.settings.models_folder,
            token=token.reveal() if token else None,
            offline=self.settings.offline or self._policy.privacy == "local",
            trust_cache=self.trust_cache,
        )

    @cached_property
    def voices(self) -> VoiceProfiles:
        """The voices that were enrolled."""
        return VoiceProfiles(self.settings.voices_file, self.settings.locks_folder)

    @cached_property
    def diarizer(self) -> Diarizer:
        """Hears voices; its model is loaded with the first recording."""
        from aiprov.providers.local.speakers.diarizer import Diarizer

        return Diarizer(self.store)

    @cached_property
    def local(self) -> LocalProvider:
        """The engines of this machine."""
        fetches = not (self.settings.offline or self._policy.privacy == "local")
        return LocalProvider(self.store, self.wishes, self.on_fetch, fetches=fetches)

    def recognised(self, transcript: Transcript, found: Diarization) -> Transcript:
        """The transcript with the names of those whose voices were enrolled."""
        return recognised(transcript, found, self.voices.known(found.model))

    @cached_property
    def roster(self) -> Roster:
        """Every provider in its place, the rules of routing, and prices."""
        given = tuple(Entry(each, 10 * place, account=each.name) for place, each in enumerate(self.providers, 1))
        return Roster(given or tuple(self._entries()), self._policy, _prices(self.settings))

    @cached_property
    def manager(self) -> ProviderManager:
        """The manager over every provider."""
        return ProviderManager(self.roster, self.state)

    @cached_property
    def service(self) -> ProviderConfigService:
        """The configuration of the manager's providers."""
        return ProviderConfigService(self.manager, self.settings, self._rebuilt)

    def for_run(self, options: TranscribeOptions, on_fetch: Callable[[str, int, int], None] | None) -> Kit:
        """A kit of the same settings for one run's options."""
        wished = {
            "device": options.device,
            "compute_type": options.compute_type,
            "workers": options.workers,
            "batch_size": options.batch_size,
        }
        ruled = {
            "strategy": options.strategy,
            "privacy": options.privacy,
            "cloud_fallback": options.cloud_fallback,
            "caps": None if options.max_cost is None else _caps(self.settings, options.max_cost),
        }
        wishes = replace(self.wishes, **_given(wished))
        policy = {**self.policy, **_given(ruled)}
        return replace(self, wishes=wishes, policy=policy, trust_cache=options.trust_cache, on_fetch=on_fetch)

    def close(self, *, wait: bool = True) -> None:
        """Let go of what was built; without `wait`, engines end by themselves when their last batch has."""
        if "local" in self.__dict__:
            self.local.close(wait=wait)
        if "state" in self.__dict__:
            self.state.close()

    async def aclose(self) -> None:
        """Close connections, too; for whoever stays in one event loop."""
        if "manager" in self.__dict__:
            await self.manager.aclose()
            for entry in self.manager.roster.entries:
                await entry.provider.aclose()
        self.close()

    @property
    def _policy(self) -> Policy:
        policy = Policy(
            strategy=self.settings.provider_strategy,
            privacy=self.settings.privacy,
            cloud_fallback=self.settings.cloud_fallback,
            caps=_caps(self.settings, self.settings.max_cost),
        )
        return replace(policy, **self.policy)

    def _entries(self) -> Iterator[Entry]:
        settings = self.settings
        written = settings.config.providers
        yield self._entry(
            written.get("openai") or ProviderEntry("openai"),
            settings.openai_priority,
            settings.openai_enabled,
            settings.openai_base_url,
        )
        yield self._entry(
            written.get("anthropic") or ProviderEntry("anthropic"),
            settings.anthropic_priority,
            settings.anthropic_enabled,
            settings.anthropic_base_url,
        )
        for name, entry in written.items():
            if name not in ("openai", "anthropic", "local"):
                priority = _SERVER_PRIORITY if entry.priority is None else entry.priority
                yield self._entry(entry, priority, entry.enabled is not False, entry.base_url)
        yield Entry(self.local, settings.local_priority, settings.local_models_enabled, "local")

    def _entry(self, written: ProviderEntry, priority: int, enabled: bool, base_url: str | None) -> Entry:
        name = written.name
        known = catalogue.preset(written.preset) if written.preset else None
        key = keys.find(name, self.settings, variable_name=known.key_variable if known else None)
        secret = None if key is None else key.secret.reveal()
        wanted = Wanted(
            name,
            lambda: secret,
            base_url=base_url,
            preset=written.preset,
            region=written.region,
            local=written.local,
            models=tuple(model.facts for model in written.models),
            options=written.custom_config,
        )
        provider: Provider = provider_of(wanted)
        missing = secret is None and needs_key(wanted)
        refusal = f"has no key; `aiprov keys set {name}` takes one" if missing else None
        limited = written.requests_per_minute or written.tokens_per_minute
        pace = Pace(written.requests_per_minute, written.tokens_per_minute) if limited else None
        return Entry(provider, priority, enabled, account_of(name, secret), refusal, written.timeout_s, pace)

    def _rebuilt(self) -> tuple[Settings, Roster]:
        """The settings as they are now and their roster; engines that are loaded stay where nothing else is wished."""
        found = settings_room.load(self.settings.env_file)
        fresh = replace(self, settings=found, wishes=wishes_of(found))
        if fresh._machine == self._machine:
            fresh.__dict__["local"] = self.local
        else:
            self.local.close(wait=False)
        roster = fresh.roster
        self.settings, self.wishes = found, fresh.wishes
        self.__dict__.update(local=fresh.local, store=fresh.store)
        return found, roster

    @property
    def _machine(self) -> tuple[object, ...]:
        """What the engines and the models of this machine depend on."""
        return self.wishes, self.settings.offline, self._policy.privacy, self.settings.models_folder


def build(settings: Settings) -> Kit:
    """Make a kit from settings. Cheap: a part is made when it is first asked for."""
    return Kit(settings, wishes_of(settings))


def wishes_of(settings: Settings) -> Wishes:
    """How local engines shall run, as the settings say."""
    return Wishes(
        whisper_model=settings.local_whisper_model,
        llm_model=settings.local_llm_model,
        embedding_model=settings.local_embedding_model,
        quantization=settings.local_quantization,
        device=settings.local_device,
    )


def _caps(settings: Settings, per_run: Decimal | None) -> tuple[Cap, ...]:
    budget = settings.config.budget
    limits = (("run", per_run), ("day", budget.per_day), ("month", budget.per_month))
    return tuple(Cap(scope, usd) for scope, usd in limits if usd is not None)  # type: ignore[arg-type]


def _prices(settings: Settings) -> PriceBook:
    own = {}
    for name, entry in settings.config.providers.items():
        for model in entry.models:
            price = OwnPrice(
                usd_per_million_input_tokens=model.usd_per_million_input_tokens,
                usd_per_million_output_tokens=model.usd_per_million_output_tokens,
                usd_per_million_cached_tokens=model.usd_per_million_cached_tokens,
                usd_per_audio_hour=model.usd_per_audio_hour,
                minimum_billed_s=model.minimum_audio_s or 0.0,
            )
            if price != OwnPrice():
                own[name, model.facts.name] = price
    presets = {name: entry.preset for name, entry in settings.config.providers.items() if entry.preset}
    return PriceBook(own, names=presets)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
