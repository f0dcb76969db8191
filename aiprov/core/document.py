"""The transcript's JSON: from a Transcript, back to one, and from what other tools wrote. Pure.

The top-level keys are openai/whisper's, ours stand under `aiprov`. Nothing in a document depends on the clock or
on the run that made it, so the same recording gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiprov.core.results import Finding, Quality, Segment, Transcript, Word
from aiprov.core.speakers import Speaker, Speakers, Turn

SCHEMA = 1


def to_document(transcript: Transcript, *, source_path: Path | str, source_sha256: str) -> dict[str, Any]:
    """Return the transcript in the contract's JSON shape.

    Args:
        transcript: What a provider answered.
        source_path: The recording, as the outputs shall name it.
        source_sha256: Content identity of the recording, 64 hex digits.
    """
    source = {
        "path": str(source_path),
        "sha256": source_sha256,
        "duration_s": _rounded(transcript.duration_s, 3),
        "damaged_s": _rounded(transcript.damaged_s, 3),
    }
    ours = {
        "schema": SCHEMA,
        "source": source,
        "provider": transcript.provider,
        "model": transcript.model,
        "quality": _quality(transcript.quality),
        "language_probability": _rounded(transcript.language_probability, 4),
    }
    if transcript.speakers is not None:
        ours["speakers"] = _speakers(transcript.speakers)
    segments = [_segment(segment) for segment in transcript.segments]
    return {"text": transcript.text, "segments": segments, "language": transcript.language, "aiprov": ours}


def from_document(document: Mapping[str, Any]) -> Transcript:
    """Return the transcript that `to_document` described; costs and attempts live in the ledger, not here.

    Args:
        document: Made by `to_document`, or read by `reading.parse` and with an `aiprov` part.
    """
    ours = document["aiprov"]
    quality = ours["quality"]
    return Transcript(
        text=document["text"],
        segments=tuple(_segment_from(segment) for segment in document["segments"]),
        language=document["language"],
        duration_s=ours["source"]["duration_s"],
        damaged_s=ours["source"]["damaged_s"],
        provider=ours["provider"],
        model=ours["model"],
        cost=None,
        language_probability=ours["language_probability"],
        quality=Quality(
            verdict=quality["verdict"],
            coverage=quality["coverage"],
            findings=tuple(map(_finding_from, quality["findings"])),
            speech_s=quality["speech_s"],
            redecoded_s=quality["redecoded_s"],
        ),
        speakers=_speakers_from(ours["speakers"]) if "speakers" in ours else None,
    )


def _segment(segment: Segment) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "id": segment.id,
        "seek": segment.seek,
        "start": _rounded(segment.start, 3),
        "end": _rounded(segment.end, 3),
        "text": segment.text,
        "temperature": _rounded(segment.temperature, 4),
        "avg_logprob": _rounded(segment.avg_logprob, 4),
        "compression_ratio": _rounded(segment.compression_ratio, 4),
        "no_speech_prob": _rounded(segment.no_speech_prob, 4),
    }
    if segment.words:
        shape["words"] = [_word(word) for word in segment.words]
    return shape | _spoken_by(segment.speaker) | ({"overlap": True} if segment.overlap else {})


def _word(word: Word) -> dict[str, Any]:
    times = {"start": _rounded(word.start, 3), "end": _rounded(word.end, 3)}
    return {"word": word.text, **times, "probability": _rounded(word.probability, 4), **_spoken_by(word.speaker)}


def _quality(quality: Quality) -> dict[str, Any]:
    findings = [
        {
            "code": finding.code,
            "start": _rounded(finding.start, 3),
            "end": _rounded(finding.end, 3),
            "severity": finding.severity,
            "detail": finding.detail,
        }
        for finding in quality.findings
    ]
    return {
        "verdict": quality.verdict,
        "coverage": _rounded(quality.coverage, 4),
        "speech_s": _rounded(quality.speech_s, 3),
        "redecoded_s": _rounded(quality.redecoded_s, 3),
        "findings": findings,
    }


def _speakers(speakers: Speakers) -> dict[str, Any]:
    people = [
        {"label": each.label, "speech_s": _rounded(each.speech_s, 3)}
        | ({} if each.name is None else {"name": each.name, "source": each.source})
        | ({} if each.match is None else {"match": _rounded(each.match, 3)})
        for each in speakers.people
    ]
    shape: dict[str, Any] = {"method": speakers.method, "count": len(people)}
    if speakers.confidence is not None:
        shape["confidence"] = _rounded(speakers.confidence, 3)
    if speakers.model:
        shape["model"] = speakers.model
    turns = [[_rounded(turn.start, 3), _rounded(turn.end, 3), turn.speaker] for turn in speakers.turns]
    return shape | {"people": people, "turns": turns}


def _spoken_by(speaker: str | None) -> dict[str, str]:
    return {} if speaker is None else {"speaker": speaker}


def _rounded(value: float, digits: int) -> float | None:
    """Round so that the same value is always written with the same digits; JSON has no word for infinity."""
    return round(float(value), digits) + 0.0 if math.isfinite(value) else None


def _segment_from(segment: Mapping[str, Any]) -> Segment:
    return Segment(
        id=segment["id"],
        seek=segment.get("seek", 0),
        start=segment["start"],
        end=segment["end"],
        text=segment["text"],
        temperature=_number(segment.get("temperature")),
        avg_logprob=_number(segment.get("avg_logprob")),
        compression_ratio=_number(segment.get("compression_ratio")),
        no_speech_prob=_number(segment.get("no_speech_prob")),
        words=tuple(_word_from(word) for word in segment.get("words", ())),
        speaker=segment.get("speaker"),
        overlap=segment.get("overlap", False),
    )


def _word_from(word: Mapping[str, Any]) -> Word:
    return Word(word["start"], word["end"], word["word"], _number(word.get("probability")), word.get("speaker"))


def _speakers_from(shape: Mapping[str, Any]) -> Speakers:
    people = tuple(
        Speaker(each["label"], each["speech_s"], each.get("name"), each.get("source"), each.get("match"))
        for each in shape["people"]
    )
    turns = tuple(Turn(start, end, label) for start, end, label in shape["turns"])
    return Speakers(shape["method"], people, turns, shape.get("model", ""), shape.get("confidence"))


def _finding_from(finding: Mapping[str, Any]) -> Finding:
    return Finding(finding["code"], finding["start"], finding["end"], finding["severity"], finding["detail"])


def _number(value: float | None) -> float:
    return math.nan if value is None else value
