"""Decoded speech before it becomes a transcript: judging it, fitting its words to the speech heard, cutting segments.

A passage is one chunk of speech as one decoding read it. Pure: no audio, no engine.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiprov.core.results import Segment, Word
from aiprov.core.speech import Span

_WORDS = re.compile(r"[\w']+")
_ENDS_SENTENCE = re.compile(r"[.!?。！？…]+[\"'”’)\]]*$")
_ABBREVIATION = re.compile(
    r"^(?:[A-Za-z]\.)+$|^(?:mr|mrs|ms|dr|prof|st|vs|etc|inc|ltd|no|jr|sr|approx)\.$", re.IGNORECASE
)

# Less than this of a word (seconds) on the other side of a silence is the alignment's imprecision.
_TOUCH_S = 0.07
# The same word within so many seconds of itself is one word.
_ECHO_S = 0.25


@dataclass(frozen=True, slots=True)
class Passage:
    """One chunk of speech as one decoding read it.

    Attributes:
        span: The chunk, in seconds of the recording.
        words: In order of time.
        avg_logprob: Mean log probability of its tokens.
        no_speech_prob: How sure the model was that nobody speaks.
        temperature: Sampling temperature that gave the text; 0 for beam search.
        complete: False when the decoder ran into its length limit: it was looping.
        heard: The language that the model heard by itself, where it was asked, as ISO 639-1.
        heard_probability: How sure it was, 0..1.
    """

    span: Span
    words: tuple[Word, ...]
    avg_logprob: float
    no_speech_prob: float
    temperature: float = 0.0
    complete: bool = True
    heard: str = ""
    heard_probability: float = 0.0

    @property
    def text(self) -> str:
        """The words joined, as decoded."""
        return "".join(word.text for word in self.words)


def compression_ratio(text: str) -> float:
    """Length of the text over its compressed length, in bytes, as openai/whisper computes it; 0 without text."""
    encoded = text.encode("utf-8")
    return len(encoded) / len(zlib.compress(encoded)) if encoded else 0.0


def repeats(text: str, *, shortest: int = 3, apart: int = 7) -> bool:
    """Whether a phrase is said twice in a row, or a long phrase twice at all: how a looping decoder looks.

    Args:
        text: Decoded text of one chunk.
        shortest: Words in a phrase that directly follows itself.
        apart: Words in a phrase that comes back later.
    """
    words = [word.lower() for word in _WORDS.findall(text)]
    for size in range(shortest, len(words) // 2 + 1):
        if any(words[at : at + size] == words[at + size : at + 2 * size] for at in range(len(words) - 2 * size + 1)):
            return True
    seen: dict[tuple[str, ...], int] = {}
    return any(at - seen.setdefault(tuple(words[at : at + apart]), at) >= apart for at in range(len(words) - apart + 1))


def fitted(words: Sequence[Word], speech: Sequence[Span]) -> list[Word]:
    """Move word times out of the silences that alignment stretches words over.

    The alignment gives every moment to some word, so the word before or after a pause seems to last through it.
    A word that ends in silence ends where speech did; one that begins in silence begins where speech does; one
    with pauses inside keeps the side on which it was spoken: the first when it ends a sentence, the last when it
    begins one.
    """
    out: list[Word] = []
    for at, word in enumerate(words):
        moved = _fitted(word, speech, begins=at == 0 or ends_sentence(words[at - 1].text))
        if out and moved.start < out[-1].start:  # order is meaning: it is kept whatever the times say
            moved = replace(moved, start=out[-1].start, end=max(moved.end, out[-1].start))
        out.append(moved)
    return out


def _fitted(word: Word, speech: Sequence[Span], *, begins: bool) -> Word:
    touched = [s for s in speech if s.overlap(word.start, word.end) > 0]
    parts = [s for s in touched if s.overlap(word.start, word.end) >= _TOUCH_S] or touched
    if not parts:
        return word
    if len(parts) == 1 or word.end - word.start < _likely_length(word):
        side = Span(parts[0].start, parts[-1].end)
    elif ends_sentence(word.text):
        side = parts[0]
    elif begins:
        side = parts[-1]
    else:
        side = max(parts, key=lambda part: (part.overlap(word.start, word.end), part.start))
    start, end = max(word.start, side.start), min(word.end, side.end)
    return replace(word, start=start, end=end) if end - start >= 0.04 else word


def covers(words: Sequence[Word]) -> list[Span]:
    """The time that words account for: a word that seems far too long for its letters covers only a likely part."""
    return [_cover(word) for word in words]


def _cover(word: Word) -> Span:
    likely = _likely_length(word)
    if word.end - word.start <= likely:
        return Span(word.start, word.end)
    return Span(word.start, word.start + likely) if ends_sentence(word.text) else Span(word.end - likely, word.end)


def _likely_length(word: Word) -> float:
    """Seconds that saying a word slowly may take."""
    return 0.4 + 0.08 * len(word.text.strip())


def ends_sentence(text: str) -> bool:
    """Whether a word, with the punctuation behind it, can end a sentence."""
    text = text.strip()
    return bool(_ENDS_SENTENCE.search(text)) and not _ABBREVIATION.match(text)


def without_echo(passage: Passage, others: Sequence[Passage]) -> Passage:
    """Leave out words that stand at the same place already: a long word's end can look like speech without words."""
    said = [(_letters(word.text), word) for other in others for word in other.words]

    def stands(word: Word) -> bool:
        return any(
            letters == _letters(word.text) and there.start - _ECHO_S < word.end and word.start < there.end + _ECHO_S
            for letters, there in said
        )

    return replace(passage, words=tuple(word for word in passage.words if not stands(word)))


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


@dataclass(frozen=True, slots=True)
class Lines:
    """How long a segment may be.

    Attributes:
        longest: Seconds after which a segment is split at its best pause.
        pause: A silence of this many seconds ends a segment even without a full stop.
        breath: So does a shorter one, when what it parts is not too short: often the speaker changes there.
        shortest: Seconds on both sides of a breath that make it one.
        most_characters: Text longer than this is split as well, so that subtitles fit.
    """

    longest: float = 12.0
    pause: float = 0.8
    breath: float = 0.3
    shortest: float = 1.5
    most_characters: int = 220


def segments(passages: Sequence[Passage], lines: Lines = Lines()) -> list[Segment]:
    """Cut passages into segments: one sentence each, or part of one, in order of time."""
    ordered = sorted(passages, key=lambda passage: passage.span)
    # Stable: words that begin at the same moment stay in the order in which they were said.
    placed = sorted(((w, passage) for passage in ordered for w in passage.words), key=lambda pair: pair[0].start)
    sentences = _sentences(placed, lines.pause)
    groups = [part for whole in sentences for group in _breaths(whole, lines) for part in _short_enough(group, lines)]
    return [_segment(index, group) for index, group in enumerate(groups)]


_Placed = tuple[Word, Passage]


def _sentences(placed: Sequence[_Placed], pause: float) -> list[list[_Placed]]:
    groups: list[list[_Placed]] = []
    for index, pair in enumerate(placed):
        if index and not _ends(placed[index - 1], pair, pause):
            groups[-1].append(pair)
        else:
            groups.append([pair])
    return groups


def _ends(before: _Placed, after: _Placed, pause: float) -> bool:
    """Whether a segment ends between two words."""
    if after[0].start - before[0].end >= pause:
        return True
    text = before[0].text.strip()
    if not ends_sentence(text):
        return False
    follower = after[0].text.strip()
    # Whisper writes "3. 5" or "e.g. this" now and then: a sentence does not begin in lower case or inside a number.
    return not (follower[:1].islower() or (text[:-1].isdigit() and follower[:1].isdigit()))


def _breaths(group: list[_Placed], lines: Lines) -> list[list[_Placed]]:
    """Split a sentence at every breath, the longest first."""
    start, end = group[0][0].start, group[-1][0].end
    cuts = [
        (group[at][0].start - group[at - 1][0].end, at)
        for at in range(1, len(group))
        if group[at - 1][0].end - start >= lines.shortest and end - group[at][0].start >= lines.shortest
    ]
    gap, cut = max(cuts, default=(0.0, 0))
    if gap < lines.breath:
        return [group]
    return _breaths(group[:cut], lines) + _breaths(group[cut:], lines)


def _short_enough(group: list[_Placed], lines: Lines) -> list[list[_Placed]]:
    length = group[-1][0].end - group[0][0].start
    characters = sum(len(word.text) for word, _ in group)
    if len(group) < 2 or (length <= lines.longest and characters <= lines.most_characters):
        return [group]
    cut = max(range(1, len(group)), key=lambda at: _cut_score(group, at))
    return _short_enough(group[:cut], lines) + _short_enough(group[cut:], lines)


def _cut_score(group: list[_Placed], at: int) -> float:
    """Prefer a pause, then a comma, then the middle."""
    before, after = group[at - 1][0], group[at][0]
    comma = 0.4 if before.text.rstrip().endswith((",", ";", ":", "-", "、", "，")) else 0.0
    start, end = group[0][0].start, group[-1][0].end
    off_centre = abs((before.end + after.start) / 2 - (start + end) / 2) / max(end - start, 1e-6)
    return min(after.start - before.end, 1.0) + comma - 1.5 * off_centre


def _segment(index: int, group: list[_Placed]) -> Segment:
    passage = group[0][1]
    text = "".join(word.text for word, _ in group)
    return Segment(
        id=index,
        seek=int(passage.span.start * 100),
        start=group[0][0].start,
        end=max(word.end for word, _ in group),
        text=text,
        temperature=passage.temperature,
        avg_logprob=passage.avg_logprob,
        compression_ratio=compression_ratio(text),
        no_speech_prob=passage.no_speech_prob,
        words=tuple(word for word, _ in group),
    )
