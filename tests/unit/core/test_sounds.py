"""What is heard alike has one sound, in any Latin spelling; thousands of terms are searched quickly."""

import pytest

from aiprov.core.sounds import Ear, likeness, pairs, sound, weight


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Stephan", "Steffan"),
        ("Cathy", "Kathy"),
        ("Müller", "Muller"),
        ("Łukasz", "lukasz"),
        ("Xaver", "Ksaver"),
        ("Wright", "Right"),
        ("work house", "workhouse"),
        ("O’Hara", "ohara"),
        ("Schmidt", "Shmidt"),
        ("Quebec", "Kwebec"),
    ],
)
def test_spellings_of_one_sound_sound_alike(one: str, other: str) -> None:
    assert sound(one) == sound(other) != ""


@pytest.mark.parametrize(
    ("term", "heard"),
    [("Kowalski", "Kovalsky"), ("Zarathustra", "Saratustra"), ("Ephraim", "Efrem"), ("Helstone", "Halston")],
)
def test_near_sounds_are_alike(term: str, heard: str) -> None:
    assert likeness(sound(term), sound(heard)) > 0.85


@pytest.mark.parametrize(("term", "heard"), [("Kubernetes", "potatoes"), ("Maria", "Robert"), ("Kowalski", "call")])
def test_other_words_are_not_alike(term: str, heard: str) -> None:
    assert likeness(sound(term), sound(heard)) < 0.5


def test_likeness_is_one_for_the_same_and_zero_below_the_least() -> None:
    ours, theirs = sound("Kowalski"), sound("Kovalsky")
    assert likeness(ours, ours) == 1.0
    assert 0.9 < likeness(ours, theirs) < 1.0
    assert likeness(ours, theirs, 0.99) == 0.0
    assert likeness("", "") == likeness(ours, "", 0.1) == 0.0


def test_other_scripts_sound_as_they_are_spelled() -> None:
    assert sound("Заратустра") == "заратустра"
    assert likeness(sound("Заратустра"), sound("Заратустро")) > 0.85
    assert sound("、！") == ""


def test_consonants_weigh_more_than_vowels() -> None:
    assert weight(sound("Kate")) > weight(sound("Aoi"))
    assert weight("") == 0


def test_pairs_are_of_kin_and_reach_over_a_sound_that_was_put_in() -> None:
    assert pairs(sound("Dora")) == pairs(sound("Tola"))
    assert pairs(sound("anon")) <= pairs(sound("and on"), 2)
    assert not pairs(sound("anon")) <= pairs(sound("and on"))


def test_an_ear_finds_the_terms_that_sound_alike_and_only_those() -> None:
    ear = Ear(["Kowalski", "Kubernetes", "Io", "Kovacs"], 2.0)
    assert [at for at, _ in ear.near(sound("Kovalsky"), 0.9)] == [0]
    assert list(ear.near(sound("hello"), 0.6)) == []
    assert list(ear.near(sound("Io"), 0.6)) == []  # too slight


def test_an_ear_says_how_alike_as_likeness_does() -> None:
    ear = Ear(["Zarathustra"], 2.0)
    assert list(ear.near(sound("Saratustra"), 0.5)) == [(0, likeness(sound("Zarathustra"), sound("Saratustra")))]


def test_an_ear_looks_at_few_of_many_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    consonants = "bdfgklmnprstvz"
    terms = [f"{a}o{b}i{c}a{d}" for a in consonants for b in consonants for c in consonants[:5] for d in "nt"]
    ear = Ear([*terms, "Kowalski"], 2.0)
    looked: list[str] = []
    monkeypatch.setattr("aiprov.core.sounds.likeness", lambda term, heard, least: looked.append(term) or 0.0)
    list(ear.near(sound("Kovalsky"), 0.9))
    assert "kowalski" in looked
    assert len(looked) < len(terms) / 20
