"""`ModelStore`: a model's name becomes a verified folder.

Everything that other rooms need of this one. Nothing here opens a model; nothing that it hands out is unverified.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from aiprov.errors import ConfigError, IntegrityError
from aiprov.files import write_atomic
from aiprov.models.add import (
    default_name,
    describe_path,
    describe_repo,
    existing,
    require_plain_names,
    require_unchanged,
)
from aiprov.models.entry import ModelEntry, Progress
from aiprov.models.lock import dump_lock, is_name, is_repo, parse_lock, shipped_entries
from aiprov.models.names import named, unknown, with_new
from aiprov.models.pull import Source, pull
from aiprov.models.staging import hold, remove, storage_trouble
from aiprov.models.verify import (
    FileVerdict,
    check_folder,
    looks_present,
    read_verdicts,
    remember_verdicts,
    require_all_ok,
    stamps_of,
)

Named = str | ModelEntry
_OFFLINE = "fetching is switched off by AIPROV_OFFLINE or AIPROV_PRIVACY=local"


class ModelStore:
    """The models of one `AIPROV_HOME`. Several processes may use one store; pulls of one model wait for each other.

    A name is a shipped one (`base`, `llama-3.1-8b`, also in its longer forms and as the hub repository), one that the
    user added, or a path: something with a slash or ending in `.gguf` that exists. A model named by path stays where
    it lies; it is checked for code and hashed each time it is named, so its content is its identity.

    Args:
        root: Folder of the models (`settings.models_folder`); the user's own entries are in its `models.lock`.
        token: Token for the hub.
        offline: Never fetch anything.
        trust_cache: Believe an earlier verdict while a file's size, times and inode are unchanged.
    """

    def __init__(
        self, root: Path, *, token: str | None = None, offline: bool = False, trust_cache: bool = False
    ) -> None:
        self.root = root
        self._token = token
        self._offline = offline
        self._trust_cache = trust_cache

    def entries(self) -> tuple[ModelEntry, ...]:
        """All models that have a name here, shipped ones first.

        Raises:
            IntegrityError: The user's models.lock is damaged.
        """
        return self._shipped + self._added()

    def find(self, name: str, quantization: str | None = "4bit") -> ModelEntry:
        """The model that a name, hub repository or path means.

        Args:
            name: As the user typed it; upper and lower case are the same.
            quantization: `4bit`, `8bit` or `16bit` for a chat model whose name leaves it open; None takes any.

        Raises:
            ConfigError: No such model, or not in this quantization; the hint names what comes close.
            IntegrityError: A path to something that could run code.
        """
        entries = self.entries()
        if (entry := named(entries, name, quantization)) is not None:
            return entry
        path = existing(name) if "/" in name or name.endswith(".gguf") else None
        if path is None:
            raise unknown(entries, name)
        return replace(describe_path(path, str(path)), folder=path if path.is_dir() else path.parent)

    def is_present(self, entry: ModelEntry) -> bool:
        """Whether the files are there by name and size. Cheap, and no promise about their content."""
        if entry.folder is not None:
            return all((entry.folder / file.name).is_file() for file in entry.files)
        return looks_present(self._folder(entry), entry.files)

    def is_here(self, entry: ModelEntry) -> bool:
        """Whether anything lies under the model's name, right or not."""
        folder = self._folder(entry)
        return folder.exists() or folder.is_symlink()

    def pull(self, name: Named, source: Source = "auto", progress: Progress | None = None) -> Path:
        """Fetch what is missing of a model, verify all of it, and return its folder. Damaged files are replaced.

        Args:
            name: Which model.
            source: `auto`, `hub`, `index`, or a directory.
            progress: Called while bytes arrive, as `(what, bytes done, bytes in all)`; raise from it to stop.

        Raises:
            ConfigError: No such model, or fetching is switched off.
            ProviderError: No source could give it.
            IntegrityError: What came was not the pinned files.
            StorageError: Disk full, read-only, I/O error.
        """
        entry = self._entry(name)
        if entry.folder is not None:
            return self.verified_path(entry)
        if self._offline and source in ("auto", "hub", "index"):
            if self.is_here(entry):
                return self.verified_path(entry)
            raise _absent(entry, _OFFLINE, "unset the variable, or use --source DIR")
        return pull(self.root, entry, source, self._token, progress)

    def ensure(self, name: Named, progress: Progress | None = None) -> Path:
        """The verified folder of a model, fetched first when it is absent.

        A model that is there and damaged is not replaced behind the user's back.

        Raises:
            ConfigError: It is absent and fetching is switched off.
            IntegrityError: It is there and not what the lock says.
            ProviderError: No source could give it.
        """
        entry = self._entry(name)
        if self.is_here(entry):
            return self.verified_path(entry)
        if self._offline:
            hint = f"aiprov models pull {entry.name} while online, or --source DIR"
            raise _absent(entry, _OFFLINE, hint)
        return self.pull(entry, progress=progress)

    def verify(self, name: Named) -> list[FileVerdict]:
        """Hash every file, whatever `trust_cache` says, and return a verdict for each.

        Raises:
            ConfigError: The model is not there at all.
        """
        entry = self._present(name)
        if entry.folder is not None:
            require_unchanged(entry)
            return [FileVerdict(file.name, "ok") for file in entry.files]
        return check_folder(self._folder(entry), entry, {})

    def verified_path(self, name: Named) -> Path:
        """The folder of a model, every file hashed just now. `entry.weights` names the main file in it.

        Raises:
            ConfigError: The model is not there.
            IntegrityError: A file is missing, changed, linked, or does not belong there; the message names it.
        """
        entry = self._present(name)
        folder = self._folder(entry)
        if entry.folder is not None:
            require_unchanged(entry)
            return folder
        note = self._note(entry)
        known = read_verdicts(note) if self._trust_cache else {}
        stamps = stamps_of(folder, entry)
        verdicts = check_folder(folder, entry, known)
        require_all_ok(verdicts, entry.name, f"aiprov models pull {entry.name} replaces it")
        if self._trust_cache and stamps != known:
            remember_verdicts(note, stamps)
        return folder

    def remove(self, name: Named) -> None:
        """Delete a model's files; a model that the user added loses its entry too.

        Raises:
            ConfigError: There is nothing to remove.
            StorageError: The files cannot be deleted.
        """
        entry = self._entry(name)
        if entry.folder is not None:
            raise ConfigError(f"{entry.name} lies outside the store", "delete it by hand")
        if not (entry.added or self.is_here(entry) or (self.root / ".partial" / entry.name).exists()):
            raise _absent(entry, "it is not on this machine", "aiprov models list shows what is")
        try:
            with hold(self.root, entry.name):
                self._delete(entry)
        except OSError as error:
            raise storage_trouble(error, f"model {entry.name}", self.root) from error
        if entry.added:
            self._rewrite_added(lambda entries: [each for each in entries if each.name != entry.name])

    def add(
        self,
        source: str | Path,
        name: str | None = None,
        *,
        file: str | None = None,
        revision: str | None = None,
        progress: Progress | None = None,
    ) -> ModelEntry:
        """Take a model of the user's into the store and into the user's models.lock, pinned as it is now.

        A folder or `.gguf` file is copied, so that what happens to it later does not matter here. A hub repository is
        pinned to one commit and fetched.

        Args:
            source: A folder, a `.gguf` file, or a hub repository (`owner/name`).
            name: The name to give it; made from the source when not given.
            file: Which GGUF file, where there are several.
            revision: Which commit, branch or tag of a hub repository; its default branch when not given.
            progress: As in `pull`.

        Raises:
            ConfigError: The name is taken or not possible, or the source holds no model that can be loaded.
            IntegrityError: The source holds code or pickles.
            ProviderError: The hub cannot be reached or refuses.
            StorageError: Disk full, read-only, I/O error.
        """
        text, path = str(source), existing(str(source))
        name = self._free_name(name or default_name(text))
        if path is not None:
            entry, origin = describe_path(path, name, file), path if path.is_dir() else path.parent
            require_plain_names(entry)
            pull(self.root, entry, origin, self._token, progress)
        elif is_repo(text):
            if self._offline:
                raise ConfigError(f"cannot add {text}: {_OFFLINE}", "unset it, or add a folder")
            entry = describe_repo(text, name, file, revision, self._token, progress)
            pull(self.root, entry, "hub", self._token, progress)
        else:
            raise ConfigError(f"there is no file or folder {text}", "or name a hub repository as owner/name")
        self._rewrite_added(lambda entries: with_new(entries, entry))
        return entry

    @cached_property
    def _shipped(self) -> tuple[ModelEntry, ...]:
        return shipped_entries()

    @property
    def _lock_file(self) -> Path:
        return self.root / "models.lock"

    def _added(self) -> tuple[ModelEntry, ...]:
        if not self._lock_file.is_file():
            return ()
        hint = "repair or remove it, then add your models again"
        try:
            text = self._lock_file.read_text("utf-8", "replace")
        except OSError as error:
            raise IntegrityError(f"{self._lock_file} cannot be read: {error.strerror or error}", hint) from error
        return parse_lock(text, str(self._lock_file), hint, added=True)

    def _rewrite_added(self, change: Callable[[list[ModelEntry]], list[ModelEntry]]) -> None:
        try:
            with hold(self.root, self._lock_file.name):
                text = dump_lock(change(list(self._added())))
                parse_lock(text, "the new entry", "give it another --name")  # what is written can be read again
                write_atomic(self._lock_file, text.encode())
        except OSError as error:
            raise storage_trouble(error, self._lock_file.name, self.root) from error

    def _entry(self, name: Named) -> ModelEntry:
        return name if isinstance(name, ModelEntry) else self.find(name, None)

    def _folder(self, entry: ModelEntry) -> Path:
        return entry.folder if entry.folder is not None else self.root / entry.name

    def _present(self, name: Named) -> ModelEntry:
        entry = self._entry(name)
        if not self.is_here(entry):
            raise _absent(entry, "it is not on this machine", f"aiprov models pull {entry.name}")
        return entry

    def _delete(self, entry: ModelEntry) -> None:
        """Out from under its name first: what is left of a killed removal is no model any more."""
        folder, bench = self._folder(entry), self.root / ".partial" / entry.name
        remove(bench)
        bench.mkdir(parents=True)
        if self.is_here(entry):
            folder.rename(bench / "removed")
        remove(bench)
        self._note(entry).unlink(missing_ok=True)

    def _note(self, entry: ModelEntry) -> Path:
        return self.root / ".verdicts" / f"{entry.name}.json"

    def _free_name(self, name: str) -> str:
        if not is_name(name):
            raise ConfigError(f"{name!a} cannot name a model", "use lower-case letters, digits, '.', '_' and '-'")
        if any(entry.answers_to(name) for entry in self.entries()):
            raise ConfigError(f"there is already a model called {name}", "choose another name with --name")
        return name


def _absent(entry: ModelEntry, why: str, hint: str) -> ConfigError:
    return ConfigError(f"model {entry.name} is not available: {why}", hint, code="model_absent")
