"""Flags of other Whisper tools are taken in or refused with a reason, never half understood."""

import pytest

from aiprov.cli.arguments import Options
from aiprov.cli.whisper_flags import _REFUSED, _SWITCHES, _VALUES, without_foreign
from aiprov.errors import ConfigError

OWN = Options({"--force": None}, frozenset({"--initial-prompt"}))


@pytest.mark.parametrize("flag", [*_SWITCHES, *_VALUES])
@pytest.mark.parametrize("spell", [str, lambda flag: "--" + flag[2:].replace("-", "_")])
def test_a_flag_that_means_nothing_here_goes_with_its_value_and_a_note(flag, spell):
    value = "True" if flag in _SWITCHES else "x.mp3"
    kept, notes = without_foreign(["a.mp3", spell(flag), value, "b.mp3"], OWN)
    assert kept == ["a.mp3", "b.mp3"]
    assert notes[0].startswith(f"{spell(flag)} is ignored: ")
    assert without_foreign([f"{spell(flag)}={value}", "b.mp3"], OWN)[0] == ["b.mp3"]


def test_a_bare_switch_does_not_swallow_a_recording():
    assert without_foreign(["--word_timestamps", "a.mp3"], OWN)[0] == ["a.mp3"]


@pytest.mark.parametrize("flag", _REFUSED)
def test_a_flag_that_asks_for_something_else_is_refused(flag):
    with pytest.raises(ConfigError) as caught:
        without_foreign([flag, "4", "a.mp3"], OWN)
    assert caught.value.exit_code == 2
    assert flag in caught.value.message


def test_values_of_our_own_options_are_not_taken_for_flags():
    args = ["--initial_prompt", "--verbose", "--force", "--", "--verbose"]
    assert without_foreign(args, OWN) == (args, [])


def test_notes_do_not_repeat_values():
    assert "hf_secret" not in str(without_foreign(["--hf_token", "hf_secret"], OWN))
