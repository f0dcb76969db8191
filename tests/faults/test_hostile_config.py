"""Hostile and broken configuration files end in a ConfigError that names the file and repeats no value."""

import os

import pytest

from aiprov.configfile import MAX_BYTES, edit, read
from aiprov.errors import ConfigError

CANARY = "sk-canary-0123456789abcdef"


def bomb(levels=12):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


def provider(fields, name="groq"):
    return f"providers:\n  {name}:\n    {fields}\n"


def model(fields):
    return provider(f"models: [{{name: m, capability: chat, {fields}}}]")


HOSTILE = {
    "an alias bomb": bomb(),
    "an anchor alone": "strategy: &a fallback",
    "an alias": "budget: &b {per_run: 1}\nproviders: *b",
    "a merge key": "budget: {<<: {per_run: 1}}",
    "a recursive alias": "&a [*a]",
    "a tag that builds objects": '!!python/object/apply:os.system ["true"]',
    "a tag in a value": "strategy: !!python/name:os.system fallback",
    "a standard tag": "strategy: !!str fallback",
    "a local tag": provider("region: !region eu"),
    "a tag directive": "%TAG ! tag:yaml.org,2002:python/\n---\nstrategy: !name:os.system x",
    "a key twice": "strategy: fallback\nstrategy: priority",
    "a key twice below": provider("priority: 1\n    priority: 2"),
    "a key twice in other quotes": "strategy: fallback\n'strategy': priority",
    "two documents": "strategy: fallback\n---\nstrategy: priority",
    "too large": "# " + "x" * MAX_BYTES,
    "nested too deep": provider("custom_config: {a: " + "[" * 200 + "]" * 200 + "}"),
    "very deep and open": "[" * 60_000,
    "very deep braces": "{a: " * 10_000,
    "a list at the top": "- strategy",
    "text at the top": "fallback",
    "not UTF-8": b"strategy: \xff\xfe",
    "UTF-16": "strategy: fallback".encode("utf-16"),
    "a NUL": "strategy: fall\0back",
    "a terminal escape": 'strategy: "\\e[2J"',
    "a control character": provider('region: "eu\\x07"'),
    "an escape beyond Unicode": 'strategy: "\\UFFFFFFFF"',
    "a tab for indentation": "providers:\n\tgroq:\n\t\tpriority: 1",
    "a brace left open": "providers: {groq: {priority: 1",
    "a quote left open": "strategy: 'fallback",
    "a list for a key": "? [a, b]\n: 1",
    "a number for a key": "providers: {1: {priority: 1}}",
    "a boolean for a key": "providers: {no: {priority: 1}}",
    "an unknown key": "stratgy: fallback",
    "an unknown strategy": "strategy: cheapest",
    "a provider with a bad name": "providers: {'../../etc': {priority: 1}}",
    "a provider that is a list": "providers: {groq: [1, 2]}",
    "a quoted boolean": provider('enabled: "no"'),
    "a number for a boolean": provider("enabled: 1"),
    "a fraction for a priority": provider("priority: 1.5"),
    "sexagesimal": provider("priority: 12:30:45"),
    "octal": provider("priority: 0100"),
    "a priority beyond bounds": provider("priority: 99999999999999999999999"),
    "not a number for money": "budget: {per_run: .nan}",
    "infinite money": "budget: {per_run: .inf}",
    "money with an exponent": "budget: {per_day: 1e999999999}",
    "money below zero": "budget: {per_month: -1}",
    "money with a currency": "budget: {per_run: $5}",
    "no time at all": provider("timeout_s: 0"),
    "a rate of zero": provider("requests_per_minute: 0"),
    "a host that is a number": provider("base_url: 1.10"),
    "a host with another scheme": provider("base_url: file:///etc/passwd"),
    "a host with user information": provider("base_url: https://me:canary-password@host/v1"),
    "a host with a query": provider("base_url: https://host/v1?key=canary-0123456789"),
    "a host with a line break": provider('base_url: "https://host\\nHost: other"'),
    "a key in its plain form": provider(f"api_key: {CANARY}"),
    "a key for a variable's name": provider(f"api_key_env: {CANARY}"),
    "a key without a known form for a variable's name": provider("api_key_env: canary-plain-value"),
    "a key in the options": provider(f"custom_config: {{header: 'Bearer {CANARY}'}}"),
    "a key as a key": provider(f"custom_config: {{{CANARY}: true}}"),
    "a secret of no known form as a key": provider("'canary plain secret': true"),
    "a model without a name": provider("models: [{capability: chat}]"),
    "a model without a capability": provider("models: [{name: m}]"),
    "a model twice": provider("models: [{name: m, capability: chat}, {name: m, capability: chat}]"),
    "an unknown capability": provider("models: [{name: m, capability: vision}]"),
    "a model with an unknown fact": model("contxt_tokens: 5"),
    "a free lunch": model("usd_per_million_input_tokens: -0.5"),
    "languages that are a word": model("languages: de"),
    "a language that is false": model("languages: [no]"),
    "a server for this machine": provider("base_url: https://host/v1", "local"),
    "an unknown option of this machine": provider("custom_config: {whisper: base}", "local"),
    "a date in the options": provider("custom_config: {since: 2026-01-01}"),
    "a yes in the options": provider("custom_config: {answer: yes}"),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "aiprov.yaml"


@pytest.mark.parametrize("case", HOSTILE)
def test_it_is_refused_by_name_and_without_its_values(path, case):
    text = HOSTILE[case]
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        read(path)
    said = f"{caught.value.message} {caught.value.hint}"
    assert str(path) in said
    assert caught.value.hint
    assert "canary" not in said
    assert said.isprintable()
    # The parser's own words quote the file.
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    if case != "too large":
        assert ", line " in said


def test_it_is_not_edited_either(path):
    path.write_text("stratgy: fallback\n")
    with pytest.raises(ConfigError):
        edit(path, "openai", enabled=False)
    assert path.read_text() == "stratgy: fallback\n"


def test_a_folder_or_a_pipe_is_no_configuration(tmp_path):
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe):
        with pytest.raises(ConfigError, match="is not a file"):
            read(path)
