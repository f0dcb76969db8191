"""What most people type most often starts without the heavy packages. By what is imported, not by the clock."""

import json
import subprocess
import sys

import pytest

HEAVY = {"openai", "anthropic", "torch", "numpy", "av", "huggingface_hub", "onnxruntime", "ctranslate2",
         "faster_whisper", "sentence_transformers", "llama_cpp", "genai_prices", "transformers"}  # fmt: skip
NO_SETTINGS = {"pydantic_settings", "httpx2", "rich"}

CHILD = """
import json, sys
sys.argv[1:] = json.loads(sys.argv[1])
try:
    from aiprov.__main__ import main
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
print("\\0" + json.dumps(sorted({name.split(".")[0] for name in sys.modules})), flush=True)
"""


def loaded_by(*args, code=CHILD):
    """The packages that a command line imports, and what it prints."""
    command = [sys.executable, "-c", code, json.dumps(args)]
    child = subprocess.run(command, capture_output=True, text=True, check=True)
    printed, _, packages = child.stdout.rpartition("\0")
    return set(json.loads(packages)), printed


@pytest.mark.parametrize(
    "args", [["--help"], ["--version"], ["transcribe", "--help"], ["models", "list"]], ids=" ".join
)
def test_help_version_and_lists_start_without_heavy_packages_or_settings(args):
    packages, printed = loaded_by(*args)
    assert printed
    assert packages & (HEAVY | NO_SETTINGS) == set()


@pytest.mark.parametrize(
    "args", [["providers", "status"], ["providers", "status", "--json"], ["models", "list", "--json"]], ids=" ".join
)
def test_status_starts_without_heavy_packages(args):
    packages, printed = loaded_by(*args)
    assert printed
    assert packages & HEAVY == set()


@pytest.mark.parametrize("args", [["costs"], ["providers", "compare-cost", "--minutes", "60"]], ids=" ".join)
def test_costs_need_the_price_list_and_no_vendor(args):
    packages, _ = loaded_by(*args)
    assert packages & (HEAVY - {"genai_prices"}) == set()


def test_importing_the_library_imports_nothing_else():
    code = "import json, sys, aiprov; print('\\0' + json.dumps([n for n in sys.modules if n.startswith('aiprov')]))"
    assert loaded_by(code=code)[0] == {"aiprov"}


def test_completion_starts_without_heavy_packages(monkeypatch):
    monkeypatch.setenv("_AIPROV_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "aiprov tr")
    monkeypatch.setenv("COMP_CWORD", "1")
    packages, printed = loaded_by()
    assert printed.strip() == "transcribe"
    assert packages & (HEAVY | NO_SETTINGS) == set()
