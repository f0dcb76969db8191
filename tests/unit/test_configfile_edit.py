"""An edit changes one value and leaves every other character of the user's file as it is."""

import json
import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiprov.configfile import MAX_BYTES, ProviderEntry, edit, read
from aiprov.errors import ConfigError, StorageError

FILE = """\
# Our providers.   Ask Ana before you change them.

strategy:   fallback # for now

providers:
    # The account of the office
    openai:   {enabled: true,   priority: 5}   # Ana's
    groq:
        priority:   40    # after openai
        custom_config:
            note: >-
                two
                lines

        # prices as of May
        models:
        -   name: "x"
            capability: chat
            usd_per_million_input_tokens: 0.050
    empty:       # to do
    other:


        base_url:   'https://h/v1'

# The end.
budget: {per_run: 0.10}
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "aiprov.yaml"
    path.write_text(FILE)
    return path


def edited(path, *args, **changes):
    edit(path, *args, **changes)
    return path.read_bytes().decode()


def test_a_value_that_is_there_is_replaced_where_it_stands(path):
    assert edited(path, "openai", enabled=False) == FILE.replace("enabled: true", "enabled: false")
    assert edited(path, "groq", priority=7) == FILE.replace("enabled: true", "enabled: false").replace("40", "7")


def test_a_key_that_is_missing_comes_last_in_its_provider(path):
    assert edited(path, "groq", enabled=True) == FILE.replace("0.050\n", "0.050\n        enabled: true\n")
    path.write_text(FILE)
    assert edited(path, "other", priority=3) == FILE.replace("/v1'\n", "/v1'\n        priority: 3\n")
    path.write_text(FILE)
    assert edited(path, "groq", custom_config={"voice": "a b"}) == FILE.replace(
        "lines\n", 'lines\n            voice: "a b"\n'
    )


def test_keys_in_braces_stay_in_braces(path):
    assert edited(path, "openai", custom_config={"a": 1}) == FILE.replace(
        "priority: 5}", "priority: 5, custom_config: {a: 1}}"
    )


def test_a_provider_without_a_value_gets_one_and_keeps_its_comment(path):
    assert edited(path, "empty", enabled=False) == FILE.replace("empty:  ", "empty: {enabled: false}  ")


def test_a_block_of_text_is_replaced_as_a_whole(path):
    assert edited(path, "groq", custom_config={"note": "one"}) == FILE.replace(
        "note: >-\n                two\n                lines", "note: one"
    )


def test_a_provider_that_is_missing_is_added_below_the_others(path):
    assert edited(path, "local", priority=1) == FILE.replace("/v1'\n", "/v1'\n    local:\n      priority: 1\n")


def test_a_file_that_is_missing_is_made_and_says_what_it_is_for(tmp_path):
    path = tmp_path / "home" / "aiprov.yaml"
    edit(path, "openai", enabled=False, priority=3)
    text = path.read_text()
    assert text.startswith("# ")
    assert "aiprov keys set" in text
    assert text.endswith("providers:\n  openai:\n    enabled: false\n    priority: 3\n")
    assert read(path).providers == {"openai": ProviderEntry("openai", enabled=False, priority=3)}


def test_line_ends_of_windows_stay(path):
    windows = FILE.replace("\n", "\r\n")
    path.write_bytes(windows.encode())
    assert edited(path, "groq", enabled=True) == windows.replace("0.050\r\n", "0.050\r\n        enabled: true\r\n")


def test_a_file_without_a_last_line_end_is_added_to(path):
    path.write_text("providers:\n  openai:\n    priority: 1 # one")
    assert edited(path, "openai", enabled=True) == ("providers:\n  openai:\n    priority: 1 # one\n    enabled: true")
    path.write_text("# only a remark")
    assert edited(path, "openai", priority=1) == "# only a remark\nproviders:\n  openai:\n    priority: 1\n"


def test_nothing_to_change_changes_nothing(path):
    assert edited(path, "openai") == FILE


def test_what_the_file_would_become_is_checked_before_it_is_written(path):
    with pytest.raises(ConfigError, match="whisper_modell"):
        edit(path, "local", custom_config={"whisper_modell": "base"})
    with pytest.raises(ConfigError, match="Bad is not a provider's name"):
        edit(path, "Bad", enabled=True)
    assert path.read_text() == FILE


@pytest.mark.parametrize(
    "value", [object(), {1: 2}, "a\nb", "\x1b[2J", float("nan"), 1e300, "", b"bytes", "sk-canary-0123456789abcdef"]
)
def test_a_value_that_the_file_cannot_say_is_refused(path, value):
    with pytest.raises(ConfigError) as caught:
        edit(path, "groq", custom_config={"it": value})
    assert "canary" not in f"{caught.value.message} {caught.value.hint}"
    assert path.read_text() == FILE


def test_a_file_too_large_to_be_read_again_is_not_written(path):
    text = "# " + "x" * (MAX_BYTES - 10) + "\n"
    path.write_text(text)
    with pytest.raises(ConfigError, match="would be larger"):
        edit(path, "openai", enabled=True)
    assert path.read_text() == text


def test_a_place_that_cannot_be_changed_safely_is_left_alone(path):
    text = "{providers}\n"
    path.write_text(text)
    with pytest.raises(ConfigError, match="cannot be changed safely"):
        edit(path, "openai", enabled=True)
    assert path.read_text() == text


def test_mode_and_link_stay_what_they_were(path, tmp_path):
    path.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    edit(link, "openai", priority=9)
    assert link.is_symlink()
    assert "priority: 9" in path.read_text()
    assert os.stat(path).st_mode & 0o777 == 0o640


# Files as people write them: any order, spacing, comments, blocks and braces.
NAMES = st.sampled_from(["openai", "anthropic", "groq", "my-server", "on", "null"])
REMARKS = st.sampled_from(["", "   # remark", "  # enabled: 5 }", " # ünïcödé ☃"])
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.sampled_from(["true", "no", "On"]),
        "priority": st.integers(0, 200).map(str),
        "region": st.sampled_from(["eu", "'it''s # here'", '"a: b"']),
        "custom_config": st.sampled_from(["", "{a: 1,  b: [x, {c: d}]}", "{note: 'x'}", "{ }"]),
        "models": st.sampled_from(["[]", "[{name: m, capability: chat, usd_per_million_input_tokens: 0.10}]"]),
    },
)


@st.composite
def files(draw):
    indent = " " * draw(st.integers(1, 5))
    lines = [draw(st.sampled_from(["# head", "", "strategy:  priority"])), "providers:" + draw(REMARKS)]
    for name in draw(st.lists(NAMES, unique=True, max_size=4)):
        key = f"'{name}'" if name in ("on", "null") else name
        fields = draw(FIELDS)
        lines += draw(st.lists(st.sampled_from(["", "   # between", "# at the edge"]), max_size=2))
        if draw(st.booleans()):
            lines.append(f"{indent}{key}: {{{', '.join(f'{k}:   {v}' for k, v in fields.items())}}}{draw(REMARKS)}")
        else:
            lines.append(f"{indent}{key}:{draw(REMARKS)}")
            lines += [f"{indent * 2}{k}:  {v}{draw(REMARKS)}" for k, v in fields.items()]
    lines += draw(st.lists(st.sampled_from(["", "# tail", "budget:  {per_run: 0.10}"]), max_size=3, unique=True))
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines) + draw(st.sampled_from(["", "\n"]))


VALUES = st.recursive(
    st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(-1e6, 1e6).map(lambda x: round(x, 6))
    | st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=8).filter(
        str.isprintable
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "no", "x y"]), inner, max_size=3),
    max_leaves=5,
)


def shared(one, two):
    """How many characters two texts begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def taken_from(before, after):
    """What an edit took away from `before`, where it put something."""
    head = shared(before, after)
    return before[head : len(before) - shared(before[head:][::-1], after[head:][::-1])]


@settings(deadline=None, max_examples=150)
@given(files(), NAMES, st.sampled_from(["enabled", "priority", "custom_config"]), st.data())
def test_comments_and_other_keys_are_untouched_whatever_the_file(tmp_path_factory, before, name, key, data):
    path = tmp_path_factory.mktemp("edit") / "aiprov.yaml"
    path.write_bytes(before.encode())
    found = read(path)
    option = data.draw(st.sampled_from(["a", "fresh", "x y"]))
    value = data.draw({"enabled": st.booleans(), "priority": st.integers(0, 999), "custom_config": VALUES}[key])
    changes = {option: value} if key == "custom_config" else value
    edit(path, name, **{key: changes})
    entry = found.providers.get(name, ProviderEntry(name))
    expected = {**entry.custom_config, **changes} if key == "custom_config" else value
    assert read(path) == replace(found, providers={**found.providers, name: replace(entry, **{key: expected})})
    taken = taken_from(before, path.read_bytes().decode())
    assert "\n" not in taken
    assert "#" not in taken
    assert len(taken) <= len("[x, {c: d}]")


@settings(deadline=None, max_examples=150)
@given(VALUES)
def test_every_value_is_read_back_as_it_was_written(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("edit") / "aiprov.yaml"
    edit(path, "groq", custom_config={"it": value})
    kept = read(path).providers["groq"].custom_config["it"]
    assert json.dumps(kept) == json.dumps(value)


def test_a_cut_write_leaves_the_file_as_it_was(path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        edit(path, "openai", priority=1)
    assert path.read_text() == FILE
