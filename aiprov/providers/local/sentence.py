"""One embedding model: texts become vectors of length 1. The only importer of sentence-transformers.

A few texts are read in numpy, where the model is a BERT (see `bert`): PyTorch takes seconds to load. For many it is
loaded, and computes in half precision where the processor does that in hardware and the vectors come out the same.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiprov.core.failures import Kind
from aiprov.errors import ConfigError, IntegrityError, ProviderError, Stopped
from aiprov.providers.local import bert
from aiprov.providers.local.threads import Check, held

# Characters that numpy reads in about the time that PyTorch takes to load and to read them (MiniLM, two cores).
_FEW = 75_000
# Tokens in a batch: on a processor what stays in its cache; two to four times as fast as batches of 64 texts.
_CPU_TOKENS, _CUDA_TOKENS = 1024, 65_536
# Half precision is taken where vectors are at least so near to those of single precision (cosine).
_SAME = 0.9995
_PROBES = ("We agreed to raise the budget by Friday.", "no", "Who writes to the customer, and until when? " * 20)

Vector = tuple[float, ...]


class SentenceModel:
    """An embedding model in memory; whoever comes while it works waits.

    Args:
        name: The model's name, for messages.
        folder: Verified folder of a sentence-transformers model with safetensors.
        device: `auto`, `cpu` or `cuda`.
        threads: Threads that PyTorch computes with.

    Raises:
        ConfigError: It needs packages that are not installed.
        IntegrityError: The files are what the lock says, and still no model.
        ProviderError: The device is not to be had, or memory ran out.
    """

    def __init__(self, name: str, folder: Path, device: str, threads: int) -> None:
        self.name = name
        self._place = (name, folder, device, threads)
        self._lock = threading.Lock()
        self._closed = False
        self._characters = 0
        self._light = None if device == "cuda" else _light(folder)
        if self._light is None and not _installed():
            raise ConfigError(f"{name} needs PyTorch", "pip install 'aiprov[local]'", code="not_installed")
        self._heavy = None if self._light else _Torch(*self._place)

    def embed(self, texts: Sequence[str], check: Check) -> tuple[tuple[Vector, ...], int]:
        """Return a vector for each text, in order, and how many tokens were read. Texts that are too long are cut.

        Raises:
            ProviderError: The engine failed.
            IntegrityError: The files are no model for PyTorch.
            Stopped: The model was closed meanwhile.
        """

        def checked() -> None:
            check()
            if self._closed:
                raise Stopped(f"{self.name} was unloaded while it worked")

        with held(self._lock, check):
            checked()
            try:
                rows, tokens = self._engine(texts).embed(texts, checked)
            except (RuntimeError, MemoryError) as error:
                raise _failed(self.name, "failed", "choose a smaller model, or LOCAL_DEVICE=cpu") from error
            return tuple(map(tuple, rows.tolist())), tokens

    def close(self, *, wait: bool = True) -> None:
        """Free the model when the batch that is computed now is through; without `wait`, return before that."""
        self._closed = True
        self._light = self._heavy = None  # a batch under way has a reference of its own
        if wait:
            with self._lock:
                pass

    def _engine(self, texts: Sequence[str]) -> bert.Bert | _Torch:
        self._characters += sum(map(len, texts))
        if self._heavy is None and (self._light is None or (self._characters > _FEW and _installed())):
            self._heavy = _Torch(*self._place)
        return self._heavy or self._light  # type: ignore[return-value]  # one of them is there


class _Torch:
    """The model in PyTorch."""

    def __init__(self, name: str, folder: Path, device: str, threads: int) -> None:
        device = _device(name, device)
        self._threads = threads
        self._model: Any = _loaded(name, folder, device)
        self._budget = _CUDA_TOKENS if device == "cuda" else _CPU_TOKENS
        if device == "cpu" and _halves():
            self._halve()

    def embed(self, texts: Sequence[str], check: Check) -> tuple[Any, int]:
        """Return a row of length 1 for each text, and how many tokens were read."""
        import numpy as np

        model = self._model
        ids = model.tokenizer(list(texts), truncation=True, max_length=model.max_seq_length)["input_ids"]
        rows: list[Any] = [None] * len(ids)
        for batch in bert.batches([len(each) for each in ids], self._budget):
            check()
            for at, row in zip(batch, self._rows([ids[at] for at in batch]), strict=True):
                rows[at] = row
        return np.stack(rows), sum(map(len, ids))

    def _rows(self, ids: list[list[int]]) -> Any:
        import torch

        before = torch.get_num_threads()
        torch.set_num_threads(self._threads)
        try:
            with torch.inference_mode():
                batch = self._model.tokenizer.pad({"input_ids": ids}, return_tensors="pt")
                features: Any = {name: each.to(self._model.device) for name, each in batch.items()}
                for module in self._model:  # pooling and what comes behind it have single precision always
                    features = {name: _single(each) for name, each in module(features).items()}
                rows = torch.nn.functional.normalize(features["sentence_embedding"].float(), dim=1)
                return rows.cpu().numpy()
        finally:
            torch.set_num_threads(before)

    def _halve(self) -> None:
        """Compute in bfloat16, unless that changes what comes out."""
        import copy

        import torch

        whole, (wanted, _) = self._model[0], self.embed(_PROBES, _go_on)
        self._model[0] = copy.deepcopy(whole).to(torch.bfloat16)
        found, _ = self.embed(_PROBES, _go_on)
        if float((wanted * found).sum(1).min()) < _SAME:
            self._model[0] = whole


def _light(folder: Path) -> bert.Bert | None:
    """The model in numpy, where it is one that numpy can compute; what is wrong with its files is PyTorch's to say."""
    shape = bert.shape_in(folder)
    try:
        return None if shape is None else bert.Bert(shape, folder)
    except Exception:  # tokenizers raises its own errors as plain ones
        return None


def _installed() -> bool:
    return importlib.util.find_spec("sentence_transformers") is not None


def _halves() -> bool:
    """Whether this processor multiplies bfloat16 in hardware."""
    import torch

    able: Any = torch.cpu.get_capabilities()
    return any(able.get(name) for name in ("avx512_bf16", "amx_bf16"))


def _single(value: Any) -> Any:
    import torch

    return value.float() if isinstance(value, torch.Tensor) and value.dtype == torch.bfloat16 else value


def _go_on() -> None:
    return None


def _device(name: str, wish: str) -> str:
    import torch

    there = torch.cuda.is_available()
    if wish == "cuda" and not there:
        raise _failed(name, "finds no CUDA device", "set LOCAL_DEVICE=cpu, or install a CUDA build of torch")
    return "cuda" if there and wish != "cpu" else "cpu"


def _loaded(name: str, folder: Path, device: str) -> Any:
    from sentence_transformers import SentenceTransformer

    try:
        with _quiet():
            return SentenceTransformer(
                str(folder),
                device=device,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
    except MemoryError as error:
        hint = "choose a smaller model (aiprov models recommend), or close other programs"
        raise _failed(name, "ran out of memory", hint) from error
    except Exception as error:  # its loaders raise whatever a configuration makes them trip over
        hint = f"aiprov models rm {name}, then aiprov models pull {name}"
        raise IntegrityError(f"{name} in {folder} cannot be loaded ({type(error).__name__})", hint) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' progress bars and warnings off the terminal, and leave its settings as they were."""
    import transformers

    logging: Any = transformers.utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _failed(name: str, what: str, hint: str) -> ProviderError:
    return ProviderError(
        f"the engine for embeddings {what} with {name}", hint, provider="local", model=name, code=Kind.ENGINE
    )
