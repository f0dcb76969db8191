"""Word errors are those that one counts by hand, in any script, by text, by speaker and for chosen terms."""

from itertools import permutations

import pytest

from aiprov.evaluation.counts import Recall, WordErrors
from aiprov.evaluation.words import aligned, differences, errors_by_speaker, errors_of, normaliser, recall_of

EN = normaliser("en")
PLAIN = normaliser("de")


def errors(reference, hypothesis, language="de"):
    return errors_of(aligned(reference, hypothesis, normaliser(language)))


@pytest.mark.parametrize(
    ("reference", "hypothesis", "counted"),
    [
        ("one two three", "one two three", WordErrors(3)),
        ("one two three", "one too three", WordErrors(3, substitutions=1)),
        ("one two three", "one three", WordErrors(3, deletions=1)),
        ("one two three", "one two and three", WordErrors(3, insertions=1)),
        ("a b c d e f g", "a x d e y f g", WordErrors(7, substitutions=1, deletions=1, insertions=1)),
        ("one two", "", WordErrors(2, deletions=2)),
        ("", "one two", WordErrors(0, insertions=2)),
        ("", "", WordErrors()),
    ],
)
def test_errors_are_counted_as_by_hand(reference, hypothesis, counted):
    assert errors(reference, hypothesis) == counted


def test_a_rate_is_errors_per_word_of_the_reference_and_unknown_without_words():
    assert WordErrors(4, 1, 1, 2).rate == 1.0
    assert WordErrors(8, 1, 1, 0).rate == 0.25
    assert WordErrors(0, 0, 0, 2).rate is None


def test_english_is_held_together_by_meaning_and_other_languages_by_letters():
    said, written = "Mr. Smith's twenty-three colours, um, are OK [laughs]", "mister smith is 23 colors are ok"
    assert errors(said, written, "en").errors == 0
    assert errors("Größe, Ärger!", "größe ärger") == WordErrors(2)
    assert errors("twenty", "20", "de").errors == 1


def test_languages_without_spaces_count_every_letter():
    assert errors("今日は晴れ。", "今日は雨れ", "ja") == WordErrors(5, substitutions=1)
    assert normaliser("ja").name == "whisper-basic, by letter"
    assert errors("今日は晴れ。", "今日は雨れ", "ko") == WordErrors(1, substitutions=1)


def test_composed_and_decomposed_letters_are_the_same():
    assert errors("café", "cafe\u0301").errors == 0


def test_differences_name_both_sides():
    assert differences(aligned("we meet on Monday at noon", "we meat on Monday noon", EN)) == ["meet -> meat", "at -> "]


def test_speakers_are_paired_whatever_they_are_called():
    reference = {"Ann": "good morning everyone", "Bob": "hello Ann"}
    assert errors_by_speaker(reference, {"S1": "hello ann", "S0": "good morning everyone"}, EN) == WordErrors(5)


def test_a_word_of_the_wrong_speaker_counts_twice():
    reference = {"Ann": "good morning everyone", "Bob": "hello Ann"}
    found = errors_by_speaker(reference, {"S0": "good morning", "S1": "everyone hello ann"}, EN)
    assert found == WordErrors(5, deletions=1, insertions=1)


def test_speakers_without_a_counterpart_are_deleted_or_inserted():
    reference = {"Ann": "good morning everyone", "Bob": "hello Ann"}
    assert errors_by_speaker(reference, {"S0": "good morning everyone"}, EN) == WordErrors(5, deletions=2)
    assert errors_by_speaker({"Ann": "good"}, {"S0": "well well", "S1": "good"}, EN) == WordErrors(1, insertions=2)
    assert errors_by_speaker({}, {}, EN) == WordErrors()


def test_the_pairing_is_the_best_of_all_pairings():
    reference = {"a": "a b c d e f", "b": "g h i", "c": "a b c x y z"}
    hypothesis = {"1": "a b c", "2": "a b c d x y", "3": "g h i a b c x y z", "4": "g"}
    best = min(
        sum(errors(ours, theirs).errors for ours, theirs in zip([*reference.values(), ""], order, strict=True))
        for order in permutations(hypothesis.values())
    )
    assert errors_by_speaker(reference, hypothesis, PLAIN).errors == best


def recall(reference, hypothesis, *terms):
    return recall_of(aligned(reference, hypothesis, EN), terms, EN)


def test_a_term_is_found_where_it_was_said():
    said = "Kubernetes runs on Zermatt and Kubernetes again"
    assert recall(said, "kubernetes runs on cement and Cuban eddies again", "Kubernetes", "Zermatt") == Recall(3, 1, 0)


def test_a_term_written_where_nobody_said_it_is_inserted_and_not_found():
    assert recall("we go to the shop today", "we go to the Zermatt today", "Zermatt") == Recall(0, 0, 1)
    assert recall("Zermatt is a nice place to go", "it is a nice place to Zermatt", "Zermatt") == Recall(1, 0, 1)


def test_a_term_of_several_words_is_found_as_a_whole():
    assert recall("ask Maria Lopez now", "ask maria lopez now", "Maria Lopez") == Recall(1, 1, 0)
    assert recall("ask Maria Lopez now", "ask maria lopes now", "Maria Lopez") == Recall(1, 0, 0)
    assert recall("ask Maria Lopez now", "ask maria de lopez now", "Maria Lopez") == Recall(1, 0, 0)


def test_spellings_that_the_normaliser_makes_the_same_are_one_term_and_fillers_are_none():
    assert recall("the colour um", "the color", "colour", "Color", "um") == Recall(1, 1, 0)
    assert Recall(0, 0, 1).rate is None
