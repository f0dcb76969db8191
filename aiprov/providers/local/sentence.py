"""One loaded embedding model: texts become vectors of length 1. The only importer of sentence-transformers."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiprov.core.failures import Kind
from aiprov.errors import IntegrityError, ProviderError, Stopped
from aiprov.providers.local.threads import Check, held

# Faster than 32 and 128 on two cores.
_BATCH = 64

Vector = tuple[float, ...]


class SentenceModel:
    """An embedding model in memory; whoever comes while it works waits.

    Args:
        name: The model's name, for messages.
        folder: Verified folder of a sentence-transformers model with safetensors.
        device: `auto`, `cpu` or `cuda`.
        threads: Threads to compute with.

    Raises:
        IntegrityError: The files are what the lock says, and still no model.
        ProviderError: The device is not to be had, or memory ran out.
    """

    def __init__(self, name: str, folder: Path, device: str, threads: int) -> None:
        self.name = name
        self._threads = threads
        self._lock = threading.Lock()
        self._model: Any = _loaded(name, folder, _device(name, device))

    def embed(self, texts: Sequence[str], check: Check) -> tuple[tuple[Vector, ...], int]:
        """Return a vector for each text, in order, and how many tokens were read. Texts that are too long are cut.

        Raises:
            ProviderError: The engine failed.
            Stopped: The model was closed meanwhile.
        """
        vectors: list[Vector] = [()] * len(texts)
        tokens = 0
        # Texts of a length together: a batch is as long as its longest text.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]), reverse=True)
        with held(self._lock, check):
            for start in range(0, len(order), _BATCH):
                check()
                batch = order[start : start + _BATCH]
                found, count = self._batch([texts[index] for index in batch])
                tokens += count
                for index, vector in zip(batch, found, strict=True):
                    vectors[index] = vector
        return tuple(vectors), tokens

    def close(self, *, wait: bool = True) -> None:
        """Free the model when the batch that is computed now is through; without `wait`, return before that."""
        self._model = None  # a batch under way has a reference of its own
        if wait:
            with self._lock:
                pass

    def _batch(self, texts: list[str]) -> tuple[list[Vector], int]:
        import torch

        model = self._model
        if model is None:
            raise Stopped(f"{self.name} was unloaded while it worked")
        before = torch.get_num_threads()
        torch.set_num_threads(self._threads)
        try:
            rows = model.encode(texts, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False)
            ids = model.tokenizer(texts, truncation=True, max_length=model.max_seq_length)["input_ids"]
        except (RuntimeError, MemoryError) as error:
            raise _failed(self.name, "failed", "choose a smaller model, or LOCAL_DEVICE=cpu") from error
        finally:
            torch.set_num_threads(before)
        return [tuple(row) for row in rows.tolist()], sum(map(len, ids))


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
