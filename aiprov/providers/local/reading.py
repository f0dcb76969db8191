"""From a recording to passages: decode fast, audit at once, decode again what is suspect, keep the better reading.

Short contexts and batches are fast, and lose words now and then; the audit finds where, and only there is time
spent again. Everything is decided by the recording and the options alone, so two runs read alike.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aiprov.core.hints import Hints
from aiprov.core.passages import Passage, fitted, without_echo
from aiprov.core.quality import Limits, holes, is_silence, score, suspicions
from aiprov.core.requests import DecodingOptions
from aiprov.core.results import Finding
from aiprov.core.speech import Cutting, Span, chunks
from aiprov.providers.local.batches import Batches, Pending
from aiprov.providers.local.voice import Voice, Window
from aiprov.providers.local.whisper import FULL_CONTEXT_S, Chunk, Manner, WhisperModel, context_for
from aiprov.providers.local.whisper_prompts import texts_before

if TYPE_CHECKING:
    from aiprov.providers.local.voice import Samples

_PAD_S = 0.4
_CUTTING = Cutting()
# Windows of one recording that are worked on at the same time: while the last batches of one are decoded, the
# next is ready.
_AHEAD = 2
# Speech without words that is worth decoding by itself.
_HOLE_S = 0.6
# A mean log probability below this is worth a second reading that knows what was said before.
_UNSURE = -0.3
# Another language is tried when it is heard so surely, for so long (seconds); half as surely where the model
# doubts its words.
_FLIP = 0.6
_FLIP_S = 2.5
_DOUBTFUL = -0.7
# With less of what was said before (characters) there is no second reading.
_ENOUGH_BEFORE = 120
# Less than this much speech, standing alone, is mostly a cough or a chair: its words must be likely.
_BLIP_S = 0.35


@dataclass(slots=True)
class Reading:
    """What is known of a recording so far.

    Attributes:
        passages: In order of time.
        speech: Stretches of speech, in order.
        language: ISO 639-1 code.
        language_probability: 0..1; 1 when the caller named the language.
        redecoded_s: Seconds that were decoded more than once.
        noticed: Findings made while decoding.
    """

    passages: list[Passage] = field(default_factory=list)
    speech: list[Span] = field(default_factory=list)
    language: str = "en"
    language_probability: float = 1.0
    redecoded_s: float = 0.0
    noticed: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class _Started:
    """A window whose first decoding is under way."""

    window: Window
    pending: Pending


class Reader:
    """Reads one recording with one model.

    Args:
        model: The loaded model.
        options: How to decode.
        language: ISO 639-1 code, or None to detect it.
        check: Raises to stop the work.
        progress: Takes the seconds that are through.
    """

    def __init__(
        self,
        model: WhisperModel,
        options: DecodingOptions,
        language: str | None,
        check: Callable[[], None],
        progress: Callable[[float], None],
    ) -> None:
        self._model = model
        self._options = options
        self._limits = Limits(
            options.compression_ratio_threshold, options.logprob_threshold, options.no_speech_threshold
        )
        self._voice = Voice(options.vad_threshold)
        self._batches = Batches(model, options, check)
        self._hints = Hints(options.glossary)
        self._check = check
        self._progress = progress
        self._reading = Reading(language=language or "en")
        self._before = ""
        self._foreign: set[Span] = set()
        self._detected = language is not None or not model.multilingual
        self._first = Manner(listen=not self._detected)

    def read(self, blocks: Iterable[Samples]) -> Reading:
        """Read a recording that arrives in blocks of mono 16 kHz samples. Memory does not grow with its length."""
        started: deque[_Started] = deque()
        try:
            for window in self._voice.windows(blocks):
                started.append(self._start(window))
                if len(started) == _AHEAD:
                    self._finish(started.popleft())
            while started:
                self._finish(started.popleft())
        finally:
            for each in started:
                each.pending.cancel()
        return self._reading

    def _start(self, window: Window) -> _Started:
        self._check()
        self._reading.speech += window.speech
        pieces = [self._chunk(window, span) for span in chunks(window.speech, _CUTTING)]
        if not self._detected and pieces:
            self._detect(pieces)
        return _Started(window, self._batches.submit(pieces, self._first, self._reading.language))

    def _finish(self, started: _Started) -> None:
        window = started.window

        def ready(share: float) -> None:  # the rest is for what has to be read again
            self._progress(window.offset + 0.95 * share * window.length)

        passages = [self._fitted(passage, window) for passage in self._batches.gather(started.pending, ready)]
        if self._options.audit:
            passages = self._in_other_languages(window, passages)
            passages = self._reread(window, passages)
            passages = self._reconsidered(window, passages)
        if self._options.glossary:
            passages = self._listening_for_terms(window, passages)
        if self._options.audit:
            passages = self._filled(window, passages)
        self._reading.passages += self._kept(passages, window)
        self._progress(window.offset + window.length)

    def _chunk(self, window: Window, span: Span, *, pad: float = _PAD_S, full: bool = False) -> Chunk:
        start, samples = window.cut(span, pad)
        return Chunk(span, start, samples, FULL_CONTEXT_S if full else context_for(samples))

    def _decode(self, window: Window, spans: Sequence[Span], manner: Manner, *, full: bool = True) -> list[Passage]:
        return self._again(window, [self._chunk(window, span, full=full) for span in spans], manner)

    def _again(
        self, window: Window, pieces: Sequence[Chunk], manner: Manner, language: str | None = None
    ) -> list[Passage]:
        self._reading.redecoded_s += sum(piece.span.length for piece in pieces)
        read = self._batches.gather(self._batches.submit(pieces, manner, language or self._reading.language))
        return [self._fitted(passage, window) for passage in read]

    def _fitted(self, passage: Passage, window: Window) -> Passage:
        return replace(passage, words=tuple(fitted(passage.words, window.speech)))

    def _detect(self, pieces: Sequence[Chunk]) -> None:
        """Name the language by the longest chunks of the first window that has speech."""
        longest = sorted(pieces, key=lambda piece: (-piece.span.length, piece.span.start))[:3]
        full = [replace(piece, context_s=FULL_CONTEXT_S) for piece in longest]
        totals: dict[str, float] = {}
        weight = sum(piece.span.length for piece in full)
        for piece, guess in zip(full, self._model.languages_of(full).result(), strict=True):
            for language, probability in guess.items():
                totals[language] = totals.get(language, 0.0) + probability * piece.span.length / weight
        self._reading.language = max(totals, key=totals.__getitem__)
        self._reading.language_probability = totals[self._reading.language]
        self._detected = True

    def _in_other_languages(self, window: Window, passages: list[Passage]) -> list[Passage]:
        """Read passages in which another language is clearly heard in that language, where that reads better."""
        best = list(passages)
        for language in sorted({passage.heard for passage in passages if self._is_flip(passage)}):
            flipped = [i for i, p in enumerate(best) if p.heard == language and self._is_flip(p)]
            pieces = [self._chunk(window, best[i].span) for i in flipped]
            for index, other in zip(flipped, self._again(window, pieces, Manner(), language), strict=True):
                if other is self._better(best[index], other, window):
                    best[index] = other
                    self._foreign.add(other.span)
                    self._notice("language_flip", other.span, f"spoken in another language ({language})")
        return best

    def _is_flip(self, passage: Passage) -> bool:
        if passage.heard == self._reading.language or self._options.task != "transcribe":
            return False
        needed = _FLIP if passage.avg_logprob >= _DOUBTFUL else _FLIP / 2
        return passage.span.length >= _FLIP_S and passage.heard_probability >= needed

    def _is_own(self, passage: Passage) -> bool:
        """Whether it is in the recording's language; further readings are."""
        return passage.span not in self._foreign

    def _notice(self, code: str, span: Span, detail: str) -> None:
        self._reading.noticed.append(Finding(code, span.start, span.end, "note", detail))

    def _reread(self, window: Window, passages: list[Passage]) -> list[Passage]:
        """Decode suspect passages again, in safer and safer manners, and keep the best reading of each."""
        best = list(passages)
        for manner in self._manners():
            suspect = [i for i, p in enumerate(best) if suspicions(p, window.speech, self._limits) and self._is_own(p)]
            if not suspect:
                break
            again = self._decode(window, [best[i].span for i in suspect], manner)
            for index, other in zip(suspect, again, strict=True):
                best[index] = self._better(best[index], other, window)
        return best

    def _manners(self) -> Iterator[Manner]:
        yield Manner()
        yield Manner(against_loops=True)
        for temperature in self._options.temperatures:
            if temperature > 0:
                yield Manner(temperature=temperature)

    def _better(self, one: Passage, other: Passage, window: Window) -> Passage:
        return max(one, other, key=lambda passage: score(passage, window.speech, self._limits))

    def _reconsidered(self, window: Window, passages: list[Passage]) -> list[Passage]:
        """Decode passages that the model is not sure of again, this time knowing what was said before them."""
        *before, self._before = texts_before(passages, self._before)
        unsure = [
            i
            for i, p in enumerate(passages)
            if p.words and p.avg_logprob < _UNSURE and len(before[i]) >= _ENOUGH_BEFORE and self._is_own(p)
        ]
        best = list(passages)
        if not unsure:
            return best
        pieces = [replace(self._chunk(window, best[i].span), before=before[i]) for i in unsure]
        for index, other in zip(unsure, self._again(window, pieces, Manner()), strict=True):
            if not suspicions(other, window.speech, self._limits):
                best[index] = self._better(best[index], other, window)
        return best

    def _listening_for_terms(self, window: Window, passages: list[Passage]) -> list[Passage]:
        """Decode passages that sound like a term of the glossary again, with that term in mind."""
        own = [i for i, p in enumerate(passages) if self._is_own(p)]
        chosen = {own[at]: terms for at, terms in self._hints.chosen([passages[i] for i in own]).items()}
        pieces = [replace(self._chunk(window, passages[i].span), hints=terms) for i, terms in chosen.items()]
        best = list(passages)
        for index, other in zip(chosen, self._again(window, pieces, Manner()), strict=True):
            if not suspicions(other, window.speech, self._limits):
                best[index] = self._hints.better(best[index], other, chosen[index])
        return best

    def _filled(self, window: Window, passages: list[Passage]) -> list[Passage]:
        """Decode speech that got no words by itself, and put in what is credible."""
        empty = holes(passages, window.speech, _HOLE_S)
        spans = [part for hole in empty for part in chunks(_parts(hole, window.speech), _CUTTING)]
        if not spans:
            return passages
        found = self._reread(window, self._decode(window, spans, Manner(), full=False))
        inside = [without_echo(self._inside(passage), passages) for passage in found]
        return passages + [passage for passage in inside if self._is_credible(passage, window)]

    def _inside(self, passage: Passage) -> Passage:
        """Only the words that were spoken inside the hole; its surroundings have theirs already."""
        span = passage.span
        words = tuple(w for w in passage.words if span.start - 0.1 <= (w.start + w.end) / 2 <= span.end + 0.1)
        return replace(passage, words=words)

    def _is_credible(self, passage: Passage, window: Window) -> bool:
        return bool(passage.words) and not suspicions(passage, window.speech, self._limits)

    def _kept(self, passages: Sequence[Passage], window: Window) -> list[Passage]:
        """Leave out what Whisper makes of noise, and say so."""
        kept = []
        for passage in sorted(passages, key=lambda each: each.span):
            if passage.words and self._is_made_up(passage, window):
                self._notice("words_on_silence", passage.span, "words on a noise were left out")
            else:
                kept.append(passage)
        return kept

    def _is_made_up(self, passage: Passage, window: Window) -> bool:
        heard = sum(part.overlap(passage.span.start, passage.span.end) for part in window.speech)
        blip = heard < _BLIP_S and passage.avg_logprob < -0.7
        return blip or is_silence(passage, self._limits)


def _parts(hole: Span, speech: Sequence[Span]) -> list[Span]:
    """The speech inside a hole."""
    return [Span(max(hole.start, s.start), min(hole.end, s.end)) for s in speech if s.overlap(hole.start, hole.end)]
