"""Days and limits as people name them. All meetings here are on Tuesday, the tenth of March 2026."""

from __future__ import annotations

import pytest

from aiprov.core.dates import assumed, dates, later, meeting_day, read, resolved, written
from aiprov.core.due import due_in

TUESDAY = (2026, 3, 10)


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "Monday, the twenty third of March", "2026-03-23"),
        ("en", "Thursday, the nineteenth", "2026-03-19"),
        ("en", "March 23rd", "2026-03-23"),
        ("en", "by Friday", "2026-03-13"),
        ("en", "on Tuesday", "2026-03-17"),
        ("en", "next Friday", "2026-03-20"),
        ("en", "tomorrow", "2026-03-11"),
        ("en", "the day after tomorrow", "2026-03-12"),
        ("en", "in two weeks", "2026-03-24"),
        ("en", "in a week", "2026-03-17"),
        ("en", "before the end of March", "2026-03-31"),
        ("en", "by the end of the month", "2026-03-31"),
        ("en", "the end of next week", "2026-03-20"),
        ("en", "the fifth of February", "2027-02-05"),
        ("en", "Friday, March 13, 2026", "2026-03-13"),
        ("en", "2026-04-01", "2026-04-01"),
        ("en", "in April", None),
        ("en", "next week", None),
        ("de", "am 23. März", "2026-03-23"),
        ("de", "bis Ende März", "2026-03-31"),
        ("de", "übermorgen", "2026-03-12"),
        ("fr", "le 23 mars", "2026-03-23"),
        ("fr", "lundi prochain", "2026-03-16"),
        ("fr", "avant la fin du mois", "2026-03-31"),
        ("es", "el 23 de marzo", "2026-03-23"),
        ("es", "el próximo lunes", "2026-03-16"),
    ],
)  # fmt: skip
def test_a_named_day_is_found_from_the_meetings_day(language: str, text: str, day: str | None) -> None:
    (when,) = dates(text, language)
    found = resolved(when, TUESDAY)
    assert (written(found) if found else None) == day


@pytest.mark.parametrize("text", ["we may march on", "on the fourth server", "in two years", "the second engineer"])
def test_what_only_looks_like_a_day_is_none(text: str) -> None:
    assert dates(text) == ()


def test_the_meeting_says_what_day_it_is() -> None:
    when = meeting_day(["Good morning.", "Today is Tuesday, the tenth of March. It is late."])
    assert when is not None
    assert (when.weekday, when.day, when.month) == (1, 10, 3)
    day = assumed(when)
    assert day is not None
    assert day[1:] == (3, 10)


def test_days_go_over_the_ends_of_months_and_years() -> None:
    assert later((2026, 12, 31), 1) == (2027, 1, 1)
    assert later((2028, 3, 1), -1) == (2028, 2, 29)
    assert later((2026, 1, 15), 400) == (2027, 2, 19)


def test_a_day_is_read_as_it_is_written() -> None:
    assert read(written(TUESDAY)) == TUESDAY
    for wrong in ("2026-02-30", "10.3.2026", "2026-13-01"):
        with pytest.raises(ValueError, match="2026-03-19"):
            read(wrong)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("I'll fix them by Thursday, the nineteenth.", "Thursday, the nineteenth"),
        ("I will write it before the end of March.", "before the end of March"),
        ("I can do that tomorrow.", "tomorrow"),
        ("I'll ring them on Monday morning.", "Monday morning"),
        ("It'll be there by Thursday noon.", "Thursday noon"),
        ("You'll have a draft in two weeks.", "in two weeks"),
        ("Make it faster before the trial starts.", "before the trial starts"),
        ("I'll print them this weekend", "this weekend"),
        ("I'll do that once she has signed.", "once she has signed"),
        ("I will add an alarm that rings thirty days before a certificate expires.", None),
        ("At the end of the day it is your choice.", None),
        ("Please fix both bugs before that.", None),
        ("I'll book two days in November.", None),
    ],
)  # fmt: skip
def test_the_limit_is_given_as_it_was_said(text: str, due: str | None) -> None:
    found = due_in(text, "en")
    assert (found.text if found else None) == due
