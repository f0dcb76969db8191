"""Jobs, one after the other, each in a process of its own: the very command that people type, under the same locks.

So an engine that dies takes a job with it and not the server, and what a job did stands in the state as always. Clients
name recipes and folders that the configuration lists; no path of theirs is ever opened.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from aiprov.configfile import ServerEntry
from aiprov.errors import Busy, ConfigError
from aiprov.files import take_in, throw_away
from aiprov.recipes import shipped
from aiprov.state import JobStatus, QueuedJob, State

PROGRAM = (sys.executable, "-m", "aiprov")

_TAIL_BYTES = 4000  # of what a job says, in case it ends without a report
_GRACE_S = 15.0
_ENDS: Mapping[int, JobStatus] = {0: "done", 130: "stopped"}


@dataclass
class Queue:
    """The jobs of one server.

    Args:
        state: Where they are kept.
        uploads: Holds one folder for each recording that was sent.
        said: What the configuration says at this moment.
    """

    state: State
    uploads: Path
    said: Callable[[], ServerEntry]
    _waiting: asyncio.Event = field(default_factory=asyncio.Event)
    _owner: str | None = None
    _process: asyncio.subprocess.Process | None = None
    _cancelled: set[str] = field(default_factory=set)

    def recipes(self) -> list[str]:
        """The recipes that may be named."""
        return sorted({*shipped(), *self.said().recipes})

    def folders(self) -> list[str]:
        """The folders that may be named."""
        return sorted(self.said().folders)

    def add_folder(self, recipe: str, folder: str) -> QueuedJob:
        """Queue a recipe over a folder.

        Raises:
            ConfigError: There is no such recipe or folder.
        """
        self._require(recipe, self.recipes(), "recipe")
        self._require(folder, self.folders(), "folder")
        return self._add(self.state.new_job_id(), recipe, {"folder": folder})

    def add_upload(self, recipe: str, name: str, content: BinaryIO) -> QueuedJob:
        """Queue a recipe over a recording that was sent.

        Args:
            name: What the client calls the file; only its last part counts.

        Raises:
            ConfigError: There is no such recipe, or this is no name for a file.
            StorageError: It cannot be kept.
        """
        self._require(recipe, self.recipes(), "recipe")
        job_id = self.state.new_job_id()
        plain = _plain_name(name)
        take_in(content, self.uploads / job_id / plain)
        return self._add(job_id, recipe, {"upload": plain})

    def wake(self) -> None:
        """Look for jobs now. Call it in the event loop's thread, after adding one."""
        self._waiting.set()

    def cancel(self, job: QueuedJob) -> None:
        """Stop a job; what it has finished is kept. Of one that has ended, throw away what was sent, and made of it.

        Raises:
            Busy: Another server does it.
            StorageError: Something could not be removed.
        """
        if job.ended_at is not None:
            throw_away(self.uploads / job.id)
            return
        if job.owner not in (None, self._owner):
            raise Busy(f"the job {job.id} is done by another server", "stop it there")
        self._cancelled.add(job.id)
        if job.status == "queued":
            self.state.end_job(job.id, "stopped")
        elif self._process is not None and self._process.pid == job.pid:
            self._process.terminate()

    def outputs(self, job: QueuedJob) -> list[str]:
        """What lies beside a recording that was sent."""
        folder = self.uploads / job.id
        if "upload" not in job.source or not folder.is_dir():
            return []
        return sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))

    def output(self, job: QueuedJob, name: str) -> Path:
        """One of them.

        Raises:
            ConfigError: There is none of that name.
        """
        self._require(name, self.outputs(job), "file")
        return self.uploads / job.id / name

    async def work(self) -> None:
        """Do jobs until cancelled; then the one under way is stopped, and waits for the next start."""
        self._owner = owner = await asyncio.to_thread(self.state.begin_run, "serve")
        try:
            while True:
                self._waiting.clear()  # before the look: what is added during it is looked for again
                job = await asyncio.to_thread(self.state.take_job, owner)
                if job is None:
                    await self._something_to_do()
                else:
                    await self._done(job)
        finally:
            self.state.end_run(owner, 0)

    async def _something_to_do(self) -> None:
        with contextlib.suppress(TimeoutError):  # another server's jobs are looked for now and then
            async with asyncio.timeout(30):
                await self._waiting.wait()

    async def _done(self, job: QueuedJob) -> None:
        try:
            command = [*PROGRAM, *self._command(job)]
        except ConfigError as error:  # the configuration has changed meanwhile
            self.state.end_job(job.id, "failed", error=_told(error.code, error.message, error.hint))
            return
        pipe = asyncio.subprocess.PIPE
        self._process = process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True
        )
        await asyncio.to_thread(self.state.job_runs_as, job.id, process.pid)
        try:
            if job.id in self._cancelled:
                process.terminate()
            said, complained = await process.communicate()
        except asyncio.CancelledError:
            await _stopped(process)
            self.state.requeue_job(job.id)
            raise
        finally:
            self._process = None
        await asyncio.to_thread(self._ended, job, process.returncode or 0, said, complained)

    def _ended(self, job: QueuedJob, exit_code: int, said: bytes, complained: bytes) -> None:
        report = _document(said)
        error = report.get("error") or _first_failure(report)
        if exit_code and error is None:
            tail = complained[-_TAIL_BYTES:].decode("utf-8", "replace").strip()
            error = _told("ended", f"the job ended with code {exit_code}", tail or None)
        status = "stopped" if job.id in self._cancelled else _ENDS.get(exit_code, "failed")
        self.state.end_job(job.id, status, exit_code=exit_code, run_id=report.get("run"), error=error)

    def _command(self, job: QueuedJob) -> list[str]:
        said = self.said()
        self._require(job.recipe, self.recipes(), "recipe")
        recipe = str(said.recipes.get(job.recipe, job.recipe))
        if "upload" in job.source:
            place = self.uploads / job.id / job.source["upload"]
        else:
            self._require(job.source["folder"], self.folders(), "folder")
            place = said.folders[job.source["folder"]]
        return ["run", "--json", "--quiet", "--wait", "--recursive", recipe, str(place)]

    def _add(self, job_id: str, recipe: str, source: Mapping[str, str]) -> QueuedJob:
        return self.state.add_job(job_id, recipe, source)

    def _require(self, name: str, known: Sequence[str], what: str) -> None:
        if name not in known:
            hint = f"known are {', '.join(known)}" if known else f"aiprov.yaml lists none under server: {what}s"
            raise ConfigError(f"there is no {what} {name!r}", hint, code="unknown_name")


def _plain_name(name: str) -> str:
    plain = name.replace("\\", "/").rpartition("/")[2].strip()
    if not plain or plain.startswith((".", "-")) or not plain.isprintable() or len(plain.encode()) > 200:
        raise ConfigError("the recording needs a plain file name", "send it under a name such as sync.mp3")
    return plain


async def _stopped(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.communicate(), _GRACE_S)
        except TimeoutError:
            process.kill()
            await process.wait()


def _document(said: bytes) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _first_failure(report: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return next((file["error"] for file in report.get("files", ()) if file.get("error")), None)


def _told(code: str, message: str, hint: str | None) -> dict[str, Any]:
    return {"code": code, "message": message, "hint": hint}
