"""The figures of an evaluation for people, as rows of a table, and for programs, as JSON. Pure; prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from aiprov.evaluation.counts import Coverage, Recall, TurnErrors, WordErrors
from aiprov.pipelines.evaluate import EvalOptions, Evaluated, Figures, pooled
from aiprov.state import Speed

Speeds: TypeAlias = Mapping[tuple[str, str], Speed]

_Counted: TypeAlias = WordErrors | TurnErrors | Recall | Coverage | None

_COLUMNS: dict[str, Callable[[Figures], str]] = {
    "words": lambda figures: _count(figures.words, "words"),
    "sub": lambda figures: _count(figures.words, "substitutions"),
    "del": lambda figures: _count(figures.words, "deletions"),
    "ins": lambda figures: _count(figures.words, "insertions"),
    "WER %": lambda figures: _percent(figures.words),
    "cpWER %": lambda figures: _percent(figures.words_by_speaker),
    "missed s": lambda figures: _count(figures.turns, "missed_s"),
    "false s": lambda figures: _count(figures.turns, "false_alarm_s"),
    "confused s": lambda figures: _count(figures.turns, "confusion_s"),
    "of s": lambda figures: _count(figures.turns, "speech_s"),
    "DER %": lambda figures: _percent(figures.turns),
    "speakers": lambda figures: _speakers(figures),
    "rare %": lambda figures: _percent(figures.rare_words),
    "covered %": lambda figures: _percent(figures.coverage),
}


def table(done: Sequence[Evaluated]) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns of which something is known, and a row for each transcript and for all."""
    compared = [(str(each.path), each.figures) for each in done if each.status == "done"]
    rows = [
        [name, *(cell(figures) for cell in _COLUMNS.values())] for name, figures in (*compared, ("total", pooled(done)))
    ]
    names = ["file", *_COLUMNS]
    known = [at for at in range(len(names)) if any(row[at] for row in rows)]
    return [names[at] for at in known], [[row[at] for at in known] for row in rows] if compared else []


def remarks(done: Sequence[Evaluated], options: EvalOptions, speeds: Speeds) -> Iterator[str]:
    """Say what the figures mean: how was scored, and how fast the models were."""
    sums = pooled(done)
    yield "total: the errors and seconds of all recordings, added up; not the mean of their rates"
    if sums.words is not None:
        yield f"WER: words as {' and '.join(_normalisers(done))} evens them out"
    if sums.turns is not None:
        overlap = "left out" if options.skip_overlap else "scored"
        yield (
            f"DER: collar {options.collar_s:g} s on each side of every start and end in the reference"
            f" (pyannote.metrics: collar={2 * options.collar_s:g}); overlapping speech is {overlap}"
        )
    for (provider, model), speed in speeds.items():
        yield (
            f"RTF of {provider}/{model}: {_rtf(speed):.3f} s per second of audio,"
            f" its last {speed.audio_s:.0f} s of audio on this machine"
        )


def document(done: Sequence[Evaluated], options: EvalOptions, speeds: Speeds) -> dict[str, Any]:
    """Return the JSON document of an evaluation; rates are shares, from 0 up."""
    counts = {status: sum(each.status == status for each in done) for status in ("done", "skipped", "failed")}
    return {
        "schema": 1,
        "files": [_file(each) for each in done],
        "totals": {"files": len(done), **counts, **_shape(pooled(done))},
        "models": [
            {"provider": provider, "model": model, "rtf": round(_rtf(speed), 4), "audio_s": round(speed.audio_s, 3)}
            for (provider, model), speed in speeds.items()
        ],
        "settings": {
            "collar_s": options.collar_s,
            "overlap": "skipped" if options.skip_overlap else "scored",
            "language": options.language,
            "normalisers": _normalisers(done),
            "rare_words": len(options.rare_words),
            "totals": "pooled",
        },
    }


def _file(each: Evaluated) -> dict[str, Any]:
    error = each.error
    return {
        "path": str(each.path),
        "status": each.status,
        "references": [str(path) for path in each.references],
        "provider": each.model and each.model[0],
        "model": each.model and each.model[1],
        "normaliser": each.normaliser,
        **_shape(each.figures),
        "error": error and {"code": error.code, "message": error.message, "hint": error.hint},
    }


def _shape(figures: Figures) -> dict[str, Any]:
    return {
        "wer": _rated(figures.words),
        "cpwer": _rated(figures.words_by_speaker),
        "der": _rated(figures.turns),
        "speakers": figures.speakers and asdict(figures.speakers),
        "rare_words": _rated(figures.rare_words),
        "coverage": _rated(figures.coverage),
    }


def _rated(counted: _Counted) -> dict[str, Any] | None:
    """The rate and what it was made from."""
    if counted is None:
        return None
    rate = None if counted.rate is None else round(counted.rate, 5)
    return {"rate": rate} | {name: round(value, 3) for name, value in asdict(counted).items()}


def _normalisers(done: Sequence[Evaluated]) -> list[str]:
    return sorted({each.normaliser for each in done if each.normaliser})


def _rtf(speed: Speed) -> float:
    """Seconds of work per second of audio; calls beside each other count once."""
    return speed.wall_s / speed.audio_s


def _count(counted: _Counted, name: str) -> str:
    value = "" if counted is None else getattr(counted, name)
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _percent(counted: _Counted) -> str:
    return "" if counted is None else "-" if counted.rate is None else f"{100 * counted.rate:.2f}"


def _speakers(figures: Figures) -> str:
    """`3 of 4` for one recording, `5/8 right` for several."""
    count = figures.speakers
    if count is None:
        return ""
    return f"{count.found} of {count.reference}" if count.recordings == 1 else f"{count.right}/{count.recordings} right"
