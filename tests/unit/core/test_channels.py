"""Merging the transcripts of channels: in order of time, each labelled, nothing lost and no echo written twice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from aiprov.core.channels import Levels, merged
from aiprov.core.document import from_document, to_document
from aiprov.core.results import Attempt, Finding, Quality, Segment, Transcript, Usage, Word
from aiprov.core.speakers import Speaker, Turn

STEP_S = 0.05
WORD_S = 0.4


def segment(start: float, text: str, *, timed: bool = True) -> Segment:
    """A segment whose words follow each other every 0.4 s."""
    said = [f" {word}" for word in text.split()]
    words = [Word(start + at * WORD_S, start + (at + 1) * WORD_S, word, 0.9) for at, word in enumerate(said)]
    end = start + len(said) * WORD_S
    return Segment(0, 0, start, end, f" {text}", 0.0, -0.2, 1.1, 0.01, tuple(words) if timed else ())


def transcript(*segments: Segment, **more: object) -> Transcript:
    text = "".join(each.text for each in segments).strip()
    made = Transcript(text, segments, "en", 60.0, "local", "tiny.en", Decimal(0))
    return replace(made, **more)  # type: ignore[arg-type]


def levels(*channels: list[tuple[float, float, float]], quiet_db: float = -80.0) -> Levels:
    """For each channel stretches from, to and how loud; otherwise it is quiet."""
    curves = []
    for stretches in channels:
        curve = [quiet_db] * int(60 / STEP_S)
        for start, end, loud in stretches:
            at = range(int(start / STEP_S), int(end / STEP_S))
            for step in at:
                curve[step] = loud
        curves.append(curve)
    return Levels(STEP_S, curves)


def spoken(whole: Transcript) -> list[tuple[str | None, str]]:
    return [(each.speaker, each.text.strip()) for each in whole.segments]


HELLO = "thank you for calling our bakery"
ANSWER = "hello I would like to order bread"


def test_segments_of_two_channels_stand_in_order_of_time_with_their_labels() -> None:
    agent = transcript(segment(1, "Hello there."), segment(9, "Goodbye now."))
    caller = transcript(segment(4, "Good morning."), segment(6, "Thank you."))
    whole = merged([agent, caller], ["Agent", "Caller"])
    assert spoken(whole) == [
        ("SPEAKER_00", "Hello there."),
        ("SPEAKER_01", "Good morning."),
        ("SPEAKER_01", "Thank you."),
        ("SPEAKER_00", "Goodbye now."),
    ]
    assert [each.id for each in whole.segments] == [0, 1, 2, 3]
    assert whole.text == "Hello there. Good morning. Thank you. Goodbye now."
    assert {word.speaker for word in whole.segments[1].words} == {"SPEAKER_01"}


def test_of_two_that_begin_at_once_the_first_channel_comes_first() -> None:
    whole = merged([transcript(segment(2, "One.")), transcript(segment(2, "Other."))])
    assert [label for label, _ in spoken(whole)] == ["SPEAKER_00", "SPEAKER_01"]


def test_speakers_are_the_channels_with_names_where_they_are_given() -> None:
    agent = transcript(segment(4, "Hello there my friend."))
    caller = transcript(segment(1, "Hello."), segment(10, "Yes please do."))
    speakers = merged([agent, caller, transcript()], ["Agent"]).speakers
    assert speakers is not None
    assert speakers.method == "channels"
    assert speakers.people == (
        Speaker("SPEAKER_01", pytest.approx(1.6)),
        Speaker("SPEAKER_00", pytest.approx(1.6), "Agent", "channel"),
    )
    assert [turn.speaker for turn in speakers.turns] == ["SPEAKER_01", "SPEAKER_00", "SPEAKER_01"]
    assert speakers.turns[0] == Turn(1, pytest.approx(1.4), "SPEAKER_01")


def test_labels_have_the_numbers_of_the_channels_that_were_transcribed() -> None:
    whole = merged([transcript(segment(1, "Hello.")), transcript(segment(3, "Yes."))], channels=(0, 5))
    assert [label for label, _ in spoken(whole)] == ["SPEAKER_00", "SPEAKER_05"]


def test_who_speaks_while_somebody_else_does_overlaps() -> None:
    whole = merged([transcript(segment(1, "one two three four")), transcript(segment(1.8, "yes"), segment(9, "no"))])
    assert [each.overlap for each in whole.segments] == [False, True, False]
    both = merged([transcript(segment(1, "one two three")), transcript(segment(1.4, "four five six"))])
    assert [each.overlap for each in both.segments] == [True, True]


def echo_of_the_first(echo_db: float = -45.0) -> Levels:
    """The first speaks from 1 to 4 s, the second from 6 to 9 s."""
    return levels([(1, 4, -20), (6, 9, -70)], [(1, 4, echo_db), (6, 9, -22)])


@pytest.mark.parametrize("timed", [True, False])
def test_an_echo_in_a_quieter_channel_is_written_once(timed: bool) -> None:
    agent = transcript(segment(1, HELLO, timed=timed))
    caller = transcript(segment(1.1, HELLO, timed=timed), segment(6, ANSWER, timed=timed))
    whole = merged([agent, caller], levels=echo_of_the_first())
    assert spoken(whole) == [("SPEAKER_00", HELLO), ("SPEAKER_01", ANSWER)]


def test_an_echo_that_was_misheard_is_an_echo() -> None:
    caller = transcript(segment(1.1, "thank you for falling our bakerly"), segment(6, ANSWER))
    whole = merged([transcript(segment(1, HELLO)), caller], levels=echo_of_the_first())
    assert spoken(whole) == [("SPEAKER_00", HELLO), ("SPEAKER_01", ANSWER)]


def test_an_echo_in_the_same_segment_as_words_of_its_own_is_cut_out() -> None:
    both = segment(1.1, f"{HELLO} {'and ' * 6}{ANSWER}")
    words = [
        replace(word, start=start, end=start + 0.4) for word, start in zip(both.words[:6], _from(1.1), strict=False)
    ]
    own = [
        replace(word, start=start, end=start + 0.4) for word, start in zip(both.words[12:], _from(6.0), strict=False)
    ]
    caller = transcript(replace(both, words=(*words, *own), text="".join(w.text for w in (*words, *own)), end=9.0))
    whole = merged([transcript(segment(1, HELLO)), caller], levels=echo_of_the_first())
    assert spoken(whole) == [("SPEAKER_00", HELLO), ("SPEAKER_01", ANSWER)]
    assert whole.segments[1].start == 6.0


def _from(start: float) -> list[float]:
    return [start + WORD_S * at for at in range(12)]


def test_both_may_say_the_same_at_once_when_both_are_heard() -> None:
    alike = levels([(1, 4, -20), (6, 9, -70)], [(1, 4, -24), (6, 9, -22)])
    whole = merged([transcript(segment(1, HELLO)), transcript(segment(1.1, HELLO))], levels=alike)
    assert [label for label, _ in spoken(whole)] == ["SPEAKER_00", "SPEAKER_01"]


def test_a_quiet_voice_is_no_echo_where_nothing_comes_across() -> None:
    """The second is 30 dB below, but while the first speaks alone, nothing at all is heard of it."""
    apart = levels([(1, 4, -20), (10, 30, -20)], [(1, 4, -50), (6, 9, -50)])
    whole = merged([transcript(segment(1, HELLO)), transcript(segment(1.1, HELLO))], levels=apart)
    assert len(whole.segments) == 2


def test_who_says_something_else_at_the_same_time_is_no_echo_however_quiet() -> None:
    caller = transcript(segment(1.1, "my cousin lives in Norway"), segment(6, ANSWER))
    whole = merged([transcript(segment(1, HELLO)), caller], levels=echo_of_the_first())
    assert [label for label, _ in spoken(whole)] == ["SPEAKER_00", "SPEAKER_01", "SPEAKER_01"]


def test_the_same_words_at_another_time_are_no_echo() -> None:
    quiet_later = levels([(1, 4, -20), (12, 15, -20)], [(1, 4, -45), (12, 15, -45)])
    agent = transcript(segment(1, HELLO), segment(12, "we close at eight today sir"))
    caller = transcript(segment(12.1, HELLO))
    assert len(merged([agent, caller], levels=quiet_later).segments) == 3


def test_short_words_are_an_echo_only_as_whole_words() -> None:
    caller = transcript(segment(1.1, "you"), segment(2.0, "cal"), segment(6, ANSWER))
    whole = merged([transcript(segment(1, HELLO)), caller], levels=echo_of_the_first())
    assert [text for _, text in spoken(whole)] == [HELLO, "cal", ANSWER]


def test_an_echo_louder_than_the_voice_it_falls_upon_is_an_echo_and_the_voice_stays() -> None:
    loud_echo = levels([(1, 4, -20), (6, 9, -78)], [(1, 4, -45), (6, 9, -60)])
    caller = transcript(segment(1.1, HELLO), segment(6, ANSWER))
    whole = merged([transcript(segment(1, HELLO)), caller], levels=loud_echo)
    assert spoken(whole) == [("SPEAKER_00", HELLO), ("SPEAKER_01", ANSWER)]


def test_words_placed_too_early_are_not_taken_for_the_echo_of_their_own_echo() -> None:
    calls = levels([(1, 4, -45), (4.6, 9, -20)], [(1, 4, -20), (4.6, 9, -45)])
    agent = transcript(segment(3.6, "tried them"), segment(5.4, "yesterday evening"))
    caller = transcript(segment(1, "sometimes a cake"), segment(4.6, "tried them yesterday evening"))
    whole = merged([agent, caller], levels=calls)
    assert ("SPEAKER_00", "tried them") in spoken(whole)


def test_an_echo_comes_out_of_any_of_three_channels() -> None:
    three = levels(
        [(1, 4, -20), (6, 9, -70), (11, 14, -70)],
        [(1, 4, -45), (6, 9, -22), (11, 14, -70)],
        [(1, 4, -45), (6, 9, -46), (11, 14, -21)],
    )
    third = transcript(segment(1.1, HELLO), segment(6.1, ANSWER), segment(11, "good morning to both of you"))
    whole = merged(
        [transcript(segment(1, HELLO)), transcript(segment(1.1, HELLO), segment(6, ANSWER)), third], levels=three
    )
    assert [label for label, _ in spoken(whole)] == ["SPEAKER_00", "SPEAKER_01", "SPEAKER_02"]


def test_without_levels_nothing_is_dropped() -> None:
    assert len(merged([transcript(segment(1, HELLO)), transcript(segment(1.1, HELLO))]).segments) == 2


def quality(*findings: Finding, coverage: float, speech_s: float) -> Quality:
    verdict = "suspect" if any(each.severity == "suspect" for each in findings) else "ok"
    return Quality(verdict, coverage, findings, speech_s, 1.0)


def test_quality_is_that_of_all_speech_and_silence_beside_talk_is_no_finding() -> None:
    damage = Finding("damaged_audio", 3, 4, "note", "1.00 s of audio could not be decoded")
    hole = Finding("uncovered_speech", 2, 5, "suspect", "3.0 s of speech without words")
    silence = Finding("no_speech", 0, 60, "note", "nobody speaks in this recording")
    agent = transcript(segment(1, HELLO), damaged_s=1.0, quality=quality(hole, damage, coverage=0.5, speech_s=30))
    caller = transcript(segment(9, ANSWER), damaged_s=1.0, quality=quality(damage, coverage=1.0, speech_s=10))
    third = transcript(damaged_s=1.0, quality=quality(silence, damage, coverage=1.0, speech_s=0))
    whole = merged([agent, caller, third])
    assert whole.quality == Quality("suspect", 0.625, (hole, damage), 40, 3.0)
    assert whole.damaged_s == 1.0
    silent = merged([third, third])
    assert (silent.quality.findings, silent.segments, silent.text) == ((silence, damage), (), "")


def test_costs_usage_and_attempts_are_those_of_all_channels() -> None:
    tried = Attempt("openai", "ear", "ok", Decimal("0.25"))
    paid = transcript(
        segment(1, HELLO), provider="openai", cost=Decimal("0.25"), usage=Usage(audio_s=60), attempts=(tried,)
    )
    whole = merged([paid, paid])
    assert (whole.cost, whole.usage, whole.attempts) == (Decimal("0.50"), Usage(audio_s=120), (tried, tried))
    assert (whole.duration_s, whole.provider) == (60.0, "openai")
    unpriced = merged([paid, replace(paid, cost=None, usage=None)])
    assert (unpriced.cost, unpriced.usage) == (None, None)


def test_channels_may_come_from_different_models_and_have_the_language_that_is_spoken_longest() -> None:
    short = transcript(segment(1, "Ja."), language="de")
    whole = merged([short, transcript(segment(5, ANSWER), provider="other", model="other", language="en")])
    assert (whole.provider, whole.language) == ("local", "en")


def test_text_without_leading_spaces_is_parted_where_its_script_has_spaces() -> None:
    bare = [replace(segment(at, "x", timed=False), text=text) for at, text in enumerate(("Hello.", "Yes."))]
    assert merged([transcript(bare[0]), transcript(bare[1])]).text == "Hello. Yes."
    wide = [replace(segment(at, "x", timed=False), text=text) for at, text in enumerate(("你好。", "是的。"))]
    assert merged([transcript(wide[0]), transcript(wide[1])]).text == "你好。是的。"
    korean = [replace(segment(at, "x", timed=False), text=text) for at, text in enumerate(("네.", "예."))]
    assert merged([transcript(korean[0]), transcript(korean[1])]).text == "네. 예."


def test_a_merged_transcript_goes_through_its_document() -> None:
    whole = merged([transcript(segment(1, HELLO)), transcript(segment(6, ANSWER))], ["Agent", "Caller"])
    again = from_document(to_document(whole, source_path="call.wav", source_sha256="0" * 64))
    assert again.speakers is not None
    assert [each.name for each in again.speakers.people] == ["Agent", "Caller"]
    assert [each.speaker for each in again.segments] == ["SPEAKER_00", "SPEAKER_01"]


def test_no_channel_is_no_transcript() -> None:
    with pytest.raises(ValueError, match="no"):
        merged([])
