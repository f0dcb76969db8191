"""OpenAI's model that tells speakers apart, through the official SDK against a loopback server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from aiprov.core.joining import joined
from aiprov.core.requests import DecodingOptions, TranscriptionRequest
from aiprov.core.results import Transcript
from aiprov.providers.base import Hooks
from aiprov.providers.openai_shaped import OpenAIShaped
from vendor_server import Vendor, answer, openai_chat, serving

MODEL = "gpt-4o-transcribe-diarize"
TURNS = [("B", 0.0, 1.5, "Shall we begin?"), ("A", 1.6, 2.0, "Yes."), ("B", 2.2, 3.9, "Good.")]
DIARIZED = {
    "task": "transcribe",
    "duration": 4.0,
    "text": "Shall we begin? Yes. Good.",
    "segments": [
        {"id": f"seg_{at}", "type": "transcript.text.segment", "speaker": who, "start": start, "end": end, "text": text}
        for at, (who, start, end, text) in enumerate(TURNS)
    ],
    "usage": {"type": "duration", "seconds": 4},
}


def hear(vendor: Vendor, path: Path) -> Transcript:
    async def running() -> Transcript:
        provider = OpenAIShaped("openai", base_url=f"{vendor.url}/v1", key=lambda: "sk-test", models=())
        try:
            options = DecodingOptions(initial_prompt="Minutes.", hotwords="Ada")
            return await provider.transcribe(TranscriptionRequest(path, "en", options=options), MODEL, Hooks())
        finally:
            await provider.aclose()

    return asyncio.run(running())


@pytest.fixture
def told(tmp_path: Path) -> tuple[Transcript, dict[str, Any]]:
    path = tmp_path / "call.mp3"
    path.write_bytes(b"ID3 audio")
    with serving(answer(openai_chat())) as vendor:
        vendor.script(answer(DIARIZED))
        return hear(vendor, path), vendor.requests[0].form()


def test_it_is_asked_for_speakers_and_for_nothing_that_it_refuses(told):
    form = told[1]
    assert (form["response_format"], form["chunking_strategy"]) == (["diarized_json"], ["auto"])
    assert form.keys() == {"file", "model", "language", "response_format", "chunking_strategy"}


def test_its_speakers_get_the_usual_labels_in_the_order_in_which_they_speak(told):
    transcript = told[0]
    assert [each.speaker for each in transcript.segments] == ["SPEAKER_00", "SPEAKER_01", "SPEAKER_00"]
    assert transcript.speakers is not None
    assert transcript.speakers.method == "provider"
    assert [(each.label, round(each.speech_s, 3)) for each in transcript.speakers.people] == [
        ("SPEAKER_00", 3.2),
        ("SPEAKER_01", 0.4),
    ]


def test_labels_of_one_part_say_nothing_of_another_part(told):
    part = told[0]
    whole = joined([(0.0, 4.0, part), (4.0, 8.0, part)])
    assert whole.speakers is None
    assert {each.speaker for each in whole.segments} == {None}
    assert joined([(0.0, 4.0, part)]).speakers == part.speakers
