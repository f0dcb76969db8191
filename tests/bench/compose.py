"""Composes meetings from a folder of utterances: who speaks when, and every word, are known exactly.

    python tests/bench/compose.py --utterances DIR --out DIR --seeds 1,2,3,4

The folder holds `<speaker>-<anything>.flac` (or wav, mp3) and `reference.json`: {"<file's stem>": {"text": ...}}, as
LibriSpeech names its files. Knows nothing of recognisers and scores.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundtrack
from soundtrack import Placed, Sound

GAP_S = (0.1, 1.5)
OVERLAP_S = (0.2, 1.0)
SAME_SPEAKER_AGAIN = 0.25
LEVEL_DB = (-32.0, -22.0)
ROOM_DB = -60.0
LEAD_S, TAIL_S = 0.5, 1.0


@dataclass(frozen=True)
class Utterance:
    """One recorded sentence or more of one reader."""

    path: Path
    text: str

    @property
    def speaker(self) -> str:
        return self.path.stem.split("-")[0]


@dataclass(frozen=True)
class Plan:
    """What a meeting should be: everything else follows from the seed."""

    seed: int
    speakers: int | None = None
    target_s: float = 150.0
    overlap_share: float = 0.1


@dataclass
class Meeting:
    """A composed meeting in the making: clips on the time line, and who said what."""

    placed: list[Placed] = field(default_factory=list)
    turns: list[dict[str, Any]] = field(default_factory=list)

    def add(self, utterance: Utterance, clip: Sound, start_s: float) -> None:
        placed = Placed(clip, round(start_s, 3))
        self.placed.append(placed)
        times = {"start": placed.start_s, "end": round(placed.end_s, 3)}
        self.turns.append({"speaker": utterance.speaker, **times, "text": utterance.text})


def utterances_in(folder: Path) -> list[Utterance]:
    """All utterances of the folder's reference.json, sorted by name.

    Raises:
        FileNotFoundError: There is no reference.json, or an utterance that it names has no recording.
    """
    reference = json.loads((folder / "reference.json").read_text(encoding="utf-8"))
    return [Utterance(_recording(folder, stem), entry["text"]) for stem, entry in sorted(reference.items())]


def compose(utterances: list[Utterance], plan: Plan) -> tuple[Sound, list[dict[str, Any]]]:
    """Return the sound and the turns (`speaker`, `start` and `end` in seconds, `text`) in order of their starts.

    No utterance is used twice; the meeting ends early when the chosen speakers have nothing left to say.
    """
    rng = np.random.default_rng(plan.seed)
    unsaid = _unsaid(utterances, plan, rng)
    levels = {speaker: rng.uniform(*LEVEL_DB) for speaker in sorted(unsaid)}
    meeting = Meeting()
    while unsaid and (not meeting.placed or meeting.placed[-1].end_s < plan.target_s):
        utterance = _next_utterance(unsaid, meeting, rng)
        clip = soundtrack.levelled(soundtrack.trimmed(soundtrack.read(utterance.path)), levels[utterance.speaker])
        meeting.add(utterance, clip, _start_s(utterance, clip, meeting, plan, rng))
    return soundtrack.mixed(meeting.placed, TAIL_S, ROOM_DB, rng), meeting.turns


def write(utterances: list[Utterance], plan: Plan, folder: Path) -> Path:
    """Compose one meeting into `<folder>/meeting-<seed>.mp3` and `.truth.json`; return the recording's path."""
    sound, turns = compose(utterances, plan)
    folder.mkdir(parents=True, exist_ok=True)
    recording = folder / f"meeting-{plan.seed}.mp3"
    soundtrack.write_mp3(sound, recording, bit_rate=64_000)
    truth = {
        "seed": plan.seed,
        "speakers": sorted({turn["speaker"] for turn in turns}),
        "duration_s": round(len(sound) / soundtrack.RATE, 3),
        "turns": turns,
    }
    recording.with_suffix(".truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    return recording


def _recording(folder: Path, stem: str) -> Path:
    for path in sorted(folder.glob(f"{stem}.*")):
        return path
    raise FileNotFoundError(f"{folder} has no recording of {stem}")


def _unsaid(utterances: list[Utterance], plan: Plan, rng: np.random.Generator) -> dict[str, list[Utterance]]:
    """The chosen speakers' utterances, shuffled."""
    everybody = sorted({utterance.speaker for utterance in utterances})
    count = min(plan.speakers or int(rng.integers(2, 6)), len(everybody))
    unsaid: dict[str, list[Utterance]] = {}
    for speaker in sorted(rng.choice(everybody, count, replace=False)):
        own = [utterance for utterance in utterances if utterance.speaker == speaker]
        unsaid[str(speaker)] = [own[index] for index in rng.permutation(len(own))]
    return unsaid


def _next_utterance(unsaid: dict[str, list[Utterance]], meeting: Meeting, rng: np.random.Generator) -> Utterance:
    """Take the next thing said: mostly by somebody else than the last speaker."""
    last = meeting.turns[-1]["speaker"] if meeting.turns else None
    others = [speaker for speaker in sorted(unsaid) if speaker != last]
    stays = last in unsaid and (not others or rng.random() < SAME_SPEAKER_AGAIN)
    speaker = str(last) if stays else str(rng.choice(others))
    utterance = unsaid[speaker].pop()
    if not unsaid[speaker]:
        del unsaid[speaker]
    return utterance


def _start_s(utterance: Utterance, clip: Sound, meeting: Meeting, plan: Plan, rng: np.random.Generator) -> float:
    """After a gap, or sometimes, when somebody else speaks, before the last speaker has ended."""
    if not meeting.placed:
        return LEAD_S
    last = meeting.placed[-1]
    if meeting.turns[-1]["speaker"] == utterance.speaker or rng.random() >= plan.overlap_share:
        return last.end_s + rng.uniform(*GAP_S)
    # At most half of either turn: nobody is talked over from the first word to the last.
    shorter_s = min(len(last.clip), len(clip)) / soundtrack.RATE
    return last.end_s - min(rng.uniform(*OVERLAP_S), shorter_s / 2)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compose meetings from utterances.")
    parser.add_argument("--utterances", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", default="1,2,3,4")
    parser.add_argument("--speakers", type=int, help="2 to 5; drawn from the seed when not given")
    parser.add_argument("--target-s", type=float, default=150.0)
    parser.add_argument("--overlap-share", type=float, default=0.1, help="share of speaker changes that overlap")
    chosen = parser.parse_args()
    utterances = utterances_in(chosen.utterances)
    for seed in chosen.seeds.split(","):
        plan = Plan(int(seed), chosen.speakers, chosen.target_s, chosen.overlap_share)
        print(write(utterances, plan, chosen.out))


if __name__ == "__main__":
    main()
