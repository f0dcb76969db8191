"""What Whisper is told before it decodes: the user's words, terms to listen for, and what was said just before.

Knows nothing of audio and of judgement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aiprov.core.glossary import prompt_for
from aiprov.core.passages import Passage
from aiprov.core.requests import DecodingOptions

if TYPE_CHECKING:
    from aiprov.providers.local.whisper import Chunk

# So much of what was said before is given (characters).
_BEFORE = 240


def prompts_of(model: Any, tokenizer: Any, options: DecodingOptions, chunks: Sequence[Chunk]) -> list[list[int]]:
    """A prompt, in tokens, for each chunk of a batch; all of them have the same hints.

    The engine wants them equally long, so the shortest text before sets the length.
    """
    initial = tokenizer.encode(" " + options.initial_prompt.strip()) if options.initial_prompt else []
    said = [tokenizer.encode(chunk.before) if chunk.before else [] for chunk in chunks]
    length = min(len(tokens) for tokens in said)
    hints = prompt_for(chunks[0].hints) if chunks[0].hints else ""
    hotwords = " ".join(filter(None, [hints, options.hotwords])) or None
    return [
        model.get_prompt(
            tokenizer, initial + tokens[len(tokens) - length :], without_timestamps=True, hotwords=hotwords
        )
        for tokens in said
    ]


def texts_before(passages: Sequence[Passage], before: str) -> list[str]:
    """The end of what was said before each passage, and last the end of everything."""
    texts = [before]
    for passage in passages:
        texts.append((texts[-1] + passage.text)[-_BEFORE:])
    return texts
