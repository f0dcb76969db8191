"""What OpenAI-shaped servers are asked: requests become parameters. Pure; knows no connection and no reply."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from aiprov.core.glossary import prompt_of
from aiprov.core.requests import ChatMessage, ChatRequest, ModelCapability, TranscriptionRequest
from aiprov.core.routing import ModelFacts

# Whisper reads the last 224 tokens of a prompt; names take about three letters to a token.
_PROMPT_CHARACTERS = 600
_MOST_KEYWORDS = 100  # nobody states a limit; more than a meeting can hold helps nobody


def unlisted(capability: ModelCapability, model: str, *, temperature: bool) -> ModelFacts:
    """What is known of a model that nobody has listed: as little as is safe.

    Source: for OpenAI's diarizing model its own reference (see `transcription_parameters`), 25 MB from the guide and
    1400 s from what servers answer (github.com/rishikanthc/Scriberr/issues/477).
    """
    if capability == ModelCapability.TRANSCRIPTION:
        if model.endswith("-transcribe-diarize"):
            return ModelFacts(model, capability, segments=True, speakers=True, max_bytes=25_000_000, max_audio_s=1390)
        if "whisper" in model.lower():
            return ModelFacts(model, capability, words=True, segments=True, prompt=True)
    return ModelFacts(model, capability, temperature=temperature)


def transcription_parameters(request: TranscriptionRequest, facts: ModelFacts) -> dict[str, Any]:
    """Everything but the audio and the model's name.

    Source: OpenAI's reference of /audio/transcriptions and /audio/translations: only `verbose_json` has times, word
    times have to be asked for, and translations know neither languages nor granularities. `keywords` is for
    gpt-transcribe; others take names to listen for within the prompt. Speakers come with `diarized_json`, which knows
    no prompt and no granularities, and wants the server to cut what is longer than 30 s.
    """
    options = request.options
    if facts.speakers:
        told = {"response_format": "diarized_json", "chunking_strategy": "auto"}
        return told | ({"language": request.language} if request.language else {})
    asked: dict[str, Any] = {"response_format": "verbose_json" if facts.words or facts.segments else "json"}
    if facts.temperature:
        asked["temperature"] = options.temperatures[0]
    listed = [*(word.strip() for word in (options.hotwords or "").split(",")), *options.glossary]
    if "gpt-transcribe" in facts.name and (keywords := [word for word in listed if word][:_MOST_KEYWORDS]):
        asked["keywords"], prompt = keywords, options.initial_prompt or ""
    else:
        terms = prompt_of(options.glossary, _PROMPT_CHARACTERS)
        prompt = " ".join(part for part in (options.initial_prompt, options.hotwords, terms) if part)
    if facts.prompt and prompt:
        asked["prompt"] = prompt
    return asked if options.task == "translate" else asked | _spoken(request, facts)


def _spoken(request: TranscriptionRequest, facts: ModelFacts) -> dict[str, Any]:
    spoken: dict[str, Any] = {"language": request.language} if request.language else {}
    # Word times cost the server time: they are asked for only where somebody wants times at all.
    wanted = {"segment": facts.segments, "word": facts.words and request.enable_timestamps}
    if granularities := [name for name, yes in wanted.items() if yes]:
        spoken["timestamp_granularities"] = granularities
    return spoken


def sent_as(suffix: str) -> str:
    """The name under which a file is sent: what servers tell its kind by, and nothing of the user's own name."""
    suffix = suffix.lower()
    return "audio" + (suffix if re.fullmatch(r"\.[a-z0-9]{1,5}", suffix) else ".mp3")


def chat_parameters(request: ChatRequest, facts: ModelFacts, limit_key: str) -> dict[str, Any]:
    """Everything but the messages and the model's name.

    Args:
        request: The conversation.
        facts: What the model takes.
        limit_key: What the server calls the longest answer: `max_completion_tokens` or `max_tokens`.
    """
    asked: dict[str, Any] = {}
    if request.temperature is not None and facts.temperature:
        asked["temperature"] = request.temperature
    if request.max_tokens is not None:
        asked[limit_key] = request.max_tokens
    if request.response_schema is not None and facts.json_schema:
        schema = dict(request.response_schema)
        named = {"name": "answer", "strict": _is_strict(schema), "schema": schema}
        asked["response_format"] = {"type": "json_schema", "json_schema": named}
    return asked


def _is_strict(schema: object) -> bool:
    """Whether a schema may be held to strictly: every object is closed, and all its properties are required.

    Source: OpenAI's structured outputs guide, "Supported schemas"; any other schema is refused there.
    """
    if isinstance(schema, list):
        return all(_is_strict(each) for each in schema)
    if not isinstance(schema, Mapping):
        return True
    if schema.get("type") == "object" or "properties" in schema:
        required = set(schema.get("required") or ())
        if schema.get("additionalProperties") is not False or required != set(schema.get("properties") or ()):
            return False
    return all(_is_strict(each) for each in schema.values())


def message(said: ChatMessage) -> dict[str, Any]:
    """A message; pictures go with it as data URLs.

    Source: OpenAI's guide to images and vision: without a detail, the newest models read pictures in their own size,
    up to 30,000 patches, and refuse larger ones; `high` makes them fit into 2500.
    """
    if not said.images:
        return {"role": said.role, "content": said.content}
    parts: list[dict[str, Any]] = [{"type": "text", "text": said.content}]
    for image in said.images:
        url = f"data:{image.media_type};base64,{base64.b64encode(image.data).decode('ascii')}"
        parts.append({"type": "image_url", "image_url": {"url": url, "detail": "high"}})
    return {"role": said.role, "content": parts}
