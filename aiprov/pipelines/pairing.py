"""Which transcripts there are, and which references belong to them: by name and place. Reads no file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from aiprov.errors import ConfigError

# Names that nothing but a reference has. Within a group, the first that knows a thing says it: RTTM who speaks when,
# then whatever has words with times.
_MARKED = (".ref.rttm", ".ref.stm", ".ref.json", ".truth.json", ".ref.txt")
_PLAIN = (".rttm", ".stm", ".json", ".txt")
# Beside a transcript lie its own other formats, too: of plain names, only what aiprov never writes is a reference.
_BESIDE = (".stm",)


class Pair(NamedTuple):
    """A transcript and its references, none or several."""

    transcript: Path
    references: tuple[Path, ...]


def pairs(paths: Sequence[Path], reference: Path | None) -> list[Pair]:
    """Find transcripts and their references.

    Args:
        paths: Transcripts, and folders whose tree is searched for them.
        reference: A folder, in whose same place (or at whose top) references lie; or the one reference of one
            transcript (an STM or RTTM file may be about several); None looks beside each transcript.

    Raises:
        ConfigError: There is no transcript, none has a reference, or `reference` cannot be used.
    """
    found = dict(each for path in paths for each in _transcripts(path, reference))
    _refuse_unusable(list(found), reference)
    paired = [Pair(path, tuple(_references(path, below, reference))) for path, below in found.items()]
    if not any(pair.references for pair in paired):
        where = "beside them" if reference is None else f"in {reference}"
        endings = ", ".join((*_MARKED, *(_BESIDE if reference is None else _PLAIN)))
        hint = f"a reference has the transcript's name and ends in one of {endings}"
        raise ConfigError(f"no transcript has a reference {where}", hint, code="no_reference")
    return paired


def _transcripts(path: Path, reference: Path | None) -> Iterator[tuple[Path, Path]]:
    """Each transcript, with the folder that it lies in below `path`."""
    if not path.is_dir():
        yield path, Path()
        return
    for each in sorted(path.rglob("*")):
        wanted = each.suffix == ".json" or (each.suffix == ".rttm" and not each.with_suffix(".json").exists())
        apart = (
            each.name.startswith(".")
            or each.name.endswith(".minutes.json")
            or each.name.endswith(_MARKED)
            or _lies_apart(each, path, reference)
        )
        if wanted and not apart:
            yield each, each.parent.relative_to(path)


def _lies_apart(path: Path, top: Path, reference: Path | None) -> bool:
    """Whether a file belongs to a folder of references within the folder of transcripts."""
    if reference is None or reference.resolve() == top.resolve():
        return False
    return path.resolve().is_relative_to(reference.resolve())


def _refuse_unusable(transcripts: Sequence[Path], reference: Path | None) -> None:
    if not transcripts:
        hint = "make some: aiprov transcribe RECORDINGS -o transcripts/ -f json"
        raise ConfigError("there are no transcripts (.json, .rttm) to evaluate", hint, code="no_transcript")
    if reference is None or reference.is_dir():
        return
    if not reference.exists():
        raise ConfigError(f"{reference} does not exist", "check --reference", code="usage")
    if len(transcripts) > 1 and reference.suffix not in (".stm", ".rttm"):
        message = f"{reference} is one reference for {len(transcripts)} transcripts"
        raise ConfigError(message, "give a folder of references, or a single transcript", code="usage")


def _references(path: Path, below: Path, reference: Path | None) -> list[Path]:
    """The references from the same place in the reference folder's tree, else from its top; marked ones alone."""
    if reference is not None and not reference.is_dir():
        return [reference]
    for folder in [path.parent] if reference is None else [reference / below, reference]:
        for endings in (_MARKED, _BESIDE if folder.resolve() == path.parent.resolve() else _PLAIN):
            found = [each for ending in endings if (each := folder / f"{path.stem}{ending}").is_file()]
            if found:
                return found
    return []
