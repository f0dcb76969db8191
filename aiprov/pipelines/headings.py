"""What the parts of the minutes are called, by language. Words alone."""

from __future__ import annotations

from collections.abc import Mapping

_KEYS = (
    "minutes", "source", "by", "summary", "topics", "decisions", "action_items", "open_questions", "unsupported",
    "transcript", "due",
)  # fmt: skip
_WORDS = {
    "en": "Minutes|Source|Made by|Summary|Topics|Decisions|Action items|Open questions|Not supported by the transcript"
    "|Transcript|due",
    "de": "Protokoll|Quelle|Erstellt von|Zusammenfassung|Themen|Beschlüsse|Aufgaben|Offene Fragen"
    "|Vom Transkript nicht gedeckt|Transkript|fällig",
    "fr": "Compte rendu|Source|Établi par|Résumé|Sujets|Décisions|Actions|Questions ouvertes"
    "|Non étayé par la transcription|Transcription|échéance",
    "es": "Acta|Fuente|Elaborado por|Resumen|Temas|Decisiones|Tareas|Preguntas abiertas"
    "|Sin respaldo en la transcripción|Transcripción|plazo",
}


def headings_of(language: str) -> Mapping[str, str]:
    """The headings in a language; English ones where they are not known in it."""
    return dict(zip(_KEYS, _WORDS.get(language, _WORDS["en"]).split("|"), strict=True))
