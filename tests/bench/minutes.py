"""Extractive summaries of QMSum meetings against reference summaries, beside the usual baselines at equal length.

Run by hand, with QMSum's validation files in a folder, and with `rouge-score` and `sumy` installed:
python tests/bench/minutes.py FOLDER --words 110

ROUGE-1/2/L F1 with stemming (rouge-score). Every method gets the same sentences and the same number of words. The last
column is the share of cited turns that lie in the turns which QMSum's annotators named for the specific queries.
Source: https://github.com/Yale-LILY/QMSum (data, MIT), https://github.com/miso-belica/sumy (LexRank, TextRank).
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from aiprov.core.meeting import understood
from aiprov.core.turns import Sentence, sentences, utterances
from aiprov.minutes.summary import telling
from aiprov.minutes.topics import topics
from aiprov.minutes.vectors import Vectors

_MARKS = re.compile(r"\{[^}]*\}|\[[^\]]*\]")
# Text and the turns that it is from.
Chosen = list[tuple[str, tuple[int, ...]]]


def document(meeting: dict[str, Any]) -> dict[str, Any]:
    """A QMSum meeting as a transcript: one segment for each turn, with times by the length of the text."""
    segments, at = [], 0.0
    for number, turn in enumerate(meeting["meeting_transcripts"]):
        text = cleaned(turn["content"])
        end = at + len(text) / 15 + 0.3
        segments.append({"id": number, "start": at, "end": end, "text": text, "speaker": turn["speaker"]})
        at = end
    return {"language": "en", "segments": segments}


def cleaned(text: str) -> str:
    """The text without the corpus' marks, and with its punctuation where it belongs."""
    text = re.sub(r"\s+([.,?!;:])", r"\1", _MARKS.sub(" ", text))
    text = re.sub(r"\s+(['’]\w|n['’]t\b)", r"\1", text)
    return " ".join(re.sub(r"(\w)\s-\s(\w)", r"\1-\2", text).split())


def ours(transcript: dict[str, Any], words: int, vectors: Vectors) -> Chosen:
    """The extractive method's summary."""
    meeting = understood(transcript)
    lines = telling(meeting, topics(meeting, vectors), vectors, words)
    return [(line.text, tuple(segment for each in line.clauses for segment in each.segments)) for line in lines]


def fitted(order: Sequence[Sentence], words: int) -> Chosen:
    """The first of these sentences that fit, in the order of the meeting."""
    chosen: list[Sentence] = []
    for sentence in order:
        length = len(sentence.text.split())
        if 3 <= length <= words:
            chosen.append(sentence)
            words -= length
    return [(each.text, each.segments) for each in sorted(chosen, key=lambda each: each.id)]


def centroid(all_of: Sequence[Sentence], vectors: Vectors) -> list[Sentence]:
    """The sentences by their nearness to the middle of the meeting."""
    rows = vectors.of([each.text for each in all_of])
    near = rows @ rows.mean(axis=0)
    return [all_of[at] for at in sorted(range(len(all_of)), key=lambda at: -float(near[at]))]


def by_sumy(all_of: Sequence[Sentence], name: str) -> list[Sentence]:
    """The sentences in the order of a summarizer of sumy."""
    from sumy.models.dom import ObjectDocumentModel, Paragraph
    from sumy.models.dom import Sentence as SumySentence
    from sumy.nlp.stemmers import Stemmer
    from sumy.summarizers.lex_rank import LexRankSummarizer
    from sumy.summarizers.text_rank import TextRankSummarizer
    from sumy.utils import get_stop_words

    class Words:
        def to_words(self, text: str) -> tuple[str, ...]:
            return tuple(re.findall(r"[^\W\d_]+", text))

    summarizer: Any = {"LexRank": LexRankSummarizer, "TextRank": TextRankSummarizer}[name](Stemmer("english"))
    summarizer.stop_words = get_stop_words("english")
    kept = [each for each in all_of if len(each.text.split()) >= 3]
    given = [SumySentence(each.text, Words()) for each in kept]
    ratings = (
        summarizer.rate_sentences(ObjectDocumentModel([Paragraph(given)]))
        if name == "TextRank"
        else _lexrank(summarizer, given)
    )
    return [kept[at] for at in sorted(range(len(kept)), key=lambda at: -float(ratings[given[at]]))]


def _lexrank(summarizer: Any, given: Sequence[Any]) -> dict[Any, float]:
    lists = [summarizer._to_words_set(each) for each in given]
    matrix = summarizer._create_matrix(
        lists, summarizer.threshold, summarizer._compute_tf(lists), summarizer._compute_idf(lists)
    )
    return dict(zip(given, summarizer.power_method(matrix, summarizer.epsilon), strict=True))


def methods(transcript: dict[str, Any], words: int, vectors: Vectors, seed: int) -> dict[str, Callable[[], Chosen]]:
    """All that are compared, by name."""
    all_of = sentences(utterances(transcript))
    shuffled = random.Random(seed).sample(list(all_of), len(all_of))
    return {
        "extractive": lambda: ours(transcript, words, vectors),
        "lead": lambda: fitted(all_of, words),
        "random": lambda: fitted(shuffled, words),
        "centroid": lambda: fitted(centroid(all_of, vectors), words),
        "LexRank": lambda: fitted(by_sumy(all_of, "LexRank"), words),
        "TextRank": lambda: fitted(by_sumy(all_of, "TextRank"), words),
    }


def gold_turns(meeting: dict[str, Any]) -> set[int]:
    """The turns that some specific query's answer is in."""
    spans = [span for query in meeting["specific_query_list"] for span in query["relevant_text_span"]]
    return {turn for first, last in spans for turn in range(int(first), int(last) + 1)}


def main() -> None:
    """Print one row for each method."""
    from embedder import embedder
    from rouge_score.rouge_scorer import RougeScorer

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--words", type=int, default=110)
    options = parser.parse_args()
    vectors, scorer = Vectors(embedder()), RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    table: dict[str, list[tuple[float, ...]]] = {}
    for path in sorted(options.folder.glob("*.json")):
        meeting = json.loads(path.read_text(encoding="utf-8"))
        transcript, gold = document(meeting), gold_turns(meeting)
        references = [query["answer"] for query in meeting["general_query_list"]]
        for name, method in methods(transcript, options.words, vectors, 1).items():
            chosen = method()
            found = scorer.score_multi(references, " ".join(text for text, _ in chosen))
            cited = [turn for _, turns in chosen for turn in turns]
            inside = mean(turn in gold for turn in cited) if cited else 0.0
            length = sum(len(text.split()) for text, _ in chosen)
            scores = tuple(100 * found[each].fmeasure for each in ("rouge1", "rouge2", "rougeL"))
            table.setdefault(name, []).append((*scores, 100 * inside, length))
    for name, rows in table.items():
        values = [mean(column) for column in zip(*rows, strict=True)]
        names = ("R1", "R2", "RL", "cited in gold %", "words")
        print(json.dumps({"method": name} | {key: round(each, 2) for key, each in zip(names, values, strict=True)}))


if __name__ == "__main__":
    main()
