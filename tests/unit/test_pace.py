"""How far a run is, as recordings become known one by one."""

from pathlib import Path

from aiprov.cli.pace import Pace

A, B, C = Path("a"), Path("b"), Path("c")


def test_nothing_is_claimed_before_anything_is_known():
    pace = Pace({A: 100, B: 300})
    assert (pace.total_s, pace.speed(10), pace.left_s(10)) == (None, None, None)


def test_unopened_recordings_count_by_their_size():
    pace = Pace({A: 100, B: 300})
    pace.opened(A, 60.0)
    assert pace.total_s == 240.0
    assert pace.estimated
    pace.opened(B, 90.0)
    assert pace.total_s == 150.0
    assert not pace.estimated


def test_speed_and_time_left_follow_the_audio_that_is_through():
    pace = Pace({A: 100, B: 100})
    pace.opened(A, 60.0)
    pace.progressed(A, 10.0)
    pace.progressed(A, 30.0)
    assert pace.speed(10) == 3.0
    assert pace.left_s(10) == 30.0


def test_finished_recordings_are_through_to_their_end():
    pace = Pace({A: 100, B: 100})
    pace.opened(A, 60.0)
    pace.progressed(A, 59.0)
    pace.finished(A, 60.0)
    pace.finished(A, 60.0)
    assert pace.done_s == 60.0


def test_a_recording_that_failed_unopened_is_no_work_any_more():
    pace = Pace({A: 100, B: 100, C: 50})
    pace.opened(A, 60.0)
    pace.finished(B, None)
    assert pace.total_s == 90.0
    pace.finished(C, None)
    assert pace.total_s == 60.0


def test_a_run_of_recordings_that_all_failed_has_no_work():
    pace = Pace({A: 100})
    pace.finished(A, None)
    assert (pace.total_s, pace.left_s(1)) == (0.0, None)
