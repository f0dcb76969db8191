"""Terms are proposed where transcripts show that a recogniser was unsure of them."""

from typing import Any

from aiprov.core.suggestions import suggest


def document(*sentences: str, sure: float | None = 0.6, high: tuple[str, ...] = ()) -> dict[str, Any]:
    segments = []
    for text in sentences:
        segment: dict[str, Any] = {"text": f" {text}"}
        if sure is not None:
            segment["words"] = [
                {"word": f" {w}", "probability": 0.98 if w.strip(".,") in high or w[0].islower() else sure}
                for w in text.split()
            ]
        segments.append(segment)
    return {"segments": segments}


def proposed(*documents: dict[str, Any]) -> dict[str, tuple[int, str, tuple[str, ...]]]:
    return {each.term: (each.count, each.why, each.aliases) for each in suggest(documents)}


def test_names_that_are_heard_unsurely_are_proposed() -> None:
    found = proposed(document("So then Maria Lopez said that Zoltan agrees."))
    assert found == {
        "Maria Lopez": (1, "a name that is heard unsurely", ()),
        "Zoltan": (1, "a name that is heard unsurely", ()),
    }


def test_names_that_the_recogniser_is_sure_of_are_not() -> None:
    assert proposed(document("We meet on Monday in Paris.", high=("Monday", "Paris"))) == {}


def test_the_start_of_a_sentence_makes_no_name() -> None:
    assert proposed(document("Perhaps. Maybe so. Never!")) == {}


def test_spellings_of_one_sound_are_one_term_with_aliases() -> None:
    said = document("we run Kubernetes now and Kubernetes again", "they said Cubanetis, too")
    assert proposed(said) == {"Kubernetes": (3, "spelled in different ways", ("Cubanetis",))}


def test_without_probabilities_names_and_acronyms_are_proposed() -> None:
    found = proposed(document("ask the SRE team of Jaroslav's", "the SRE said so", sure=None))
    assert found["SRE"][:2] == (2, "an acronym")
    assert "Jaroslav" in found


def test_words_that_are_mostly_written_small_are_no_names() -> None:
    said = document("the Budget is set", "our budget, their budget", sure=None)
    assert proposed(said) == {}


def test_a_word_that_is_doubted_again_and_again_is_proposed() -> None:
    words = [{"word": " unok", "probability": 0.3}, {"word": " said", "probability": 0.99}]
    said = {"segments": [{"text": " unok said", "words": words}]}
    assert proposed(said) == {}
    assert proposed(said, said) == {"unok": (2, "a word that is heard unsurely", ())}


def test_the_most_frequent_come_first_with_an_example() -> None:
    said = document("ask Anton now", "see Berta there", "call Berta, please")
    first = suggest([said])[0]
    assert (first.term, first.count, first.example) == ("Berta", 2, "see Berta there")


def test_an_example_stays_on_one_line() -> None:
    said = {"segments": [{"text": "x", "words": [{"word": " the"}, {"word": " Zol\ntan"}]}]}
    assert all("\n" not in each.term + each.example for each in suggest([said]))
