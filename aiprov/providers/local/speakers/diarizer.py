"""Who speaks when in a recording, and how somebody's voice sounds: by the voice model of the store.

Knows recordings, the store and the steps from samples to turns; nothing of transcripts and names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aiprov.audio import SAMPLE_RATE, decode
from aiprov.core.requests import ModelCapability
from aiprov.core.speakers import Diarization, SpeakerWish, label_of
from aiprov.errors import InputError
from aiprov.models import ModelStore, Progress
from aiprov.models.machine import cores
from aiprov.providers.local.engines import require_engine
from aiprov.providers.local.speakers.listening import Heard, listen
from aiprov.providers.local.speakers.networks import SPEAKS, Networks
from aiprov.providers.local.speakers.people import People, people_of
from aiprov.providers.local.speakers.turns import turns_of

if TYPE_CHECKING:
    from aiprov.providers.local.speakers.features import Samples

MODEL = "cam++"
"""The voice model's name in the lock."""

Span = tuple[float, float]

# Where fewer are heard than there are, somebody far away or very low may be missing: then the recording is heard again
# for everybody who is at least so likely to speak. Noise, hum, clicks and chords made by code stay below it.
_MURMUR = 0.3
# A voice is taken from at least so much speech (seconds), of which others may say at most this share.
_ENOUGH_S, _OTHERS = 3.0, 0.1


class Diarizer:
    """Tells speakers apart. Blocking: call it from a worker thread, one recording at a time.

    Args:
        store: Where the voice model is; it is fetched when it is absent.
        threads: Threads that hear; the machine's cores when not given. The result does not depend on it.
        on_fetch: Told about the bytes of the model where it has to be fetched first.
    """

    model = MODEL

    def __init__(self, store: ModelStore, *, threads: int | None = None, on_fetch: Progress | None = None) -> None:
        self._store = store
        self._threads = threads or cores()
        self._on_fetch = on_fetch
        self._loaded: Networks | None = None

    def diarize(
        self,
        path: Path,
        wish: SpeakerWish,
        *,
        check: Callable[[], None],
        progress: Callable[[float], None] | None = None,
        channel: int | None = None,
    ) -> Diarization:
        """Say who speaks when. The same recording and wish give the same answer.

        Args:
            path: The recording.
            wish: What is known of the number of speakers.
            check: Called every few seconds of the recording; raises to stop.
            progress: Told how many seconds of the recording were heard.
            channel: The channel that shall be heard, from 0; None mixes all.

        Raises:
            InputError: It cannot be decoded, or has no such channel.
            AiprovError: The voice model is not to be had, or not what the lock says.
        """
        networks = self._networks(check)

        def told(speaks: float) -> Diarization:
            with decode(path, channel=channel) as recording:
                heard = listen(
                    recording, networks, threads=self._threads, check=check, progress=progress, speaks=speaks
                )
            return _told(heard, wish)

        found = told(SPEAKS)
        if len(found.labels) < wish.minimum:
            found = max(found, told(_MURMUR), key=lambda each: len(each.labels))
        return found

    def voice(
        self, path: Path, spans: Sequence[Span] | None = None, *, check: Callable[[], None] = lambda: None
    ) -> tuple[float, ...]:
        """How the one person sounds who speaks in a recording, as a vector of length 1.

        Args:
            path: The recording.
            spans: Where that person speaks, in seconds and in order; None is everywhere.
            check: Called every few seconds; raises to stop.

        Raises:
            InputError: There are less than three seconds of speech, more than one voice, or no recording.
            AiprovError: The voice model is not to be had, or not what the lock says.
        """
        networks = self._networks(check)
        with decode(path) as recording:
            blocks: Iterable[Samples] = recording
            if spans is not None:
                blocks = (said for _, said in _within(recording, {"": spans}))
            heard = listen(blocks, networks, threads=self._threads, check=check)
        return _only(heard, people_of(heard, SpeakerWish()), path)

    def voices(
        self, path: Path, spans: Mapping[str, Sequence[Span]], *, check: Callable[[], None] = lambda: None
    ) -> dict[str, tuple[float, ...]]:
        """How each of several people sounds, as `voice` hears them; the recording is decoded once.

        Args:
            path: The recording.
            spans: Where each person speaks, by label; seconds, in order. Its samples are held in memory.
            check: Called every few seconds; raises to stop.

        Returns:
            Voices by label, without those who say too little or are more than one voice.

        Raises:
            AiprovError: As `voice`, but for these two.
        """
        networks = self._networks(check)
        said: dict[str, list[Samples]] = defaultdict(list)
        with decode(path) as recording:
            for label, samples in _within(recording, spans):
                check()
                said[label].append(samples.copy())
        found = {}
        for label, blocks in said.items():
            heard = listen(blocks, networks, threads=self._threads, check=check)
            with suppress(InputError):
                found[label] = _only(heard, people_of(heard, SpeakerWish()), path)
        return found

    def _networks(self, check: Callable[[], None]) -> Networks:
        if self._loaded is None:
            require_engine(ModelCapability.TRANSCRIPTION)  # what it needs brings what this needs
            self._loaded = Networks(self._store.ensure(MODEL, self._fetching(check)))
        return self._loaded

    def _fetching(self, check: Callable[[], None]) -> Progress:
        def progress(what: str, done: int, total: int) -> None:
            check()
            if self._on_fetch is not None:
                self._on_fetch(what, done, total)

        return progress


def _told(heard: Heard, wish: SpeakerWish) -> Diarization:
    """Who speaks when in what was heard."""
    people = people_of(heard, wish)
    turns, order = turns_of(heard, people)
    voices = {label_of(label): tuple(people.voices[each].tolist()) for label, each in enumerate(order)}
    shown = len(order) / max(len(people.voices), 1)  # who is found but has no turn makes the number doubtful
    return Diarization(tuple(turns), people.confidence * shown, MODEL, voices)


def _only(heard: Heard, people: People, path: Path) -> tuple[float, ...]:
    """The voice of the one person who speaks."""
    turns, order = turns_of(heard, people)
    spoken = {label_of(label): 0.0 for label in range(len(order))}
    for turn in turns:
        spoken[turn.speaker] += turn.end - turn.start
    speech_s, longest_s = sum(spoken.values()), max(spoken.values(), default=0.0)
    if speech_s < _ENOUGH_S:
        hint = f"a voice is known from at least {_ENOUGH_S:.0f} seconds of speech; better are 20"
        raise InputError(f"{path} holds {speech_s:.1f} s of speech there", hint, code="too_little_speech")
    if longest_s < (1 - _OTHERS) * speech_s:
        hint = "name a part in which only that person speaks"
        raise InputError(f"{path} holds more than one voice there", hint, code="several_voices")
    return tuple(people.voices[order[list(spoken.values()).index(longest_s)]].tolist())


def _within(blocks: Iterable[Samples], spans: Mapping[str, Sequence[Span]]) -> Iterator[tuple[str, Samples]]:
    """The samples of some spans by label, in order, as if nothing were between them."""
    start = 0
    for block in blocks:
        for label, (first_s, last_s) in ((label, span) for label, own in spans.items() for span in own):
            first, last = (round(each * SAMPLE_RATE) - start for each in (first_s, last_s))
            if last > 0 and first < len(block):
                yield label, block[max(0, first) : last]
        start += len(block)
