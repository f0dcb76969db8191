"""Terms are found by their letters, however a recogniser spaces and writes them."""

import pytest

from aiprov.core.glossary import Glossary, Term, letters, mentions, prompt_of, shape, stems

GLOSSARY = Glossary((Term("aiprov", ("eye prov",)), Term("Maria", kind="person"), Term("New Relic"), Term("C++")))


def found(text: str) -> list[tuple[int, int, str, str]]:
    return list(mentions(text.split(), {letters(term): term for term in GLOSSARY.texts}))


@pytest.mark.parametrize("text", ["New Relic", "new relic,", "NewRelic", "“New-Relic”"])
def test_a_term_is_found_in_any_spacing_and_case(text: str) -> None:
    assert [term for *_, term in found(f"we use {text} here")] == ["New Relic"]


def test_signs_that_belong_to_a_name_count() -> None:
    assert [term for *_, term in found("in C++, not in C.")] == ["C++"]


def test_an_ending_is_told_apart() -> None:
    assert found("Maria's plan") == [(0, 1, "'s", "Maria")]
    assert found("three aiprovs.") == [(1, 2, "s", "aiprov")]
    assert list(mentions(["his"], {"hi": "Hi"})) == []


def test_parts_of_words_are_not_found() -> None:
    assert found("Mariachi and renew relics") == []


def test_the_longest_is_found_and_no_word_twice() -> None:
    known = {letters(text): text for text in ("New York", "New York Times", "Times")}
    assert [term for *_, term in mentions(["the", "New", "York", "Times"], known)] == ["New York Times"]


def test_punctuation_stays_outside_a_word() -> None:
    assert shape(" \"(Maria's),") == type(shape(""))(' "(', "Maria's", "),")
    assert shape(" —") == type(shape(""))("", " —", "")


def test_a_word_of_many_signs_is_taken_apart_at_once() -> None:
    assert shape("-" * 100_000 + "a" + "." * 100_000).body == "a"
    assert stems("'s")[0][0] == "s"


def test_names_are_persons_and_what_is_written_like_a_name() -> None:
    assert GLOSSARY.names == ("Maria", "New Relic", "C++")


def test_a_prompt_names_the_first_terms_that_fit() -> None:
    assert prompt_of(GLOSSARY.texts, 1000) == "Glossary: aiprov, Maria, New Relic, C++."
    assert prompt_of(GLOSSARY.texts, 30) == "Glossary: aiprov, Maria."
    assert prompt_of(GLOSSARY.texts, 5) == prompt_of((), 100) == ""


def test_the_digest_names_terms_aliases_and_order() -> None:
    same = Glossary((Term("a", ("b",)), Term("c")))
    others = [
        Glossary((Term("c"), Term("a", ("b",)))),
        Glossary((Term("a"), Term("c"))),
        Glossary((Term("a", ("b", "c")),)),
        Glossary((Term("a"), Term("b"), Term("c"))),
    ]
    assert same.digest == Glossary((Term("a", ("b",), "person"), Term("c"))).digest
    assert same.digest not in {other.digest for other in others}
