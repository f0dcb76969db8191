"""Languages by code and by name."""

import pytest
from faster_whisper.tokenizer import _LANGUAGE_CODES

from aiprov.core.languages import NAMES, code_of, name_of
from aiprov.pipelines.options import spoken_language


def test_the_languages_are_those_that_whisper_models_know():
    assert set(NAMES) == set(_LANGUAGE_CODES)


@pytest.mark.parametrize(
    ("said", "code"), [("de", "de"), ("German", "de"), ("GERMAN", "de"), (" haitian creole ", "ht"), ("Mandarin", "zh")]
)
def test_a_language_is_known_by_code_and_by_name(said, code):
    assert code_of(said) == code


def test_an_unknown_language_is_none():
    assert code_of("Klingon") is None
    assert name_of("tlh") == "tlh"


def test_english_models_decode_english_whatever_was_asked():
    assert spoken_language("base", None) == (None, None)
    assert spoken_language("base", "de") == ("de", None)
    assert spoken_language("tiny.en", None) == ("en", None)
    language, note = spoken_language("tiny.en", "de")
    assert language == "en"
    assert note == "tiny.en knows only English, so the language 'de' is ignored"
