"""Lines that state nothing: "The team decided to proceed" fits every meeting, and no check of words can find it wrong.

Knows the words that minutes are made of, in four languages; no model.
"""

from __future__ import annotations

from functools import cache

from aiprov.core.dates import dates
from aiprov.core.ground import claim
from aiprov.core.meeting import Meeting
from aiprov.core.minutes import TITLE, Entry
from aiprov.core.numbers import quantities
from aiprov.core.words import stem, stems

# What is left of a line without these is what it is about.
_WORDS = {
    "en": "board committee members participants attendees speakers discussion agreement proceed continue move forward "
    "ahead follow next steps plan action task issue topic matter point question discuss address consider review work "
    "carry take note make",
    "de": "team gruppe mitglieder teilnehmer alle sitzung treffen besprechung diskussion entscheiden entschieden "
    "entscheidung beschließen beschlossen beschluss einigen geeinigt vereinbart fortfahren weitermachen vorgehen "
    "weiter nächste schritte plan aufgabe thema punkt frage besprechen prüfen",
    "fr": "équipe groupe membres participants réunion discussion décider décidé décision convenir convenu accord "
    "poursuivre continuer avancer prochaines étapes plan tâche sujet point question discuter examiner",
    "es": "equipo grupo miembros participantes reunión discusión decidir decidió decisión acordar acordó acuerdo "
    "proceder continuar seguir avanzar próximos pasos plan tarea tema punto pregunta cuestión discutir revisar",
}


def is_hollow(entry: Entry, meeting: Meeting) -> bool:
    """Whether a line has no word about its matter that is said where it cites, and neither a number nor a day.

    Topics and titles state nothing, by their nature.

    Args:
        entry: A checked line.
        meeting: The meeting.
    """
    text = claim(entry)
    if entry.kind in (TITLE, "topic") or dates(text, meeting.language) or quantities(text, meeting.language):
        return False
    told = stems(text, meeting.cues)
    said = {each for clause in meeting.within(entry.segments) for each in clause.stems}
    people = {stem(word) for name in meeting.people for word in name.split()}
    verbatim = bool(told) and told <= said
    return not verbatim and said.isdisjoint(told - people - _empty(meeting.language))


@cache
def _empty(language: str) -> frozenset[str]:
    return frozenset(stem(word) for word in _WORDS.get(language, "").split())
