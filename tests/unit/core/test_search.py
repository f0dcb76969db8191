"""Finding: words and meaning put together, the line that answers, words marked."""

import pytest

from aiprov.core.excerpts import Line
from aiprov.core.search import answering, apart, blended, marks, prompts_of, shown, speaks, words_of


def lines(*said):
    return [Line(5.0 * at, 5.0 * at + 4, speaker, text) for at, (speaker, text) in enumerate(said)]


def test_words_and_meaning_add_up():
    found = blended({1: 0.5, 2: 1.0}, {1: 0.9, 2: 0.1, 3: 0.8})
    assert [each for each, _ in found] == [1, 2, 3]
    assert all(0 <= score <= 1 for _, score in found)


def test_an_answer_in_other_words_beats_a_stray_word_of_the_question():
    stray, other_words = 1, 2
    assert blended({stray: 0.15}, {stray: 0.2, other_words: 0.5})[0][0] == other_words


def test_the_same_in_the_same_words_scores_one_and_what_has_nothing_to_do_with_it_is_no_hit():
    assert blended({1: 1.0}, {1: 1.0, 2: -0.4}) == [(1, pytest.approx(1.0))]


def test_every_word_of_a_query_counts_once():
    assert words_of("What, what did the Budget say?!") == ["what", "did", "the", "budget", "say"]
    assert words_of("?!") == []


def test_words_that_say_nothing_can_be_left_out_unless_there_are_no_others():
    assert words_of("What did we decide about the budget?", telling=True) == ["decide", "budget"]
    assert words_of("Is it in the", telling=True) == ["is", "it", "in", "the"]


def test_the_line_that_answers_is_near_and_says_words_of_the_question():
    said = lines(
        ("A", "Good morning to you all."), ("B", "The budget is ten thousand."), ("A", "That is a lot of money.")
    )
    assert answering(said, "budgets", [0.0, 0.0, 0.0]) == 1
    assert answering(said, "what does it cost", [0.1, 0.2, 0.6]) == 2


def test_a_longer_line_is_preferred_to_a_word():
    assert answering(lines(("A", "Budget."), ("B", "The budget is ten thousand.")), "budget", [0.9, 0.1]) == 1
    assert answering(lines(("A", "Budget.")), "budget", [0.9]) == 0


def test_of_somebody_only_their_own_lines_answer():
    said = lines(("Anna", "The budget is ten thousand."), ("Ben Okafor", "It could be less than that."))
    assert answering(said, "budget", [0.9, 0.1], "ben") == 1


@pytest.mark.parametrize("wanted", ["Zoé Müller", "zoe", "MULLER", None])
def test_people_are_found_by_any_part_of_their_name(wanted):
    assert speaks("Zoé Müller", wanted)


@pytest.mark.parametrize("wanted", ["Zo", "Muller Zoe", "Anna"])
def test_and_not_by_anything_else(wanted):
    assert not speaks("Zoé Müller", wanted)
    assert not speaks(None, wanted)


def test_what_is_shown_begins_with_the_line_and_ends_with_the_speaker():
    said = lines(("A", "One."), ("B", "Two."), ("B", "Three."), ("A", "Four."))
    assert shown(said, 1) == (14.0, "Two. Three.")
    assert shown(lines(*[("A", "ten " * 9 + "words.")] * 8), 0)[1].count("words") == 5


def test_neighbours_are_one_hit_and_other_meetings_are_not():
    spans = [(1, ("a", 0.0, 60.0)), (2, ("a", 50.0, 110.0)), (3, ("b", 50.0, 110.0)), (4, ("a", 60.0, 80.0))]
    assert list(apart(spans)) == [1, 3, 4]


def test_an_entry_that_stands_for_an_hour_hides_only_what_is_near_its_start():
    assert list(apart([(1, ("a", 0.0, 3600.0)), (2, ("a", 100.0, 160.0)), (3, ("a", 30.0, 50.0))])) == [1, 2]


def test_words_are_marked_in_whatever_form():
    text = "They decided: the Budgets grow, naïve or not."
    assert [text[a:b] for a, b in marks(text, "decision budget naive")] == ["Budgets", "naïve"]


@pytest.mark.parametrize(
    ("model", "query", "text"),
    [
        ("bge-small-en-v1.5", "Represent this sentence for searching relevant passages: ", ""),
        ("BAAI/bge-large-en-v1.5", "Represent this sentence for searching relevant passages: ", ""),
        ("multilingual-e5-small", "query: ", "passage: "),
        ("intfloat/e5-base-v2", "query: ", "passage: "),
        ("multilingual-e5-large-instruct", "", ""),
        ("nomic-embed-text", "search_query: ", "search_document: "),
        ("all-minilm-l6-v2", "", ""),
        ("text-embedding-3-small", "", ""),
    ],
)
def test_models_get_what_they_want_to_read_first(model, query, text):
    assert prompts_of(model) == (query, text)
