"""Voice profiles are sent nowhere: what sends knows nothing of them, and no transcript holds a voice."""

from pathlib import Path

import pytest

from aiprov.core.document import to_document
from aiprov.core.matching import recognised
from aiprov.core.results import Transcript
from aiprov.core.speakers import Diarization, Speaker, Speakers

ROOT = Path(__file__).parents[2] / "aiprov"
SENDERS = [path for room in ("providers", "manager", "batch") for path in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("path", [*SENDERS, ROOT / "service.py"], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_room_that_sends_anything_knows_of_profiles(path):
    text = path.read_text(encoding="utf-8")
    assert "aiprov.voices" not in text
    assert "voices_file" not in text


def test_a_transcript_with_a_known_voice_holds_its_name_and_nothing_of_the_voice():
    voice = (0.28, 0.96)
    speakers = Speakers("voices", (Speaker("SPEAKER_00", 1.0),))
    transcript = Transcript("", (), "en", 1.0, "local", "base", None, speakers=speakers)
    found = recognised(transcript, Diarization((), 1.0, "cam++", {"SPEAKER_00": voice}), {"Maria": voice})
    document = to_document(found, source_path="a.wav", source_sha256="0" * 64)
    assert document["aiprov"]["speakers"]["people"][0]["name"] == "Maria"
    assert not {"0.28", "0.96"} & set(repr(document).replace(",", " ").replace("]", " ").replace("}", " ").split())
