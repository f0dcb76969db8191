"""The sample meetings in an archive, with the real starter model: decisions are found by other words for them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from aiprov.core.cues.table import cues_of
from aiprov.core.words import stems
from cli_world import aiprov

SAMPLES = Path(__file__).parents[2] / "recipes" / "samples"

# A question that shares no content word with the decision, and the decision's place among those of its meeting.
QUESTIONS = [
    ("how long is the launch delayed", "product-sync", 0),
    ("how are TLS keys deployed in future", "incident-review", 0),
    ("when does the pilot period at every store begin", "customer-interview", 1),
]


@pytest.fixture(scope="module")
def truths() -> dict[str, dict]:
    return {
        path.name.removesuffix(".truth.json"): json.loads(path.read_text()) for path in SAMPLES.glob("*.truth.json")
    }


@pytest.fixture
def archive(truths: dict[str, dict], home_with_models: Path, tmp_path: Path) -> Path:
    for name, truth in truths.items():
        segments = [{key: turn[key] for key in ("start", "end", "text", "speaker")} for turn in truth["turns"]]
        (tmp_path / f"{name}.json").write_text(json.dumps({"segments": segments, "language": "en"}))
    assert aiprov("embed", tmp_path).exit_code == 0
    return home_with_models / "archive.sqlite3"


@pytest.mark.parametrize(("question", "meeting", "number"), QUESTIONS)
def test_a_decision_is_the_first_hit_of_a_question_in_other_words(archive, truths, question, meeting, number):
    decision = truths[meeting]["decisions"][number]
    turns = [truths[meeting]["turns"][at] for at in decision["turns"]]
    said = " ".join([decision["text"], *(turn["text"] for turn in turns)])
    assert not stems(question, cues_of("en")) & stems(said, cues_of("en"))
    hit, *_ = json.loads(aiprov("search", question, "--json").stdout)["results"]
    assert hit["meeting"] == meeting
    assert min(abs(hit["start"] - turn["start"]) for turn in turns) <= 5


def test_a_search_loads_no_pytorch_and_opens_no_socket(archive):
    code = """
import sys
sys.addaudithook(lambda event, _: event in ("socket.connect", "socket.getaddrinfo") and sys.exit(9))
sys.argv[1:] = ["search", "budget", "--json"]
try:
    from aiprov.__main__ import main
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
assert not {"torch", "transformers", "sentence_transformers"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["results"]
