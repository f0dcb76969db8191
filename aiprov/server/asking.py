"""Bodies in OpenAI's form become requests. What cannot be honoured is refused by name, never left out in silence.

Source: https://platform.openai.com/docs/api-reference, chat completions and embeddings.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from aiprov.core.requests import ChatMessage, ChatRequest, EmbeddingRequest, Image
from aiprov.errors import ConfigError

AUTO = "auto"
_UNSERVED = ("tools", "functions", "stop", "logprobs", "audio", "web_search_options")
_DATA_URL = re.compile(r"data:(image/(?:png|jpeg|webp|gif));base64,", re.ASCII)


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)


class _Body(BaseModel):
    # Clients send more than is served here; what would change the answer is refused below.
    model_config = ConfigDict(extra="allow", strict=True)

    model: str = Field(AUTO, description="`auto`, a provider, `provider/model`, or a model's name.", max_length=200)
    user: str | None = None


class TextPart(_Part):
    """Words of a message."""

    type: Literal["text"]
    text: str


class ImageUrl(_Part):
    """A picture inside the request."""

    url: str = Field(description="`data:image/png;base64,...`; nothing is fetched.")
    detail: str | None = None


class ImagePart(_Part):
    """A picture of a message."""

    type: Literal["image_url"]
    image_url: ImageUrl


class Message(_Part):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart | ImagePart]
    name: str | None = None


class JsonSchema(_Part):
    """A schema and its name."""

    name: str = "answer"
    schema_: dict[str, Any] = Field(default_factory=lambda: {"type": "object"}, alias="schema")
    strict: bool | None = None


class ResponseFormat(_Part):
    """The form of the answer."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(_Part):
    """What a stream carries besides the text."""

    include_usage: bool = False


class ChatBody(_Body):
    """A conversation to be continued."""

    messages: list[Message] = Field(min_length=1)
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1, le=10_000_000)
    max_completion_tokens: int | None = Field(None, ge=1, le=10_000_000)
    stream: bool = False
    stream_options: StreamOptions | None = None
    response_format: ResponseFormat | None = None

    def request(self, model: str | None) -> ChatRequest:
        """The request.

        Raises:
            ConfigError: It asks for something that is not served here.
        """
        self._refuse_the_rest()
        return ChatRequest(
            tuple(_message(each) for each in self.messages),
            temperature=self.temperature,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            model=model,
            response_schema=self._schema(),
        )

    def _schema(self) -> Mapping[str, Any] | None:
        wished = self.response_format
        if wished is None or wished.type == "text":
            return None
        if wished.type == "json_object":
            return {"type": "object"}
        if wished.json_schema is None:
            raise ConfigError("response_format has no json_schema", "give one, or ask for json_object")
        return wished.json_schema.schema_

    def _refuse_the_rest(self) -> None:
        more = self.model_extra or {}
        _refuse([name for name in _UNSERVED if more.get(name)] + (["n"] if more.get("n") not in (None, 1) else []))


class EmbeddingBody(_Body):
    """Texts to be turned into vectors."""

    input: str | list[str] = Field(min_length=1)
    encoding_format: Literal["float", "base64"] = "float"

    def request(self, model: str | None) -> EmbeddingRequest:
        """The request.

        Raises:
            ConfigError: It asks for something that is not served here.
        """
        _refuse(["dimensions"] if (self.model_extra or {}).get("dimensions") is not None else [])
        return EmbeddingRequest(self.input if isinstance(self.input, str) else tuple(self.input), model)


def _refuse(asked: Sequence[str]) -> None:
    if asked:
        raise ConfigError(f"{', '.join(asked)}: not served here", "leave it out", code="unsupported_parameter")


def chosen(model: str, providers: Sequence[str], aliases: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Who is asked, and with which model, by what a client writes as the model.

    Args:
        providers: The names of those that are set up.
        aliases: What stands for something else.

    Returns:
        A provider and a model; None leaves either to the strategy.
    """
    meant = aliases.get(model, model)
    if meant == AUTO:
        return None, None
    return (meant, None) if meant in providers else (None, meant)


def _message(message: Message) -> ChatMessage:
    role = "system" if message.role == "developer" else message.role
    if isinstance(message.content, str):
        return ChatMessage(role, message.content)
    words = [part.text for part in message.content if isinstance(part, TextPart)]
    pictures = tuple(_image(part.image_url.url) for part in message.content if isinstance(part, ImagePart))
    return ChatMessage(role, "\n".join(words), pictures)


def _image(url: str) -> Image:
    found = _DATA_URL.match(url)
    if found is None:
        raise ConfigError("an image is no data URL of a png, jpeg, webp or gif", "nothing is fetched: send its bytes")
    try:
        return Image(base64.b64decode(url[found.end() :], validate=True), found[1])
    except binascii.Error:
        raise ConfigError("an image is no base64", "send data:image/png;base64,...") from None
