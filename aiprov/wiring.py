"""The one composition root: settings become a kit of parts that know each other. Builds nothing before it is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from aiprov.errors import ConfigError
from aiprov.manager import ProviderManager
from aiprov.models import ModelStore
from aiprov.providers.base import Transcriber
from aiprov.providers.local.provider import LocalProvider, Wishes
from aiprov.settings import Settings
from aiprov.state import State


@dataclass
class Kit:
    """The parts of one run.

    Attributes:
        settings: What it was built from.
        wishes: How local engines shall run.
        trust_cache: Believe an earlier check of a model's files while they look unchanged.
        on_fetch: Told about the bytes of a model that is being fetched.
    """

    settings: Settings
    wishes: Wishes
    trust_cache: bool = False
    on_fetch: Callable[[str, int, int], None] | None = None

    @cached_property
    def state(self) -> State:
        """Ledger, answers and journal."""
        return State(self.settings.state_file)

    @cached_property
    def store(self) -> ModelStore:
        """The models on this machine."""
        token = self.settings.huggingface_token
        return ModelStore(
            self.settings.models_folder,
            token=token.reveal() if token else None,
            offline=self.settings.offline or self.settings.privacy == "local",
            trust_cache=self.trust_cache,
        )

    @cached_property
    def local(self) -> LocalProvider:
        """The engines of this machine."""
        return LocalProvider(self.store, self.wishes, self.on_fetch)

    @cached_property
    def manager(self) -> ProviderManager:
        """The manager over every provider that is switched on."""
        transcribers: list[Transcriber] = [self.local] if self.settings.local_models_enabled else []
        if not transcribers:
            raise ConfigError("no provider is switched on", "set LOCAL_MODELS_ENABLED=true")
        return ProviderManager(transcribers, self.state)

    def wishing(self, **wishes: Any) -> Kit:
        """A kit of the same settings with other wishes; None leaves a wish as it is."""
        given = {name: value for name, value in wishes.items() if value is not None}
        return replace(self, wishes=replace(self.wishes, **given))

    def close(self, *, wait: bool = True) -> None:
        """Let go of what was built; without `wait`, engines end by themselves when their last batch has."""
        if "local" in self.__dict__:
            self.local.close(wait=wait)
        if "state" in self.__dict__:
            self.state.close()


def build(settings: Settings) -> Kit:
    """Make a kit from settings. Cheap: a part is made when it is first asked for."""
    wishes = Wishes(whisper_model=settings.local_whisper_model, device=settings.local_device)
    return Kit(settings, wishes)
