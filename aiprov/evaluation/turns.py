"""The diarization error rate's parts, by pyannote.metrics. Knows no words and no file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aiprov.core.speakers import Turn
from aiprov.evaluation.counts import SpeakerCount, TurnErrors

if TYPE_CHECKING:
    from pyannote.core import Annotation


def turn_errors(
    reference: Iterable[Turn], hypothesis: Iterable[Turn], *, collar_s: float = 0.25, skip_overlap: bool = False
) -> TurnErrors:
    """Pair the speakers so that they speak together for as long as can be, and count the seconds that differ.

    Where several speak at once, each of them counts. Turns of one speaker that touch or overlap are one turn.

    Args:
        reference: Who speaks when; silence everywhere else.
        hypothesis: The same, under any labels.
        collar_s: Seconds on each side of every start and end of a reference's turn that are not scored.
        skip_overlap: Do not score where several speak at once in the reference.
    """
    from pyannote.core import Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    ours, theirs = list(reference), list(hypothesis)
    whole = Timeline([Segment(0.0, max((turn.end for turn in (*ours, *theirs)), default=0.0))])
    # pyannote's `collar` is the width of both sides together.
    # Source: pyannote.metrics 4.2, utils.UEMSupportMixin.extrude.
    metric = DiarizationErrorRate(collar=2 * collar_s, skip_overlap=skip_overlap)
    found = metric(_annotation(ours), _annotation(theirs), uem=whole, detailed=True)
    return TurnErrors(found["total"], found["missed detection"], found["false alarm"], found["confusion"])


def speaker_count(reference: Iterable[Turn], hypothesis: Iterable[Turn]) -> SpeakerCount:
    """Count the speakers of one recording."""
    ours, theirs = (len({turn.speaker for turn in turns}) for turns in (reference, hypothesis))
    return SpeakerCount(ours, theirs, int(ours == theirs), 1)


def _annotation(turns: Iterable[Turn]) -> Annotation:
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for number, turn in enumerate(turns):
        annotation[Segment(turn.start, turn.end), number] = turn.speaker
    return annotation.support()
