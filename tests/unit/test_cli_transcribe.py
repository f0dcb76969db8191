"""What was typed becomes the pipeline's options, and its report becomes lines, JSON and an exit code."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.batch.report import FileReport
from aiprov.cli.transcribe import temperatures
from aiprov.core.requests import DecodingOptions
from aiprov.errors import BudgetReached, Busy, InputError, Stopped
from aiprov.pipelines.formats import FORMATS
from aiprov.pipelines.options import RenderOptions, TranscribeOptions
from cli_world import aiprov, done, play, report_of


@pytest.fixture
def asked(monkeypatch):
    """What the pipeline was asked for, by the last command line."""
    seen = {}

    def work(inputs, options, kit, watcher):
        seen.update(inputs=inputs, options=options, settings=kit)
        return report_of(done("a.mp3"))

    play(monkeypatch, work)
    return seen


def failed(path, message="cannot decode it", hint="check it"):
    return FileReport(Path(path), "failed", error=InputError(message, hint, code="unreadable_audio"))


def test_without_options_everything_is_whispers_or_the_machines_choice(asked):
    result = aiprov("transcribe", "a.mp3", "b.mp3")
    assert result.exit_code == 0
    assert asked["inputs"] == [Path("a.mp3"), Path("b.mp3")]
    assert asked["options"] == TranscribeOptions(formats=FORMATS)


def test_every_option_arrives(asked):
    typed = (
        "transcribe a.mp3 -r -o out -f srt,json --on-collision suffix --force --dry-run --fail-fast --wait "
        "--model small --language German --task translate --initial-prompt Hello --hotwords Bob --vad-threshold 0.3 "
        "--no-audit --beam-size 2 --best-of 3 --patience 1.5 --length-penalty 0.9 --temperature 0.1 "
        "--temperature-increment-on-fallback 0.3 --compression-ratio-threshold 2 --logprob-threshold -0.5 "
        "--no-speech-threshold 0.4 --repetition-penalty 1.1 --no-repeat-ngram-size 3 "
        "--hallucination-silence-threshold 2 --max-line-width 42 --max-line-count 2 --highlight-words "
        "--device cpu --compute-type int8 --workers 3 --batch-size 4 --trust-cache"
    )
    assert aiprov(*typed.split(" ")).exit_code == 0
    assert asked["options"] == TranscribeOptions(
        formats=("srt", "json"),
        output_dir=Path("out"),
        recursive=True,
        on_collision="suffix",
        force=True,
        dry_run=True,
        fail_fast=True,
        wait=True,
        model="small",
        language="de",
        device="cpu",
        compute_type="int8",
        workers=3,
        batch_size=4,
        trust_cache=True,
        decoding=DecodingOptions(
            task="translate",
            initial_prompt="Hello",
            hotwords="Bob",
            beam_size=2,
            best_of=3,
            patience=1.5,
            length_penalty=0.9,
            temperatures=(0.1, 0.4, 0.7, 1.0),
            compression_ratio_threshold=2.0,
            logprob_threshold=-0.5,
            no_speech_threshold=0.4,
            repetition_penalty=1.1,
            no_repeat_ngram_size=3,
            hallucination_silence_threshold=2.0,
            vad_threshold=0.3,
            audit=False,
        ),
        render=RenderOptions(max_line_width=42, max_line_count=2, highlight_words=True),
    )


def test_a_command_line_for_whisper_works_as_it_is(asked):
    typed = (
        "transcribe a.mp3 --output_dir out --output_format srt --language English --verbose False --fp16 False "
        "--word_timestamps True --highlight_words True --condition_on_previous_text False --beam_size 1 --threads 4 "
        "--max_line_width 30 --compression_ratio_threshold None --temperature_increment_on_fallback None"
    )
    result = aiprov(*typed.split(" "))
    assert result.exit_code == 0, result.stderr
    options = asked["options"]
    assert (options.formats, options.output_dir, options.language, options.workers) == (("srt",), Path("out"), "en", 4)
    assert options.decoding.temperatures == (0.0,)
    assert options.decoding.compression_ratio_threshold is None
    assert options.render == RenderOptions(max_line_width=30, highlight_words=True)
    notes = [line for line in result.stderr.splitlines() if line.startswith("note: --")]
    assert [note.split(" ")[1] for note in notes] == [
        "--verbose",
        "--fp16",
        "--word_timestamps",
        "--condition_on_previous_text",
    ]


def test_english_models_decode_english_with_a_note(asked):
    result = aiprov("transcribe", "a.mp3", "--model", "tiny.en", "--language", "fr")
    assert asked["options"].language == "en"
    assert "note: tiny.en knows only English" in result.stderr


def test_the_configured_model_counts_for_that_too(asked, monkeypatch):
    monkeypatch.setenv("LOCAL_WHISPER_MODEL", "small.en")
    aiprov("transcribe", "a.mp3")
    assert asked["options"].language == "en"
    assert asked["options"].model is None


def test_fetching_can_be_forbidden_for_one_run(asked):
    aiprov("transcribe", "a.mp3", "--local_files_only", "True")
    assert asked["settings"].offline


def test_a_list_of_inputs_comes_from_a_file_or_stdin(asked, tmp_path):
    (tmp_path / "list").write_bytes(b"b.mp3\r\n\n caf\xe9.mp3\n-dash.mp3")
    aiprov("transcribe", "a.mp3", "--from-file", "list")
    assert asked["inputs"] == [Path("a.mp3"), Path("b.mp3"), Path(" caf\udce9.mp3"), Path("-dash.mp3")]
    aiprov("transcribe", "--from-file", "-", input=b"x\ny.mp3\0z.mp3\0")
    assert asked["inputs"] == [Path("x\ny.mp3"), Path("z.mp3")]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ([], "error: no recordings were named\n"),
        (["--from-file", "nowhere"], "error: cannot read the list nowhere: "),
        (["a.mp3", "-f", "doc"], "error: there is no format 'doc'\n"),
        (["a.mp3", "--language", "Germann"], "error: there is no language 'Germann'\nhint: did you mean German?\n"),
        (["a.mp3", "--language", "xx"], "error: there is no language 'xx'\n"),
        (["a.mp3", "--clip_timestamps", "1,2"], "error: --clip_timestamps is not supported\n"),
        (["a.mp3", "--speakers", "few"], "error: --speakers takes numbers from 1 to 64, not 'few'\n"),
        (["a.mp3", "--speakers", "5:2"], "error: there cannot be at least 5 and at most 2 speakers\n"),
        (["a.mp3", "--glossary", "none.txt"], "error: there is no glossary none.txt\n"),
        (
            ["a.mp3", "--channels", "mix", "--channel-names", "Agent,Caller"],
            "error: --channel-names needs channels, and --channels is mix\n",
        ),
        (["a.mp3", "--clip_timestamps", "0,5"], "error: --clip_timestamps is not supported\n"),
        (["a.mp3", "--temperature-increment-on-fallback", "0"], "error: --temperature-increment-on-fallback must be"),
        (["a.mp3", "--beam-size", "0"], "error: invalid value for '--beam-size'"),
        (["a.mp3", "--logprob-threshold", "x"], "error: invalid value for '--logprob-threshold'"),
        (["a.mp3", "--on-collision", "x"], "error: invalid value for '--on-collision'"),
    ],
)
def test_wishes_that_make_no_sense_end_with_2_before_any_work(asked, typed, said):
    result = aiprov("transcribe", *typed)
    assert result.exit_code == 2
    assert result.stderr.startswith(said)
    assert asked == {}


def test_options_without_effect_are_mentioned(asked):
    result = aiprov("transcribe", "a.mp3", "--max-line-count", "2")
    assert "note: --max-line-count has no effect without --max-line-width\n" in result.stderr


@pytest.mark.parametrize(
    ("first", "step", "steps"),
    [
        (0.0, 0.2, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        (0.5, 0.3, (0.5, 0.8)),
        (0.0, None, (0.0,)),
        (1.0, 0.2, (1.0,)),
        (0.0, 9.0, (0.0,)),
    ],
)
def test_temperatures_step_up_to_one_as_whispers_do(first, step, steps):
    assert temperatures(first, step) == steps


def test_without_a_terminal_each_file_is_one_line_and_the_run_another(monkeypatch):
    files = [
        done("a.mp3"),
        done("b\n.mp3", verdict="suspect", cost_usd=Decimal("0.27"), audio_s=3600.0),
        failed("c.mp3"),
        FileReport(Path("d.mp3"), "skipped", notes=("d.srt was edited and is kept",)),
    ]

    def work(inputs, options, kit, watcher):
        watcher.planned([Path("a.mp3")], 1)
        watcher.started(Path("a.mp3"), 60.0)
        watcher.progressed(Path("a.mp3"), 30.0)
        watcher.noted("fetching base")
        watcher.fetching("model.bin", 1, 145_000_000)
        watcher.fetching("model.bin", 145_000_000, 145_000_000)
        for file in files:
            watcher.finished(file)
        return report_of(*files)

    play(monkeypatch, work)
    result = aiprov("transcribe", "a.mp3")
    assert result.exit_code == 3
    assert result.stdout.splitlines() == [
        "done a.mp3: 1:00 of audio in 0:04 (15.0x)",
        "done b\\n.mp3: 1:00:00 of audio in 0:04 (900.0x), $0.27, suspect: its JSON says where",
        "failed c.mp3: cannot decode it",
        "note: d.mp3: d.srt was edited and is kept",
        "2 done, 1 failed, 1 already done, 1 suspect: 1:01:00 of audio in 0:10 (366.0x), $0.27",
    ]
    assert result.stderr.splitlines() == ["note: fetching base", "note: fetched model.bin (145 MB)", "hint: check it"]


def test_a_hint_for_many_failures_is_said_once(monkeypatch):
    play(monkeypatch, lambda *_: report_of(*(failed(f"{n}.mp3") for n in range(9))))
    result = aiprov("transcribe", "a.mp3")
    assert result.stdout.splitlines() == [*(f"failed {n}.mp3: cannot decode it" for n in range(9)), "9 failed"]
    assert result.stderr == "hint: check it\n"


def test_nothing_left_to_do_is_said(monkeypatch):
    play(monkeypatch, lambda *_: report_of(*(FileReport(Path(f"{n}.mp3"), "skipped") for n in range(3))))
    assert aiprov("transcribe", "a.mp3").stdout == "nothing to do: 3 inputs already done\n"


def test_a_dry_run_says_what_would_be_written(monkeypatch):
    planned = FileReport(Path("a.mp3"), "planned", (Path("a.srt"), Path("a.txt")))

    play(monkeypatch, lambda *_: report_of(planned, FileReport(Path("b.mp3"), "skipped")))
    result = aiprov("transcribe", "a.mp3", "--dry-run")
    assert result.stdout.splitlines() == ["planned a.mp3: a.srt, a.txt", "1 planned, 1 already done"]


def test_unpriced_recordings_are_counted_apart(monkeypatch):
    play(monkeypatch, lambda *_: report_of(done("a.mp3", cost_usd=None)))
    assert aiprov("transcribe", "a.mp3").stdout.endswith(", $0.00 and 1 unpriced recording\n")


def test_json_is_the_contracts_report_and_lines_move_to_stderr(monkeypatch):
    def work(inputs, options, kit, watcher):
        watcher.finished(done("a.mp3"))
        return report_of(done("a.mp3"))

    play(monkeypatch, work)
    result = aiprov("transcribe", "a.mp3", "--json")
    assert json.loads(result.stdout) == report_of(done("a.mp3")).as_json()
    assert result.stderr.splitlines()[0].startswith("done a.mp3: ")


def test_quiet_says_failures_and_nothing_else(monkeypatch):
    def work(inputs, options, kit, watcher):
        files = [done("a.mp3"), failed("c.mp3")]
        watcher.noted("by the way")
        for file in files:
            watcher.finished(file)
        return report_of(*files)

    play(monkeypatch, work)
    result = aiprov("transcribe", "a.mp3", "--quiet")
    assert (result.stdout, result.stderr) == ("", "failed c.mp3: cannot decode it\nhint: check it\n")


@pytest.mark.parametrize(
    ("ended_by", "code"), [(Stopped("stopped", "run it again"), 130), (BudgetReached("the cap is reached"), 5)]
)
def test_what_ended_a_run_early_is_said_and_is_the_exit_code(monkeypatch, ended_by, code):
    play(monkeypatch, lambda *_: report_of(done("a.mp3"), ended_by=ended_by))
    result = aiprov("transcribe", "a.mp3")
    assert result.exit_code == code
    assert f"error: {ended_by.message}\n" in result.stderr


def test_an_error_of_the_whole_run_is_one_json_document(monkeypatch):
    def work(*_):
        raise Busy("the folder is in use", "wait")

    play(monkeypatch, work)
    result = aiprov("transcribe", "a.mp3", "--json")
    assert result.exit_code == 11
    assert json.loads(result.stdout)["error"]["code"] == "busy"


def test_the_log_file_holds_what_was_said(monkeypatch, tmp_path):
    def work(inputs, options, kit, watcher):
        watcher.finished(done("a.mp3"))
        raise Busy("the folder is in use", "wait")

    play(monkeypatch, work)
    aiprov("transcribe", "a.mp3", "--verbose", "True", "--quiet", "--log-file", "run.log")
    said = [line.split(" ", 1)[1] for line in (tmp_path / "run.log").read_text().splitlines()]
    assert said[0].startswith("note: --verbose is ignored")
    assert said[1].startswith("done a.mp3")
    assert said[2:] == ["error: the folder is in use", "hint: wait"]


def test_an_env_file_beside_the_recordings_is_not_read(asked, tmp_path):
    (tmp_path / ".env").write_text("LOCAL_WHISPER_MODEL=evil\n")
    (tmp_path / ".env").chmod(0o600)
    aiprov("transcribe", "a.mp3")
    assert asked["settings"].local_whisper_model == "base"
    (tmp_path / "in").mkdir()
    aiprov("transcribe", "in/a.mp3")
    assert asked["settings"].local_whisper_model == "evil"
