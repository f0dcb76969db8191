"""A transcript survives its own JSON, and the JSON depends on nothing else."""

import json
import math
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from aiprov.core.document import from_document, to_document
from aiprov.core.results import Finding, Quality, Segment, Transcript, Word
from aiprov.pipelines.formats import render
from aiprov.pipelines.reading import parse

SHA = "ab" * 32
TRANSCRIPT = Transcript(
    text="Hi there.",
    segments=(
        Segment(
            id=0,
            seek=120,
            start=0.1234567,
            end=1.0,
            text=" Hi there.",
            temperature=0.20000000001,
            avg_logprob=-0.23456789,
            compression_ratio=0.81,
            no_speech_prob=0.01,
            words=(Word(0.1234567, 0.5, " Hi", 0.98765432), Word(0.6, 1.0, " there.", 0.9, "SPEAKER_00")),
            speaker="SPEAKER_00",
        ),
    ),
    language="en",
    duration_s=2.0004,
    provider="local",
    model="base",
    cost=Decimal(0),
    damaged_s=0.5,
    language_probability=0.99999,
    quality=Quality("suspect", 0.5, (Finding("uncovered_speech", 1.0, 2.0, "suspect", "1.0 s"),), 1.9, 1.0),
)


def test_the_document_has_the_contracts_shape():
    assert to_document(TRANSCRIPT, source_path="a.mp3", source_sha256=SHA) == {
        "text": "Hi there.",
        "segments": [
            {
                "id": 0,
                "seek": 120,
                "start": 0.123,
                "end": 1.0,
                "text": " Hi there.",
                "temperature": 0.2,
                "avg_logprob": -0.2346,
                "compression_ratio": 0.81,
                "no_speech_prob": 0.01,
                "words": [
                    {"word": " Hi", "start": 0.123, "end": 0.5, "probability": 0.9877},
                    {"word": " there.", "start": 0.6, "end": 1.0, "probability": 0.9, "speaker": "SPEAKER_00"},
                ],
                "speaker": "SPEAKER_00",
            }
        ],
        "language": "en",
        "aiprov": {
            "schema": 1,
            "source": {"path": "a.mp3", "sha256": SHA, "duration_s": 2.0, "damaged_s": 0.5},
            "provider": "local",
            "model": "base",
            "quality": {
                "verdict": "suspect",
                "coverage": 0.5,
                "speech_s": 1.9,
                "redecoded_s": 1.0,
                "findings": [
                    {"code": "uncovered_speech", "start": 1.0, "end": 2.0, "severity": "suspect", "detail": "1.0 s"}
                ],
            },
            "language_probability": 1.0,
        },
    }


def written(transcript):
    return render(to_document(transcript, source_path="a.mp3", source_sha256=SHA), "json")


def test_what_is_not_a_number_is_written_as_null_and_the_same_each_time():
    odd = Segment(0, 0, 0.0, 1.0, "a", 0.0, -math.inf, math.nan, 0.0)
    text = written(Transcript("a", (odd,), "en", 1.0, "local", "base", None))
    assert json.loads(text)["segments"][0]["avg_logprob"] is None
    assert written(from_document(parse(text, "a.json"))) == text


def test_zero_has_one_spelling():
    odd = Segment(0, 0, -0.0, 1.0, "a", -0.0, 0.0, 0.0, 0.0)
    assert "-0.0" not in written(Transcript("a", (odd,), "en", 1.0, "local", "base", None))


times = some.floats(0, 1e5)
words = some.builds(
    lambda start, length, text: Word(start, start + length, text, 0.5), times, some.floats(0, 9), some.text(max_size=5)
)
segments = some.builds(
    lambda number, start, length, text, own: Segment(number, 0, start, start + length, text, 0.0, -0.5, 1.2, 0.1, own),
    some.integers(0, 10**6),
    times,
    some.floats(0, 99),
    some.text(max_size=20),
    some.lists(words, max_size=3).map(tuple),
)


@given(some.lists(segments, max_size=4))
def test_a_transcript_written_read_and_written_again_has_the_same_bytes(drawn):
    numbered = tuple(
        Segment(at, each.seek, each.start, each.end, each.text, 0.0, -0.5, 1.2, 0.1, each.words)
        for at, each in enumerate(drawn)
    )
    text = written(Transcript("t", numbered, "de", 3.0, "local", "base", None))
    assert written(from_document(parse(text, "a.json"))) == text
