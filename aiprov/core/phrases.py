"""How people say who they are, by language, and capitalised words that are no names. Only tables.

A phrase is a regular expression without regard to case. German, Spanish and the others are small on purpose: what they
miss stays a label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's ways.

    Attributes:
        before: Stand before the name, wherever a sentence goes on: "my name is".
        opening: Stand before the name at the beginning of a sentence, and the name ends it: "this is".
        after: Stand behind the name, which begins the sentence: "speaking".
        greetings: What may come before the beginning: "hello".
        others: Said behind the name of somebody else who is being introduced: "she".
        unreal: Said before a phrase that is not meant: "if I'm".
    """

    before: str
    opening: str
    after: str
    greetings: str
    others: str = r"(?!)"
    unreal: str = r"(?!)"


PHRASES: Mapping[str, Phrases] = {
    "en": Phrases(
        before=r"my name(?: is|['’]s)|(?:and |so )?I(?: am|['’]m)",
        opening=r"this is|it['’]s",
        after=r"speaking|here",
        greetings=r"hi|hello|hey|good (?:morning|afternoon|evening)|morning|everyone|everybody|all|there|yes|yeah"
        r"|well|okay|ok|so|and|thanks|thank you",
        others=r"she|he|they|who|whom|our|her|his|their",
        unreal=r"if|like|suppose|pretend|imagine|assume|say|says|said|think|thinks|thought|that|when",
    ),
    "de": Phrases(
        before=r"mein Name ist|ich hei(?:ß|ss)e|ich bin(?: die| der)?",
        opening=r"hier (?:ist|spricht)(?: die| der)?",
        after=r"hier|am Apparat",
        greetings=r"hallo|hi|guten (?:morgen|tag|abend)|morgen|moin|servus|grüezi|zusammen|alle|ja|so|also|und",
        others=r"sie|er|die|der|unsere?|ihre?|seine?",
        unreal=r"wenn|falls|als ob|dass",
    ),
    "fr": Phrases(
        before=r"je m['’]appelle|mon nom est|je suis|moi,? c['’]est",
        opening=r"ici|c['’]est",
        after=r"à l['’]appareil",
        greetings=r"bonjour|bonsoir|salut|allô|à tous|tout le monde|oui|alors|et",
        others=r"qui|elle|il|notre|sa|son",
        unreal=r"si|que|comme",
    ),
    "es": Phrases(
        before=r"me llamo|mi nombre es|(?:yo )?soy",
        opening=r"(?:aquí |les |te )?habla|aquí",
        after=r"al habla",
        greetings=r"hola|buenos días|buenas(?: tardes| noches)?|a todos|sí|bueno|bien|y",
        others=r"ella|él|que|quien|nuestra|nuestro|su",
        unreal=r"si|que|como",
    ),
    "it": Phrases(
        before=r"mi chiamo|il mio nome è|(?:io )?sono",
        opening=r"(?:qui )?parla|qui",
        after=r"all['’]apparecchio",
        greetings=r"ciao|salve|buongiorno|buonasera|pronto|a tutti|sì|bene|allora|e",
        others=r"lei|lui|che|nostra|nostro|sua|suo",
        unreal=r"se|che|come",
    ),
}

# Between the parts of a name: "Ursula von der Leyen".
_PARTICLES = "al bin da de del della den der di dos du el ibn la le ten ter van vom von zu zur y"
PARTICLES = frozenset(_PARTICLES.split())
_TITLES = "dr prof mr mrs ms miss herr frau madame monsieur señor señora signor signora"
TITLES = frozenset(_TITLES.split())

_DAYS = """
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
october november december christmas easter montag dienstag mittwoch donnerstag freitag samstag sonntag januar
februar märz mai juni juli oktober dezember
"""
_PEOPLES = """
african america american arab asian australian austria austrian belgian berlin berliner black brazilian britain
british canada canadian catholic china chinese czech danish deutsche deutscher dutch england english español
española europe european finnish france français french german germany greek hungarian india indian iranian irish
israeli italian italiana italiano italy japan japanese jewish korean latin london mexican mexico muslim norwegian
paris polish portuguese romanian russia russian schweizer scotland scottish spain spanish swedish swiss switzerland
turkish ukrainian white zurich österreicher
"""
_ENGLISH = """
a about actually after again all also always am another any anyway are as basically because before bottom broadly
business but by can chair chairman client come comparatively correct could customer did director do doctor does done
down either engineer even ever every everybody everyone everything exactly fine first frankly from generally god
going good great guest guys happy has have head hello her here hey him his historically honestly how however i in
indeed is it its just last later lead legally let like literally look loosely lord lots manager maybe me miss more
most my myself near never next nice no nobody none not nothing now of okay on one only or our out over part people
perhaps personally philosophically politically practically president product professor project properly public quick
quite ready really relatively right roughly say see senior she should simply since slide so some somebody someone
something sorry specifically statistically still strictly sure team technically thank that the then there these they
thing things this those though thus to today together tomorrow too truly trust under until up us version very was we
welcome well were what when where which while who whose why with without would yes yesterday yet you your
"""
_OTHERS = """
abteilung abteilungsleiter abteilungsleiterin anwalt anwältin arzt ärztin assistent assistentin berater beraterin
chef chefin direktor direktorin entwickler entwicklerin experte expertin fan frau freund freundin gast
geschäftsführer geschäftsführerin gott herr ingenieur ingenieurin kollege kollegin kunde kundin lehrer lehrerin
leiter leiterin mann mitarbeiter mitarbeiterin mitglied moderator moderatorin mutter projektleiter projektleiterin
praktikant praktikantin professor professorin schuld student studentin teamleiter teamleiterin teil vater
vorsitzender vorsitzende zeuge zeugin der die das ein eine es ich wir sie er nicht auch noch schon sehr ganz nur so
da dann heute morgen gestern le la les un une des désolé désolée d'accord je tu il elle nous vous el los las uno una
lo yo usted io tu noi voi
"""
# In lower case. Not in it: common words that are as common as names, such as "will" and "mark".
NO_NAMES = frozenset(f"{_DAYS} {_PEOPLES} {_ENGLISH} {_OTHERS}".split())
