"""Transcripts as talk: turns, sentences and chunks that lose nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aiprov.core.turns import Utterance, chunks, sentences, utterances


def document(*segments: tuple[str | None, float, float, str]) -> dict[str, Any]:
    return {
        "segments": [
            {"id": at, "start": start, "end": end, "text": text} | ({"speaker": speaker} if speaker else {})
            for at, (speaker, start, end, text) in enumerate(segments)
        ]
    }


def test_segments_of_one_speaker_are_one_turn() -> None:
    talk = utterances(document(("A", 0, 1, " One"), ("A", 1, 2, " two."), ("B", 2, 3, " Three."), ("A", 9, 10, "  ")))
    assert [(each.id, each.speaker, each.text, each.segments, each.start, each.end) for each in talk] == [
        (0, "A", "One two.", (0, 1), 0, 2),
        (1, "B", "Three.", (2,), 2, 3),
    ]


def test_without_speakers_a_pause_behind_a_sentence_parts_turns() -> None:
    talk = utterances(
        document((None, 0, 1, "One"), (None, 3, 4, "two."), (None, 4.1, 5, "Three."), (None, 6.5, 7, "Four."))
    )
    assert [each.text for each in talk] == ["One two. Three.", "Four."]


def test_a_long_speech_without_pauses_is_not_one_turn() -> None:
    talk = utterances(document(*[(None, at, at + 1, "A sentence of some length, about nothing.") for at in range(60)]))
    assert len(talk) > 1


def test_sentences_may_run_over_segments_and_never_over_speakers() -> None:
    talk = utterances(
        document(("A", 0, 4, "We release. We"), ("A", 4, 6, "do not wait"), ("B", 6, 8, "No. Dr. Li does."))
    )
    assert [(each.text, each.segments, each.speaker) for each in sentences(talk)] == [
        ("We release.", (0,), "A"),
        ("We do not wait", (0, 1), "A"),
        ("No.", (2,), "B"),
        ("Dr. Li does.", (2,), "B"),
    ]


def test_a_sentence_has_its_share_of_the_time() -> None:
    first, second = sentences(utterances(document(("A", 10, 20, "Ten signs. Ten signs!"))))
    assert (first.start, first.end, second.start, second.end) == (10, 15, 15, 20)


def test_sentences_of_chinese_end_without_spaces() -> None:
    talk = utterances(document((None, 0, 4, "今天开会。我们开始。")))
    assert [each.text for each in sentences(talk)] == ["今天开会。", "我们开始。"]


def test_a_chunk_that_is_half_full_ends_where_a_topic_begins() -> None:
    talk = utterances(document(*[(speaker, at, at + 1, "one two three.") for at, speaker in enumerate("ABABAB")]))
    found = list(chunks(talk, 15, lambda each: len(each.text.split()), breaks={3}))
    assert [[each.id for each in chunk] for chunk in found] == [[0, 1, 2], [3, 4, 5]]


words = st.sampled_from(["yes", "no.", "Dr.", "three", "What?", "今天。会议", "a" * 40, "end!"])
texts = st.lists(words, max_size=30).map(" ".join)
meetings = st.lists(st.tuples(st.sampled_from(["A", "B", None]), texts), max_size=20)


@given(meetings, st.integers(1, 40))
def test_chunks_join_to_the_whole_and_keep_the_limit(meeting: list[tuple[str | None, str]], limit: int) -> None:
    talk = utterances(document(*[(speaker, at, at + 1, text) for at, (speaker, text) in enumerate(meeting)]))

    def cost(utterance: Utterance) -> int:
        return len(utterance.text.split())

    found = list(chunks(talk, limit, cost))
    assert "".join("".join(each.text.split()) for chunk in found for each in chunk) == "".join(
        "".join(text.split()) for _, text in meeting
    )
    assert [each.id for chunk in found for each in chunk] == sorted(each.id for chunk in found for each in chunk)
    assert all(sum(map(cost, chunk)) <= limit for chunk in found)


@given(meetings)
def test_sentences_join_to_the_whole(meeting: list[tuple[str | None, str]]) -> None:
    talk = utterances(document(*[(speaker, at, at + 1, text) for at, (speaker, text) in enumerate(meeting)]))
    found = sentences(talk)
    assert "".join("".join(each.text.split()) for each in found) == "".join(
        "".join(text.split()) for _, text in meeting
    )
    assert all(0 <= each.start <= each.end <= len(meeting) for each in found)
