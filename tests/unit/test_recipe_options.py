"""A recipe says what the commands can say, by the same names and with the same checks, and no more than it may."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov import settings
from aiprov.cli.output import Output
from aiprov.cli.recipe_options import options_from
from aiprov.cli.recipe_wishes import _options_of
from aiprov.errors import ConfigError
from aiprov.recipes import STEPS, read, shipped


@pytest.fixture
def options(tmp_path):
    def made(text, **wishes):
        path = tmp_path / "house.yaml"
        path.write_text(text)
        return options_from(read(path), wishes, settings.load(), (), Output(quiet=True))

    return made


def test_options_have_the_commands_names_and_meaning(options):
    found = options(
        """\
recursive: true
language: German
steps:
  - transcribe: {model: small, format: [json, srt], beam_size: 3, audit: false, max_line_width: 42, temperature: 0.2}
  - summarize: {style: brief, format: "md,html", strict: yes, language: en}
  - export: {format: vtt, highlight_words: true}
  - embed: {model: bge-small-en-v1.5}
"""
    )
    speech = found.run
    assert (speech.model, speech.formats, speech.language, speech.recursive) == ("small", ("json", "srt"), "de", True)
    assert (speech.decoding.beam_size, speech.decoding.audit, speech.decoding.temperatures) == (3, False, (0.2,))
    assert speech.render.max_line_width == 42
    minutes = found.summarize
    assert (minutes.wish.style, minutes.formats, minutes.strict, minutes.language) == (
        "brief",
        ("md", "html"),
        True,
        "en",
    )
    assert minutes.run.recursive
    assert (found.export.formats, found.export.render.highlight_words) == (("vtt",), True)
    assert (found.embed.model, found.embed.archive) == ("bge-small-en-v1.5", settings.home() / "archive.sqlite3")


def test_what_is_said_of_a_step_wins_over_what_is_said_of_all(options):
    found = options("provider: openai\nsteps: [transcribe, {summarize: {provider: anthropic}}, embed]")
    assert (found.run.provider, found.summarize.provider, found.embed.provider) == ("openai", "anthropic", "openai")


def test_the_command_line_says_where_outputs_go_and_how_the_run_goes_on(options, tmp_path):
    wishes = {"output_dir": tmp_path / "out", "force": True, "wait": True, "dry_run": True, "on_collision": "suffix"}
    found = options("steps: [transcribe, summarize, embed]", archive=tmp_path / "own.sqlite3", **wishes)
    for each in (found.run, found.summarize.run, found.embed.transcribe):
        assert {name: getattr(each, name) for name in wishes} == wishes
    assert (found.embed.archive, found.embed.force, found.embed.dry_run) == (tmp_path / "own.sqlite3", True, True)


def test_without_a_transcribing_step_what_is_said_of_all_counts_for_transcribing_too(options):
    found = options("provider: local\nlanguage: de\nsteps: [summarize]")
    assert not found.transcribes
    assert (found.run.provider, found.run.language, found.run.formats) == ("local", "de", ("json",))


@pytest.mark.parametrize(
    ("whole", "step", "typed", "setting", "run", "minutes"),
    [
        (None, None, None, None, None, None),
        ("2", None, None, None, "2", "2"),
        ("2", "0.50", None, None, "2", "0.50"),
        ("2", "5", None, None, "2", "2"),
        (None, "0.50", None, "9", "9", "0.50"),
        ("20", None, None, "9", "9", "9"),
        ("2", None, "$3", "1", "3", "3"),
        ("2", "2.50", "3", None, "3", "2.50"),
    ],
)
def test_a_budget_can_only_be_lowered_but_on_the_command_line(
    options, monkeypatch, whole, step, typed, setting, run, minutes
):
    if setting:
        monkeypatch.setenv("AIPROV_MAX_COST", setting)
    text = (f"max_cost: {whole}\n" if whole else "") + "steps:\n  - transcribe\n  - summarize"
    found = options(text + (f": {{max_cost: {step}}}" if step else ""), **({"max_cost": typed} if typed else {}))
    expected = [None if each is None else Decimal(each) for each in (run, minutes)]
    assert [found.run.max_cost, found.summarize.run.max_cost] == expected


def test_privacy_can_only_be_tightened(options):
    assert options("privacy: local\nsteps: [transcribe]", privacy="any").run.privacy == "local"
    assert options("steps: [transcribe]", privacy="local").run.privacy == "local"
    assert options("steps: [transcribe]").run.privacy is None
    with pytest.raises(ConfigError, match=r"line 1: privacy can only be local"):
        options("privacy: any\nsteps: [transcribe]")


def test_otherwise_is_the_same_step_with_other_options(options):
    found = options("steps: [{summarize: {style: brief, provider: openai, otherwise: {provider: local}}}]")
    assert (found.summarize.provider, found.summarize_otherwise.provider) == ("openai", "local")
    assert found.summarize_otherwise.wish.style == "brief"


def test_a_file_lies_beside_the_recipe_wherever_it_is_run(options, tmp_path, monkeypatch):
    (tmp_path / "words.txt").write_text("Zermatt\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert options("steps: [{transcribe: {glossary: words.txt}}]").run.glossary.texts == ("Zermatt",)


WRONG = {
    "an unknown option of a step": (
        "steps:\n  - summarize:\n      stile: brief",
        "line 3: steps[0].summarize.stile is not an option of summarize",
        "did you mean style?",
    ),
    "an unknown option of all": (
        "stratgy: priority\nsteps: [transcribe]",
        "line 1: stratgy is not an option of any step",
        "did you mean strategy?",
    ),
    "an option that no step here has": (
        "style: brief\nsteps: [transcribe]",
        "line 1: style is not an option of any step",
        "known are",
    ),
    "a value that cannot be": (
        "steps:\n  - summarize: {style: long}",
        "line 2: steps[0].summarize.style cannot be that",
        "`aiprov summarize --help`",
    ),
    "a number that is too small": ("steps: [{transcribe: {beam_size: 0}}]", "beam_size cannot be that", "--help"),
    "an unknown format": ("steps:\n  - export: {format: pdf}", "line 2: export: there is no format 'pdf'", "choose"),
    "an unknown language": ("steps:\n\n  - transcribe: {language: Klingon}", "line 3: transcribe: there is no", "give"),
    "Norway": ("steps: [{transcribe: {language: no}}]", "language is read as true or false", "put it in quotes"),
    "text for a flag": (
        "steps: [{transcribe: {diarize: please}}]",
        "diarize has to be true or false",
        "without quotes",
    ),
    "a map for a value": ("steps: [{transcribe: {model: {a: b}}}]", "model has to be text", "one value"),
    "a step that lacks what it needs": ("steps: [export]", "steps[0] is not complete", "`aiprov export --help`"),
    "an export of json": ("steps: [{export: {format: json}}]", "json is what the transcripts are", "another format"),
    "where outputs go": ("steps: [{transcribe: {output_dir: /etc}}]", "output_dir is no business", "aiprov run"),
    "force": ("steps: [{embed: {force: true}}]", "force is no business of a recipe", "aiprov run"),
    "another archive": ("archive: x\nsteps: [embed]", "line 1: archive is no business of a recipe", "aiprov run"),
    "recursive for one step": ("steps: [{transcribe: {recursive: true}}]", "recursive is the same for all", "margin"),
    "a file elsewhere": (
        "steps: [{summarize: {prompt_file: /etc/hostname}}]",
        "prompt_file names a file else",
        "beside",
    ),
    "a file above": ("steps: [{summarize: {template: ../secret.txt}}]", "template names a file elsewhere", "beside"),
    "a budget that is none": ("max_cost: much\nsteps: [transcribe]", "line 1: max_cost has to be a number", "digits"),
    "a budget below zero": ("max_cost: -1\nsteps: [transcribe]", "max_cost has to be at least 0", "correct"),
    "another output otherwise": (
        "steps:\n  - summarize:\n      otherwise: {format: md}",
        "line 3: steps[0].summarize.otherwise.format cannot be said here",
        "What comes out is the same",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_refused_by_line_key_and_hint(options, case):
    text, said, hint = WRONG[case]
    with pytest.raises(ConfigError) as caught:
        options(text)
    assert "house.yaml, line " in caught.value.message
    assert said in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_link_beside_the_recipe_leads_nowhere_else(options, tmp_path):
    (tmp_path / "task.txt").symlink_to("/etc/hostname")
    with pytest.raises(ConfigError, match="prompt_file names a file elsewhere"):
        options("steps: [{summarize: {prompt_file: task.txt}}]")


@pytest.mark.parametrize("name", STEPS)
def test_every_option_of_the_commands_is_known_but_for_those_of_a_run(name):
    known = _options_of(name)
    assert {"output_dir", "json", "quiet", "dry_run", "force", "archive", "help"}.isdisjoint(known)
    assert all("-" not in each for each in known)
    assert len(known) >= 5


@pytest.mark.parametrize("name", shipped())
def test_the_recipes_that_come_with_aiprov_are_right(name):
    recipe = read(shipped()[name])
    assert options_from(recipe, {}, settings.load(), (), Output(quiet=True)).name == name


def test_a_recipe_as_json_can_be_read_by_programs(options):
    from cli_world import aiprov

    shown = json.loads(aiprov("recipes", "show", "hybrid", "--json").stdout)["recipe"]
    assert [step["step"] for step in shown["steps"]] == ["transcribe", "summarize", "embed"]
    assert Path(shown["path"]).name == "hybrid.yaml"
