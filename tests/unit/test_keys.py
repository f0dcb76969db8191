"""Keys are found in order, kept where only their owner reads them, and shown nowhere."""

import io
import json
import logging
import os
import stat
import sys
from importlib.metadata import EntryPoint

import pytest

from aiprov import keys
from aiprov.configfile import ConfigFile, ProviderEntry
from aiprov.core.redaction import MARK, Redactor
from aiprov.core.secret import Secret
from aiprov.errors import ConfigError
from aiprov.settings import Settings
from cli_world import aiprov

keyring = pytest.importorskip("keyring")
from keyring.backend import KeyringBackend  # noqa: E402
from keyring.backends import fail, null  # noqa: E402
from keyring.errors import PasswordDeleteError  # noqa: E402

CANARY = "canary-0123456789-wxyz"


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


class Broken(Ring):
    """A keyring whose system does not answer."""

    def get_password(self, service, username):
        raise OSError(f"no bus for {username}")

    set_password = delete_password = get_password


@pytest.fixture(autouse=True)
def no_keyring():
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def ring():
    ring = Ring()
    keyring.set_keyring(ring)
    return ring


@pytest.fixture
def settings(aiprov_home):
    return Settings(home=aiprov_home)


@pytest.fixture
def file(aiprov_home):
    return aiprov_home / "keys.json"


def found(*args, **more):
    key = keys.find(*args, **more)
    return None if key is None else (key.secret.reveal(), key.origin)


def test_the_first_place_that_has_a_key_is_the_answer(settings, ring, monkeypatch):
    assert found("groq", settings) is None
    keyring.set_keyring(fail.Keyring())
    assert keys.store("groq", Secret("in-the-file"), settings) == "file"
    assert found("groq", settings) == ("in-the-file", "file")
    keyring.set_keyring(ring)
    ring.set_password("aiprov", "groq", "in-the-ring")
    assert found("groq", settings) == ("in-the-ring", "keyring")
    monkeypatch.setenv("GROQ_API_KEY", "in-the-environment")
    assert found("groq", settings) == ("in-the-environment", "environment")
    assert found("groq", settings, explicit="given") == ("given", "argument")


def test_a_key_in_the_settings_is_the_environments(aiprov_home):
    settings = Settings(home=aiprov_home, openai_api_key=Secret("one"), huggingface_token=Secret("two"))
    assert found("openai", settings) == ("one", "environment")
    assert found("huggingface", settings) == ("two", "environment")


def test_the_variable_is_the_one_that_the_configuration_names(aiprov_home, tmp_path):
    dotenv = tmp_path / "env"
    dotenv.write_text("OFFICE=office-key\nMY_SERVER_API_KEY=server-key\nPRESET=preset-key\n")
    config = ConfigFile(providers={"groq": ProviderEntry("groq", api_key_env="OFFICE")})
    settings = Settings(home=aiprov_home, env_file=dotenv, config=config)
    assert found("groq", settings, variable_name="PRESET") == ("office-key", "environment")
    assert found("my-server", settings) == ("server-key", "environment")
    assert found("other", settings, variable_name="PRESET") == ("preset-key", "environment")


def test_a_stored_key_has_mode_600_whatever_the_mask(settings, file):
    before = os.umask(0)
    try:
        keys.store("openai", Secret(CANARY), settings)
    finally:
        assert os.umask(before) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text()) == {"openai": CANARY}


def test_no_moment_shows_a_key_to_others(settings, file, monkeypatch):
    modes = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (modes.append(os.fstat(fd).st_mode), fsync(fd))[1])
    before = os.umask(0)
    try:
        keys.store("openai", Secret(CANARY), settings)
    finally:
        os.umask(before)
    assert [stat.S_IMODE(mode) for mode in modes if stat.S_ISREG(mode)] == [0o600]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(settings, file, mode):
    keys.store("openai", Secret(CANARY), settings)
    file.chmod(mode)
    for use in (
        lambda: keys.find("openai", settings),
        lambda: keys.store("openai", Secret("x"), settings),
        lambda: keys.remove("openai", settings),
        lambda: keys.listing(settings),
    ):
        with pytest.raises(ConfigError, match="can be read by other users"):
            use()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"openai": 5}', f'{{"openai": "{CANARY} two"}}', f'{{"{CANARY}/": "x"}}', "[" * 100_000]
)
def test_a_damaged_file_is_refused_and_not_quoted(settings, file, text):
    file.parent.mkdir()
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(ConfigError, match="is damaged") as caught:
        keys.find("openai", settings)
    assert "canary" not in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "schlüssel", "x" * 5000, "bell\a"])
def test_what_cannot_be_a_key_is_not_stored(settings, file, key):
    with pytest.raises(ConfigError, match="is not a key"):
        keys.store("openai", Secret(key), settings)
    assert not file.exists()


@pytest.mark.parametrize("name", ["", "Open AI", "../x", "a" * 41, "sk-canary-0123456789abcdef", "sk-Canary"])
def test_what_cannot_be_a_provider_gets_no_key(settings, name):
    with pytest.raises(ConfigError, match="is not a provider's name") as caught:
        keys.store(name, Secret(CANARY), settings)
    assert "anary" not in f"{caught.value.message} {caught.value.hint}"


def test_the_keyring_takes_the_key_and_the_file_only_its_name(settings, ring, file):
    assert keys.store("groq", Secret(CANARY), settings) == "keyring"
    assert json.loads(file.read_text()) == {"groq": None}
    assert [(key.provider, key.origin) for key in keys.listing(settings)] == [("groq", "keyring")]
    assert keys.remove("groq", settings)
    assert (ring.kept, json.loads(file.read_text()), keys.listing(settings)) == ({}, {}, [])


@pytest.mark.parametrize("backend", [Broken, null.Keyring, fail.Keyring])
def test_a_keyring_that_fails_or_forgets_is_passed_over(settings, backend):
    keyring.set_keyring(backend())
    assert keys.store("openai", Secret(CANARY), settings) == "file"
    assert found("openai", settings) == (CANARY, "file")
    assert keys.remove("openai", settings)
    assert not keys.remove("openai", settings)


def test_why_the_keyring_is_not_used_is_known(monkeypatch, ring):
    assert keys.keyring_trouble() is None
    keyring.set_keyring(Broken())
    assert keys.keyring_trouble() == "it does not answer (OSError)"
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert keys.keyring_trouble() == "the package keyring is not installed"


def test_a_keyring_that_does_not_let_go_is_reported(settings, ring):
    keys.store("openai", Secret(CANARY), settings)
    ring.delete_password = lambda service, username: None
    with pytest.raises(ConfigError, match="the keyring keeps"):
        keys.remove("openai", settings)


def test_everything_that_is_configured_is_listed(aiprov_home, monkeypatch):
    monkeypatch.setenv("GROQ_API_KEY", "in-the-environment")
    config = ConfigFile(providers={"groq": ProviderEntry("groq"), "local": ProviderEntry("local")})
    settings = Settings(home=aiprov_home, openai_api_key=Secret("short"), config=config)
    keys.store("other", Secret(CANARY), settings)
    assert [(key.provider, key.origin, key.secret.tail) for key in keys.listing(settings)] == [
        ("openai", "environment", "…"),
        ("groq", "environment", "…ment"),
        ("other", "file", "…wxyz"),
    ]


def test_the_command_stores_lists_and_removes_without_showing_the_key(aiprov_home):
    said = aiprov("keys", "set", "openai", input=f"{CANARY}\n")
    assert said.exit_code == 0
    assert said.stdout == f"stored the key of openai in {aiprov_home / 'keys.json'}\n"
    listed = aiprov("keys", "list")
    assert listed.stdout.splitlines()[1].split() == ["openai", "keys.json", "…wxyz"]
    assert "the keyring is not used: it does not answer (NoKeyringError)" in listed.stderr
    document = json.loads(aiprov("keys", "list", "--json").stdout)
    assert document["keys"] == [{"provider": "openai", "origin": "file", "tail": "…wxyz"}]
    assert document["keyring"]["usable"] is False
    removed = aiprov("keys", "remove", "openai")
    assert removed.stdout == "removed the key of openai\n"
    again = aiprov("keys", "remove", "openai")
    assert again.exit_code == 2
    assert "no key of openai is stored" in again.stderr
    everything = "".join(each.stdout + each.stderr for each in (said, listed, removed, again)) + json.dumps(document)
    assert "canary" not in everything


def test_a_mistyped_name_is_refused_and_the_right_one_suggested(file):
    said = aiprov("keys", "set", "opnai", input=CANARY)
    assert said.exit_code == 2
    assert "did you mean openai?" in said.stderr
    said = aiprov("keys", "set", "nobody-at-all", input=CANARY)
    assert "known are openai, anthropic, huggingface, groq" in said.stderr
    assert "nobody-at-all" not in said.output
    assert not file.exists()


def test_servers_of_the_configuration_presets_and_plugins_are_known_and_any_name_is_taken_when_wished(
    aiprov_home, monkeypatch
):
    aiprov_home.mkdir()
    (aiprov_home / "aiprov.yaml").write_text("providers:\n  office: {base_url: 'https://office.example.org/v1'}\n")
    plugin = EntryPoint("mine", "mine.provider:make", "aiprov.providers")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: [plugin])
    for name in ("office", "groq", "huggingface", "mine"):
        assert aiprov("keys", "set", name, input=CANARY).exit_code == 0, name
    assert aiprov("keys", "set", "local", input=CANARY).exit_code == 2
    assert aiprov("keys", "set", "later", input=CANARY).exit_code == 2
    assert aiprov("keys", "set", "later", "--any-name", input=CANARY).exit_code == 0


def test_the_command_says_when_the_environment_has_another_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "another-canary-key")
    said = aiprov("keys", "set", "openai", input=CANARY)
    assert "OPENAI_API_KEY in the environment is used instead" in said.stderr
    assert "there still is one in OPENAI_API_KEY" in aiprov("keys", "remove", "openai").stderr


def test_a_key_on_the_command_line_is_refused_and_not_repeated(aiprov_home):
    said = aiprov("keys", "set", "openai", CANARY, input="")
    assert said.exit_code == 2
    assert "is not taken from the command line" in said.stderr
    assert "canary" not in said.stdout + said.stderr
    assert not (aiprov_home / "keys.json").exists()


@pytest.mark.parametrize("typed", [b"", b"  \n", "schlüssel".encode(), b"\xff\xfe\x00", b"two words"])
def test_input_that_is_no_key_is_refused(typed):
    said = aiprov("keys", "set", "openai", input=typed)
    assert said.exit_code == 2
    assert "what was given for openai is not a key" in said.stderr


def logged(redacting, work):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.addFilter(redacting)
    logger = logging.Logger("test")
    logger.addHandler(handler)
    work(logger)
    return stream.getvalue()


def test_a_formatter_of_another_kind_finds_no_exception_to_read_anew():
    error = ValueError(CANARY)
    record = logging.LogRecord("n", logging.ERROR, "p", 1, "failed", (), (ValueError, error, None))
    keys.Redacting(Redactor([CANARY])).filter(record)
    assert record.exc_info is None
    assert record.exc_text == f"ValueError: {MARK}"


def test_log_records_lose_their_keys_in_messages_arguments_and_tracebacks(aiprov_home):
    settings = Settings(home=aiprov_home, server_token=Secret("server-canary-token"))
    redacting = keys.Redacting(keys.redactor(settings, [keys.Key("groq", Secret(CANARY), "file")]))

    def work(logger):
        logger.warning("sent %s with %s", CANARY, {"token": "server-canary-token"})
        logger.warning("does not fit %d %d", CANARY)
        try:
            raise ValueError(f"rejected {CANARY}")
        except ValueError:
            logger.exception("failed", stack_info=True)

    text = logged(redacting, work)
    assert "canary-" not in text
    assert f"sent {MARK} with {{'token': '{MARK}'}}" in text
    assert f"ValueError: rejected {MARK}" in text
    assert "Traceback" in text
