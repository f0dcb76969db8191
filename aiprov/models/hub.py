"""The Hugging Face hub as a source: pinned revisions only, first from the user's own hub cache, else over the network.

huggingface_hub knows the addresses, the cache, the login and the connection. Files are streamed here to our own bench,
because its downloads (2.4) throw a partial file away when they fail, so that nothing could be resumed later.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from aiprov.errors import ConfigError, IntegrityError, ProviderError
from aiprov.models.entry import CountBytes, ModelFile, Progress
from aiprov.models.staging import Staging, require_space, wrong_bytes

if TYPE_CHECKING:
    import httpx2

# Connecting may take this long; huggingface_hub by itself retries an unresolvable host for 24 s.
_CONNECT_S = 2.5
_SOURCE = "the hub"


def fetch_from_hub(staging: Staging, token: str | None, progress: Progress | None) -> None:
    """Bring all missing files from the user's hub cache or from the hub.

    Args:
        staging: Where the files go.
        token: Sent to the hub; None means the token of the user's own hub login, if there is one.
        progress: Called while fetching.

    Raises:
        ConfigError: The model has no hub repository.
        ProviderError: The hub cannot be reached, refuses, or the transfer broke off; the part is kept for next time.
        IntegrityError: What came is not the pinned file; it was deleted.
        StorageError: Not enough room.
    """
    if staging.entry.repo is None:
        raise ConfigError(f"model {staging.entry.name} has no hub repository", "use another --source")
    for file in staging.missing():
        _take_from_cache(staging, file)
    if wanted := staging.missing():
        require_reachable(staging.entry.name)
        parts = sum(_size(_part(staging, file)) for file in wanted)
        needed = sum(file.bytes for file in wanted) - parts
        require_space(staging.work, needed, f"model {staging.entry.name}")
        secret = login(token)
        for file in wanted:
            _download(staging, file, secret, progress)


def require_reachable(model: str) -> None:
    """Ask the hub for a sign of life; any HTTP answer will do.

    It runs in a thread because looking up a name has no time limit of its own.

    Raises:
        ProviderError: No answer within a few seconds, or the user has put the hub offline (HF_HUB_OFFLINE).
    """
    from huggingface_hub import constants, get_session

    outcome: list[str] = []

    def ask() -> None:
        try:
            get_session().head(constants.ENDPOINT, timeout=_CONNECT_S, follow_redirects=False)
            outcome.append("")
        except Exception as error:
            outcome.append(f"{type(error).__name__}: {error}")

    if constants.is_offline_mode():
        raise unavailable(model, "the hub is switched off by HF_HUB_OFFLINE")
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_CONNECT_S + 0.5)
    reason = outcome[0] if outcome else f"no answer within {_CONNECT_S:g} s"
    if reason:
        raise unavailable(model, f"the hub ({_host(constants.ENDPOINT)}) cannot be reached ({reason[:200]})")


def unavailable(model: str, reason: str, hint: str | None = None) -> ProviderError:
    """The error for a model that a source could not give."""
    return ProviderError(
        f"cannot fetch model {model}: {reason}",
        hint or "check the network, or bring the files in a folder: models pull --source DIR, or models add DIR",
        provider="local",
        model=model,
        code="model_unavailable",
    )


def _take_from_cache(staging: Staging, file: ModelFile) -> None:
    from huggingface_hub import try_to_load_from_cache

    entry = staging.entry
    found = try_to_load_from_cache(str(entry.repo), file.name, revision=entry.revision)
    if not isinstance(found, str):
        return
    blob = Path(found).resolve()
    if not blob.is_file() or blob.stat().st_size != file.bytes:
        return
    part = staging.work / "cached.part"
    part.unlink(missing_ok=True)
    _link_or_copy(blob, part)
    with contextlib.suppress(IntegrityError):
        staging.accept(part, file, _SOURCE)


def _link_or_copy(blob: Path, part: Path) -> None:
    """A hard link costs no room and leaves no pointer into the user's cache; across disks only a copy will do."""
    try:
        os.link(blob, part)
    except OSError:
        shutil.copyfile(blob, part)


def _download(staging: Staging, file: ModelFile, token: str | None, progress: Progress | None) -> None:
    """Fetch one file, going on where an earlier try stopped, as long as each try brings something."""
    part = _part(staging, file)
    part.parent.mkdir(parents=True, exist_ok=True)
    if _size(part) > file.bytes:
        part.unlink()
    while (before := _size(part)) < file.bytes:
        trouble = _transfer(staging, file, part, token, progress)
        if trouble is not None and _size(part) <= before:
            raise trouble
    staging.accept(part, file, _SOURCE)


def _transfer(
    staging: Staging, file: ModelFile, part: Path, token: str | None, progress: Progress | None
) -> ProviderError | None:
    """Append to `part` what the hub sends; return what went wrong, if anything."""
    import httpx2

    entry, done = staging.entry, _size(part)
    where = f"{file.name} from {entry.repo} at the hub"
    try:
        with reply_of(str(entry.repo), str(entry.revision), file.name, token, done) as reply, part.open("ab") as stream:
            if reply.status_code == 416:  # what is there is shorter than what we have: not our file
                stream.truncate(0)
            if reply.status_code not in (200, 206):
                return refusal(entry.name, where, str(entry.repo), reply.status_code)
            if reply.status_code == 200:
                stream.truncate(0)
            count = staging.counter(file.name, file.bytes, progress, done if reply.status_code == 206 else 0)
            _append(reply.iter_raw(), stream, count, file.bytes)
    except httpx2.HTTPError as error:
        return _broken_off(entry.name, where, type(error).__name__)
    if count.done != file.bytes:  # a body that ended well and has another length is another file
        part.unlink()
        raise wrong_bytes(entry, file, _SOURCE)
    return None


def _append(blocks: Iterator[bytes], stream: BinaryIO, count: CountBytes, size: int) -> None:
    """Write blocks until they end, or until there are more than `size` bytes."""
    for block in blocks:
        if count.done + len(block) > size:
            count.done += len(block)
            return
        stream.write(block)
        count.add(len(block))


@contextlib.contextmanager
def reply_of(repo: str, revision: str, name: str, token: str | None, start: int = 0) -> Iterator[httpx2.Response]:
    """The hub's reply to a request for a file from byte `start` on, its body still to be read.

    Raises:
        httpx2.HTTPError: The transport failed.
    """
    from huggingface_hub import constants, get_session, hf_hub_url

    # Compressed replies cannot be resumed.
    headers = {"user-agent": "aiprov", "accept-encoding": "identity"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    if start:
        headers["range"] = f"bytes={start}-"
    url = hf_hub_url(repo, name, revision=revision, endpoint=constants.ENDPOINT)
    with get_session().stream("GET", url, headers=headers, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT) as reply:
        yield reply


def login(token: str | None) -> str | None:
    """The token to send: the one given, else that of the user's own hub login."""
    from huggingface_hub import get_token

    return token or get_token()


def refusal(model: str, where: str, repo: str, status: int) -> ProviderError:
    """The error for an HTTP status that is not an answer."""
    if status in (401, 403):
        hint = f"open the page of {repo} on the hub, accept its terms, and set HUGGINGFACE_TOKEN"
        return unavailable(model, f"{where} needs permission (HTTP {status})", hint)
    return unavailable(model, f"{where}: HTTP {status}")


def _broken_off(model: str, where: str, why: str) -> ProviderError:
    hint = "run the same command again: what arrived is kept and the rest is fetched"
    return unavailable(model, f"{where} broke off ({why})", hint)


def _part(staging: Staging, file: ModelFile) -> Path:
    return staging.work / "hub" / f"{file.sha256}.part"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _host(endpoint: str) -> str:
    return urlsplit(endpoint).hostname or endpoint
