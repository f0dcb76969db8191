"""How a model looks in JSON. Pure."""

from __future__ import annotations

from typing import Any

from aiprov.models.entry import ModelEntry


def shape(entry: ModelEntry, present: bool) -> dict[str, Any]:
    """One model as `models list --json` gives it."""
    return {
        "name": entry.name,
        "aliases": list(entry.aliases),
        "kind": str(entry.kind),
        "family": entry.family,
        "bytes": entry.bytes,
        "quantization": entry.quantization,
        "context_length": entry.context_length,
        "dims": entry.dims,
        "licence": entry.licence,
        "repo": entry.repo,
        "revision": entry.revision,
        "sources": sources(entry),
        "starter": entry.starter,
        "added": entry.added,
        "present": present,
        "digest": entry.digest,
        "note": entry.note,
    }


def sources(entry: ModelEntry) -> list[str]:
    """Where a model can come from."""
    known = {"hub": entry.repo, "index": entry.mirror, "added": entry.added and not entry.repo}
    return [name for name, is_so in known.items() if is_so]
