"""Replies of OpenAI-shaped servers, part by part: what becomes a result, and what is no answer."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from aiprov.core.results import Usage
from aiprov.providers.openai_replies import chat_result, vectors
from aiprov.providers.openai_transcripts import transcript
from aiprov.providers.reply_parts import NoAnswerError, RefusedError
from vendor_server import openai_chat, openai_embeddings

NAN, INF = float("nan"), float("inf")
VERBOSE: dict[str, Any] = {
    "language": "english",
    "duration": 4.0,
    "text": "Hello, there. It works!",
    "segments": [
        {"seek": 0, "start": 0.0, "end": 2.0, "text": " Hello, there.", "temperature": 0.0, "avg_logprob": -0.2,
         "compression_ratio": 1.1, "no_speech_prob": 0.01},
        {"seek": 300, "start": 2.0, "end": 4.5, "text": " It works!", "temperature": 0.2, "avg_logprob": -0.3,
         "compression_ratio": 1.0, "no_speech_prob": 0.02},
    ],
    "words": [
        {"word": "Hello", "start": 0.1, "end": 0.5},
        {"word": "there", "start": 0.6, "end": 1.0},
        {"word": "It", "start": 2.1, "end": 2.3},
        {"word": "works", "start": 2.4, "end": 4.2},
    ],
}  # fmt: skip


def read(document: object, language: str = "", known_s: float = 0.0):
    return transcript(document, provider="house", model="w", language=language, known_s=lambda: known_s)


def changed(document: Any, path: str, value: object) -> Any:
    """A copy with one part, named like `segments.0.start`, replaced."""
    whole = copy.deepcopy(document)
    part = whole
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        part = part[step]
    part[last] = value
    return whole


# --- transcripts --------------------------------------------------------------------------------------------------


def test_a_verbose_reply_becomes_segments_with_words():
    found = read(VERBOSE)
    first, second = found.segments
    assert (found.text, found.language, found.duration_s) == ("Hello, there. It works!", "en", 4.0)
    assert (second.id, second.seek, second.start, second.end) == (1, 300, 2.0, 4.0)
    assert (second.temperature, second.avg_logprob, second.compression_ratio, second.no_speech_prob) == (
        0.2, -0.3, 1.0, 0.02
    )  # fmt: skip
    assert [(word.text, word.start, word.end, word.probability) for word in first.words] == [
        (" Hello,", 0.1, 0.5, 1.0),
        (" there.", 0.6, 1.0, 1.0),
    ]
    assert [word.text for word in second.words] == [" It", " works!"]
    # A time just beyond the end is the end.
    assert second.words[1].end == 4.0
    assert (found.cost, found.usage) == (None, Usage(audio_s=4.0))


def test_words_within_segments_will_do_and_keep_their_probability():
    document = {key: value for key, value in VERBOSE.items() if key != "words"}
    row = {"word": " Hello, there.", "start": 0.0, "end": 1.0, "probability": 0.5}
    second = {"word": " It works!", "start": 2.0, "end": 3.0}
    document = changed(changed(document, "segments.0.words", [row]), "segments.1.words", [second])
    assert [[word.probability for word in segment.words] for segment in read(document).segments] == [[0.5], [1.0]]


def test_words_that_are_not_the_texts_are_left_out():
    found = read(changed(VERBOSE, "words.1.word", "their"))
    assert [segment.words for segment in found.segments] == [(), ()]
    assert found.text == "Hello, there. It works!"


def test_segments_that_lost_their_space_get_it_back():
    document = changed(changed(VERBOSE, "segments.0.text", "Hello, there."), "segments.1.text", "It works!")
    assert read(document).text == "Hello, there. It works!"


def test_languages_without_spaces_stay_without():
    rows = [{"start": 0.0, "end": 1.0, "text": "你好。"}, {"start": 1.0, "end": 2.0, "text": "再见。"}]
    found = read({"text": "你好。再见。", "duration": 2.0, "language": "chinese", "segments": rows})
    assert (found.text, found.language) == ("你好。再见。", "zh")


def test_text_alone_is_one_segment_without_words():
    found = read({"text": "Hi there."}, "de", 7.0)
    (only,) = found.segments
    assert (only.start, only.end, only.text, only.words) == (0.0, 7.0, " Hi there.", ())
    assert (found.language, found.duration_s, found.usage) == ("de", 7.0, Usage(audio_s=7.0))


def test_silence_is_a_transcript_without_segments():
    for document in ({"text": ""}, {"text": " ", "segments": [], "words": [], "duration": 3}):
        found = read(document)
        assert (found.text, found.segments) == ("", ())


@pytest.mark.parametrize(
    ("usage", "duration", "expected", "length_s"),
    [
        ({"type": "duration", "seconds": 5}, 4.2, Usage(audio_s=5.0), 4.2),
        ({"type": "duration", "seconds": 5}, None, Usage(audio_s=5.0), 5.0),
        ({"type": "tokens", "input_tokens": 70, "output_tokens": 9}, None, Usage(70, 9, audio_s=60.0), 60.0),
        (None, 4.2, Usage(audio_s=4.2), 4.2),
        (None, None, Usage(audio_s=60.0), 60.0),
    ],
)
def test_what_was_used_is_the_providers_count_first(usage, duration, expected, length_s):
    found = read({"text": "Hi.", "usage": usage, "duration": duration}, known_s=60.0)
    assert (found.usage, found.duration_s) == (expected, length_s)


@pytest.mark.parametrize(
    ("said", "code"),
    [({"language": "English"}, "en"), ({"language": "pt-BR"}, "pt"), ({"language": "kmr"}, "kmr"),
     ({"language": "see canary.example"}, "fr"), ({"languages": [{"code": "de"}]}, "de"), ({"languages": []}, "fr"),
     ({}, "fr")],
)  # fmt: skip
def test_languages_are_codes(said, code):
    assert read({"text": "Hi."} | said, "fr").language == code


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("text", None), ("text", 3), ("text", ["Hi"]),
        ("duration", "4.0"), ("duration", NAN), ("duration", -1), ("duration", True), ("duration", 1e300),
        ("language", 3),
        ("usage", "many"), ("usage", {"seconds": "5"}), ("usage", {"seconds": -1}), ("usage", {"seconds": None}),
        ("usage", {"input_tokens": 1.5}), ("usage", {"input_tokens": True}), ("usage", {"output_tokens": -1}),
        ("segments", {}), ("segments", "canary"), ("segments.0", None), ("segments.0.text", None),
        ("segments.0.start", None), ("segments.0.start", "0"), ("segments.0.start", NAN), ("segments.0.end", INF),
        ("segments.0.start", -1.0), ("segments.0.start", 3.0), ("segments.1.end", 40.0), ("segments.1.start", 40.0),
        ("segments.0.avg_logprob", "low"), ("segments.0.seek", 1.5),
        ("segments.1.text", " It"), ("segments.1.text", ""),
        ("words", 5), ("words.0", "Hello"), ("words.0.word", None), ("words.0.start", False), ("words.0.end", 0.0 - 1),
        ("words.0.start", 3.5), ("words.1.probability", "high"),
    ],
)  # fmt: skip
def test_a_transcript_with_a_wrong_part_is_none(path, value):
    # The first segment from 3 to 2, a word from 3.5 to 0.5: ends before it starts. The shortened texts lose a part.
    with pytest.raises(NoAnswerError) as caught:
        read(changed(VERBOSE, path, value))
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "more", [{"languages": "de"}, {"languages": ["de"]}, {"segments": [VERBOSE["segments"][0] | {"words": 3}]}]
)
def test_parts_that_stand_in_for_others_are_checked_as_well(more):
    with pytest.raises(NoAnswerError):
        read({"text": "Hello, there."} | more)


def test_segments_and_words_that_go_back_in_time_are_no_transcript():
    for kind in ("segments", "words"):
        with pytest.raises(NoAnswerError, match="out of order"):
            read(VERBOSE | {kind: VERBOSE[kind][::-1]})


# --- conversations ------------------------------------------------------------------------------------------------


def answered(document: object):
    return chat_result(document, provider="house", model="asked")


def test_what_was_used_has_its_cached_part_and_its_tier():
    details = {"cached_tokens": 4, "cache_write_tokens": 2, "audio_tokens": None}
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11, "prompt_tokens_details": details}
    assert answered(openai_chat(usage=usage, service_tier="flex")).usage == Usage(9, 2, 4, 2, tier="flex")
    for usual in ("default", "auto", "on_demand", None):
        assert answered(openai_chat(service_tier=usual)).usage.tier is None
    details.update(cached_tokens=None)
    assert answered(openai_chat(usage=usage | {"prompt_tokens_details": None})).usage.cached_tokens == 0


def test_the_model_that_served_is_named_and_the_one_asked_where_nobody_says():
    assert answered(openai_chat()).model == "gpt-served"
    assert answered(openai_chat(model=None)).model == "asked"


def test_an_end_by_a_filter_keeps_what_came_and_is_a_refusal_without():
    assert answered(openai_chat("Half", finish_reason="content_filter")).finish_reason == "content_filter"
    for nothing in ("", None):
        with pytest.raises(RefusedError):
            answered(openai_chat(nothing, finish_reason="content_filter"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("choices", []), ("choices", None), ("choices", "canary"), ("choices.0", None), ("choices.0.message", None),
        ("choices.0.message.content", None), ("choices.0.message.content", [{"text": "Hi"}]),
        ("choices.0.finish_reason", None), ("choices.0.finish_reason", "canary"),
        ("choices.0.finish_reason", "tool_calls"), ("choices.0.finish_reason", ["stop"]),
        ("model", 3),
        ("usage", None), ("usage", "many"), ("usage", []), ("usage", {}),
        ("usage.prompt_tokens", None), ("usage.prompt_tokens", -1), ("usage.prompt_tokens", "9"),
        ("usage.prompt_tokens", 9.0), ("usage.prompt_tokens", True), ("usage.completion_tokens", False),
        ("usage.prompt_tokens_details", "many"), ("usage.prompt_tokens_details", {"cached_tokens": "4"}),
    ],
)  # fmt: skip
def test_an_answer_with_a_wrong_part_is_none(path, value):
    with pytest.raises(NoAnswerError) as caught:
        answered(changed(openai_chat(), path, value))
    assert "canary" not in str(caught.value)


# --- vectors ------------------------------------------------------------------------------------------------------

PAIR = openai_embeddings([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("data", None), ("data", []), ("data", PAIR["data"][:1]), ("data", [*PAIR["data"], PAIR["data"][0]]),
        ("data.0", None), ("data.0.index", 1), ("data.0.index", None), ("data.0.index", True),
        ("data.0.embedding", None), ("data.0.embedding", "canary"), ("data.0.embedding", []),
        ("data.0.embedding", [1.0]), ("data.0.embedding", [1.0, NAN]), ("data.0.embedding", [1.0, None]),
        ("data.0.embedding", [1.0, "2"]),
        ("usage", None), ("usage", {}), ("usage.prompt_tokens", -1),
    ],
)  # fmt: skip
def test_vectors_with_a_wrong_part_are_none(path, value):
    with pytest.raises(NoAnswerError) as caught:
        vectors(changed(PAIR, path, value), 2, None)
    assert "canary" not in str(caught.value)


def test_vectors_of_another_length_than_the_models_are_none():
    assert vectors(PAIR, 2, 2)[0] == ((1.0, 2.0), (3.0, 4.0))
    with pytest.raises(NoAnswerError, match="length"):
        vectors(PAIR, 2, 3)
