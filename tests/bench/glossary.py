"""What a glossary does to transcripts: word errors, rare words found, terms where none was said, and CPU time.

    python tests/bench/glossary.py --utterances DIR --model tiny.en --out glossary.json
    python tests/bench/glossary.py --utterances DIR --meetings DIR --model tiny.en --out glossary-meetings.json

The folder is compose.py's, and its reference.json also has the `rare_words` of each recording. They are the glossary,
among sixty terms that nobody says; once more for each of three kinds of such terms. `--strangers` leaves the rare words
of a recording's own speakers out: every term that is then heard is a false one. Meetings are composed beforehand by
compose.py out of the same utterances. All ways run in one process, in turn.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import measure
from scoring import Score, score
from transcribe import default_home

from aiprov.core.corrections import corrected
from aiprov.core.glossary import Glossary, Term, letters, prompt_for
from aiprov.core.requests import DecodingOptions, TranscriptionRequest
from aiprov.models import ModelStore
from aiprov.providers.base import Hooks
from aiprov.providers.local.speech import loading_of, transcribe
from aiprov.providers.local.whisper import WhisperModel
from aiprov.providers.local.wishes import Wishes

WAYS = ("none", "hotwords", "corrected", "aiprov")
UNSAID = {
    "names": """Ashworth Okonkwo Brannigan Delacroix Fitzgerald Guerrero Hargreaves Ivanovich Jankowski Kowalczyk
        Lindqvist MacAllister Nakamura O'Sullivan Papadopoulos Quintero Rasmussen Siobhan Thibault Ueda Vanderbilt
        Wojtyla Xiomara Yevgenia Zimmermann Anneliese Bartholomew Cecilia Desmond Eleonora Florian Genevieve Hildegard
        Ignatius Jocelyn Katarzyna Leopold Magdalena Nikolai Ophelia Persephone Quentin Rosalind Sebastian Tamsin Ulrich
        Valentina Winifred Xavier Yasmin Zacharias Aberdeen Birmingham Cartagena Dubrovnik Edinburgh Fribourg Gothenburg
        Heidelberg Innsbruck""",
    "products": """Kubernetes Grafana Prometheus PostgreSQL Terraform Ansible Jenkins Datadog Snowflake Airflow Kafka
        Redis Elasticsearch Kibana Cassandra Hadoop Spark Databricks Figma Jira Confluence Salesforce Zendesk Marketo
        HubSpot Tableau Looker Segment Amplitude Mixpanel Okta Splunk PagerDuty Vercel Netlify Cloudflare Fastly Heroku
        Lambda Fargate SageMaker BigQuery Firestore OAuth Istio Envoy Helm Vault Consul Nomad Pulumi Bazel Gradle
        Webpack TypeScript Svelte Django Celery RabbitMQ Quarkus""",
    "words": """alabaster brigand cormorant drudgery effigy foundling gossamer harbinger indolent jessamine kinsman
        lavender mandolin nuptial obelisk parapet quagmire raiment sexton tapestry usurper vestibule wainscot yeoman
        zephyr almoner bulwark chancel demesne epistle forsaken gauntlet hawthorn ingot juniper kestrel larboard
        miscreant nightingale orchard palfrey quiver rampart scullion tankard undertone vicarage warrant apprentice
        bellows chandler dowry embers flagon girdle heathen inkhorn jester larder mizzen""",
}


@dataclass(frozen=True)
class Recording:
    """What is heard, what was said, and who spoke."""

    path: Path
    text: str
    speakers: frozenset[str]


@dataclass
class Tally:
    """How one way did over all recordings."""

    score: Score = field(default_factory=Score)
    said: int = 0
    found: int = 0
    false: Counter[str] = field(default_factory=Counter)
    cpu_s: float = 0.0

    def add(self, recording: Recording, text: str, rare: set[str], glossary: Glossary) -> None:
        self.score = self.score + score(recording.text, text)
        said, written = _counted(recording.text), _counted(text)
        self.said += sum(said[word] for word in rare)
        self.found += sum(min(said[word], written[word]) for word in rare)
        for term in map(letters, glossary.texts):
            self.false[term] += max(0, written[term] - said[term])

    def figures(self) -> dict[str, Any]:
        false = {term: count for term, count in self.false.items() if count}
        return {
            **self.score.figures(),
            "recall": round(100 * self.found / max(self.said, 1), 2),
            "false_per_1000_words": round(1000 * sum(false.values()) / max(self.score.words, 1), 3),
            "false": false,
            "cpu_s": round(self.cpu_s, 2),
        }


def recordings_of(utterances: Path, meetings: Path | None) -> list[Recording]:
    if meetings is None:
        reference = json.loads((utterances / "reference.json").read_text(encoding="utf-8"))
        return [
            Recording(next(utterances.glob(f"{stem}.*")), each["text"], frozenset({stem.split("-")[0]}))
            for stem, each in sorted(reference.items())
        ]
    found = []
    for path in sorted(meetings.glob("*.truth.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        text = " ".join(turn["text"] for turn in truth["turns"])
        recording = path.with_name(path.name.replace(".truth.json", ".mp3"))
        found.append(Recording(recording, text, frozenset(truth["speakers"])))
    return found


def rare_words(utterances: Path) -> dict[str, set[str]]:
    """The rare words of each speaker."""
    reference = json.loads((utterances / "reference.json").read_text(encoding="utf-8"))
    found: dict[str, set[str]] = {}
    for stem, each in reference.items():
        found.setdefault(stem.split("-")[0], set()).update(each["rare_words"])
    return found


def glossary_for(recording: Recording, rare: dict[str, set[str]], unsaid: str, strangers: bool) -> Glossary:
    """The terms for a recording, in an order that means nothing."""
    own = set().union(*(rare[speaker] for speaker in rare if not (strangers and speaker in recording.speakers)))
    said = _counted(recording.text) if strangers else Counter[str]()
    texts = sorted(text for text in own if not said[letters(text)]) + UNSAID[unsaid].split()
    random.Random(0).shuffle(texts)
    return Glossary(tuple(map(Term, texts)))


def heard(way: str, recording: Recording, model: WhisperModel, glossary: Glossary) -> str:
    """What one way writes."""
    options = {
        "hotwords": DecodingOptions(hotwords=prompt_for(glossary.texts)),
        "aiprov": DecodingOptions(glossary=glossary.texts),
    }.get(way, DecodingOptions())
    request = TranscriptionRequest(recording.path, "en", options=options)
    found = transcribe(request, lambda: model, Hooks()).segments
    if way in ("corrected", "aiprov"):
        found, _ = corrected(found, glossary)
    return "".join(segment.text for segment in found)


def tallies(chosen: argparse.Namespace, model: WhisperModel, unsaid: str) -> dict[str, Tally]:
    rare = rare_words(chosen.utterances)
    found = {way: Tally() for way in chosen.ways}
    for recording in recordings_of(chosen.utterances, chosen.meetings):
        glossary = glossary_for(recording, rare, unsaid, chosen.strangers)
        counted = {letters(word) for each in rare.values() for word in each}
        for way, tally in found.items():
            before = _cpu_s()
            text = heard(way, recording, model, glossary)
            tally.cpu_s += _cpu_s() - before
            tally.add(recording, text, counted, glossary)
    return found


def _row(own: dict[str, Any]) -> str:
    found = f"{own['wer']:6.2f} % wrong, {own['recall']:5.1f} % of rare words found"
    return f"{found}, {own['false_per_1000_words']:5.2f} false in 1000, {own['cpu_s']:7.1f} s CPU"


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@cache
def _counted(text: str) -> Counter[str]:
    return Counter(letters(word) for word in re.findall(r"[\w'’&+#]+", text))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What a glossary does to transcripts.")
    parser.add_argument("--utterances", type=Path, required=True)
    parser.add_argument("--meetings", type=Path, help="composed out of the utterances")
    parser.add_argument("--strangers", action="store_true", help="only terms that are not said")
    parser.add_argument("--model", default="tiny.en")
    parser.add_argument("--ways", default=WAYS, type=lambda text: tuple(text.split(",")), help=", ".join(WAYS))
    parser.add_argument("--home", type=Path, default=default_home(), help="the AIPROV_HOME that holds the models")
    parser.add_argument("--out", type=Path, default=Path("glossary.json"), help="relative to tests/bench/results")
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    store = ModelStore(chosen.home / "models")
    model = WhisperModel(chosen.model, store.verified_path(chosen.model), loading_of(Wishes()))
    figures: dict[str, Any] = {"machine": measure.machine(), "model": chosen.model, "strangers": chosen.strangers}
    for unsaid in UNSAID:
        figures[unsaid] = {way: tally.figures() for way, tally in tallies(chosen, model, unsaid).items()}
        for way, own in figures[unsaid].items():
            print(f"{unsaid:<9} {way:<10} {_row(own)}", flush=True)
    print(f"figures: {measure.save(figures, chosen.out)}")


if __name__ == "__main__":
    main()
