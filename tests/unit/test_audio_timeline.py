"""Gaps, damage and the end of a recording, in seconds and bytes."""

import pytest

from aiprov.audio.timeline import Timeline


def timed(claim_s=None, *, pauses=True):
    return Timeline(claim_s, timed=True, pauses=pauses)


def untimed(claim_s=None):
    return Timeline(claim_s, timed=False, pauses=False)


def play(timeline, *starts, length_s=1.0, size=1000):
    return [timeline.place(start, length_s, size) for start in starts]


def test_frames_that_follow_each_other_leave_no_gap():
    timeline = timed(3.0)
    assert play(timeline, 0.0, 1.0, 2.0) == [0, 0, 0]
    timeline.finish()
    assert timeline.damage == []
    assert timeline.position_s == 3.0


def test_a_packet_that_failed_leaves_a_gap_of_its_own_length():
    timeline = timed(4.0)
    play(timeline, 0.0)
    timeline.lose(1000, failed=True)
    assert play(timeline, 2.0, 3.0) == [1.0, 0]
    assert timeline.damage == [(1.0, 2.0)]
    assert timeline.damaged_s == 1.0


def test_even_a_hundredth_of_a_second_is_filled_where_a_packet_failed():
    timeline = timed(4.0)
    play(timeline, 0.0)
    timeline.lose(10, failed=True)
    assert play(timeline, 1.01) == [pytest.approx(0.01)]


def test_jitter_of_time_stamps_is_no_gap():
    timeline = timed()
    assert play(timeline, 0.0, 1.03, 1.99, 3.02) == [0, 0, 0, 0]


def test_a_pause_that_the_container_holds_is_silence_and_no_damage():
    timeline = timed()
    play(timeline, 0.0)
    assert play(timeline, 31.0) == [30.0]
    assert timeline.damage == []


def test_a_gap_whose_bytes_were_passed_over_is_damage():
    timeline = timed()
    play(timeline, 0.0)
    timeline.lose(29_000, failed=False)
    assert play(timeline, 31.0) == [30.0]
    assert timeline.damage == [(1.0, 31.0)]


def test_a_gap_is_damage_where_the_container_knows_no_pauses():
    timeline = timed(pauses=False)
    play(timeline, 0.0)
    assert play(timeline, 2.0) == [1.0]
    assert timeline.damage == [(1.0, 2.0)]


def test_sound_that_starts_late_is_no_damage():
    timeline = timed()
    assert play(timeline, 3.0) == [3.0]
    assert timeline.damage == []


def test_a_time_stamp_beyond_the_promised_end_is_not_believed():
    timeline = timed(60.0)
    assert play(timeline, 0.0, 50_000.0, 2.0) == [0, 0, 0]


def test_without_a_promise_no_jump_of_hours_is_believed():
    assert play(timed(), 0.0, 50_000.0) == [0, 0]


def test_time_stamps_that_go_back_change_nothing():
    timeline = timed(10.0)
    assert play(timeline, 5.0, 6.0, 0.0, 1.0) == [5.0, 0, 0, 0]
    assert timeline.position_s == 9.0


def test_a_frame_without_a_time_leaves_the_gap_to_the_next_one_that_has_it():
    timeline = timed(10.0)
    play(timeline, 0.0)
    timeline.lose(1000, failed=True)
    assert play(timeline, None, 3.0) == [0, 1.0]
    assert timeline.damaged_s == 1.0


def test_without_times_lost_bytes_say_how_much_is_missing():
    timeline = untimed()
    play(timeline, None, None)
    timeline.lose(3000, failed=True)
    assert play(timeline, None) == [3.0]
    assert timeline.damage == [(2.0, 5.0)]


def test_an_endless_stretch_of_junk_is_not_taken_for_a_day_of_sound():
    timeline = untimed()
    play(timeline, None)
    timeline.lose(10**9, failed=True)
    assert play(timeline, None) == [0]


def test_where_no_pauses_are_a_gap_needs_lost_bytes_to_be_believed():
    timeline = timed(1000.0, pauses=False)
    assert play(timeline, 0.0, 30.0) == [0, 0]
    timeline.lose(20_000, failed=False)
    assert play(timeline, 30.0) == [28.0]


def test_what_the_container_promised_and_did_not_hold_is_damage_at_the_end():
    timeline = timed(60.0)
    play(timeline, 0.0, 1.0)
    timeline.finish()
    assert timeline.damage == [(2.0, 60.0)]
    assert timeline.damaged_s == 58.0


def test_an_end_that_is_a_little_short_is_no_damage():
    timeline = timed(2.4)
    play(timeline, 0.0, 1.0)
    timeline.finish()
    assert timeline.damage == []


def test_without_a_promise_the_bytes_at_the_end_count():
    timeline = untimed()
    play(timeline, None, None)
    timeline.lose(4000, failed=True)
    timeline.finish(unread=1000)
    assert timeline.damage == [(2.0, 7.0)]


def test_a_promise_that_another_track_keeps_is_none_about_this_one():
    timeline = timed(60.0)
    play(timeline, 0.0)
    timeline.finish(claim_holds=False)
    assert timeline.damage == []


def test_places_less_than_a_second_apart_are_one_and_only_lost_seconds_count():
    timeline = timed(100.0)
    play(timeline, 0.0)
    for start in (1.5, 3.0, 10.0):
        timeline.lose(10, failed=True)
        play(timeline, start, length_s=0.5)
    play(timeline, 10.5, 11.5)
    timeline.lose(10, failed=True)
    play(timeline, 20.0)
    assert timeline.damage == [(1.0, 10.0), (12.5, 20.0)]
    assert timeline.damaged_s == 0.5 + 1.0 + 6.5 + 7.5
