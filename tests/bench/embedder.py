"""The starter embedding model as a function, for benchmarks that run by hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path


def embedder(threads: int = 1) -> Callable[[Sequence[str]], Sequence[Sequence[float]]]:
    """Return all-minilm-l6-v2 as it is used in the tests: from AIPROV_TEST_MODELS, or the user's cache folder."""
    import platformdirs

    from aiprov.models import ModelStore
    from aiprov.providers.local.sentence import SentenceModel

    default = platformdirs.user_cache_path("aiprov-test-models", appauthor=False)
    home = Path(os.environ.get("AIPROV_TEST_MODELS") or default)
    store = ModelStore(home / "models", offline=True, trust_cache=True)
    model = SentenceModel("all-minilm-l6-v2", store.verified_path("all-minilm-l6-v2"), "cpu", threads)
    return lambda texts: model.embed(texts, lambda: None)[0]
