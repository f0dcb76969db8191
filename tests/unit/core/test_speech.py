"""Where people speak and how that is cut: arithmetic that must neither lose nor double a moment."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aiprov.core.speech import Cutting, Span, chunks, merged, near, quietest_cut, speech_spans, uncovered

STEP = 0.032
EPSILON = 1e-6

probabilities = st.lists(st.one_of(st.sampled_from([0.0, 0.4, 1.0]), st.floats(0, 1)), max_size=300)


@st.composite
def stretches(draw: st.DrawFn, most: int = 20, longest: int = 200) -> list[Span]:
    """Ordered, disjoint stretches of speech in tenths of a second."""
    at = draw(st.integers(0, 100))
    spans = []
    for _ in range(draw(st.integers(0, most))):
        length = draw(st.integers(1, longest))
        spans.append(Span(at / 10, (at + length) / 10))
        at += length + draw(st.integers(1, 60))
    return spans


@st.composite
def cuttings(draw: st.DrawFn) -> Cutting:
    """Any way of cutting."""
    longest, pause, shortest, far = (draw(st.integers(1, most)) / 10 for most in (300, 40, 60, 100))
    return Cutting(longest=longest, pause=pause, shortest=shortest, far=far)


def windows(*parts: tuple[float, float]) -> list[float]:
    """Probabilities for parts of (seconds, probability)."""
    return [probability for seconds, probability in parts for _ in range(round(seconds / STEP))]


def assert_in_order(spans: list[Span]) -> None:
    assert all(span.start < span.end for span in spans)
    assert all(before.end <= after.start + EPSILON for before, after in pairwise(spans))


@given(probabilities, st.floats(0.1, 0.9), st.floats(0.01, 1.0), st.floats(0.01, 1.0), st.floats(1.0, 5.0))
def test_stretches_of_speech_are_in_order_apart_and_inside_the_recording(
    given_probabilities: list[float], threshold: float, silence: float, speech: float, longest: float
) -> None:
    spans = speech_spans(
        given_probabilities,
        STEP,
        threshold=threshold,
        shortest_silence=silence,
        shortest_speech=speech,
        longest=longest,
    )
    assert_in_order(spans)
    assert all(span.start >= 0 and span.end <= len(given_probabilities) * STEP + EPSILON for span in spans)
    assert all(speech - EPSILON <= span.length <= longest + EPSILON for span in spans)


@given(probabilities)
def test_every_window_that_is_surely_speech_lies_in_a_stretch(given_probabilities: list[float]) -> None:
    spans = speech_spans(given_probabilities, STEP, shortest_speech=0.0)
    for at, probability in enumerate(given_probabilities):
        middle = (at + 0.5) * STEP
        inside = any(span.start < middle < span.end for span in spans)
        assert inside or probability < 0.5


@given(probabilities)
def test_no_stretch_holds_a_long_silence_or_begins_or_ends_with_one(given_probabilities: list[float]) -> None:
    for span in speech_spans(given_probabilities, STEP, shortest_silence=0.1, longest=1000.0):
        first, behind = round(span.start / STEP), round(span.end / STEP)
        quiet = [probability < 0.35 for probability in given_probabilities[first:behind]]
        assert not quiet[0]
        assert not quiet[-1]
        assert not any(all(quiet[at : at + 4]) for at in range(len(quiet) - 3))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], []),
        ([(2.0, 0.0)], []),
        ([(0.96, 0.0), (1.92, 0.9), (0.96, 0.0)], [(0.96, 2.88)]),
        ([(0.96, 0.9), (0.064, 0.0), (0.96, 0.9)], [(0.0, 1.984)]),
        ([(0.96, 0.9), (0.96, 0.0), (0.96, 0.9)], [(0.0, 0.96), (1.92, 2.88)]),
        ([(0.96, 0.9), (0.96, 0.4), (0.96, 0.0)], [(0.0, 1.92)]),
        ([(0.96, 0.4)], []),
        ([(0.96, 0.0), (0.032, 0.9), (0.96, 0.0)], []),
        ([(0.96, 0.9), (0.064, 0.0)], [(0.0, 0.96)]),
    ],
    ids=[
        "nothing",
        "silence",
        "a phrase",
        "a short silence joins",
        "a long silence parts",
        "speech fades out late",
        "a murmur does not begin speech",
        "a click is dropped",
        "speech ends before the recording does",
    ],
)
def test_probabilities_become_stretches(parts: list[tuple[float, float]], expected: list[tuple[float, float]]) -> None:
    found = speech_spans(windows(*parts), STEP)
    assert [(span.start, span.end) for span in found] == [pytest.approx(each) for each in expected]


def test_a_long_stretch_is_split_where_speech_is_least_likely() -> None:
    speech = windows((15.0, 0.9), (0.032, 0.5), (14.0, 0.9))
    first, second = speech_spans(speech, STEP, longest=20.0)
    assert first.end == second.start
    assert first.end == pytest.approx(15.0, abs=0.1)


@pytest.mark.parametrize("speech", [[0.9, 0.9, 0.9], [0.5, 0.9, 0.9], [0.9, 0.9, 0.5]])
def test_a_limit_of_very_few_windows_still_comes_to_an_end(speech: list[float]) -> None:
    spans = speech_spans(speech, STEP, longest=STEP, shortest_speech=0.0)
    assert_in_order(spans)
    assert [spans[0].start, spans[-1].end] == [0.0, pytest.approx(3 * STEP)]


@given(stretches(), cuttings())
@example([Span(0.0, 50.0)], Cutting(longest=20.0))
def test_chunks_hold_every_stretch_once_in_order_and_none_is_too_long(spans: list[Span], cutting: Cutting) -> None:
    cut = chunks(spans, cutting)
    assert_in_order(cut)
    held = [[span for span in spans if chunk.start <= span.start and span.end <= chunk.end] for chunk in cut]
    assert [span for group in held for span in group] == spans
    for chunk, group in zip(cut, held, strict=True):
        assert chunk == Span(group[0].start, group[-1].end)
        assert chunk.length <= cutting.longest or len(group) == 1


@given(stretches(), cuttings())
def test_a_pause_is_only_inside_a_chunk_for_the_sake_of_a_short_neighbour(spans: list[Span], cutting: Cutting) -> None:
    for chunk in chunks(spans, cutting):
        inside = [span for span in spans if chunk.overlap(span.start, span.end)]
        pauses = [after.start - before.end for before, after in pairwise(inside)]
        assert all(pause < max(cutting.pause, cutting.far) for pause in pauses)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([(0, 5), (5.5, 9)], [(0, 9)]),
        ([(0, 5), (7, 12)], [(0, 5), (7, 12)]),
        ([(0, 5), (7, 8)], [(0, 8)]),
        ([(0, 5), (12, 13)], [(0, 5), (12, 13)]),
        ([(0, 8), (8.4, 16), (16.2, 24)], [(0, 8), (8.4, 24)]),
        ([(0, 5), (6.5, 7.5), (8.6, 15)], [(0, 5), (6.5, 15)]),
    ],
    ids=[
        "nothing",
        "close together",
        "a pause between turns",
        "a short turn gets context",
        "a short turn far away stays alone",
        "the smallest gap is closed first",
        "a short turn joins its nearer neighbour",
    ],
)
def test_speech_is_gathered_into_chunks(spans: list[tuple[float, float]], expected: list[tuple[float, float]]) -> None:
    cutting = Cutting(longest=20.0, pause=1.0, shortest=3.0, far=3.0)
    assert chunks([Span(*span) for span in spans], cutting) == [Span(*span) for span in expected]


@given(stretches(), st.integers(0, 1000), st.integers(1, 1000))
def test_a_cut_falls_into_a_silence_wherever_there_is_one(spans: list[Span], earliest: int, length: int) -> None:
    low, high = earliest / 10, (earliest + length) / 10
    cut = quietest_cut(spans, low, high)
    assert low <= cut <= high
    if any(span.start < cut < span.end for span in spans):
        assert cut == high
        heard = sum(span.overlap(low, high) for span in spans)
        assert heard == pytest.approx(high - low)


def test_a_cut_is_in_the_middle_of_the_longest_silence() -> None:
    spans = [Span(0, 10), Span(11, 20), Span(24, 30), Span(31, 60)]
    assert quietest_cut(spans, 5, 40) == 22
    assert quietest_cut(spans, 32, 50) == 50
    assert quietest_cut([], 10, 20) == 15


@given(stretches(), stretches(), st.integers(0, 10))
def test_what_is_covered_and_what_is_not_make_up_the_whole_speech(
    spans: list[Span], covers: list[Span], margin: int
) -> None:
    holes = uncovered(spans, covers, margin / 10)
    assert_in_order(holes)
    for tenth in range(int(10 * max([0.0, *(span.end for span in spans)])) + 1):
        at = (tenth + 0.5) / 10
        spoken = any(span.start < at < span.end for span in spans)
        covered = any(cover.start - margin / 10 < at < cover.end + margin / 10 for cover in covers)
        assert any(hole.start < at < hole.end for hole in holes) == (spoken and not covered)


def test_covers_that_lie_in_each_other_uncover_nothing() -> None:
    assert uncovered([Span(0, 10)], [Span(0, 9), Span(1, 2), Span(3, 4)], 0.0) == [Span(9, 10)]


@settings(max_examples=50)
@given(stretches(), st.integers(0, 50))
def test_merging_keeps_the_ends_and_leaves_only_wide_gaps(spans: list[Span], tenths: int) -> None:
    gap = tenths / 10
    whole = merged(spans, gap)
    assert_in_order(whole)
    assert all(after.start - before.end >= gap for before, after in pairwise(whole))
    assert all(any(each.start <= span.start and span.end <= each.end for each in whole) for span in spans)
    assert {each.start for each in whole} <= {span.start for span in spans}
    assert {each.end for each in whole} <= {span.end for span in spans}


def test_a_span_knows_its_length_overlap_and_later_self() -> None:
    span = Span(2.0, 5.0)
    assert (span.length, span.shifted(1.5)) == (3.0, Span(3.5, 6.5))
    assert [span.overlap(0, 1), span.overlap(0, 3), span.overlap(3, 4), span.overlap(4, 9)] == [0, 1, 1, 1]


@st.composite
def disjoint(draw: st.DrawFn) -> list[Span]:
    """Spans in order that do not touch."""
    found, at = [], 0
    for _ in range(draw(st.integers(0, 12))):
        at += draw(st.integers(1, 5))
        end = at + draw(st.integers(1, 6))
        found.append(Span(at, end))
        at = end
    return found


@given(disjoint(), st.lists(st.tuples(st.integers(0, 80), st.integers(1, 9)), max_size=12), st.integers(0, 2))
def test_what_no_cover_touches_is_found_moment_by_moment(
    spans: list[Span], covers: list[tuple[int, int]], margin: int
) -> None:
    covered = sorted(Span(start, start + length) for start, length in covers)
    holes = uncovered(spans, covered, margin)
    for moment in (at + 0.5 for at in range(-3, 100)):
        spoken = any(span.start < moment < span.end for span in spans)
        touched = any(cover.start - margin < moment < cover.end + margin for cover in covered)
        assert any(hole.start < moment < hole.end for hole in holes) == (spoken and not touched)


@given(disjoint(), st.integers(0, 80), st.integers(1, 20))
def test_what_is_near_a_stretch_is_what_overlaps_it(spans: list[Span], start: int, length: int) -> None:
    expected = [span for span in spans if span.overlap(start, start + length) > 0]
    assert list(near(spans, start, start + length)) == expected
