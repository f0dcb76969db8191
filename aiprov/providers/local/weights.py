"""One GGUF file in memory: its weights, vocabulary and chat template. The only loader of llama.cpp.

Talks to llama.cpp through the C functions that llama-cpp-python binds: its `Llama` class redirects the process's
standard streams while it loads, holds one context for good, and checks a grammar against the whole vocabulary at
every token. Knows nothing of requests.
"""

from __future__ import annotations

import ctypes
import os
import weakref
from collections import deque
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from aiprov.core.failures import Kind
from aiprov.errors import IntegrityError, ProviderError

_ERROR = 4  # ggml.h: GGML_LOG_LEVEL_ERROR
_PIECE_BYTES = 256


class Weights:
    """A model's weights and vocabulary.

    Args:
        name: The model's name, for messages.
        path: A verified GGUF file.
        gpu: Put all layers on the GPU, where this build of llama.cpp can use one.

    Raises:
        IntegrityError: The file is what the lock says, and still no model.
        ProviderError: This llama.cpp does not know such models, or memory ran out.
    """

    def __init__(self, name: str, path: Path, *, gpu: bool) -> None:
        llama = engine().functions
        parameters = llama.llama_model_default_params()
        self.name = name
        self.on_gpu = gpu and bool(llama.llama_supports_gpu_offload())
        parameters.n_gpu_layers = -1 if self.on_gpu else 0
        engine().said.clear()
        self.model: Any = llama.llama_model_load_from_file(os.fsencode(path), parameters)
        if not self.model:
            raise _not_loaded(name, path, " ".join(engine().said))
        self.free = weakref.finalize(self, llama.llama_model_free, self.model)
        self.free.atexit = False
        self._llama = llama
        self._vocabulary: Any = llama.llama_model_get_vocab(self.model)
        self.words: int = llama.llama_vocab_n_tokens(self._vocabulary)
        self.trained_tokens: int = llama.llama_model_n_ctx_train(self.model)

    @property
    def vocabulary(self) -> Any:
        """llama.cpp's pointer to it."""
        return self._vocabulary

    @property
    def template(self) -> str | None:
        """The chat template in the file."""
        found = self._llama.llama_model_chat_template(self.model, None)
        return None if found is None else found.decode("utf-8", "replace")

    @property
    def control_texts(self) -> list[str]:
        """How the tokens that steer a conversation are written, such as `<|im_end|>`."""
        control = filter(lambda token: self._llama.llama_vocab_is_control(self._vocabulary, token), range(self.words))
        return [text for text in map(self.text, control) if len(text) > 1]

    @property
    def token_bytes(self) -> int:
        """Bytes of the context's cache for each token: keys and values of 2 bytes in every layer."""
        llama, model = self._llama, self.model
        head = self._number("attention.key_length") or llama.llama_model_n_embd(model) // llama.llama_model_n_head(
            model
        )
        return int(2 * 2 * llama.llama_model_n_layer(model) * llama.llama_model_n_head_kv(model) * head)

    @property
    def first(self) -> str:
        """The text of the token that begins a text, if the model has one."""
        return self._special(self._llama.llama_vocab_bos(self._vocabulary))

    @property
    def last(self) -> str:
        """The text of the token that ends a text, if the model has one."""
        return self._special(self._llama.llama_vocab_eos(self._vocabulary))

    @property
    def adds_first(self) -> bool:
        """Whether `tokens` puts that token in front."""
        return bool(self._llama.llama_vocab_get_add_bos(self._vocabulary))

    def text(self, token: int) -> str:
        """A token as the vocabulary writes it."""
        return str(self._llama.llama_vocab_get_text(self._vocabulary, token).decode("utf-8", "replace"))

    def tokens(self, text: str) -> list[int]:
        """A text as tokens, control tokens among them, with the first token where the model wants it."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        found = (self._llama.llama_token * room)()
        count = self._llama.llama_tokenize(self._vocabulary, data, len(data), found, room, True, True)
        return list(found[: max(0, count)])

    def piece(self, token: int) -> bytes:
        """The bytes that a token stands for; none for control tokens."""
        buffer = ctypes.create_string_buffer(_PIECE_BYTES)
        count = self._llama.llama_token_to_piece(self._vocabulary, token, buffer, _PIECE_BYTES, 0, False)
        return buffer.raw[: max(0, count)]

    def ends(self, token: int) -> bool:
        """Whether a token ends an answer."""
        return bool(self._llama.llama_vocab_is_eog(self._vocabulary, token))

    def _special(self, token: int) -> str:
        return self.text(token) if token >= 0 else ""

    def _number(self, key: str) -> int:
        """A number of the file's head, 0 where there is none."""
        buffer = ctypes.create_string_buffer(128)
        kind = self._head("general.architecture", buffer)
        value = self._head(f"{kind}.{key}", buffer)
        return int(value) if value.isdigit() else 0

    def _head(self, key: str, buffer: Any) -> str:
        count = self._llama.llama_model_meta_val_str(self.model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if count >= 0 else ""


class Engine(NamedTuple):
    """llama.cpp in this process.

    Attributes:
        functions: The module that binds its C functions.
        said: The last errors that it logged, in lower case.
        listener: Takes what it logs; C keeps no reference to it.
    """

    functions: Any
    said: deque[str]
    listener: Any


@cache
def engine() -> Engine:
    """Start llama.cpp; it prints nothing from then on."""
    import llama_cpp

    said: deque[str] = deque(maxlen=20)

    @llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
    def listen(level: int, text: bytes, _: object) -> None:
        if level == _ERROR:
            said.append(text.decode("utf-8", "replace").lower())

    llama_cpp.llama_log_set(listen, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    return Engine(llama_cpp, said, listen)


def _not_loaded(name: str, path: Path, said: str) -> ProviderError | IntegrityError:
    if "alloc" in said or "out of memory" in said:
        return out_of_memory(name)
    if "unknown model architecture" in said or "unknown pre-tokenizer" in said:
        return ProviderError(
            f"{name} is of a kind that the installed llama.cpp does not know",
            "pip install --upgrade llama-cpp-python, or choose another model",
            provider="local",
            model=name,
            code=Kind.ENGINE,
        )
    hint = f"aiprov models rm {name}, then aiprov models pull {name}"
    return IntegrityError(f"{name} in {path.parent} cannot be loaded", hint)


def out_of_memory(name: str) -> ProviderError:
    """The error for memory that ran out."""
    hint = "choose a smaller model (aiprov models recommend), or close other programs"
    return ProviderError(f"not enough memory for {name}", hint, provider="local", model=name, code=Kind.ENGINE)
