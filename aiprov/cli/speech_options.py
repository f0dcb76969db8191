"""The options of `aiprov transcribe`, under the names that Whisper users know. No behaviour lives here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from aiprov.cli.wishes import number_or_none


def _option(panel: str | None, text: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=panel, **more)


def _run(text: str, *names: str, **more: Any) -> Any:
    return _option("Run", text, *names, **more)


def _output(text: str, *names: str, **more: Any) -> Any:
    return _option("Output", text, *names, **more)


def _speech(text: str, *names: str, **more: Any) -> Any:
    return _option("Speech", text, *names, **more)


def _speakers(text: str, *names: str, **more: Any) -> Any:
    return _option("Speakers", text, *names, **more)


def _routing(text: str, *names: str, **more: Any) -> Any:
    return _option("Providers", text, *names, **more)


def _decoding(text: str, *names: str, **more: Any) -> Any:
    return _option("Decoding", text, *names, **more)


def _threshold(text: str, name: str) -> Any:
    return _decoding(text, name, parser=number_or_none, metavar="<float>")


def _machine(text: str, *names: str, **more: Any) -> Any:
    return _option("Machine", text, *names, **more)


Inputs = Annotated[list[Path] | None, typer.Argument(metavar="INPUTS", help="Recordings, and folders of recordings.")]
FromFile = Annotated[
    str | None,
    _run("Read more inputs from a file, one a line or NUL-ended; - is stdin.", "--from-file", metavar="<path>"),
]
Recursive = Annotated[bool, _run("Look into the folders below a folder.", "--recursive", "-r")]
DryRun = Annotated[bool, _run("Only say what would be done, by whom, and at what cost.", "--dry-run")]
FailFast = Annotated[bool, _run("End at the first recording that fails.", "--fail-fast")]
Wait = Annotated[bool, _run("Wait for another run on the same folder.", "--wait")]

OutputDir = Annotated[
    Path | None,
    _output(
        "Where transcripts go, in the tree of an input folder.",
        "--output-dir",
        "-o",
        show_default="beside each recording",
    ),
]
Formats = Annotated[
    str,
    _output(
        "json, txt, srt, vtt, tsv, md: several with commas, or all; rttm.",
        "--format",
        "-f",
        "--output-format",
        metavar="<list>",
    ),
]
OnCollision = Annotated[
    Literal["refuse", "suffix"], _output("When two recordings would share an output name.", "--on-collision")
]
Force = Annotated[bool, _output("Do finished work again, and overwrite edited transcripts.", "--force")]

Provider = Annotated[
    str | None,
    _routing("Only this provider; `aiprov providers status` shows them.", "--provider", metavar="<name>"),
]
Strategy = Annotated[
    Literal["fallback", "priority", "cost_optimized"] | None,
    _routing(
        "How a provider is chosen.",
        "--strategy",
        metavar="<fallback|priority|cost_optimized>",
        show_default="PROVIDER_STRATEGY, or fallback",
    ),
]
Privacy = Annotated[
    Literal["any", "local"] | None,
    _routing("With local, nothing leaves this machine.", "--privacy", show_default="AIPROV_PRIVACY, or any"),
]
CloudFallback = Annotated[
    Literal["allow", "never"] | None,
    _routing(
        "With never, what begins on this machine stays there when it fails.",
        "--cloud-fallback",
        show_default="AIPROV_CLOUD_FALLBACK, or allow",
    ),
]
MaxCost = Annotated[
    str | None,
    _routing(
        "The most that this run may spend, in US dollars.",
        "--max-cost",
        metavar="<usd>",
        show_default="AIPROV_MAX_COST, or no limit",
    ),
]

ModelName = Annotated[
    str | None,
    _speech(
        "A model's name, folder or hub repository, or PROVIDER/MODEL.",
        "--model",
        "--model-directory",
        metavar="<name>",
        show_default="LOCAL_WHISPER_MODEL, or base",
    ),
]
Language = Annotated[
    str | None,
    _speech(
        "The language spoken, by code or English name.",
        "--language",
        metavar="<name>",
        show_default="detected in each recording",
    ),
]
Task = Annotated[Literal["transcribe", "translate"], _speech("Translate means: into English.", "--task")]
InitialPrompt = Annotated[
    str | None,
    _speech("Text taken as said before; it steers spelling and style.", "--initial-prompt", metavar="<text>"),
]
Hotwords = Annotated[str | None, _speech("Names and words to listen for.", "--hotwords", metavar="<text>")]
VadThreshold = Annotated[
    float, _speech("How sure speech detection must be that someone speaks.", "--vad-threshold", min=0, max=1)
]
Audit = Annotated[
    bool,
    _speech("Decode again where words do not match the speech heard, and keep the better.", "--audit/--no-audit"),
]

Glossary = Annotated[
    Path | None,
    _speech(
        "Names and terms, one a line, to listen for and to spell right.",
        "--glossary",
        metavar="<file>",
        show_default="AIPROV_GLOSSARY, or glossary.txt or .yaml here or beside the recordings",
    ),
]

Diarize = Annotated[bool, _speakers("Tell speakers apart by their voices.", "--diarize")]
SpeakerNumber = Annotated[
    str | None,
    _speakers(
        "How many speakers there are, or at least and at most: 3, 2:6. Says --diarize, too.",
        "--speakers",
        "--speaker-num",
        metavar="<n|min:max>",
        show_default="found out",
    ),
]
MinSpeakers = Annotated[
    int | None, _speakers("At least so many, as whisperX says it.", "--min-speakers", min=1, hidden=True)
]
MaxSpeakers = Annotated[
    int | None, _speakers("At most so many, as whisperX says it.", "--max-speakers", min=1, hidden=True)
]
SpeakersFrom = Annotated[
    Path | None,
    _speakers(
        "Who was invited: at most so many speakers, and their names are listened for. Says --diarize, too.",
        "--speakers-from",
        metavar="<csv|ics>",
    ),
]
Channels = Annotated[
    Literal["auto", "mix", "split"],
    _speakers(
        "Transcribe each channel by itself; auto: when they carry different voices and a local model transcribes.",
        "--channels",
    ),
]
ChannelNames = Annotated[
    str | None,
    _speakers("Who speaks in which channel, from the first on.", "--channel-names", metavar='<"Agent,Caller">'),
]

BeamSize = Annotated[int, _decoding("Hypotheses kept at temperature 0.", "--beam-size", min=1)]
BestOf = Annotated[int, _decoding("Samples drawn at higher temperatures.", "--best-of", min=1)]
Patience = Annotated[float, _decoding("Patience factor of the beam search.", "--patience")]
LengthPenalty = Annotated[float, _decoding("Exponent of the length normalisation.", "--length-penalty")]
Temperature = Annotated[float, _decoding("The first temperature to decode with.", "--temperature", min=0, max=1)]
TemperatureIncrement = Annotated[
    Any,
    _decoding(
        "Added when a decoding fails a threshold, up to 1. Above 0, samples are drawn and runs may differ.",
        "--temperature-increment-on-fallback",
        parser=number_or_none,
        metavar="<float>",
        show_default="no second try",
    ),
]
CompressionRatioThreshold = Annotated[
    Any, _threshold("Text that compresses better is a loop; None: off.", "--compression-ratio-threshold")
]
LogprobThreshold = Annotated[
    Any, _threshold("A mean log probability below it is a failed decoding; None: off.", "--logprob-threshold")
]
NoSpeechThreshold = Annotated[
    Any, _threshold("A failed decoding this sure to hold no speech is silence; None: off.", "--no-speech-threshold")
]
RepetitionPenalty = Annotated[float, _decoding("Above 1, repetition gets less likely.", "--repetition-penalty")]
NoRepeatNgramSize = Annotated[
    int, _decoding("Token sequences of this length never repeat; 0: off.", "--no-repeat-ngram-size", min=0)
]
HallucinationSilenceThreshold = Annotated[
    Any,
    _threshold("Seconds of silence in which words that look made up are dropped.", "--hallucination-silence-threshold"),
]

Device = Annotated[
    Literal["auto", "cpu", "cuda"] | None,
    _machine("Where the model computes.", "--device", show_default="LOCAL_DEVICE, or auto"),
]
ComputeType = Annotated[
    str | None,
    _machine(
        "CTranslate2's name of the number format.",
        "--compute-type",
        metavar="<name>",
        show_default="int8 on CPU, float16 on CUDA",
    ),
]
Workers = Annotated[
    int | None,
    _machine(
        "Recordings decoded at the same time, one thread each.",
        "--workers",
        "--threads",
        min=1,
        show_default="chosen from the machine",
    ),
]
BatchSize = Annotated[
    int | None,
    _machine("Chunks of speech decoded together.", "--batch-size", min=1, show_default="chosen from the machine"),
]
TrustCache = Annotated[
    bool, _machine("Trust an earlier check of a model while its files look unchanged.", "--trust-cache")
]
LocalFilesOnly = Annotated[bool, _machine("Fetch nothing, as AIPROV_OFFLINE=1 does.", "--local-files-only")]
