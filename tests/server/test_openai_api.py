"""OpenAI's own client works against it unchanged, whoever answers behind it."""

import base64
import contextlib
from dataclasses import replace

import openai
import pytest

from aiprov.errors import ProviderError
from aiprov.manager import ProviderManager
from aiprov.providers.fake import FakeProvider
from aiprov.settings import load
from aiprov.wiring import build
from audio_factory import recording
from manager_world import Clock
from server_world import TOKEN, running, settings_in

MESSAGES = [{"role": "user", "content": "Hello there"}]
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


@pytest.fixture
def world(tmp_path):
    provider = FakeProvider("first")
    with running(tmp_path, provider) as server, contextlib.closing(client_of(server)) as client:
        yield server, client, provider


def client_of(server, token=TOKEN):
    return openai.OpenAI(base_url=server.base_url, api_key=token)


def test_chat_answers_with_who_served_and_for_how_much(world):
    _, client, _ = world
    raw = client.chat.completions.with_raw_response.create(model="auto", messages=MESSAGES)
    answer = raw.parse()
    assert answer.choices[0].message.content == "You said: Hello there"
    assert (answer.choices[0].finish_reason, answer.usage.total_tokens, answer.model) == ("stop", 120, "first-chat")
    assert raw.headers["x-aiprov-provider"] == "first"
    assert raw.headers["x-aiprov-cost"] in ("0", "unknown")


def test_the_same_question_is_not_paid_twice(world):
    _, client, provider = world
    for stored in ("False", "True"):
        raw = client.chat.completions.with_raw_response.create(model="auto", messages=MESSAGES)
        assert raw.headers["x-aiprov-stored"] == stored
    assert len(provider.calls) == 1


def test_chat_in_pieces_says_the_same_and_ends_with_its_usage(world):
    _, client, _ = world
    options = {"include_usage": True}
    pieces = list(client.chat.completions.create(model="first", messages=MESSAGES, stream=True, stream_options=options))
    text = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    assert text == "You said: Hello there "
    assert [piece.choices[0].finish_reason for piece in pieces if piece.choices][-1] == "stop"
    assert pieces[-1].usage.completion_tokens == 20
    assert pieces[-2].model_extra["aiprov"]["provider"] == "first"


def test_what_a_client_sends_reaches_the_provider(world):
    _, client, provider = world
    parts = [{"type": "text", "text": "What is this?"},
             {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}]  # fmt: skip
    client.chat.completions.create(
        model="first/first-chat",
        messages=[{"role": "developer", "content": "Be brief."}, {"role": "user", "content": parts}],
        max_completion_tokens=77,
        temperature=0.5,
    )
    (request,) = provider.calls
    assert [each.role for each in request.messages] == ["system", "user"]
    assert request.messages[1].images[0].media_type == "image/png"
    assert (request.max_tokens, request.temperature) == (77, 0.5)


def test_a_schema_makes_the_answer_a_document(tmp_path):
    schema = {"type": "object", "required": ["colour"], "properties": {"colour": {"type": "string"}}}
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    with running(tmp_path, FakeProvider("first", ['{"colour": "red"}'])) as server:
        answer = client_of(server).chat.completions.create(model="auto", messages=MESSAGES, response_format=form)
    assert answer.choices[0].message.content == '{"colour": "red"}'


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]},
        {"stop": ["x"]},
        {"n": 2},
        {"logprobs": True},
        {
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://127.0.0.1:1/x"}}]}
            ]
        },
        {"messages": []},
        {"temperature": 9},
        {"max_tokens": 0},
    ],
)
def test_what_cannot_be_honoured_is_refused_not_left_out(world, more):
    _, client, provider = world
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(**{"model": "auto", "messages": MESSAGES, **more})
    assert provider.calls == []


@pytest.mark.parametrize("model", ["first/nothing", "somebody/else"])
def test_a_model_that_nobody_has_is_not_found(world, model):
    _, client, _ = world
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)):
        client.chat.completions.create(model=model, messages=MESSAGES)


def test_a_name_that_stands_for_another_is_asked_as_that(tmp_path, monkeypatch):
    monkeypatch.setenv("AIPROV_HOME", str(tmp_path))
    (tmp_path / "aiprov.yaml").write_text(
        "providers:\n  fake: {priority: 5}\nserver:\n  aliases: {gpt-4o-mini: auto}\n"
    )
    with running(tmp_path, kit=build(load())) as server:
        client = client_of(server)
        assert client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES).model == "fake-chat"
        assert "gpt-4o-mini" in {each.id for each in client.models.list()}


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("rate_limited", openai.RateLimitError),
        ("content_filtered", openai.BadRequestError),
        ("auth", openai.InternalServerError),
        ("overloaded", openai.InternalServerError),
    ],
)
def test_a_failure_behind_it_is_asked_once_and_told_in_the_clients_own_errors(tmp_path, code, error):
    told = ProviderError("it did not work", "look at it", provider="first", code=code)
    provider = FakeProvider("first", [told] * 9)
    kit = replace(build(settings_in(tmp_path)), providers=(provider,))
    kit.__dict__["manager"] = ProviderManager(kit.roster, kit.state, Clock().time())  # its waits take no time
    with running(tmp_path, kit=kit) as server:
        with pytest.raises(error, match="it did not work"):
            client_of(server).chat.completions.create(model="auto", messages=MESSAGES)
        tried = len(provider.calls)
        assert server.ask("GET", "/api/v1/costs?by=provider").json["rows"][0]["attempts"] == tried


def test_a_stream_that_cannot_begin_has_a_status(tmp_path):
    told = ProviderError("no", provider="first", code="content_filtered")
    with running(tmp_path, FakeProvider("first", [told])) as server, pytest.raises(openai.BadRequestError):
        client_of(server).chat.completions.create(model="auto", messages=MESSAGES, stream=True)


def test_embeddings_come_in_both_encodings(world):
    _, client, provider = world
    packed = client.embeddings.create(model="auto", input=["a", "b"])
    plain = client.embeddings.create(model="first", input=["a", "b"], encoding_format="float")
    for one, other in zip(packed.data, plain.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding, abs=1e-6)
    assert [each.index for each in plain.data] == [0, 1]
    assert len(provider.calls) == 1


def test_models_can_be_listed_and_looked_up(world):
    _, client, _ = world
    names = [each.id for each in client.models.list()]
    assert names[:2] == ["auto", "first"]
    assert client.models.retrieve("first/first-chat").owned_by == "first"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nothing")


@pytest.mark.parametrize("form", ["json", "text", "srt", "vtt", "verbose_json"])
def test_a_recording_comes_back_in_every_form(tmp_path, form):
    sound = recording(tmp_path, "wav", 2.0).read_bytes()
    with running(tmp_path, FakeProvider("first", ["Nobody heard this."])) as server:
        told = client_of(server).audio.transcriptions.create(
            model="auto", file=("sync.wav", sound), response_format=form, timestamp_granularities=["word", "segment"]
        )
    text = told if isinstance(told, str) else told.text
    assert "Nobody heard this." in text
    assert text.startswith("WEBVTT") == (form == "vtt")
    assert text.startswith("1\n00:00:00,000 --> ") == (form == "srt")
    if form == "verbose_json":
        assert [word.word for word in told.words] == ["Nobody", "heard", "this."]
        assert (told.segments[0].text, told.language) == (" Nobody heard this.", "english")
