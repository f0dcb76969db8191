"""Word errors, by text and by speaker, and the recall of chosen terms. jiwer aligns; Whisper's normalisers even out.

Knows no file and no time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from aiprov.evaluation.counts import Recall, WordErrors

if TYPE_CHECKING:
    from jiwer import WordOutput

# Written without spaces between words: every letter counts as one word.
# Source: Radford et al., Robust Speech Recognition via Large-Scale Weak Supervision, 2022, appendix C; and Cantonese,
# which Whisper has had since large-v3.
_BY_LETTER = frozenset({"zh", "ja", "th", "lo", "my", "yue"})


class Normaliser(NamedTuple):
    """What evens out spellings before words are compared, and what reports call it."""

    name: str
    apply: Callable[[str], str]


@cache
def normaliser(language: str) -> Normaliser:
    """Return Whisper's normaliser for a language (ISO 639-1 code; empty when it is not known).

    English loses case, punctuation, fillers and text in brackets, and gets one spelling of numbers, titles and
    British words. Other languages lose case, punctuation and text in brackets.
    """
    from whisper_normalizer.basic import BasicTextNormalizer
    from whisper_normalizer.english import EnglishTextNormalizer

    if language == "en":
        return Normaliser("whisper-english", EnglishTextNormalizer())
    by_letter = language in _BY_LETTER
    name = "whisper-basic, by letter" if by_letter else "whisper-basic"
    return Normaliser(name, BasicTextNormalizer(split_letters=by_letter))


def aligned(reference: str, hypothesis: str, even: Normaliser) -> WordOutput:
    """Normalise both texts and find the cheapest alignment of their words."""
    return _aligned(even.apply(reference), even.apply(hypothesis))


def errors_of(found: WordOutput) -> WordErrors:
    """Count the errors of an alignment."""
    words = found.hits + found.substitutions + found.deletions
    return WordErrors(words, found.substitutions, found.deletions, found.insertions)


def differences(found: WordOutput) -> list[str]:
    """The places where both texts differ, as 'reference -> hypothesis' in normalised words."""
    ours, theirs = found.references[0], found.hypotheses[0]
    return [
        f"{' '.join(ours[a.ref_start_idx : a.ref_end_idx])} -> {' '.join(theirs[a.hyp_start_idx : a.hyp_end_idx])}"
        for a in found.alignments[0]
        if a.type != "equal"
    ]


def errors_by_speaker(reference: Mapping[str, str], hypothesis: Mapping[str, str], even: Normaliser) -> WordErrors:
    """The errors of cpWER: each speaker's words are one text, and speakers are paired so that errors are fewest.

    Args:
        reference, hypothesis: All words of each speaker, in order of time; the names need not be the same.
        even: Evens out both.

    Source: Watanabe et al., CHiME-6 Challenge, 2020 (concatenated minimum-permutation word error rate).
    """
    from scipy.optimize import linear_sum_assignment

    size = max(len(reference), len(hypothesis))
    ours, theirs = (_padded(map(even.apply, texts.values()), size) for texts in (reference, hypothesis))
    pairs = [[errors_of(_aligned(mine, other)) for other in theirs] for mine in ours]
    if not pairs:
        return WordErrors()
    rows, columns = linear_sum_assignment([[pair.errors for pair in row] for row in pairs])
    return sum((pairs[row][column] for row, column in zip(rows, columns, strict=True)), WordErrors())


def recall_of(found: WordOutput, terms: Iterable[str], even: Normaliser) -> Recall:
    """Count how often terms of the reference are found at their place, word for word, and written where they are not.

    Args:
        found: The aligned texts.
        terms: Words or names of several words, in any spelling that `even` makes the same.
        even: What the texts were evened out by.
    """
    wanted = {words for term in terms if (words := tuple(even.apply(term).split()))}
    same = [chunk for chunk in found.alignments[0] if chunk.type == "equal"]
    said = _places(found.references[0], wanted)
    written = _places(found.hypotheses[0], wanted)
    hits = _within(said, [(chunk.ref_start_idx, chunk.ref_end_idx) for chunk in same])
    known = _within(written, [(chunk.hyp_start_idx, chunk.hyp_end_idx) for chunk in same])
    return Recall(len(said), hits, len(written) - known)


def _aligned(reference: str, hypothesis: str) -> WordOutput:
    import jiwer

    return jiwer.process_words(reference, hypothesis)


def _places(words: Sequence[str], wanted: Iterable[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Where terms stand, as (start, end) in words."""
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for term in wanted:
        by_first.setdefault(term[0], []).append(term)
    return [
        (at, at + len(term))
        for at, word in enumerate(words)
        for term in by_first.get(word, ())
        if tuple(words[at : at + len(term)]) == term
    ]


def _within(places: Iterable[tuple[int, int]], spans: Iterable[tuple[int, int]]) -> int:
    """How many places lie in one of these spans, which do not overlap, as a whole."""
    owner = {at: number for number, span in enumerate(spans) for at in range(*span)}
    return sum(owner.get(start, -1) == owner.get(end - 1, -2) for start, end in places)


def _padded(texts: Iterable[str], size: int) -> list[str]:
    given = list(texts)
    return given + [""] * (size - len(given))
