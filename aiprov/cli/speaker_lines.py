"""What `aiprov speakers` says: lines, and shapes for `--json`. Knows nothing of options and of how voices are heard."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from aiprov.cli.output import Output, hours

if TYPE_CHECKING:
    from aiprov.core.naming import Introduction
    from aiprov.pipelines.enrolling import Enrolled
    from aiprov.pipelines.labels import Labelled
    from aiprov.voices import Profile


def tell_enrolled(enrolled: Enrolled, out: Output) -> None:
    """Say whose voice is remembered, and who cannot be told from it."""
    profile = enrolled.profile
    heard = f"{hours(profile.speech_s)} of speech, only on this machine"
    out.line(f"{'remembered' if enrolled.new else 'know better'} the voice of {profile.name} ({heard})")
    for other in enrolled.alike:
        out.note(f"the voice of {other} is very near to it: neither will be named until they can be told apart")


def tell_paths(done: Labelled, out: Output) -> None:
    """Say which outputs were rendered again, and which were kept."""
    for path in done.written:
        out.line(f"wrote {path}")
    for path in done.kept:
        out.note(f"{path} was edited or is not aiprov's, and is kept; --force overwrites it")


def tell_labelled(done: Labelled, out: Output) -> None:
    """Say what giving names came to."""
    tell_paths(done, out)
    if not done.written and not done.kept:
        out.line(f"nothing to change: {done.transcript} shows these names")


def voice_shape(profile: Profile) -> dict[str, object]:
    """A remembered voice for `--json`, without the voice itself."""
    days = [sample.day for sample in profile.samples]
    facts = {"name": profile.name, "model": profile.model, "samples": len(profile.samples)}
    return facts | {"speech_s": round(profile.speech_s, 1), "first": days[0], "last": days[-1]}


def labelled_shape(done: Labelled) -> dict[str, object]:
    """What giving names came to, for `--json`."""
    people = [{"label": each, "name": None if name == each else name} for each, name in done.people.items()]
    paths = {"outputs": list(map(str, done.written)), "kept": list(map(str, done.kept))}
    return {"path": str(done.transcript), "people": people, **paths}


def suggestion_shape(each: Introduction) -> dict[str, object]:
    """A suggestion for `--json`."""
    times = {"segment": each.segment, "start": each.start, "end": each.end}
    return {"speaker": each.speaker, "name": each.name, **times, "text": each.text}


def quoted(name: str) -> str:
    """A name as it is typed."""
    return shlex.quote(name)
