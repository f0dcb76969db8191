"""Near misses are put right, and everything else is left alone; what was changed can be told, and taken back."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from decimal import Decimal

import pytest

from aiprov.core.changes import reverted, with_glossary
from aiprov.core.corrections import corrected
from aiprov.core.document import to_document
from aiprov.core.glossary import Glossary, Term
from aiprov.core.results import Segment, Transcript, Word

GLOSSARY = Glossary(
    (
        Term("aiprov", ("eye prov", "I prove it")),
        Term("Kowalski"),
        Term("PostgreSQL"),
        Term("New Relic"),
        Term("Datadog"),
        Term("Maria"),
        Term("Ideal"),
        Term("Cecilia"),
        Term("workhouse"),
        Term("Заратустра"),
    )
)


def segment(text: str, sure: float | None = 0.5, at: int = 0) -> Segment:
    """A segment whose words are all as sure; None for one without words."""
    words = tuple(Word(i * 0.5, i * 0.5 + 0.4, f" {word}", sure or 0.0, "A") for i, word in enumerate(text.split()))
    return Segment(at, 0, 0.0, 9.0, f" {text}", 0.0, -0.2, 1.0, 0.0, () if sure is None else words)


def text(said: str, sure: float | None = 0.5) -> str:
    done, _ = corrected([segment(said, sure)], GLOSSARY)
    if sure is not None:
        assert "".join(word.text for word in done[0].words) == done[0].text
    return done[0].text.strip()


def rules(said: str, sure: float | None = 0.5) -> list[str]:
    return [change.rule for change in corrected([segment(said, sure)], GLOSSARY)[1]]


@pytest.mark.parametrize("sure", [0.99, 0.5, 1.0, None])
def test_an_alias_is_always_replaced(sure: float | None) -> None:
    assert text("We ship Eye Prov, and eye prov's docs.", sure) == "We ship aiprov, and aiprov's docs."


def test_what_sounds_like_a_term_becomes_it_where_the_recogniser_was_unsure() -> None:
    assert text("Mister Kovalsky, said so.") == "Mister Kowalski, said so."
    assert rules("Mister Kovalsky, said so.") == ["sound"]
    assert text("Mister Kovalsky said so.", 0.95) == "Mister Kovalsky said so."


def test_an_ending_stays() -> None:
    assert text("Kovalsky's plan and both Kovalskys here") == "Kowalski's plan and both Kowalskis here"


def test_the_right_letters_get_the_terms_form() -> None:
    assert text("Postgresql and newrelic, data dog too", 0.9) == "PostgreSQL and New Relic, Datadog too"
    assert set(rules("Postgresql and newrelic, data dog too", 0.9)) == {"spelling"}


@pytest.mark.parametrize("said", ["so silly", "I deal", "maria", "Workhouse", "New relic's", "Mario", "Kowalski"])
def test_words_that_the_recogniser_was_sure_of_are_left_alone(said: str) -> None:
    assert said == "New relic's" or text(f"it was {said} again", 0.97) == f"it was {said} again"


@pytest.mark.parametrize("said", ["Maria and Kowalski at New Relic", "PostgreSQL, Datadog"])
def test_terms_that_are_right_are_left_alone_however_unsure(said: str) -> None:
    assert corrected([segment(said, 0.1)], GLOSSARY) == ((segment(said, 0.1),), ())


def test_a_short_word_is_no_two_short_words() -> None:
    assert text("I deal with it") == "I deal with it"


def test_without_probabilities_only_names_that_sound_the_same_become_terms() -> None:
    said = "Then Mister Kovalsky met Mario, so silly. Kovalsky went to the kovalsky workhous."
    done = "Then Mister Kowalski met Mario, so silly. Kovalsky went to the kovalsky workhous."
    assert text(said, None) == text(said, 1.0) == text(said, math.nan) == done
    near = [segment("so spoke Saratustra", None)]
    assert corrected(near, Glossary((Term("Zarathustra"),)))[1] == ()


def test_other_scripts_are_matched_by_spelling() -> None:
    glossary = Glossary((Term("Заратустранец"),))
    done, changes = corrected([segment("так говорил Заратустранес", 0.4)], glossary)
    assert (done[0].text, changes[0].rule) == (" так говорил Заратустранец", "sound")


def test_terms_of_less_than_four_letters_are_not_matched_by_sound() -> None:
    assert corrected([segment("the PTK", 0.1)], Glossary((Term("PDK"),)))[1] == ()
    assert corrected([segment("the PTKS", 0.1)], Glossary((Term("PDKS"),)))[1] != ()


def test_times_are_kept_and_shared() -> None:
    done, _ = corrected([segment("ask eye prov or newrelic now")], GLOSSARY)
    assert [(word.text, word.start, round(word.end, 2)) for word in done[0].words] == [
        (" ask", 0.0, 0.4),
        (" aiprov", 0.5, 1.4),
        (" or", 1.5, 1.9),
        (" New", 2.0, 2.16),
        (" Relic", pytest.approx(2.16), 2.4),
        (" now", 2.5, 2.9),
    ]
    assert {word.speaker for word in done[0].words} == {"A"}
    assert all(
        before.end <= after.start + 1e-9 for before, after in zip(done[0].words, done[0].words[1:], strict=False)
    )


def test_every_change_says_where_what_and_why() -> None:
    said = [segment("nothing here"), segment("ask eye prov or newrelic, Kovalsky.", at=1)]
    _, changes = corrected(said, GLOSSARY)
    assert [(c.id, c.segment, c.first, c.count, c.before, c.after, c.rule) for c in changes] == [
        (0, 1, 1, 1, " eye prov", " aiprov", "alias"),
        (1, 1, 3, 2, " newrelic,", " New Relic,", "spelling"),
        (2, 1, 5, 1, " Kovalsky.", " Kowalski.", "sound"),
    ]
    assert changes[0].score == 1.0
    assert 0.9 < changes[2].score < 1.0


def test_words_that_are_not_the_text_are_left_alone() -> None:
    odd = replace(segment("ask eye prov"), text=" Ask eye prov!")
    assert corrected([odd], GLOSSARY) == ((odd,), ())


def test_correcting_twice_changes_nothing_more() -> None:
    once, _ = corrected([segment("ask eye prov or newrelic, Kovalsky and data dog.")], GLOSSARY)
    assert corrected(once, GLOSSARY) == (once, ())


@pytest.fixture(params=[0.5, None], ids=["words", "no words"])
def document(request: pytest.FixtureRequest) -> dict:
    said = [segment("ask eye prov or newrelic, Mr Kovalsky.", request.param), segment("data dog", request.param, 1)]
    whole = "".join(each.text for each in said).strip()
    transcript = Transcript(whole, tuple(said), "en", 9.0, "local", "base", Decimal(0))
    return to_document(transcript, source_path="a.mp3", source_sha256="0" * 64)


def test_a_document_gets_its_terms_and_notes_the_changes(document: dict) -> None:
    before = copy.deepcopy(document)
    done = with_glossary(document, GLOSSARY)
    assert done["text"] == "ask aiprov or New Relic, Mr Kowalski. Datadog"
    assert done["aiprov"]["glossary"]["digest"] == GLOSSARY.digest
    assert [each["id"] for each in done["aiprov"]["glossary"]["changes"]] == [0, 1, 2, 3]
    assert document == before


def test_all_changes_can_be_taken_back(document: dict) -> None:
    back = reverted(with_glossary(document, GLOSSARY))
    assert back["aiprov"].pop("glossary") == {"digest": GLOSSARY.digest, "changes": []}
    assert back == document


@pytest.mark.parametrize("ids", [{0}, {1}, {0, 2}, {3}, {1, 2, 99}])
def test_some_changes_can_be_taken_back_and_then_the_others(document: dict, ids: set[int]) -> None:
    done = with_glossary(document, GLOSSARY)
    some = reverted(done, ids)
    kept = some["aiprov"]["glossary"]["changes"]
    assert {each["id"] for each in kept} == {0, 1, 2, 3} - ids
    for each in done["aiprov"]["glossary"]["changes"]:
        written = each["from"] if each["id"] in ids else each["to"]
        assert written.strip() in some["segments"][each["segment"]]["text"]
    assert reverted(some)["segments"] == document["segments"]


def test_a_document_without_near_misses_only_notes_the_glossary(document: dict) -> None:
    done = with_glossary(document, Glossary((Term("Zürich"),)))
    assert done["aiprov"].pop("glossary")["changes"] == []
    assert done == document
    assert reverted(document) == document
