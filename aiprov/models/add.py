"""A user's own model becomes an entry: a folder or file on this disk, or a hub repository at one commit.

What is recorded is what was seen: every file that the engine needs, by size and hash. Other files are not taken.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from aiprov.core.requests import ModelCapability
from aiprov.errors import ConfigError, IntegrityError
from aiprov.files import sha256_of
from aiprov.models.entry import CountBytes, ModelEntry, ModelFile, Progress
from aiprov.models.hub import login, refusal, reply_of, require_reachable, unavailable
from aiprov.models.lock import is_file_name
from aiprov.models.safety import choose_files, names_below, refuse_code, refuse_unsafe


def describe_path(path: Path, name: str, file: str | None = None) -> ModelEntry:
    """Make an entry of what lies at `path`: hash the files that the engine needs, refuse what could run code.

    Args:
        path: A model's folder, or one `.gguf` file.
        name: The entry's name.
        file: Which GGUF file of the folder.

    Raises:
        ConfigError: No model that can be loaded, or it cannot be read.
        IntegrityError: Code or a pickle in the folder, or weights that are not what they seem.
    """
    origin = str(path)
    try:
        if path.is_file():
            folder, kind, chosen = path.parent, *choose_files([path.name], origin)
        else:
            folder, names = path, names_below(path)
            refuse_code(names, origin)
            kind, chosen = choose_files(names, origin, file)
        refuse_unsafe(folder, kind, chosen, origin)
        files = tuple(_hashed(folder, each) for each in chosen)
    except OSError as error:
        raise ConfigError(f"{origin} cannot be read: {error.strerror or error}", "check its permissions") from error
    return _entry(name, kind, files, licence="unknown")


def existing(source: str) -> Path | None:
    """The absolute path that a user's text names, if there is something there."""
    try:
        path = Path(source).expanduser().absolute()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long, not permitted, no such user, a NUL
        return None


def describe_repo(
    repo: str, name: str, file: str | None, revision: str | None, token: str | None, progress: Progress | None
) -> ModelEntry:
    """Make an entry of a hub repository: its newest commit (or `revision`), the files that the engine needs, hashed.

    The hub tells the hashes of large files; small ones are read and hashed here.

    Raises:
        ConfigError: The repository holds no model that can be loaded, or is not there.
        ProviderError: The hub cannot be reached or refuses.
    """
    import httpx2
    from huggingface_hub import HfApi, constants

    require_reachable(name)
    secret = login(token)
    try:
        found = HfApi(endpoint=constants.ENDPOINT, token=secret).model_info(
            repo, revision=revision, files_metadata=True, timeout=30
        )
        listed: dict[str, Any] = {each.rfilename: each for each in found.siblings or []}
        kind, chosen = choose_files([each for each in listed if is_file_name(each)], f"hub repository {repo}", file)
        commit = str(found.sha)
        files = tuple(_pinned(repo, commit, each, listed[each], secret, progress) for each in chosen)
    except (httpx2.HTTPError, OSError) as error:
        raise unavailable(name, f"hub repository {repo}: {type(error).__name__}", "check its name") from None
    licence = str(getattr(found.card_data, "license", None) or "unknown")
    licence = "".join(filter(str.isprintable, licence))[:100]
    return _entry(name, kind, files, licence=licence, repo=repo, revision=commit)


def default_name(source: str) -> str:
    """A valid name from a folder, file or repository: its last part, in lower case."""
    last = Path(source).name.lower().removesuffix(".gguf").removesuffix("-gguf")
    return re.sub(r"[^a-z0-9._-]+", "-", last).strip("-._") or "model"


def _entry(name: str, kind: ModelCapability, files: tuple[ModelFile, ...], **more: Any) -> ModelEntry:
    family = "whisper" if kind == ModelCapability.TRANSCRIPTION else "added"
    return ModelEntry(name, kind, family, files, quantization=_quantization(files), added=True, **more)


def _quantization(files: tuple[ModelFile, ...]) -> str:
    match = re.search(r"(?i)[.-]((?:iq|q)\d\w*|b?f16|f32)\.gguf$", max(files, key=lambda file: file.bytes).name)
    return match[1].upper() if match else "unknown"


def _hashed(folder: Path, name: str) -> ModelFile:
    return ModelFile(name, (folder / name).stat().st_size, sha256_of(folder / name))


def _pinned(repo: str, commit: str, name: str, sibling: Any, token: str | None, progress: Progress | None) -> ModelFile:
    if sibling.lfs is not None:
        return ModelFile(name, int(sibling.lfs.size), str(sibling.lfs.sha256))
    size, digest = int(sibling.size or 0), hashlib.sha256()
    count = CountBytes(f"{repo}/{name}", size, progress)
    with reply_of(repo, commit, name, token) as reply:
        if reply.status_code != 200:
            raise refusal(repo, name, repo, reply.status_code)
        for block in reply.iter_raw():
            digest.update(block)
            count.add(len(block))
            if count.done > size:
                break
    if count.done != size:
        raise unavailable(repo, f"{name} is not as long as the hub says")
    return ModelFile(name, size, digest.hexdigest())


def require_plain_names(entry: ModelEntry) -> None:
    """Refuse a model whose files could not be kept under their names.

    Raises:
        ConfigError: One of them is no plain name.
    """
    for file in entry.files:
        if not is_file_name(file.name):
            raise ConfigError(
                f"the file name {file.name!a} cannot be kept", "rename it: letters, digits, '.', '_', '-'"
            )


def require_unchanged(entry: ModelEntry) -> None:
    """A model named by path has to be what it was when it was named.

    Raises:
        IntegrityError: It has changed.
    """
    if describe_path(Path(entry.name), entry.name).digest != entry.digest:
        raise IntegrityError(f"model {entry.name} has changed since this run began", "run the same command again")
