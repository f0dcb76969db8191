"""Reading a recording with a model that is played: what is suspect is decoded again, and nothing is kept or lost.

The speech is real (a sample meeting), and so is voice activity detection; the model knows what is said when, and errs
where a test tells it to.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from aiprov.audio import decode
from aiprov.core.passages import Passage
from aiprov.core.requests import DecodingOptions
from aiprov.core.results import Word
from aiprov.core.speech import Span
from aiprov.errors import Stopped
from aiprov.providers.local import reading
from aiprov.providers.local.reading import Reader, Reading
from aiprov.providers.local.voice import SAMPLE_RATE, Voice, Window
from aiprov.providers.local.whisper import Chunk, Loading, Manner

SAMPLES = Path(__file__).parents[3] / "recipes" / "samples"
LENGTH_S = 60.0


@cache
def meeting() -> tuple[np.ndarray, list[dict[str, Any]]]:
    """The first minute of a sample meeting, and its turns."""
    truth = json.loads((SAMPLES / "product-sync.truth.json").read_text(encoding="utf-8"))
    turns = [turn for turn in truth["turns"] if turn["end"] <= LENGTH_S]
    with decode(SAMPLES / "product-sync.mp3") as recording:
        samples = np.concatenate(list(recording))
    return samples[: int((turns[-1]["end"] + 0.3) * SAMPLE_RATE)], turns


@cache
def heard() -> list[Span]:
    return Voice(0.5).speech(meeting()[0])


@cache
def spoken() -> tuple[Word, ...]:
    """Every word of the minute, laid evenly over the speech that is heard in its turn."""
    words = []
    for turn in meeting()[1]:
        parts = [s for s in heard() if s.overlap(turn["start"], turn["end"]) > 0.1]
        texts = turn["text"].split()
        total, at = sum(part.length for part in parts), 0
        for number, part in enumerate(parts):
            behind = len(texts) if number == len(parts) - 1 else at + round(len(texts) * part.length / total)
            each = part.length / max(behind - at, 1)
            words += [
                Word(part.start + i * each, part.start + (i + 1) * each, f" {text}", 0.9)
                for i, text in enumerate(texts[at:behind])
            ]
            at = behind
    return tuple(words)


Answering = Callable[[Passage, Chunk, Manner], Passage]


@dataclass
class Model:
    """Stands for a loaded Whisper: says what is spoken in a chunk, after a test had its way with the answer."""

    answering: Answering = lambda passage, chunk, manner: passage
    words: Sequence[Word] = field(default_factory=spoken)
    multilingual: bool = False
    guesses: Callable[[Chunk], dict[str, float]] = lambda chunk: {"en": 1.0}
    loading: Loading = field(default_factory=lambda: Loading("cpu", "int8", 1, 1, 3))
    batches: list[tuple[list[Chunk], str, Manner]] = field(default_factory=list)
    asked: list[Chunk] = field(default_factory=list)

    def read(
        self, chunks: Sequence[Chunk], language: str, options: DecodingOptions, manner: Manner
    ) -> Future[list[Passage]]:
        self.batches.append((list(chunks), language, manner))
        future: Future[list[Passage]] = Future()
        future.set_result([self.answering(self.passage(chunk), chunk, manner) for chunk in chunks])
        return future

    def languages_of(self, chunks: Sequence[Chunk]) -> Future[list[dict[str, float]]]:
        self.asked += chunks
        future: Future[list[dict[str, float]]] = Future()
        future.set_result([self.guesses(chunk) for chunk in chunks])
        return future

    def passage(self, chunk: Chunk) -> Passage:
        words = [w for w in self.words if chunk.span.start - 0.05 <= (w.start + w.end) / 2 <= chunk.span.end + 0.05]
        return Passage(chunk.span, tuple(words), -0.2, 0.01)


def read(model: Model, **more: Any) -> Reading:
    """Read the minute, or other `blocks`, with this model."""
    blocks = more.pop("blocks", None) or np.array_split(meeting()[0], 3)
    values = {"options": DecodingOptions(), "language": "en", "check": lambda: None, "progress": lambda _: None} | more
    return Reader(model, **values).read(blocks)  # type: ignore[arg-type]


def texts(read_out: Reading) -> list[str]:
    words = [word for passage in read_out.passages for word in passage.words]
    return [word.text for word in sorted(words, key=lambda word: word.start)]


def truth() -> list[str]:
    return [word.text for word in spoken()]


def looped(passage: Passage, times: int = 5) -> Passage:
    """The passage as a looping decoder writes it: its first words again and again, to its end."""
    first = [word.text for word in passage.words[:4]] * times
    each = passage.span.length / len(first)
    words = tuple(
        Word(passage.span.start + i * each, passage.span.start + (i + 1) * each, text, 0.9)
        for i, text in enumerate(first)
    )
    return replace(passage, words=words, complete=False)


def evenly(text: str, start: float, end: float) -> list[Word]:
    """The words of a text, which fill their time."""
    words = text.split()
    each = (end - start) / len(words)
    return [Word(start + i * each, start + (i + 1) * each, f" {word}", 0.9) for i, word in enumerate(words)]


class PlayedVoice:
    """Hears what a test says, in one window."""

    speech: ClassVar[list[Span]] = []
    length_s = 60.0

    def __init__(self, threshold: float) -> None:
        pass

    def windows(self, blocks: object) -> Iterator[Window]:
        yield Window(0.0, np.zeros(int(self.length_s * SAMPLE_RATE), dtype=np.float32), self.speech)


@pytest.fixture
def hears(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the next reader hear speech in these stretches only."""

    def hear(*speech: tuple[float, float]) -> None:
        monkeypatch.setattr(PlayedVoice, "speech", [Span(*each) for each in speech])
        monkeypatch.setattr(reading, "Voice", PlayedVoice)

    return hear


def test_every_word_of_a_meeting_is_read_once_in_order_and_nothing_twice() -> None:
    model = Model()
    found = read(model)
    assert texts(found) == truth()
    assert found.speech == heard()
    assert (found.language, found.language_probability, found.redecoded_s, found.noticed) == ("en", 1.0, 0.0, [])
    spans = [chunk.span for batch, _, _ in model.batches for chunk in batch]
    assert sorted(spans) == [passage.span for passage in found.passages]
    assert len(set(spans)) == len(spans)


def test_a_batch_shares_one_context_and_is_no_larger_than_asked() -> None:
    model = Model()
    read(model)
    for batch, language, manner in model.batches:
        assert 1 <= len(batch) <= 3
        assert len({chunk.context_s for chunk in batch}) == 1
        assert (language, manner) == ("en", Manner())
        for chunk in batch:
            assert chunk.start <= chunk.span.start
            assert chunk.start + len(chunk.samples) / SAMPLE_RATE <= chunk.start + chunk.context_s


def test_speech_of_unlike_length_is_decoded_in_batches_of_its_own(hears: Callable[..., None]) -> None:
    hears((2.0, 5.5), (20.0, 35.0), (45.0, 48.5))
    model = Model(words=[])
    read(model, options=DecodingOptions(audit=False))
    assert sorted(len(batch) for batch, _, _ in model.batches) == [1, 2]
    assert all(len({chunk.context_s for chunk in batch}) == 1 for batch, _, _ in model.batches)


def test_a_chunk_holds_the_samples_that_its_times_say() -> None:
    model = Model()
    read(model)
    samples = meeting()[0]
    for batch, _, _ in model.batches:
        for chunk in batch:
            first = round(chunk.start * SAMPLE_RATE)
            assert np.array_equal(chunk.samples, samples[first : first + len(chunk.samples)])
            covered = chunk.start + len(chunk.samples) / SAMPLE_RATE
            assert covered >= min(chunk.span.end, len(samples) / SAMPLE_RATE) - 0.001


def test_a_loop_is_read_again_and_the_better_reading_kept() -> None:
    seen: list[Span] = []

    def loops_once(passage: Passage, chunk: Chunk, manner: Manner) -> Passage:
        if not seen and len(passage.words) > 4:
            seen.append(chunk.span)
            return looped(passage)
        return passage

    model = Model(loops_once)
    found = read(model)
    assert texts(found) == truth()
    again = [chunk.span for batch, _, _ in model.batches for chunk in batch if chunk.span == seen[0]]
    assert len(again) == 2
    assert found.redecoded_s == seen[0].length


def test_a_loop_that_survives_plain_decoding_is_read_with_repetition_forbidden() -> None:
    victim: list[Span] = []

    def loops_unless_forbidden(passage: Passage, chunk: Chunk, manner: Manner) -> Passage:
        if not victim and len(passage.words) > 4:
            victim.append(chunk.span)
        return looped(passage) if chunk.span in victim and not manner.against_loops else passage

    model = Model(loops_unless_forbidden)
    assert texts(read(model)) == truth()
    assert any(manner.against_loops for _, _, manner in model.batches)


def test_a_second_reading_that_is_worse_does_not_replace_the_first() -> None:
    first: dict[Span, Passage] = {}

    def doubtful_then_worse(passage: Passage, chunk: Chunk, manner: Manner) -> Passage:
        if chunk.span not in first:
            first[chunk.span] = passage
            return replace(passage, avg_logprob=-1.2)
        return replace(looped(passage), avg_logprob=-1.1)

    found = read(Model(doubtful_then_worse))
    assert texts(found) == truth()
    assert {passage.avg_logprob for passage in found.passages} == {-1.2}


def test_samples_are_drawn_only_when_temperatures_above_zero_are_asked_for() -> None:
    def always_loops(passage: Passage, chunk: Chunk, manner: Manner) -> Passage:
        return looped(passage)

    plain, sampled = Model(always_loops), Model(always_loops)
    read(plain)
    read(sampled, options=DecodingOptions(temperatures=(0.0, 0.4, 0.8)))
    assert {manner.temperature for _, _, manner in plain.batches} == {0.0}
    assert {manner.temperature for _, _, manner in sampled.batches} == {0.0, 0.4, 0.8}


def test_a_hole_in_the_speech_is_decoded_by_itself_and_its_words_are_put_in() -> None:
    hole: list[Span] = []

    def drops_the_end(passage: Passage, chunk: Chunk, manner: Manner) -> Passage:
        if not hole and chunk.span.length > 6:
            hole.append(Span(chunk.span.start + 3, chunk.span.end))
        if hole and chunk.span.start < hole[0].start and chunk.span.end >= hole[0].end:
            return replace(passage, words=tuple(w for w in passage.words if w.end < hole[0].start))
        return passage

    model = Model(drops_the_end)
    found = read(model)
    assert texts(found) == truth()
    alone = [chunk.span for batch, _, _ in model.batches for chunk in batch if chunk.span.start > hole[0].start - 0.5]
    assert any(span.end <= hole[0].end for span in alone)
    assert found.redecoded_s > 0


def test_a_turn_that_the_first_decoding_left_out_is_read_in_the_end() -> None:
    times: dict[Span, int] = {}

    def empty_at_first(passage: Passage, chunk: Chunk, manner: Manner) -> Passage:
        times[chunk.span] = times.get(chunk.span, 0) + 1
        return replace(passage, words=()) if times[chunk.span] == 1 else passage

    assert texts(read(Model(empty_at_first))) == truth()


def test_words_in_a_hole_that_the_model_doubts_are_not_put_in(hears: Callable[..., None]) -> None:
    hears((5.0, 8.0), (8.3, 12.0))

    def drops_and_then_guesses(passage: Passage, chunk: Chunk, manner: Manner) -> Passage:
        if chunk.span.start < 8:
            return replace(passage, words=tuple(evenly(QUESTION, 5.0, 8.0)))
        return replace(
            passage, words=tuple(evenly("Thank you for watching my new video.", 8.5, 12.0)), avg_logprob=-3.0
        )

    model = Model(drops_and_then_guesses, words=[])
    assert "".join(texts(read(model))) == f" {QUESTION}"
    assert any(chunk.span.start > 8 for batch, _, _ in model.batches for chunk in batch)


def test_without_the_audit_everything_is_decoded_once() -> None:
    model = Model(lambda passage, chunk, manner: looped(passage))
    found = read(model, options=DecodingOptions(audit=False))
    spans = [chunk.span for batch, _, _ in model.batches for chunk in batch]
    assert len(spans) == len(set(spans)) == len(found.passages)
    assert found.redecoded_s == 0.0


QUESTION = "Do we all agree on the new date?"


def test_words_on_a_noise_are_left_out_and_noted(hears: Callable[..., None]) -> None:
    hears((5.0, 8.0), (30.0, 30.15))

    def thanks_noises(passage: Passage, chunk: Chunk, manner: Manner) -> Passage:
        if chunk.span.start < 20:
            return passage
        return replace(passage, words=(Word(30.0, 30.15, " Thanks!", 0.1),), avg_logprob=-2.5, no_speech_prob=0.5)

    found = read(Model(thanks_noises, words=evenly(QUESTION, 5.0, 8.0)))
    assert "".join(texts(found)) == f" {QUESTION}"
    note = found.noticed[0]
    assert (len(found.noticed), note.code, note.severity) == (1, "words_on_silence", "note")
    assert (note.start, note.end) == (30.0, 30.15)
    assert "Thanks" not in note.detail


def test_a_short_answer_that_the_model_is_sure_of_is_kept(hears: Callable[..., None]) -> None:
    hears((5.0, 8.0), (30.0, 30.3))
    found = read(Model(words=[*evenly(QUESTION, 5.0, 8.0), *evenly("Yes.", 30.0, 30.3)]))
    assert "".join(texts(found)) == f" {QUESTION} Yes."
    assert found.noticed == []


def test_what_the_model_itself_takes_for_silence_is_left_out(hears: Callable[..., None]) -> None:
    hears((5.0, 8.0), (30.0, 33.0))

    def doubts(passage: Passage, chunk: Chunk, manner: Manner) -> Passage:
        return replace(passage, avg_logprob=-1.5, no_speech_prob=0.95) if chunk.span.start > 20 else passage

    words = [*evenly(QUESTION, 5.0, 8.0), *evenly("Thank you all for watching this video.", 30.0, 33.0)]
    found = read(Model(doubts, words=words))
    assert "".join(texts(found)) == f" {QUESTION}"
    assert [each.code for each in found.noticed] == ["words_on_silence"]


def test_word_times_are_moved_out_of_silences(hears: Callable[..., None]) -> None:
    hears((5.0, 8.0), (9.5, 12.0))
    question, answer = evenly(QUESTION, 5.0, 8.0), evenly("Yes, we do, and with pleasure.", 9.5, 12.0)
    words = [*question[:-1], replace(question[-1], end=8.9), replace(answer[0], start=8.9), *answer[1:]]
    found = read(Model(words=words))
    assert [word for passage in found.passages for word in passage.words] == [*question, *answer]


@pytest.mark.parametrize("blocks", [[np.zeros(0, dtype=np.float32)], [np.zeros(48_000, dtype=np.float32)] * 3])
def test_in_silence_the_model_is_not_asked(blocks: list[Any]) -> None:
    model = Model(multilingual=True)
    found = read(model, blocks=blocks, language=None)
    assert (found.passages, found.speech, model.batches, model.asked) == ([], [], [], [])


def test_the_language_is_that_of_most_of_the_longest_speech(hears: Callable[..., None]) -> None:
    hears((0.0, 3.5), (10.0, 20.0), (30.0, 38.0), (50.0, 53.5))

    def guess(chunk: Chunk) -> dict[str, float]:
        return {"de": 0.6, "en": 0.4} if chunk.span.length > 5 else {"en": 1.0}

    model = Model(multilingual=True, guesses=guess, words=[])
    found = read(model, language=None)
    assert found.language == "de"
    assert 0.4 < found.language_probability <= 0.6
    assert {language for _, language, _ in model.batches} == {"de"}
    assert {chunk.span.length for chunk in model.asked} >= {10.0, 8.0}


def test_a_passage_that_the_model_is_unsure_of_is_read_again_knowing_what_was_said_before() -> None:
    unsure: list[Span] = []

    def mishears(passage: Passage, chunk: Chunk, manner: Manner) -> Passage:
        if not unsure and chunk.span.start > 40:
            unsure.append(chunk.span)
        if chunk.span in unsure and not chunk.before:
            return replace(passage, words=tuple(replace(w, text=" mumble") for w in passage.words), avg_logprob=-0.9)
        return passage

    model = Model(mishears)
    assert texts(read(model)) == truth()
    known = [chunk for batch, _, _ in model.batches for chunk in batch if chunk.before]
    assert {chunk.span for chunk in known} == set(unsure)
    said = "".join(word.text for word in spoken() if word.end <= unsure[0].start + 0.05)
    assert all(said.endswith(chunk.before) for chunk in known)


def test_what_was_said_before_does_not_replace_what_was_heard_better_without() -> None:
    def parrots(passage: Passage, chunk: Chunk, manner: Manner) -> Passage:
        if chunk.before:
            return replace(looped(passage), avg_logprob=-0.1)
        return replace(passage, avg_logprob=-0.9)

    model = Model(parrots)
    assert texts(read(model)) == truth()
    assert any(chunk.before for batch, _, _ in model.batches for chunk in batch)


GERMAN = "Das machen wir am Montag, und zwar alle zusammen."


def in_german(model: Model, *, german: float, english: float, english_again: float = -3.0) -> None:
    """Let the model hear German behind 20 s, and read it in German and English with these log probabilities."""

    def answering(passage: Passage, chunk: Chunk, manner: Manner) -> Passage:
        if chunk.span.start < 20:
            return passage
        if model.batches[-1][1] == "de":
            return replace(passage, words=tuple(evenly(GERMAN, chunk.span.start, chunk.span.end)), avg_logprob=german)
        english_text = "We do that on Monday, all of us together."
        words = tuple(evenly(english_text, chunk.span.start, chunk.span.end))
        logprob = english_again if chunk.before else english
        return replace(passage, words=words, avg_logprob=logprob, heard="de", heard_probability=0.97)

    model.answering = answering


BEFORE = "We have looked at the numbers of the last week, and most of them are fine. " * 2


def mixed() -> Model:
    """A meeting in English, with one turn behind it in another language."""
    text = BEFORE + "So who is going to call the office about the broken heating, and by when?"
    return Model(words=evenly(text, 2.0, 18.0), multilingual=True)


def test_a_turn_in_another_language_is_read_in_that_language_and_noted(hears: Callable[..., None]) -> None:
    hears((2.0, 18.0), (25.0, 29.0))
    model = mixed()
    in_german(model, german=-0.2, english=-0.8)
    found = read(model, language=None)
    assert found.language == "en"
    assert "".join(texts(found)).endswith(GERMAN)
    assert [(each.code, each.start, each.severity) for each in found.noticed] == [("language_flip", 25.0, "note")]


def test_a_turn_that_only_sounds_foreign_stays_in_the_meetings_language(hears: Callable[..., None]) -> None:
    hears((2.0, 18.0), (25.0, 29.0))
    model = mixed()
    in_german(model, german=-0.9, english=-0.3)
    found = read(model, language=None)
    assert "".join(texts(found)).endswith("all of us together.")
    assert found.noticed == []


def test_a_turn_read_in_its_own_language_is_not_turned_back(hears: Callable[..., None]) -> None:
    hears((2.0, 18.0), (25.0, 29.0))
    model = mixed()
    in_german(model, german=-0.5, english=-0.9, english_again=-0.3)
    assert "".join(texts(read(model, language=None))).endswith(GERMAN)


@pytest.mark.parametrize(("language", "multilingual"), [("fr", True), ("en", False), (None, False)])
def test_a_language_that_is_known_is_not_guessed(language: str | None, multilingual: bool) -> None:
    model = Model(multilingual=multilingual)
    found = read(model, language=language)
    assert model.asked == []
    assert (found.language, found.language_probability) == (language or "en", 1.0)


def test_progress_only_grows_and_ends_at_the_recordings_end() -> None:
    told: list[float] = []
    read(Model(), progress=told.append)
    assert all(before <= after for before, after in pairwise(told))
    assert told[-1] == pytest.approx(len(meeting()[0]) / SAMPLE_RATE)


def test_the_same_recording_is_read_alike_every_time_however_it_arrives() -> None:
    def errs(passage: Passage, chunk: Chunk, manner: Manner) -> Passage:
        if round(chunk.span.start * 10) % 3 == 0 and not manner.against_loops:
            return looped(passage)
        return replace(passage, words=passage.words[: -len(passage.words) // 3]) if chunk.span.length > 8 else passage

    first = read(Model(errs))
    assert read(Model(errs)) == first
    assert read(Model(errs), blocks=np.array_split(meeting()[0], 17)) == first
    assert read(Model(errs, loading=Loading("cpu", "int8", 4, 1, 8))) == first


@dataclass
class Stubborn(Model):
    """Never answers from the `mute_from`-th batch on."""

    mute_from: int = 1
    futures: list[Future[list[Passage]]] = field(default_factory=list)

    def read(self, *given: Any) -> Future[list[Passage]]:
        answered = super().read(*given)
        future = answered if len(self.batches) < self.mute_from else Future[list[Passage]]()
        self.futures.append(future)
        return future


def stopping_after(times: int) -> Callable[[], None]:
    left = times

    def check() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Stopped("stopped as asked")

    return check


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_a_stop_request_ends_the_reading_and_nothing_is_left_in_the_models_queue(times: int) -> None:
    model = Stubborn()
    with pytest.raises(Stopped):
        read(model, check=stopping_after(times))
    assert bool(model.futures) == (times > 0)
    assert all(future.cancelled() for future in model.futures)


def test_a_stop_request_while_decoding_again_leaves_nothing_in_the_models_queue() -> None:
    first = Model()
    read(first)
    # Answers the whole first decoding, with loops; what is sent again is never answered.
    model = Stubborn(lambda passage, chunk, manner: looped(passage), mute_from=len(first.batches) + 1)
    with pytest.raises(Stopped):
        read(model, check=stopping_after(6))
    again = model.futures[len(first.batches) :]
    assert again
    assert all(future.cancelled() for future in again)


def test_an_error_of_the_model_ends_the_reading_with_that_error() -> None:
    @dataclass
    class Broken(Model):
        def read(self, *given: Any) -> Future[list[Passage]]:
            future: Future[list[Passage]] = Future()
            future.set_exception(RuntimeError("the engine failed"))
            return future

    with pytest.raises(RuntimeError, match="engine failed"):
        read(Broken())


def test_windows_of_a_long_recording_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Voice, "speech", lambda self, samples: [Span(s, s + 9.0) for s in range(0, 200, 20)])
    alive, blocks = [], 100

    def recording() -> Iterator[np.ndarray]:
        for _ in range(blocks):
            alive.append(sum(isinstance(each, Window) for each in gc.get_objects()))
            yield np.zeros(30 * SAMPLE_RATE, dtype=np.float32)

    found = read(Model(lambda passage, chunk, manner: replace(passage, words=()), words=[]), blocks=recording())
    assert len(found.speech) > 100
    assert len(alive) == blocks
    assert max(alive) <= 4
