"""How fast texts become vectors: aiprov's embedding engine beside `SentenceTransformer.encode` at its best batch size.

    python tests/bench/embed.py --meetings DIR --out embed.json

DIR holds meetings of QMSum (JSON with `meeting_transcripts`); sentences and excerpts of them are embedded. Times are
seconds of one thread's CPU, since other programs may run beside.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import measure
from transcribe import default_home

from aiprov.core.excerpts import Content, of_transcript
from aiprov.models import ModelStore

MODEL = "all-minilm-l6-v2"
BATCHES = (8, 16, 32, 64, 128)
_NOISE = re.compile(r"\{[^}]*\}|\s+(?=[.,?!'])")


def meetings(folder: Path) -> Iterator[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    """Each meeting's name, a transcript in which a turn takes a second, and its questions."""
    for path in sorted(folder.glob("*.json")):
        raw = json.loads(path.read_text(encoding="utf-8"))
        segments = [
            {"start": at, "end": at + 0.9, "text": _NOISE.sub("", turn["content"]), "speaker": turn["speaker"]}
            for at, turn in enumerate(raw["meeting_transcripts"])
        ]
        yield (
            path.stem,
            {"segments": segments},
            [each for each in raw["specific_query_list"] if each["relevant_text_span"]],
        )


def contents(folder: Path) -> dict[str, Content]:
    """Each meeting cut as the archive cuts it."""
    return {name: of_transcript(document) for name, document, _ in meetings(folder)}


def timed(work: Callable[[], Any], repeats: int) -> tuple[Any, float]:
    """The result and the fewest seconds of this thread's CPU."""
    best, found = float("inf"), None
    for _ in range(repeats):
        began = time.thread_time()
        found = work()
        best = min(best, time.thread_time() - began)
    return found, best


def main() -> None:
    parser = argparse.ArgumentParser(description="Rates of embedding.")
    parser.add_argument("--meetings", type=Path, required=True)
    parser.add_argument("--every", type=int, default=40, help="take every n-th turn and excerpt")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--home", type=Path, default=default_home(), help="the AIPROV_HOME that holds the models")
    parser.add_argument("--out", type=Path, default=Path("embed.json"), help="relative to tests/bench/results")
    chosen = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # before numpy and torch are imported
    import numpy as np
    import torch
    from sentence_transformers import SentenceTransformer

    from aiprov.providers.local import sentence

    torch.set_num_threads(1)
    cut = list(contents(chosen.meetings).values())
    texts = [line.text for each in cut for line in each.lines][:: chosen.every]
    texts += [text for each in cut for text in each.excerpts][:: chosen.every]
    folder = ModelStore(chosen.home / "models", offline=True, trust_cache=True).verified_path(MODEL)
    peer: Any = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    rows, wanted = [], None
    for size in BATCHES:
        encode = lambda size=size: peer.encode(texts, batch_size=size, normalize_embeddings=True)  # noqa: E731
        wanted, seconds = timed(encode, chosen.repeats)
        rows.append({"engine": f"encode, batches of {size}", "texts_per_s": len(texts) / seconds, "cosine": 1.0})
    light, heavy = sentence._light(folder), sentence._Torch(MODEL, folder, "cpu", 1)
    for name, engine in (("aiprov, numpy", light), ("aiprov, PyTorch", heavy)):
        (found, _), seconds = timed(lambda engine=engine: engine.embed(texts, lambda: None), chosen.repeats)
        cosine = float((np.asarray(found) * np.asarray(wanted)).sum(axis=1).min())
        rows.append({"engine": name, "texts_per_s": len(texts) / seconds, "cosine": cosine})
    for row in rows:
        print(f"{row['engine']:24} {row['texts_per_s']:8.1f} texts per CPU second, least cosine {row['cosine']:.5f}")
    measure.save(
        {
            "machine": measure.machine(("numpy", "torch", "sentence-transformers")),
            "model": MODEL,
            "texts": len(texts),
            "rows": rows,
        },
        chosen.out,
    )


if __name__ == "__main__":
    main()
