"""The diarization error rate is what one counts by hand, collars and overlaps as stated, and what brute force finds."""

import random
from itertools import permutations

import pytest

from aiprov.core.speakers import Turn
from aiprov.evaluation.counts import SpeakerCount, TurnErrors
from aiprov.evaluation.turns import speaker_count, turn_errors

FRAME_S = 0.05


def turns(*rows):
    return [Turn(*row) for row in rows]


def counted(reference, hypothesis, **how):
    found = turn_errors(turns(*reference), turns(*hypothesis), **how)
    return tuple(round(each, 6) for each in (found.speech_s, found.missed_s, found.false_alarm_s, found.confusion_s))


REFERENCE = [(0, 10, "Ann"), (10, 14, "Bob")]


@pytest.mark.parametrize(
    ("hypothesis", "expected"),
    [
        ([(0, 10, "1"), (10, 14, "0")], (14, 0, 0, 0)),
        ([(0, 10, "1")], (14, 4, 0, 0)),
        ([(0, 10, "1"), (10, 15, "0")], (14, 0, 1, 0)),
        ([(0, 8, "1"), (8, 14, "0")], (14, 0, 0, 2)),
        ([(0, 14, "1")], (14, 0, 0, 4)),
        ([(0, 10, "1"), (4, 14, "0")], (14, 0, 6, 0)),
        ([], (14, 14, 0, 0)),
    ],
)
def test_without_a_collar_every_second_counts(hypothesis, expected):
    assert counted(REFERENCE, hypothesis, collar_s=0) == expected


def test_a_collar_leaves_out_that_much_on_each_side():
    # Of 10 s and 4 s remain 0.25-9.75 and 10.25-13.75; the change is 0.4 s late, of which 0.15 s are scored.
    found = counted(REFERENCE, [(0, 10.4, "1"), (10.4, 14, "0")], collar_s=0.25)
    assert found == (13.0, 0, 0, 0.15)
    assert counted(REFERENCE, [(0, 10.4, "1"), (10.4, 14, "0")]) == found


def test_overlapping_speech_counts_for_each_speaker_unless_it_is_left_out():
    reference, hypothesis = [(0, 10, "Ann"), (8, 12, "Bob")], [(0, 10, "0"), (10, 12, "1")]
    assert counted(reference, hypothesis, collar_s=0) == (14, 2, 0, 0)
    assert counted(reference, hypothesis, collar_s=0, skip_overlap=True) == (10, 0, 0, 0)


def test_turns_of_one_speaker_that_touch_or_overlap_are_one_turn():
    pieces = [(0, 6, "Ann"), (5, 10, "Ann"), (10, 14, "Bob")]
    assert counted(pieces, REFERENCE, collar_s=0.25) == (13.0, 0, 0, 0)
    assert counted(REFERENCE, pieces, collar_s=0) == (14, 0, 0, 0)


def test_without_speech_there_is_no_rate():
    assert counted([], []) == (0, 0, 0, 0)
    silent = turn_errors([], turns((1, 3, "0")))
    assert (silent.false_alarm_s, silent.rate) == (2.0, None)
    assert TurnErrors(10.0, 1.0, 2.0, 0.5).rate == 0.35


def test_speakers_are_counted_by_recording():
    count = speaker_count(turns(*REFERENCE), turns((0, 1, "x"), (1, 2, "y"), (2, 3, "x")))
    assert count == SpeakerCount(2, 2, 1, 1)
    assert count + speaker_count(turns(*REFERENCE), []) == SpeakerCount(4, 2, 1, 2)


def drawn(rng, speakers, frames=120):
    """Random speech: for each speaker the frames in which they speak, in stretches."""
    speech = {}
    for speaker in speakers:
        spoken, at = set(), rng.randrange(20)
        while at < frames:
            length = rng.randrange(1, 25)
            spoken |= set(range(at, min(at + length, frames)))
            at += length + rng.randrange(1, 40)
        speech[speaker] = spoken
    return speech


def edges(spoken):
    return {at for at in spoken if at - 1 not in spoken} | {at + 1 for at in spoken if at + 1 not in spoken}


def as_turns(speech):
    for speaker, spoken in speech.items():
        starts, ends = (sorted(at for at in edges(spoken) if (at in spoken) is first) for first in (True, False))
        yield from (Turn(a * FRAME_S, b * FRAME_S, speaker) for a, b in zip(starts, ends, strict=True))


def brute_force(reference, hypothesis, collar, skip_overlap):
    """Frames of speech, missed, false and confused: by every pairing of the speakers, frame by frame."""
    near = {at + d for spoken in reference.values() for at in edges(spoken) for d in range(-collar, collar)}
    here = {at: [who for who, spoken in reference.items() if at in spoken] for at in range(200)}
    scored = [at for at in here if at not in near and not (skip_overlap and len(here[at]) > 1)]
    found = {at: [who for who, spoken in hypothesis.items() if at in spoken] for at in scored}
    names = [*reference, *(None for _ in hypothesis)]
    pairings = (dict(zip(hypothesis, order, strict=True)) for order in permutations(names, len(hypothesis)))
    right = max(sum(pairing[who] in here[at] for at in scored for who in found[at]) for pairing in pairings)
    both = sum(min(len(here[at]), len(found[at])) for at in scored)
    speech, heard = (sum(len(each[at]) for at in scored) for each in (here, found))
    return speech, speech - both, heard - both, both - right


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("collar", "skip_overlap"), [(0, False), (5, False), (5, True), (0, True)])
def test_brute_force_over_all_pairings_finds_the_same(seed, collar, skip_overlap):
    rng = random.Random(seed)
    reference = drawn(rng, ["Ann", "Bob", "Eve"][: rng.randrange(1, 4)])
    hypothesis = drawn(rng, ["0", "1", "2"][: rng.randrange(1, 4)])
    found = turn_errors(as_turns(reference), as_turns(hypothesis), collar_s=collar * FRAME_S, skip_overlap=skip_overlap)
    counts = (found.speech_s, found.missed_s, found.false_alarm_s, found.confusion_s)
    expected = brute_force(reference, hypothesis, collar, skip_overlap)
    assert counts == pytest.approx([each * FRAME_S for each in expected], abs=1e-6)
