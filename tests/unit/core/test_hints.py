"""A second hearing is asked for where something sounds like a term, and only what is better in it is kept."""

from aiprov.core.hints import Hints
from aiprov.core.passages import Passage
from aiprov.core.results import Word
from aiprov.core.speech import Span

HINTS = Hints(["Kowalski", "Zarathustra", "Kubernetes", "rigor mortis"])


def passage(text: str, sure: float = 0.5, logprob: float = -0.3, start: float = 0.0) -> Passage:
    words = tuple(Word(start + i * 0.5, start + i * 0.5 + 0.4, f" {each}", sure) for i, each in enumerate(text.split()))
    return Passage(Span(start, start + 10.0), words, logprob, 0.0)


def test_a_passage_is_heard_again_for_the_terms_that_it_sounds_like() -> None:
    assert HINTS.chosen([passage("so says Kovalsky"), passage("nothing of the kind", 0.9)]) == {0: ("Kowalski",)}


def test_what_the_model_is_sure_of_must_sound_more_alike() -> None:
    assert HINTS.chosen([passage("the two strata", 0.99)]) == {}
    assert HINTS.chosen([passage("the sara tooster", 0.1)]) == {0: ("Zarathustra",)}


def test_a_term_that_is_there_already_is_not_asked_for() -> None:
    assert HINTS.chosen([passage("Kowalski and kowalski's Kubernetes, of rigor mortis")]) == {}


def test_a_term_in_too_many_words_is_asked_for() -> None:
    assert Hints(["workhouse"]).chosen([passage("in the work house")]) == {0: ("workhouse",)}


def test_at_most_half_of_the_speech_is_heard_again_the_likeliest_first() -> None:
    said = [passage("so says Kovalsky", 0.7), passage("Cubernetis", 0.2), passage("Saratustra", 0.8), passage("no")]
    assert set(HINTS.chosen(said)) == {0, 1}
    assert set(HINTS.chosen(said[:1])) == {0}


def test_few_terms_are_asked_for_the_likeliest_last() -> None:
    close = ["Kowalska", "Kovalski", "Kowalsky", "Kowalke", "Kawalski", "Kovalska", "Kowalczyk", "Kowalski"]
    terms = Hints(close).chosen([passage("Kowalskij", 0.1)])[0]
    assert len(terms) == 6
    assert terms[-1] in ("Kowalski", "Kowalsky", "Kovalski")


def test_a_second_reading_that_gains_a_term_and_is_surer_is_taken_whole() -> None:
    before, after = passage("so sad Kovalsky."), passage("so said Kowalski.", logprob=-0.2)
    assert HINTS.better(before, after, ["Kowalski"]) is after


def test_one_that_is_less_sure_is_left() -> None:
    before = passage("so sad Kovalsky.")
    assert HINTS.better(before, passage("so sad Kowalski.", logprob=-0.31), ["Kowalski"]) == before


def test_of_one_that_loses_something_only_the_term_is_taken() -> None:
    before = passage("so said Kubernetes and the Kovalsky and then")
    after = passage("no said communities and the Kowalski and now", logprob=-0.2)
    kept = HINTS.better(before, after, ["Kowalski"])
    assert kept.text == " so said Kubernetes and the Kowalski and then"
    assert kept.avg_logprob == before.avg_logprob
    assert [(word.start, word.end) for word in kept.words] == [(word.start, word.end) for word in before.words]


def test_one_that_gains_no_term_is_left() -> None:
    before = passage("so sad Kovalsky")
    assert HINTS.better(before, passage("so said Kovalsky and more words", logprob=-0.1), ["Kowalski"]) == before


def test_a_term_that_was_not_asked_for_does_not_count() -> None:
    before = passage("so said Saratustra")
    assert HINTS.better(before, passage("so said Zarathustra", logprob=-0.1), ["Kowalski"]) == before


def test_one_that_loses_a_term_is_not_taken_whole() -> None:
    before = passage("Kubernetes for a man named Kovalsky")
    after = passage("communities for a man named Kowalski", logprob=-0.1)
    assert HINTS.better(before, after, ["Kowalski"]).text == " Kubernetes for a man named Kowalski"


def test_one_that_loses_many_words_is_not_taken_whole() -> None:
    before = passage("one two three four five six seven Kovalsky eight")
    after = passage("seven Kowalski eight", logprob=-0.1)
    assert HINTS.better(before, after, ["Kowalski"]).text == " one two three four five six seven Kowalski eight"


def test_words_that_are_put_in_keep_the_order_of_time() -> None:
    before = passage("Kubernetes and then will on go")
    shifted = passage("communities and then Zarathustra go", logprob=-0.1, start=3.0)
    words = HINTS.better(before, shifted, ["Zarathustra"]).words
    assert [word.text for word in words] == [" Kubernetes", " and", " then", " Zarathustra", " go"]
    assert (words[3].start, words[3].end) == (before.words[3].start, before.words[4].end)
