"""A conversation as the one text that a model reads, by the chat template in its file. Knows no tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from aiprov.core.failures import Kind
from aiprov.core.requests import ChatMessage
from aiprov.errors import ProviderError

# Some templates write today's date into the prompt, and the same request would be another one tomorrow.
_DATE = "26 Jul 2024"

Turn = dict[str, str]


class Prompts:
    """Renders conversations.

    Args:
        model: The model's name, for messages.
        template: Its chat template.
        first: The text of the token that begins a text.
        last: The text of the token that ends one.
        control_texts: Texts that stand for tokens which steer the conversation.

    Raises:
        ProviderError: The template cannot be read.
    """

    def __init__(self, model: str, template: str, first: str, last: str, control_texts: Iterable[str]) -> None:
        from jinja2 import TemplateError
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        self._model = model
        try:
            self._render: Any = Jinja2ChatFormatter(template=template, bos_token=first, eos_token=last)
        except TemplateError as error:
            raise self._refused("cannot be read", "choose another model", Kind.ENGINE) from error
        longest_first = sorted(control_texts, key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def text(self, messages: Sequence[ChatMessage]) -> str:
        """The prompt.

        Raises:
            ProviderError: The template does not take such a conversation.
        """
        from jinja2 import TemplateError

        turns = [{"role": each.role, "content": self._harmless(each.content)} for each in messages]
        for form in (turns, _strict(turns)):
            try:
                return str(self._render(messages=form, date_string=_DATE, enable_thinking=False).prompt)
            except (TemplateError, ValueError, TypeError):
                continue  # a template without system messages, or one that wants the roles to alternate
        hint = "begin with a user's message and let the roles alternate"
        raise self._refused("does not take this conversation", hint, Kind.INVALID_REQUEST)

    def _harmless(self, content: str) -> str:
        """What a speaker or file says is data: a control token's text in it must not become the token."""
        if self._control is None:
            return content
        return self._control.sub(lambda found: f"{found[0][0]} {found[0][1:]}", content)

    def _refused(self, what: str, hint: str, code: Kind) -> ProviderError:
        message = f"the chat template of {self._model} {what}"
        return ProviderError(message, hint, provider="local", model=self._model, code=code)


def _strict(turns: Sequence[Turn]) -> list[Turn]:
    """The same conversation without system messages, and with neighbours of one role made one."""
    joined: list[Turn] = []
    for turn in turns:
        role = "user" if turn["role"] == "system" else turn["role"]
        if joined and joined[-1]["role"] == role:
            joined[-1] = {"role": role, "content": f"{joined[-1]['content']}\n\n{turn['content']}"}
        else:
            joined.append({"role": role, "content": turn["content"]})
    return joined
