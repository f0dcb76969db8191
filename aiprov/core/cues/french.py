"""French."""

from __future__ import annotations

import re

from aiprov.core.cues.table import Cues, Dates, Numbers, pattern

_ONES = "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
_TENS = "vingt trente quarante cinquante soixante"
_NTH = "premier deuxième troisième quatrième cinquième sixième septième huitième neuvième dixième"
_STOP = """
    le la les un une des du de d l au aux et ou mais donc si alors que qui quoi dont ce cet cette ces ça cela ici là
    à en dans sur sous par pour avec sans vers chez entre est sont était étaient être suis es sommes êtes ai as a
    avons avez ont avait aura sera serait fait faire va vais vont aller je tu il elle on nous vous ils elles me te
    se moi toi lui leur mon ma mes ton ta tes son sa ses notre nos votre vos quand où comment pourquoi quel quelle
    quels quelles pas ne non oui d'accord bien très trop aussi plus moins tout tous toute toutes même encore déjà
    bon merci peut peux pouvez pouvons doit dois devons faut c'est qu'on qu'il j'ai n'est
"""

NUMBERS = Numbers(
    values={word: at for at, word in enumerate(_ONES.split())}
    | {word: 20 + 10 * at for at, word in enumerate(_TENS.split())}
    | {"une": 1, "vingts": 20, "septante": 70, "huitante": 80, "nonante": 90, "douzaine": 12},
    scales={
        "cent": 100,
        "cents": 100,
        "mille": 1000,
        "million": 1_000_000,
        "millions": 1_000_000,
        "milliards": 1_000_000_000,
    },
    ordinals={word: 1 + at for at, word in enumerate(_NTH.split())} | {"première": 1, "seconde": 2, "second": 2},
    weak=frozenset(["un", "une", "premier", "première", "second", "seconde", "deuxième"]),
    shares={"demi": 0.5, "demie": 0.5, "moitié": 0.5, "tiers": 1 / 3, "quart": 0.25},
    units={
        "%": ("%", 1),
        "pourcent": ("%", 1),
        "pour cent": ("%", 1),
        "euro": ("EUR", 1),
        "euros": ("EUR", 1),
        "€": ("EUR", 1),
        "dollars": ("USD", 1),
        "francs": ("CHF", 1),
    }
    | dict.fromkeys(("seconde", "secondes"), ("s", 1))
    | dict.fromkeys(("minute", "minutes"), ("s", 60))
    | dict.fromkeys(("jour", "jours"), ("day", 1))
    | dict.fromkeys(("semaine", "semaines"), ("day", 7))
    | {
        "mois": ("month", 1),
        "an": ("month", 12),
        "ans": ("month", 12),
        "année": ("month", 12),
        "années": ("month", 12),
        "heures": ("time", 1),
    },
    after={"et quart": 15, "et demie": 30, "moins le quart": -15},
    fillers="autres|pleines|bonnes|de plus",
    articles="une|un",
    joiners=frozenset({"et"}),
    points=frozenset({"virgule"}),
    scores=True,
)

DATES = Dates(
    months=(("janvier",), ("février",), ("mars",), ("avril",), ("mai",), ("juin",), ("juillet",), ("août",),
    ("septembre",), ("octobre",), ("novembre",), ("décembre",)),
    weekdays=(("lundi",), ("mardi",), ("mercredi",), ("jeudi",), ("vendredi",), ("samedi",), ("dimanche",)),
    days={"après-demain": 2, "demain": 1, "aujourd'hui": 0, "ce soir": 0, "hier": -1},
    periods={"semaine": "week", "mois": "month", "trimestre": "quarter", "année": "year"},
    this=r"ce|cette|cet",
    after=r"prochaine?",
    edges=r"(?:la\s+)?fin(?:\s+(?:de\s+la|de|du))?",
    dayparts=r"matin|midi|après-midi|soir",
    within=r"dans|d['’]ici|sous",
    until=r"avant|d['’]ici(?: à)?|jusqu['’](?:à|au|en)|pour|au plus tard|le",
    event=r"(?:avant|dès)\s+(?:que|le|la|les|l['’])\b",
    soon=r"(?:dès que possible|tout de suite|immédiatement)",
    daypart_alone=r"cet après-midi|ce matin|ce week-end",
    limit=re.compile(r"avant|d['’]ici(?: à)?|jusqu.*|pour|au plus tard", re.IGNORECASE),
    kept=re.compile(r"avant", re.IGNORECASE),
    the=r"(?:le\s+)?",
)  # fmt: skip

CUES = Cues(
    code="fr",
    stop=frozenset(_STOP.split()),
    numbers=NUMBERS,
    dates=DATES,
    negation=pattern(r"pas", r"non", r"jamais", r"aucun\w*", r"rien", r"personne", r"sans", r"ni", r"plutôt que",
    r"au lieu de", r"refus\w+", r"annul\w+"),
    half_denied=pattern(r"seulement", r"ne \w+ que", r"à peine", r"sauf", r"trop"),
    starters=pattern(r"(?:et |mais |donc |alors )?(?:je|j['’]\w+|nous|vous|tu|il|elle|on|ils|elles|ça|c['’]est|qui|"
    r"que|quand|où|comment|pourquoi)", r"alors", r"donc", r"oui", r"non", r"est-ce", r"peux-tu", r"pouvez-vous",
    r"désormais", r"à partir"),
    subordinate=pattern(r"si", r"quand", r"parce", r"puisque", r"bien que", r"comme", r"dès que"),
    commit=pattern(r"je (?:vais|m['’]occupe|me charge|t['’]envoie|vous envoie|lui envoie|enverrai|ferai|prends|"
    r"préparerai|prépare|vérifierai|appellerai|écrirai|finirai|réserverai|commande|commanderai|demanderai|"
    r"contacterai|terminerai|corrigerai|mettrai|donnerai|apporterai|\w+erai|\w+irai)",
    r"je (?:te|vous|lui|leur) \w+(?:rai|ie)",
    r"j['’](?:enverrai|appellerai|écrirai|envoie|apporterai|\w+erai|irai)", r"laisse(?:z)?-moi", r"je peux"),
    commit_late=pattern(r"je (?:m['’]en occupe|m['’]en charge|le ferai|la ferai|vais le faire|le fais)",
    r"c['’]est pour moi", r"ce sera (?:prêt|fait)"),
    offer=pattern(r"je peux", r"je pourrais"),
    request=pattern(r"peux-tu", r"pouvez-vous", r"pourrais-tu", r"pourriez-vous", r"tu peux", r"vous pouvez",
    r"s['’]il (?:te|vous) plaît", r"merci de", r"j['’]aimerais que (?:tu|vous)",
    r"tu (?:dois|devrais|t['’]occupes)", r"vous (?:devez|devriez)"),
    generic=pattern(r"(?:tu|vous) (?:dois|devrais|devez|devriez|peux|pouvez)"),
    passing=re.compile(r"^\W*(?:juste |vous |te |d['’]abord )*(?:dire|montrer|expliquer|commencer|présenter|répéter|"
    r"raconter|parler|être bref|voir|entendre|continuer)", re.IGNORECASE),
    decide=pattern(r"c['’]est (?:décidé|entendu|convenu|acté)", r"(?:nous avons|on a) (?:décidé|convenu|choisi)",
    r"la décision est", r"mettons-nous d['’]accord", r"on se met d['’]accord", r"décision prise"),
    ruling=pattern(r"désormais", r"à partir d['’]?(?:e )?(?:maintenant|demain|lundi|aujourd['’]hui|la semaine)",
    r"(?:donc|alors|bon|bien|d['’]accord),? (?:on|nous) (?:garde|gardons|prend|prenons|utilise|utilisons|fait|"
    r"faisons|lance|lançons|reporte|reportons|choisit|choisissons|passe|passons|reste|restons|publie|publions)",
    r"^(?:on|nous) (?:garde|gardons|prend|prenons|utilise|utilisons|lance|lançons|reporte|reportons|choisit|"
    r"choisissons|publie|publions|sort|sortons)"),
    standing=pattern(r"désormais", r"à partir d", r"(?:donc|alors),? (?:on|nous) (?:reste|garde)\w*"),
    propose=pattern(r"(?:on|nous) (?:pourrait|pourrions|devrait|devrions)", r"je (?:propose|suggère)", r"si on",
    r"et si (?:on|nous)", r"faut-il", r"devons-nous", r"est-ce qu['’]on (?:devrait|peut|doit)", r"je préfère",
    r"je préférerais"),
    objections=pattern(r"(?:quelqu['’]un|y a-t-il quelqu['’]un) (?:est |s['’]y )?(?:contre|oppose)",
    r"des objections", r"pas d['’]objection"),
    contented=pattern(r"(?:tout le monde|vous êtes tous|tous) (?:est |sont )?d['’]accord",
    r"ça vous (?:va|convient)", r"êtes-vous d['’]accord", r"ça te va"),
    agree=re.compile(r"^\W*(?:(?:oui|bon|bien|ok|parfait)\W+)*(?:d['’]accord|entendu|ça marche|ça me va|bonne idée|"
    r"je suis (?:d['’]accord|pour)|faisons (?:ça|comme ça)|pas d['’]objection|vendu)", re.IGNORECASE),
    refuse=re.compile(r"^\W*(?:non|je ne (?:suis pas|pense pas|veux pas|peux pas)|pas question|impossible|"
    r"mais)", re.IGNORECASE),
    undecided=pattern(r"(?:je|on|nous) ne (?:le )?(?:sais|sait|savons) pas", r"je (?:ne )?sais pas",
    r"aucune idée", r"pas (?:encore )?(?:sûre?s?|décidé|clair)", r"question (?:reste )?ouverte",
    r"reste (?:ouverte?|à voir|à décider)",
    r"(?:il faut|je dois|nous devons) (?:d['’]abord |encore )?(?:demander|vérifier|voir)",
    r"ne peux pas (?:le )?(?:décider|dire)", r"on verra", r"laisson?s (?:la question|ça) ouverte?"),
    retract=pattern(r"oublie(?:z)? (?:ça|cela|ce que)", r"je retire", r"non,? attend(?:s|ez)",
    r"c['’]était (?:juste|seulement) une idée", r"laisse(?:z)? tomber", r"je me suis trompée?",
    r"ne (?:le |l['’])?(?:note|écri)\w* pas"),
    open_point=pattern(r"(?:une|la) question (?:reste|demeure)", r"question ouverte", r"reste à (?:savoir|décider)"),
    asks=re.compile(r"^\W*(?:(?:et|mais|alors|donc|bon)\W+)*(?:est-ce|qui|que|quand|où|comment|pourquoi|quel\w*|"
    r"combien|faut-il|\w+-(?:tu|vous|nous|il|elle|on|ils|elles|t-il|t-elle|t-on))\b", re.IGNORECASE),
    courtesy=re.compile(r"^\W*(?:(?:et|bon|bien|oui|alors)\W+)*(?:bonjour|bonsoir|salut|merci|au revoir|"
    r"à (?:bientôt|demain|la semaine prochaine)|bienvenue|oui|non|d['’]accord|ok|très bien|parfait|exactement|"
    r"bien sûr)(?:\W+(?:à tous|à toutes|tout le monde|beaucoup|et|bien|[A-ZÀ-Þ]\w+))*\W*$", re.IGNORECASE),
    pronouns=pattern(r"ça", r"cela", r"ce", r"le", r"la", r"les", r"en", r"y"),
    first=pattern(r"je", r"j['’]\w+", r"me", r"moi", r"mon", r"ma", r"mes"),
    second=pattern(r"tu", r"te", r"t['’]\w+", r"toi", r"vous", r"votre", r"ton", r"ta"),
    group=pattern(r"nous", r"on", r"notre", r"nos"),
    third=pattern(r"il", r"elle", r"ils", r"elles", r"lui", r"leur"),
    introduces=re.compile(r"^\W*(?:(?:bon|bien|alors|et|donc|maintenant)\W+)*(?:passons à|parlons de|au sujet de|"
    r"concernant|le point suivant|prochain (?:point|sujet)|pour)\W+(?P<name>(?:la |le |les |"
    r"l['’])?[\w' -]{3,60})", re.IGNORECASE),
    doing=re.compile(r"(?:va|doit|peut|enverra|fera|prépare|préparera|s['’]occupe|se charge|écrit|écrira|ajoute|"
    r"ajoutera|vérifie|vérifiera|appelle|appellera|prend|contacte|envoie|réserve|commande|\w+era)\b", re.IGNORECASE),
    reported=pattern(r"propos\w+", r"suggér\w+", r"envisag\w+", r"discut\w+", r"retir\w+", r"rejet\w+",
    r"abandonn\w+", r"idée", r"demand\w+", r"question", r"pas"),
    hedged=pattern(r"pourrait", r"ouverte?", r"inconnu", r"devrait", r"pas encore"),
    obliged=pattern(r"je (?:dois|veux|voudrais|devrais|compte)", r"il faut que je"),
    everybody=pattern(r"tous", r"tout le monde", r"l['’]équipe", r"équipe", r"nous"),
    vacant=pattern(r"quelqu['’]un (?:doit|devrait|peut|pourrait)", r"qui (?:peut|veut|s['’]occupe|se charge)",
    r"il faut"),
    past=pattern(r"(?:l['’]année|la semaine|le mois|la fois) derni(?:er|ère)", r"hier", r"il y a",
    r"à l['’]époque", r"autrefois"),
    yes=re.compile(r"\W*(?:oui|bien sûr|d['’]accord|ok|volontiers|entendu|parfait|avec plaisir|"
    r"pas de problème)\b", re.IGNORECASE),
    today=re.compile(r"(?:nous sommes|on est|aujourd['’]hui,?(?: c['’]est)?)\s+(?=\w)", re.IGNORECASE),
    opposites=(("court", "long"), ("courte", "longue"), ("plus", "moins"), ("avant", "après"), ("toujours",
    "jamais"), ("ouvert", "fermé"), ("ancien", "nouveau"), ("premier", "dernier"), ("ensemble", "séparé")),
)  # fmt: skip
