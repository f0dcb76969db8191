"""The only room that opens audio: any recording that it can read becomes mono float32 blocks at 16 kHz.

Knows libav (through PyAV) and distrusts both files and names: formats, decoders and sizes are bounded here, and what
is damaged becomes silence that is counted. Knows nothing of speech, models or jobs.

    source.py     from a path to an opened container: regular files only, allow-lists
    riff.py       the chunks of a wav file
    promise.py    how long the headers say the recording is
    timeline.py   where a recording stands, what is missing and how much of it is damage (pure)
    mono.py       frames of any rate, format and layout become samples at one rate: mixed, of one channel, or of each
    reader.py     the loop over packets that survives damaged ones
    recording.py  blocks of samples and the account of damage, for the rooms above
    excerpts.py   stretches spread over a recording, each channel by itself
    likeness.py   whether two channels carry different voices
    channels.py   what a recording's channels carry, and how loud each of them is when
    opus.py       samples become an Opus file in memory
    parts.py      recordings over a provider's limits become parts, each cut where it is quietest
"""

from aiprov.audio.channels import ChannelReport, channels_of, levels_of
from aiprov.audio.parts import Part, cut, fits
from aiprov.audio.recording import Recording, decode
from aiprov.audio.source import SAMPLE_RATE, Probe, probe

__all__ = [
    "SAMPLE_RATE",
    "ChannelReport",
    "Part",
    "Probe",
    "Recording",
    "channels_of",
    "cut",
    "decode",
    "fits",
    "levels_of",
    "probe",
]
