"""Flags that other Whisper tools have and aiprov has not: accepted with a note, or refused where leaving them out
would give people something else than they asked for. Pure.

Source: the `--help` pages of openai/whisper, whisper-ctranslate2 0.5.8 and whisperX.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiprov.cli.arguments import Options, units
from aiprov.errors import ConfigError

_ALONE = "aiprov decides this by itself"
_DETECTION = "speech detection is always on; --vad-threshold sets how sure it must be"

# Flags that take nothing, or True or False.
_SWITCHES = {
    "--batched": "aiprov chooses how to batch; --batch-size sets the size",
    "--carry-initial-prompt": _ALONE,
    "--condition-on-previous-text": _ALONE,
    "--fp16": "--compute-type sets the number format",
    "--multilingual": "the language is detected once for each recording",
    "--no-align": _ALONE,
    "--print-colors": "aiprov prints no transcripts",
    "--print-progress": "progress is shown on a terminal, and --quiet hides it",
    "--suppress-numerals": "numbers stay as the model writes them",
    "--vad-filter": _DETECTION,
    "--verbose": "--quiet says less and --log-file keeps more",
    "--word-timestamps": "word times are always kept",
}

# Flags that take a value.
_VALUES = {
    "--align-model": _ALONE,
    "--append-punctuations": _ALONE,
    "--chunk-size": _ALONE,
    "--hf-token": "set HUGGINGFACE_TOKEN instead, where other users of this machine cannot read it",
    "--interpolate-method": _ALONE,
    "--diarize-model": "voices are told apart by the model in the lock",
    "--model-dir": "models live below AIPROV_HOME",
    "--prepend-punctuations": _ALONE,
    "--segment-resolution": _ALONE,
    "--suppress-tokens": _ALONE,
    "--vad-max-speech-duration-s": _DETECTION,
    "--vad-min-silence-duration-ms": _DETECTION,
    "--vad-min-speech-duration-ms": _DETECTION,
}

_REFUSED = {
    "--clip-timestamps": "cut the recording first; aiprov transcribes all of it",
    "--speaker-name": "aiprov speakers label FILE SPEAKER_00=NAME gives names; labels are always SPEAKER_00 and so on",
}


def without_foreign(args: Sequence[str], options: Options) -> tuple[list[str], list[str]]:
    """Take the flags that mean nothing here out of a command line.

    Args:
        args: As typed.
        options: The command's own options, so that their values are not taken for flags.

    Returns:
        What is left, and a note for each flag that was taken out.

    Raises:
        ConfigError: A flag asks for something that this version cannot do.
    """
    kept, notes = list[str](), list[str]()
    for flag, words in units(args, valued=options.valued | _VALUES.keys(), switches=_SWITCHES.keys()):
        name = words[0].partition("=")[0]
        if flag in _REFUSED:
            raise ConfigError(f"{name} is not supported", _REFUSED[flag], code="usage")
        reason = _SWITCHES.get(flag) or _VALUES.get(flag)
        if reason is None:
            kept += words
        else:
            notes.append(f"{name} is ignored: {reason}")
    return kept, notes
