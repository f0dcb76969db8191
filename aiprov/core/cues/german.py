"""German."""

from __future__ import annotations

import re

from aiprov.core.cues.table import Cues, Dates, Numbers, pattern

_ONES = (
    "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
    "siebzehn achtzehn neunzehn"
)
_TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"
_NTH = "erste zweite dritte vierte fünfte sechste siebte achte neunte zehnte elfte zwölfte"
_STOP = """
    der die das den dem des ein eine einer eines einem einen und oder aber so wenn dann als dass dies diese dieser
    dieses jene hier da zu zum zur von vom in im an am auf bei für mit ohne aus nach über unter um bis wie ist sind
    war waren sein bin bist seid habe hast hat haben hatte hatten wird werden wurde würde würden soll sollen sollte
    sollten kann kannst können könnte könnten muss müssen müsste mag möchte möchten will wollen ich du er sie es wir
    ihr mich dich ihn uns euch ihnen mein meine dein deine unser unsere euer eure ihre was wer wann wo warum welche
    welcher nicht nein ja okay auch nur noch schon mal doch eben halt also nun jetzt sehr gut bitte danke alle alles
    jeder man sich mehr viel viele etwas machen mache macht gehen geht sagen sagt
"""

NUMBERS = Numbers(
    values={word: at for at, word in enumerate(_ONES.split())}
    | {word: 20 + 10 * at for at, word in enumerate(_TENS.split())}
    | {"eins": 1, "eine": 1, "einen": 1, "einer": 1, "zwo": 2, "beide": 2, "beiden": 2, "dreissig": 30, "dutzend": 12},
    scales={"hundert": 100, "tausend": 1000, "million": 1_000_000, "millionen": 1_000_000, "milliarden": 1_000_000_000},
    ordinals={f"{word}{end}": 1 + at for at, word in enumerate(_NTH.split()) for end in ("", "n", "r", "s")},
    weak=frozenset(
        ["ein", "eine", "einen", "einer", "eins", "beide", "beiden", "erste", "ersten", "zweite", "zweiten"]
    ),
    shares={"halbe": 0.5, "halben": 0.5, "hälfte": 0.5, "drittel": 1 / 3, "viertel": 0.25},
    units={
        "%": ("%", 1),
        "prozent": ("%", 1),
        "euro": ("EUR", 1),
        "€": ("EUR", 1),
        "dollar": ("USD", 1),
        "franken": ("CHF", 1),
    }
    | dict.fromkeys(("sekunde", "sekunden"), ("s", 1))
    | dict.fromkeys(("minute", "minuten"), ("s", 60))
    | dict.fromkeys(("stunde", "stunden"), ("s", 3600))
    | dict.fromkeys(("tag", "tage", "tagen"), ("day", 1))
    | dict.fromkeys(("woche", "wochen"), ("day", 7))
    | dict.fromkeys(("monat", "monate", "monaten"), ("month", 1))
    | dict.fromkeys(("jahr", "jahre", "jahren"), ("month", 12))
    | {"uhr": ("time", 1)},
    before={"viertel nach": 15, "halb": -30, "viertel vor": -15},
    fillers="mehr|weitere|weiteren|andere|volle|ganze",
    articles="eine|einen|ein",
    joiners=frozenset({"und"}),
    points=frozenset({"komma"}),
    compound=True,
)

DATES = Dates(
    months=(
        ("Januar", "Jänner", "Jan"), ("Februar", "Feb"), ("März",), ("April", "Apr"), ("Mai",), ("Juni", "Jun"),
        ("Juli", "Jul"),
        ("August", "Aug"), ("September", "Sept"), ("Oktober", "Okt"), ("November", "Nov"), ("Dezember", "Dez"),
    ),
    weekdays=(("Montag",), ("Dienstag",), ("Mittwoch",), ("Donnerstag",), ("Freitag",), ("Samstag", "Sonnabend"),
    ("Sonntag",)),
    days={"übermorgen": 2, "morgen": 1, "heute": 0, "gestern": -1},
    periods={"woche": "week", "monats": "month", "monat": "month", "quartals": "quarter", "quartal": "quarter",
    "jahres": "year", "jahr": "year"},
    this=r"diese[nmrs]?|kommende[nmrs]?",
    following=r"nächste[nmrs]?",
    edges=r"ende(?:\s+de[rs])?",
    dayparts=r"früh|vormittag|mittag|nachmittag|abend|feierabend",
    within=r"in|innerhalb von|binnen",
    until=r"bis(?: zum| zur)?|vor(?: dem| der)?|spätestens(?: am| bis)?|am|für|zum",
    event=r"(?:bevor|ehe|sobald)\s+(?:der|die|das|wir|sie|er|ich|es)\b",
    soon=r"(?:so bald wie möglich|sofort|umgehend|gleich nach)",
    daypart_alone=r"heute (?:vormittag|nachmittag|abend)|dieses wochenende|am wochenende",
    limit=re.compile(r"bis(?: zum| zur)?|spätestens.*|vor.*", re.IGNORECASE),
    kept=re.compile(r"vor(?: dem| der)?", re.IGNORECASE),
    the=r"(?:(?:der|den|dem)\s+)?",
)  # fmt: skip

CUES = Cues(
    code="de",
    stop=frozenset(_STOP.split()),
    numbers=NUMBERS,
    dates=DATES,
    negation=pattern(r"nicht", r"kein\w*", r"nie(?:mals)?", r"niemand\w*", r"nichts", r"ohne", r"weder", r"statt",
    r"nein", r"gegen", r"abgelehnt", r"abgesagt"),
    half_denied=pattern(r"nur", r"kaum", r"fehl\w*", r"außer", r"zu"),
    starters=pattern(
        r"(?:und |aber |also |dann )?(?:ich|wir|du|ihr|sie|er|es|das|was|wer|wann|wo|wie|warum|bitte|lass\w*)",
        r"dann", r"also", r"ja", r"nein",
        r"kannst", r"können", r"könntest", r"könnten", r"sollen", r"sollten", r"ist", r"sind", r"ab sofort",
    ),
    subordinate=pattern(r"wenn", r"weil", r"falls", r"da", r"obwohl", r"während", r"sobald", r"bevor", r"dass",
    r"ob"),
    commit=pattern(
        r"ich (?:werde|übernehme|kümmere mich|schicke|schreibe|sende|mache|erledige|prüfe|kläre|rufe|frage|bereite|"
        r"bestelle|organisiere|stelle|bringe|liefere|aktualisiere|erstelle|lege|"
        r"plane|buche|teste|korrigiere|repariere|melde mich|gebe|hole|baue|setze|spreche|suche|besorge)",
        r"(?:das|den|die|es) (?:übernehme|mache|erledige|kläre|prüfe|schicke|schreibe) ich", r"ich kann",
        r"(?:morgen|heute|dann|danach|anschließend|bis \w+|am \w+) (?:schicke|schreibe|mache|rufe|prüfe|kläre|"
        r"kümmere|übernehme|erledige|sende|bestelle) ich",
    ),
    commit_late=pattern(r"das (?:übernehme|mache|erledige|kläre|prüfe) ich", r"mach(?:e)? ich",
    r"ich (?:mache|erledige|übernehme|kläre) (?:das|es)", r"wird (?:gemacht|erledigt)",
    r"ich kümmere mich (?:darum|drum)", r"(?:das|es) ist (?:bis|am) .* fertig"),
    offer=pattern(r"ich kann", r"ich könnte"),
    request=pattern(r"kannst du", r"könntest du", r"können sie", r"könnten sie",
    r"bitte(?! (?:sehr|schön|nicht)\b)", r"würdest du", r"würden sie", r"ich möchte,? dass du",
    r"du (?:solltest|musst|übernimmst|machst)"),
    generic=pattern(r"du (?:solltest|musst)"),
    passing=re.compile(r"^\W*(?:mal |kurz |noch |dir |euch |ihnen )*(?:sagen|zeigen|erzählen|anfangen|beginnen|"
    r"erklären|wiederholen|hören|sehen|fang an|leg los|weiter)", re.IGNORECASE),
    decide=pattern(r"(?:es|das|damit) ist (?:also |damit |dann )?(?:beschlossen|entschieden|ausgemacht|abgemacht)",
    r"wir (?:haben|hatten)? ?(?:beschlossen|entschieden|vereinbart)", r"beschlossen", r"die entscheidung ist",
    r"wir einigen uns", r"wir entscheiden uns", r"abgemacht"),
    ruling=pattern(r"ab (?:sofort|jetzt|heute|morgen|nächster woche|montag)", r"künftig", r"in zukunft",
    r"(?:dann|also|gut|okay|so) (?:nehmen|machen|bleiben|bleibt|verschieben|verwenden|nutzen|gehen|stellen|lassen|"
    r"veröffentlichen|starten|kaufen) (?:wir|es|das)",
                   r"^wir (?:nehmen|machen|bleiben|verschieben|verwenden|nutzen|veröffentlichen|starten|kaufen|"
                   r"stellen|streichen|behalten)"),
    standing=pattern(r"ab (?:sofort|jetzt)", r"künftig", r"in zukunft", r"(?:dann|also) bleib\w+"),
    propose=pattern(r"sollen wir", r"sollten wir", r"wollen wir", r"lass(?:t)? uns", r"wie wäre es",
    r"ich schlage vor", r"mein vorschlag", r"wir (?:könnten|sollten)", r"vielleicht (?:sollten|könnten) wir",
    r"ich würde (?:lieber|vorschlagen)", r"ich möchte"),
    objections=pattern(r"hat (?:jemand|irgendwer) (?:etwas )?(?:dagegen|einwände)", r"(?:ist )?jemand dagegen",
    r"einwände", r"spricht etwas dagegen"),
    contented=pattern(r"(?:sind )?alle (?:einverstanden|dafür)",
    r"(?:seid ihr|sind sie|bist du) (?:damit )?einverstanden", r"passt das(?: für)?", r"ist das (?:in ordnung|okay)"),
    agree=re.compile(r"^\W*(?:(?:ja|gut|okay|klar|genau|super)\W+)*(?:einverstanden|abgemacht|machen wir(?: so)?|"
    r"gute idee|klingt gut|passt|von mir aus|dafür|geht klar|keine einwände|so machen wir)", re.IGNORECASE),
    refuse=re.compile(r"^\W*(?:nein|nee|ich bin dagegen|das geht nicht|ich glaube nicht|lieber nicht|"
    r"aber)", re.IGNORECASE),
    undecided=pattern(r"(?:weiß|wissen) (?:ich|wir) (?:das )?(?:noch )?nicht",
    r"(?:ich|wir) (?:weiß|wissen) (?:das |es )?(?:noch )?nicht", r"keine ahnung",
    r"(?:bin|sind) (?:ich|wir)?\s?(?:mir |uns )?nicht sicher", r"noch (?:offen|unklar|nicht entschieden)",
    r"offene frage", r"bleibt offen",
    r"(?:muss|müssen) (?:ich|wir) (?:erst|noch) (?:fragen|klären|prüfen|nachsehen)",
    r"kann ich (?:heute |jetzt |noch )?nicht (?:sagen|entscheiden)", r"lassen wir (?:das )?offen", r"vertagen wir"),
    retract=pattern(r"vergiss (?:es|das)", r"vergesst (?:es|das)", r"ich nehme das zurück", r"nein,? warte",
    r"das (?:war|ist) falsch", r"streich das", r"war nur (?:ein gedanke|so eine idee)", r"doch nicht",
    r"nicht ins protokoll"),
    open_point=pattern(r"eine frage (?:bleibt|ist noch)", r"offene frage", r"(?:noch )?offen ist", r"ungeklärt"),
    asks=re.compile(r"^\W*(?:(?:und|also|aber|gut|okay)\W+)*(?:was|wer|wann|wo|warum|wie|welche[rsn]?|kann|können|"
    r"soll|sollen|sollten|ist|sind|hat|haben|wird|werden|gibt) (?!ich )\w+", re.IGNORECASE),
    courtesy=re.compile(r"^\W*(?:(?:ja|gut|okay|also|und|so)\W+)*(?:guten (?:morgen|tag|abend)|hallo|danke\w*|"
    r"vielen dank|tschüss|auf wiedersehen|bis (?:dann|bald|nächste woche)|willkommen|ja|nein|okay|gut|genau|klar|"
    r"super|prima)(?:\W+(?:zusammen|alle|allen|schön|sehr|und|[A-ZÄÖÜ]\w+))*\W*$", re.IGNORECASE),
    pronouns=pattern(r"das", r"es", r"dies\w*", r"sie", r"ihn", r"so", r"darum", r"dafür"),
    first=pattern(r"ich", r"mich", r"mir", r"mein\w*"),
    second=pattern(r"du", r"dich", r"dir", r"dein\w*", r"ihr", r"euch", r"Sie", r"Ihnen"),
    group=pattern(r"wir", r"uns", r"unser\w*"),
    third=pattern(r"er", r"sie", r"ihn", r"ihm"),
    introduces=re.compile(r"^\W*(?:(?:gut|okay|so|und|also|dann|jetzt|nun)\W+)*(?:zum thema|kommen wir zu[mr]?|"
    r"nächster punkt|nächstes thema|der nächste punkt ist|zu[mr]? punkt|jetzt zu[mr]?|"
    r"was ist mit)\W+(?P<name>(?:den |der |die |dem |das )?[\w -]{3,60})", re.IGNORECASE),
    doing=re.compile(r"(?:wird|schickt|schreibt|übernimmt|macht|prüft|klärt|kümmert sich|bereitet|bestellt|ruft|"
    r"fragt|organisiert|erstellt|aktualisiert|liefert|bringt|soll|muss|kann|sendet|plant|testet|"
    r"bucht)\b", re.IGNORECASE),
    reported=pattern(r"vorgeschlag\w*", r"vorschlag\w*", r"erwog\w*", r"diskutiert\w*", r"zurückgezogen",
    r"zurückgenommen", r"verworfen", r"abgelehnt", r"idee", r"gefragt", r"frage", r"nicht"),
    hedged=pattern(r"ob", r"könnte\w*", r"offen", r"unklar", r"unbekannt", r"sollte\w*", r"noch nicht"),
    obliged=pattern(r"ich (?:muss|soll|will|möchte|sollte|wollte)"),
    everybody=pattern(r"alle", r"das team", r"team", r"wir"),
    vacant=pattern(r"(?:jemand|einer) (?:muss|sollte|müsste|könnte)", r"wer (?:kann|könnte|macht|übernimmt|will)",
    r"(?:muss|müsste) noch"),
    past=pattern(r"letzte[nrs]? (?:jahr|woche|monat|mal)", r"gestern",
    r"vor (?:\w+ )?(?:jahren|wochen|monaten|tagen)", r"damals", r"früher"),
    yes=re.compile(r"\W*(?:ja|klar|okay|gut|gern\w*|natürlich|sicher|mache? ich|geht klar|einverstanden|"
    r"in ordnung)\b", re.IGNORECASE),
    today=re.compile(r"(?:heute ist|wir haben heute|es ist)\s+(?=\w)", re.IGNORECASE),
    opposites=(("kurz", "lang"), ("kurze", "lange"), ("mehr", "weniger"), ("schneller", "langsamer"), ("früher",
    "später"), ("immer", "nie"), ("offen", "geschlossen"), ("alt", "neu"), ("billiger", "teurer"), ("erste",
    "letzte"), ("gemeinsam", "getrennt"), ("vor", "nach")),
)  # fmt: skip
