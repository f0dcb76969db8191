"""BERT in numpy: a few texts become vectors in a tenth of a second, while PyTorch takes seconds to load.

Knows models of sentence-transformers that are a BERT, a pooling and a length of 1, as MiniLM, BGE and the small E5 are.
Gives the same vectors as they do there, but for rounding. Source: Devlin et al., "BERT" (2018), and the names of the
published tensors. Knows nothing of where models come from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

# Tokens in a batch: what is computed with stays in the processor's cache.
BATCH_TOKENS = 512
_HIDDEN = -1e9  # what attention gives to padding, before the exponential
# erf(x) for x >= 0 within 1.5e-7. Source: Abramowitz and Stegun, formula 7.1.26.
_ERF_T = 0.3275911
_ERF = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the configuration files say.

    Attributes:
        longest: Tokens that are read of a text.
        first: Whether the first token's vector stands for the text, instead of the mean of all.
    """

    layers: int
    heads: int
    epsilon: float
    longest: int
    first: bool


class Bert:
    """A loaded model.

    Args:
        shape: From `shape_in`.
        folder: Verified folder with `model.safetensors` and `tokenizer.json`.

    Raises:
        ValueError, KeyError: The files are not what they should be.
    """

    def __init__(self, shape: Shape, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._shape = shape
        self._tensors = _tensors(folder / "model.safetensors")
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(shape.longest)
        self._tokenizer.no_padding()

    def embed(self, texts: Sequence[str], check: Callable[[], None]) -> tuple[Floats, int]:
        """Return a row of length 1 for each text, and how many tokens were read."""
        import numpy as np

        ids = [each.ids for each in self._tokenizer.encode_batch(list(texts))]
        width = self._tensors["embeddings.word_embeddings.weight"].shape[1]
        rows = np.zeros((len(ids), width), np.float32)
        for batch in batches([len(each) for each in ids], BATCH_TOKENS):
            check()
            padded = np.zeros((len(batch), len(ids[batch[0]])), np.int64)
            real = np.zeros(padded.shape, np.float32)
            for row, at in enumerate(batch):
                padded[row, : len(ids[at])], real[row, : len(ids[at])] = ids[at], 1
            rows[batch] = self._pooled(self._read(padded, real), real)
        return rows, sum(map(len, ids))

    def _read(self, ids: Any, real: Floats) -> Floats:
        """A vector for each token, (texts, tokens, width)."""
        import numpy as np

        tensors, start = self._tensors, "embeddings."
        x = tensors[start + "word_embeddings.weight"][ids]
        x = x + tensors[start + "position_embeddings.weight"][: ids.shape[1]]
        x = self._normed(x + tensors[start + "token_type_embeddings.weight"][0], start + "LayerNorm")
        unseen = ((1 - real) * np.float32(_HIDDEN))[:, None, None, :]
        for layer in range(self._shape.layers):
            name = f"encoder.layer.{layer}."
            seen = self._linear(self._attended(x, unseen, name + "attention.self."), name + "attention.output.dense")
            x = self._normed(x + seen, name + "attention.output.LayerNorm")
            said = self._linear(_gelu(self._linear(x, name + "intermediate.dense")), name + "output.dense")
            x = self._normed(x + said, name + "output.LayerNorm")
        return x

    def _attended(self, x: Floats, unseen: Floats, name: str) -> Floats:
        import numpy as np

        texts, tokens, width = x.shape
        split = (texts, tokens, self._shape.heads, width // self._shape.heads)
        query, key, value = (
            self._linear(x, name + each).reshape(split).transpose(0, 2, 1, 3) for each in ("query", "key", "value")
        )
        weights = query @ key.transpose(0, 1, 3, 2) / np.float32(split[3] ** 0.5) + unseen
        weights = np.exp(weights - weights.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        mixed: Floats = (weights @ value).transpose(0, 2, 1, 3).reshape(x.shape)
        return mixed

    def _linear(self, x: Floats, name: str) -> Floats:
        # One product of two matrices: with three axes numpy makes one of each text.
        weight = self._tensors[name + ".weight"]
        found: Floats = (x.reshape(-1, x.shape[-1]) @ weight.T).reshape(*x.shape[:-1], len(weight))
        found += self._tensors[name + ".bias"]
        return found

    def _normed(self, x: Floats, name: str) -> Floats:
        import numpy as np

        x = x - x.mean(-1, keepdims=True)
        x /= np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(self._shape.epsilon))
        return x * self._tensors[name + ".weight"] + self._tensors[name + ".bias"]

    def _pooled(self, x: Floats, real: Floats) -> Floats:
        import numpy as np

        rows = x[:, 0] if self._shape.first else (x * real[:, :, None]).sum(1) / real.sum(1, keepdims=True)
        found: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12))
        return found


def shape_in(folder: Path) -> Shape | None:
    """The shape of the model in a folder; None where it is none of those that are known here."""
    try:
        config = _json(folder / "config.json")
        sentence = _json(folder / "sentence_bert_config.json")
        pooling = _json(folder / "1_Pooling" / "config.json")
        kinds = [module["type"].rpartition(".")[2] for module in _json(folder / "modules.json")]
        plain = config["model_type"] == "bert" and config["hidden_act"] == "gelu"
        plain = plain and config.get("position_embedding_type", "absolute") == "absolute"
        ways = {key for key, value in pooling.items() if key.startswith("pooling_mode") and value is True}
        known = ways in ({"pooling_mode_mean_tokens"}, {"pooling_mode_cls_token"})
        if not plain or not known or kinds != ["Transformer", "Pooling", "Normalize"]:
            return None
        heads, layers = config["num_attention_heads"], config["num_hidden_layers"]
        longest, first = sentence["max_seq_length"], "pooling_mode_cls_token" in ways
        return Shape(layers, heads, config["layer_norm_eps"], longest, first)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Yield places of texts, the longest first, in batches that come to at most `budget` tokens with padding."""
    order = sorted(range(len(lengths)), key=lambda at: -lengths[at])
    start = 0
    while start < len(order):
        end = start + max(1, budget // max(1, lengths[order[start]]))
        yield order[start:end]
        start = end


def _gelu(x: Floats) -> Floats:
    import numpy as np

    z = np.abs(x) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(_ERF_T) * z)
    series = np.float32(_ERF[0]) * t
    for number in _ERF[1:]:
        series += np.float32(number)
        series *= t
    series *= np.exp(-z * z)
    found: Floats = (np.float32(0.5) * (x + np.abs(x) * (1 - series))).astype(np.float32, copy=False)
    return found


def _tensors(path: Path) -> dict[str, Floats]:
    """The tensors of floats in a safetensors file; their bytes stay in the file until they are used.

    Source: the format's description, https://github.com/huggingface/safetensors.
    """
    import numpy as np

    raw = np.memmap(path, np.uint8, "r")
    start = 8 + int.from_bytes(raw[:8].tobytes(), "little")
    found = {}
    for name, facts in json.loads(raw[8:start].tobytes()).items():
        if name != "__metadata__" and facts["dtype"] == "F32":
            first, last = facts["data_offsets"]
            floats = raw[start + first : start + last].view(np.float32)
            found[name.removeprefix("bert.")] = floats.reshape(facts["shape"])
    return found


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
