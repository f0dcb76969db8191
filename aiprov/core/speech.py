"""Where people speak, and how to cut a recording for decoding. Pure arithmetic on probabilities and spans.

Knows nothing of audio samples or engines; times are seconds from the start of whatever the caller counts from.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time, in seconds."""

    start: float
    end: float

    @property
    def length(self) -> float:
        """Seconds from start to end."""
        return self.end - self.start

    def shifted(self, by: float) -> Span:
        """The same stretch, `by` seconds later."""
        return Span(self.start + by, self.end + by)

    def overlap(self, start: float, end: float) -> float:
        """Seconds shared with another stretch."""
        return max(0.0, min(self.end, end) - max(self.start, start))


@dataclass(frozen=True, slots=True)
class Cutting:
    """How speech is gathered into chunks. The figures were chosen on composed meetings of 2-5 voices.

    Attributes:
        longest: No chunk is longer than this (seconds); 30 s is the most that Whisper hears at once.
        pause: Speech is not joined across a pause of this length: a decoder that hears two turns with a
            pause between them often writes only the first.
        shortest: Chunks below this are joined with a neighbour all the same, for context ...
        far: ... unless it is further away than this.
    """

    longest: float = 20.0
    pause: float = 0.9
    shortest: float = 3.0
    far: float = 3.0


def speech_spans(
    probabilities: Sequence[float],
    step: float,
    *,
    threshold: float = 0.5,
    shortest_silence: float = 0.1,
    shortest_speech: float = 0.06,
    longest: float = 20.0,
) -> list[Span]:
    """Turn speech probabilities into stretches of speech, with hysteresis.

    Args:
        probabilities: One per window, 0..1.
        step: Length of a window in seconds.
        threshold: Speech begins at this probability and ends 0.15 below it.
        shortest_silence: Shorter silences (seconds) do not end a stretch.
        shortest_speech: Shorter stretches (seconds) are dropped: clicks.
        longest: A longer stretch (seconds) is split where speech is least likely.
    """
    runs: list[tuple[int, int]] = []
    start = last = -1
    release = max(threshold - 0.15, 0.01)
    for at, probability in enumerate(probabilities):
        if probability >= threshold:
            start = at if start < 0 else start
            last = at
        elif start >= 0 and probability >= release:
            last = at
        elif start >= 0 and (at - last) * step >= shortest_silence:
            runs.append((start, last + 1))
            start = -1
    if start >= 0:
        runs.append((start, last + 1))
    pieces = (piece for run in runs for piece in _split_run(probabilities, *run, max(2, int(longest / step))))
    return [Span(a * step, b * step) for a, b in pieces if (b - a) * step >= shortest_speech]


def _split_run(probabilities: Sequence[float], start: int, end: int, most: int) -> list[tuple[int, int]]:
    """Split at the least likely window of the middle half until every piece is short enough."""
    if end - start <= most:
        return [(start, end)]
    quarter = max(1, (end - start) // 4)
    cut = min(range(start + quarter, end - quarter), key=lambda at: (probabilities[at], abs(2 * at - start - end)))
    return _split_run(probabilities, start, cut, most) + _split_run(probabilities, cut, end, most)


def chunks(spans: Sequence[Span], cutting: Cutting) -> list[Span]:
    """Gather stretches of speech into chunks to be decoded, each from the start of speech to its end.

    Neighbours are joined smallest gap first while the pause between them is short and the whole not too long;
    then what is still very short joins its nearer neighbour.
    """
    gathered = list(spans)
    gathered = _joined(gathered, cutting.longest, lambda _a, _b, gap: gap < cutting.pause)

    def needs_context(before: Span, after: Span, gap: float) -> bool:
        return gap < cutting.far and min(before.length, after.length) < cutting.shortest

    return _joined(gathered, cutting.longest, needs_context)


def _joined(spans: list[Span], longest: float, may_join: Callable[[Span, Span, float], bool]) -> list[Span]:
    spans = list(spans)
    while True:
        best, at = None, -1
        for index, (before, after) in enumerate(pairwise(spans)):
            gap = after.start - before.end
            if after.end - before.start > longest or (best is not None and gap >= best):
                continue
            if may_join(before, after, gap):
                best, at = gap, index
        if best is None:
            return spans
        spans[at : at + 2] = [Span(spans[at].start, spans[at + 1].end)]


def quietest_cut(spans: Sequence[Span], earliest: float, latest: float) -> float:
    """Where to cut a long recording: the middle of the longest silence between `earliest` and `latest`.

    Returns `latest` when there is speech all the way.
    """
    edges = [
        Span(earliest, earliest),
        *(s for s in spans if s.end > earliest and s.start < latest),
        Span(latest, latest),
    ]
    gaps = [
        Span(max(earliest, before.end), min(latest, after.start))
        for before, after in pairwise(edges)
        if after.start > before.end
    ]
    if not gaps:
        return latest
    longest = max(gaps, key=lambda gap: gap.length)
    return (longest.start + longest.end) / 2


def uncovered(spans: Iterable[Span], covers: Sequence[Span], margin: float) -> list[Span]:
    """The parts of `spans` that no cover touches, each cover widened by `margin` seconds on both sides.

    Args:
        spans: Stretches of speech, in order.
        covers: Stretches that words account for, in order of start.
        margin: Tolerance for word times, in seconds.
    """
    holes: list[Span] = []
    covered = merged([Span(cover.start - margin, cover.end + margin) for cover in covers], 0.0)
    first = 0  # the first cover that can touch this span or a later one: work grows with the sum, not the product
    for span in spans:
        at = span.start
        while first < len(covered) and covered[first].end <= at:
            first += 1
        touching = first
        while touching < len(covered) and covered[touching].start < span.end:
            if covered[touching].start > at:
                holes.append(Span(at, covered[touching].start))
            at = max(at, covered[touching].end)
            touching += 1
        if at < span.end:
            holes.append(Span(at, span.end))
    return holes


def near(spans: Sequence[Span], start: float, end: float) -> Sequence[Span]:
    """Those of disjoint `spans`, in order, that reach into the stretch from `start` to `end`."""
    first = bisect_right(spans, start, key=lambda span: span.end)
    return spans[first : bisect_left(spans, end, lo=first, key=lambda span: span.start)]


def merged(spans: Sequence[Span], gap: float) -> list[Span]:
    """Neighbours closer than `gap` seconds become one."""
    out: list[Span] = []
    for span in spans:
        if out and span.start - out[-1].end < gap:
            out[-1] = Span(out[-1].start, max(out[-1].end, span.end))
        else:
            out.append(span)
    return out
