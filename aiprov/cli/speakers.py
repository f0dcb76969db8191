"""`aiprov speakers`: give speakers names, and remember voices that people asked to be remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aiprov.cli.command import App
from aiprov.cli.output import Output, failure, hours
from aiprov.cli.speaker_lines import (
    labelled_shape,
    quoted,
    suggestion_shape,
    tell_enrolled,
    tell_labelled,
    tell_paths,
    voice_shape,
)
from aiprov.cli.wishes import Json, Quiet
from aiprov.errors import ConfigError, InputError

if TYPE_CHECKING:
    from aiprov.pipelines.enrolling import Ear, Enrolled
    from aiprov.pipelines.labels import Labelled
    from aiprov.state import State
    from aiprov.voices import Sample
    from aiprov.wiring import Kit

app = App(
    help="Give speakers names, and remember voices.",
    examples=[
        "aiprov speakers label team-sync.json SPEAKER_01=Maria",
        "aiprov speakers suggest team-sync.json",
        "aiprov speakers enroll Maria team-sync.json --speaker SPEAKER_01",
        "aiprov speakers match meetings/*.json",
    ],
)

Transcript = Annotated[
    Path, typer.Argument(metavar="FILE", help="A transcript (JSON) that says who speaks, or the recording beside it.")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite outputs that were edited, too.")]


@app.command(
    examples=[
        "aiprov speakers enroll Maria maria.wav maria-by-phone.wav",
        "aiprov speakers enroll Maria team-sync.json --speaker SPEAKER_01",
    ]
)
def enroll(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose voice it is.")],
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="CLIPS", help="Recordings in which nobody else speaks; or, with --speaker, a transcript."
        ),
    ],
    speaker: Annotated[
        str | None,
        typer.Option("--speaker", metavar="<label>", help="Which speaker of the transcript, as it names them."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also when the recordings sound like different people.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Remember a voice, so that later transcripts show its name; `match` puts it into earlier ones.

    Ask the person first: a voice profile is personal data. It stays in one file on this machine, voices.json in
    AIPROV_HOME, which only you can read; it is made only by this command and by `label --remember`, and never sent
    anywhere. `aiprov speakers forget` removes it. Ten seconds of speech or more are best.

    With --speaker the voice is taken from the recording that the transcript names. A name is put to a voice only where
    it is clearly the nearest; a voice that is not sure stays a label.
    """
    from aiprov.pipelines import enrolling

    out, kit = Output(json=json, quiet=quiet), _kit()
    transcripts = [path for path in sources if path.suffix.lower() == ".json"]
    if (speaker is not None) != bool(transcripts) or len(transcripts) > 1 or (transcripts and len(sources) > 1):
        hint = "give clips, or one transcript (JSON) with --speaker"
        raise ConfigError("a voice comes from clips, or from one speaker of a transcript", hint, code="usage")

    def samples(ear: Ear) -> list[Sample]:
        return [enrolling.of_speaker(sources[0], speaker, ear)] if speaker else enrolling.of_clips(sources, ear)

    enrolled = _taken_up(kit, name, samples, force=force)
    tell_enrolled(enrolled, out)
    if json:
        out.document({"schema": 1, "file": str(kit.voices.path), "voice": voice_shape(enrolled.profile)})
    return 0


@app.command("list", examples=["aiprov speakers list", "aiprov speakers list --json"])
def list_voices(json: Json = False) -> int:
    """List the voices that are remembered.

    Of each, how much speech it was made from and when; never the voice itself.
    """
    out, kit = Output(json=json), _kit()
    profiles = kit.voices.all()
    if json:
        out.document({"schema": 1, "file": str(kit.voices.path), "voices": [voice_shape(each) for each in profiles]})
    elif profiles:
        rows = [(each.name, len(each.samples), hours(each.speech_s), each.samples[-1].day) for each in profiles]
        out.table(("name", "samples", "speech", "last enrolled"), rows, right=("samples", "speech"))
    else:
        out.note("no voice is remembered; `aiprov speakers enroll NAME CLIP` does")
    return 0


@app.command(examples=["aiprov speakers forget Maria", "aiprov speakers forget --all"])
def forget(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Whose voice.", show_default=False)] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Every voice.")] = False,
    quiet: Quiet = False,
) -> int:
    """Forget a voice.

    Its profile is removed from this machine. Transcripts keep the names that they show; `aiprov speakers label FILE
    NAME=` takes one out.
    """
    out, kit = Output(quiet=quiet), _kit()
    if (name is None) != everyone:
        raise ConfigError("give a name, or --all", "`aiprov speakers list` shows the names", code="usage")
    if name is None:
        out.line(f"voices forgotten: {kit.voices.forget_all()}")
    elif kit.voices.forget(name):
        out.line(f"forgot the voice of {name}")
    else:
        raise ConfigError(
            f"no voice of {name} is remembered", "`aiprov speakers list` shows which are", code="not_found"
        )
    return 0


@app.command(
    examples=[
        "aiprov speakers label team-sync.json SPEAKER_00=Peter SPEAKER_01='Maria Lopez'",
        "aiprov speakers label team-sync.mp3 'Maria Lopez'=Maria",
        "aiprov speakers label team-sync.json SPEAKER_01=",
    ]
)
def label(
    file: Transcript,
    names: Annotated[
        list[str],
        typer.Argument(metavar="LABEL=NAME", help="A label, or the name that is shown now, and the name to show."),
    ],
    remember: Annotated[
        bool, typer.Option("--remember", help="Also remember the voice, as enroll does; ask the person first.")
    ] = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Give speakers names in a transcript and all its outputs.

    Nothing is transcribed again. The outputs beside the transcript are rendered anew, and later runs of `aiprov
    transcribe` show the names, too. Two labels may get one name, and are then one speaker. LABEL= takes a name away.
    """
    from aiprov.pipelines.labels import give_names

    out, kit = Output(json=json, quiet=quiet), _kit()
    wishes = [_wish(each) for each in names]
    with kit.state as state:
        done = give_names(file, wishes, state, kit.settings.locks_folder, force=force)
    tell_labelled(done, out)
    for each in (each for each, name in done.names.items() if name and remember):
        tell_enrolled(_remembered(kit, done, each, force=force), out)
    if json:
        out.document({"schema": 1, **labelled_shape(done)})
    return 0


@app.command(examples=["aiprov speakers match team-sync.json", "aiprov speakers match meetings/*.json"])
def match(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILES", help="Transcripts (JSON) that say who speaks, or the recordings beside them."),
    ],
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Name the voices that are remembered in finished transcripts.

    Nothing is transcribed again: of each speaker without a name, up to a minute of the recording is heard. A voice that
    is not sure stays a label, and nobody loses a name. One transcript that cannot be named does not stop the others;
    the exit code then is 3.
    """
    out, kit = Output(json=json, quiet=quiet), _kit()
    with kit.state as state:
        rows = [_matched(each, kit, state, out, force=force) for each in files]
    if json:
        out.document({"schema": 1, "files": rows})
    return 3 if any(row["error"] for row in rows) else 0


@app.command(examples=["aiprov speakers suggest team-sync.json", "aiprov speakers suggest team-sync.json --json"])
def suggest(file: Transcript, json: Json = False) -> int:
    """Show where speakers say who they are.

    Such as "this is Maria" or "my name is Maria", in English, German, French, Spanish and Italian. These are
    suggestions with their evidence: nothing is named until `aiprov speakers label` says so.
    """
    from aiprov.core.naming import introductions
    from aiprov.pipelines.labels import transcript_of
    from aiprov.pipelines.named import people_of, unnamed
    from aiprov.pipelines.opening import opened

    out = Output(json=json)
    path = transcript_of(file)
    document = unnamed(opened(path))
    people = people_of(document)
    found = [
        each
        for each in introductions(document["segments"], document["language"])
        if people.get(each.speaker) != each.name
    ]
    if json:
        out.document({"schema": 1, "path": str(path), "suggestions": [suggestion_shape(each) for each in found]})
        return 0
    rows = [(each.speaker, each.name, hours(each.start), each.text) for each in found]
    if rows:
        out.table(("speaker", "name", "at", "said"), rows, right=("at",))
        out.note(f"`aiprov speakers label {path} {found[0].speaker}={quoted(found[0].name)}` takes one up")
    else:
        out.note("nobody says who they are" if people else "the transcript does not say who speaks")
    return 0


def _kit() -> Kit:
    from aiprov import wiring
    from aiprov.settings import find_env_file, load

    return wiring.build(load(find_env_file()))


def _wish(text: str) -> tuple[str, str]:
    said, equals, name = text.partition("=")
    if not equals or not said.strip():
        raise ConfigError(f"{text!r} is no LABEL=NAME", "such as SPEAKER_01=Maria", code="usage")
    return said, name


def _matched(path: Path, kit: Kit, state: State, out: Output, *, force: bool) -> dict[str, object]:
    """Name the known voices of one transcript; what came of it."""
    from aiprov.pipelines.recognising import recognise

    known = kit.voices.known(kit.diarizer.model)
    try:
        done = recognise(path, known, lambda: kit.diarizer, state, kit.settings.locks_folder, force=force)
    except InputError as error:
        out.error(error)
        return {"path": str(path), "people": [], "outputs": [], "kept": [], "error": failure(error)["error"]}
    if not done.names:
        out.line(f"{done.transcript}: nobody new is known by voice")
    for label, name in done.names.items():
        out.line(f"{done.transcript}: {label} is {name}")
    tell_paths(done, out)
    return {**labelled_shape(done), "error": None}


def _taken_up(kit: Kit, name: str, samples: Callable[[Ear], Sequence[Sample]], *, force: bool) -> Enrolled:
    from aiprov.core.naming import checked_name
    from aiprov.pipelines.enrolling import enroll as take_up

    checked_name(name)  # before a minute of work
    ear = kit.diarizer
    return take_up(name, samples(ear), ear.model, kit.voices, force=force)


def _remembered(kit: Kit, done: Labelled, label: str, *, force: bool) -> Enrolled:
    from aiprov.pipelines.enrolling import of_speaker

    return _taken_up(kit, done.names[label], lambda ear: [of_speaker(done.transcript, label, ear)], force=force)
