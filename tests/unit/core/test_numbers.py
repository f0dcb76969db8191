"""Numbers as people say and write them."""

from __future__ import annotations

import pytest

from aiprov.core.numbers import quantities
from aiprov.core.quantity import unmatched


@pytest.mark.parametrize(
    ("language", "text", "value", "unit"),
    [
        ("en", "twelve hundred visitors", 1200, ""),
        ("en", "two hundred and forty open tickets", 240, ""),
        ("en", "eight hundred thirty orders", 830, ""),
        ("en", "the twenty-third of March", 23, "nth"),
        ("en", "March 23rd", 23, "nth"),
        ("en", "about forty percent", 40, "%"),
        ("en", "$4,000", 4000, "USD"),
        ("en", "four thousand dollars", 4000, "USD"),
        ("en", "2.5 million euros", 2_500_000, "EUR"),
        ("en", "3k", 3000, ""),
        ("en", "ninety one point five percent", 91.5, "%"),
        ("en", "half an hour", 1800, "s"),
        ("en", "three more weeks", 21, "day"),
        ("en", "two training days", 2, "day"),
        ("en", "almost a third", 1 / 3, "share"),
        ("en", "at a quarter past nine", 555, "time"),
        ("en", "quarter to 10", 585, "time"),
        ("en", "9:15 a.m.", 555, "time"),
        ("en", "four in the morning", 240, "time"),
        ("en", "nineteen ninety five", 1995, ""),
        ("de", "dreiundzwanzig Prozent", 23, "%"),
        ("de", "zweihundertvierzig", 240, ""),
        ("de", "1.200 Besucher", 1200, ""),
        ("de", "12,5 Prozent", 12.5, "%"),
        ("de", "halb zehn", 570, "time"),
        ("fr", "quatre-vingt-dix euros", 90, "EUR"),
        ("fr", "soixante-quinze", 75, ""),
        ("fr", "vingt et un", 21, ""),
        ("es", "treinta y cinco", 35, ""),
        ("es", "doscientos cuarenta", 240, ""),
        ("it", "12 %", 12, "%"),
    ],
)  # fmt: skip
def test_a_number_has_its_value_and_unit(language: str, text: str, value: float, unit: str) -> None:
    (found,) = quantities(text, language)
    assert (round(found.value, 6), found.unit) == (round(value, 6), unit)


def test_numbers_side_by_side_stay_apart() -> None:
    assert [each.value for each in quantities("two, three and four of five")] == [2, 3, 4, 5]
    assert [(each.value, each.unit) for each in quantities("two to three seconds")] == [(2, "s"), (3, "s")]


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("18%", "eighteen percent"), ("9:15", "a quarter past nine"), ("4 a.m.", "at four"), ("33 %", "a third of"),
        ("1,200", "twelve hundred"), ("six months", "half a year"), ("74,000", "seventy-four thousand"),
        ("68,000", "sixty-eight"), ("March 23", "the twenty third"), ("90 euros", "ninety"), ("two bugs", "both bugs"),
    ],
)  # fmt: skip
def test_a_number_said_otherwise_is_the_same(wanted: str, given: str) -> None:
    assert unmatched(quantities(wanted), quantities(given)) == []


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("80%", "eighteen percent"), ("10:15", "quarter past nine"), ("156", "one hundred and sixty five"),
        ("six weeks", "four weeks"), ("18 days", "eighteen percent"), ("eight people", "eight percent"),
        ("13 days", "thirty days"), ("two pounds", "one pound"),
    ],
)  # fmt: skip
def test_another_number_is_another(wanted: str, given: str) -> None:
    assert unmatched(quantities(wanted), quantities(given))


def test_one_and_second_count_nothing_by_themselves() -> None:
    assert unmatched(quantities("one of them, and the second engineer"), ()) == []
