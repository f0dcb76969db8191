"""What the user may wish of the engines on this machine, and what the machine gives by itself. Knows no engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aiprov.core.requests import ModelCapability
from aiprov.models.machine import cores

_SMT = Path("/sys/devices/system/cpu/smt/active")


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the user wants engines to run; None leaves the choice to the machine.

    Attributes:
        whisper_model: The model for transcription requests that name none.
        llm_model: The same for chat.
        embedding_model: The same for embeddings.
        quantization: How the weights of a chat model are stored, where its name leaves that open.
        device: `auto` takes a CUDA device where there is one.
        compute_type: CTranslate2's name of a number format.
        workers: Batches of speech decoded at the same time.
        threads: Threads of each worker, of a chat model and of an embedding model.
        batch_size: Chunks of speech decoded together.
    """

    whisper_model: str = "base"
    llm_model: str = "smollm2-135m"
    embedding_model: str = "all-minilm-l6-v2"
    quantization: Literal["4bit", "8bit", "16bit"] = "4bit"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    compute_type: str | None = None
    workers: int | None = None
    threads: int | None = None
    batch_size: int | None = None

    def model_for(self, capability: ModelCapability) -> str | None:
        """The model wished for a kind of work; None for kinds that nothing here can do."""
        return {
            ModelCapability.TRANSCRIPTION: self.whisper_model,
            ModelCapability.CHAT: self.llm_model,
            ModelCapability.EMBEDDING: self.embedding_model,
        }.get(capability)


def spare_threads() -> int:
    """Threads for an engine whose threads wait for each other: the physical cores but one.

    Where another process holds a core, every token waits for the thread that shares it: two threads on two busy cores
    made 5 tokens/s, one made 50 (SmolLM2-135M). The core that is left out costs less than that on an idle machine.
    """
    physical = cores() // 2 if _has_smt() else cores()
    return max(1, physical - 1)


def _has_smt() -> bool:
    try:
        return _SMT.read_text("ascii").strip() == "1"
    except (OSError, ValueError):
        return False
