"""Entries that say the same become one."""

from dataclasses import replace

from aiprov.core.minutes import Entry, Problem
from aiprov.minutes.likeness import word_similarity
from aiprov.minutes.merging import merged

ONE = Entry("Ben writes the release notes", (3,), 15.0, 19.0, 0.7, kind="action_item", owner="Ben", task="Write them")
AGAIN = replace(
    ONE, text="Ben writes all the release notes", segments=(9,), start=45.0, end=49.0, support=0.9, due="Friday"
)


def test_of_two_that_say_the_same_the_better_supported_stays_with_what_both_know():
    (found,) = merged([ONE, AGAIN], word_similarity)
    assert found.text == AGAIN.text
    assert (found.segments, found.start, found.end, found.due, found.support) == ((3, 9), 45.0, 49.0, "Friday", 0.9)


def test_the_owner_that_only_one_of_them_has_is_kept():
    (found,) = merged([ONE, replace(AGAIN, owner=None)], word_similarity)
    assert found.owner == "Ben"


def test_two_owners_two_dates_or_two_kinds_are_two_entries():
    for other in (replace(AGAIN, owner="Anna"), replace(AGAIN, kind="decision")):
        assert len(merged([ONE, other], word_similarity)) == 2
    assert len(merged([replace(ONE, due="Monday"), AGAIN], word_similarity)) == 2


def test_the_same_words_about_another_number_are_another_entry():
    rise = replace(ONE, text="The fee rises to twenty euros", owner=None)
    assert len(merged([rise, replace(rise, text="The fee rises to 30 euros")], word_similarity)) == 2
    assert len(merged([rise, replace(rise, text="The fee rises to 20 euros")], word_similarity)) == 1


def test_what_is_not_supported_never_joins_what_is():
    wrong = replace(AGAIN, problems=(Problem("number", "9"),))
    assert len(merged([ONE, wrong], word_similarity)) == 2


def test_entries_come_in_order_of_time():
    later = Entry("The fence is painted", (1,), 5.0, 9.0, 0.8, kind="decision")
    assert [entry.start for entry in merged([AGAIN, later], word_similarity)] == [5.0, 45.0]
