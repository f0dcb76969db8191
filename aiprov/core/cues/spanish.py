"""Spanish."""

from __future__ import annotations

import re

from aiprov.core.cues.table import Cues, Dates, Numbers, pattern

_ONES = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
    "diecisiete dieciocho diecinueve"
)
_TWENTIES = (
    "veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve"
)
_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa"
_HUNDREDS = "doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
_NTH = "primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo"
_STOP = """
    el la los las un una unos unas y o u pero si entonces que quien cual este esta esto estos estas ese esa eso aquí
    allí a al de del en con sin por para sobre entre hasta desde es son era eran ser soy eres somos está están
    estaba estar he has ha hemos han había hay haber va voy van vamos ir yo tú él ella nosotros ustedes vosotros
    ellos ellas me te se nos os le les lo mi mis tu tus su sus nuestro nuestra cuando dónde donde cómo como qué no
    sí muy más menos bien también ya todo todos toda todas cada otro otra mismo gracias puede puedes pueden podemos
    debe deben debemos tiene tienes tenemos hacer hace
"""

NUMBERS = Numbers(
    values={word: at for at, word in enumerate(_ONES.split())}
    | {word: 20 + at for at, word in enumerate(_TWENTIES.split())}
    | {word: 30 + 10 * at for at, word in enumerate(_TENS.split())}
    | {word: 200 + 100 * at for at, word in enumerate(_HUNDREDS.split())}
    | {"un": 1, "una": 1, "ambos": 2, "ambas": 2, "docena": 12, "veintiún": 21},
    scales={"cien": 100, "ciento": 100, "mil": 1000, "millón": 1_000_000, "millones": 1_000_000},
    ordinals={word: 1 + at for at, word in enumerate(_NTH.split())}
    | {"primera": 1, "primer": 1, "segunda": 2, "tercera": 3},
    weak=frozenset(["un", "una", "uno", "primero", "primera", "primer", "segundo", "segunda", "ambos", "ambas"]),
    shares={"medio": 0.5, "media": 0.5, "mitad": 0.5, "tercio": 1 / 3, "cuarto": 0.25},
    units={
        "%": ("%", 1),
        "por ciento": ("%", 1),
        "euro": ("EUR", 1),
        "euros": ("EUR", 1),
        "€": ("EUR", 1),
        "dólares": ("USD", 1),
        "pesos": ("MXN", 1),
    }
    | dict.fromkeys(("segundo", "segundos"), ("s", 1))
    | dict.fromkeys(("minuto", "minutos"), ("s", 60))
    | dict.fromkeys(("hora", "horas"), ("s", 3600))
    | dict.fromkeys(("día", "días"), ("day", 1))
    | dict.fromkeys(("semana", "semanas"), ("day", 7))
    | {"mes": ("month", 1), "meses": ("month", 1), "año": ("month", 12), "años": ("month", 12)},
    fillers="más|otros|otras",
    articles="una|un",
    joiners=frozenset({"y"}),
    points=frozenset({"coma", "punto"}),
)

DATES = Dates(
    months=(("enero",), ("febrero",), ("marzo",), ("abril",), ("mayo",), ("junio",), ("julio",), ("agosto",),
    ("septiembre", "setiembre"), ("octubre",), ("noviembre",), ("diciembre",)),
    weekdays=(("lunes",), ("martes",), ("miércoles",), ("jueves",), ("viernes",), ("sábado",), ("domingo",)),
    days={"pasado mañana": 2, "mañana": 1, "hoy": 0, "esta noche": 0, "ayer": -1},
    periods={"semana": "week", "mes": "month", "trimestre": "quarter", "año": "year"},
    this=r"este|esta",
    following=r"próxim[oa]|el próximo|la próxima",
    edges=r"(?:el\s+|a\s+)?(?:fin|finales|final)\s+de(?:l)?",
    dayparts=r"por la mañana|al mediodía|por la tarde|por la noche",
    within=r"en|dentro de",
    until=r"antes del?|hasta el|para el|para|a más tardar(?: el)?|el",
    event=r"(?:antes de que|en cuanto|cuando)\s+(?:el|la|los|las|se|\w+)\b",
    soon=r"(?:lo antes posible|cuanto antes|enseguida|inmediatamente)",
    daypart_alone=r"esta (?:mañana|tarde)|este fin de semana",
    limit=re.compile(r"antes del?|hasta el|para(?: el)?|a más tardar.*", re.IGNORECASE),
    kept=re.compile(r"antes del?", re.IGNORECASE),
    of=r"de",
    the=r"(?:el\s+)?",
    after=r"que viene|próximo",
)  # fmt: skip

CUES = Cues(
    code="es",
    stop=frozenset(_STOP.split()),
    numbers=NUMBERS,
    dates=DATES,
    negation=pattern(r"no", r"nunca", r"jamás", r"ningun[oa]?", r"ningún", r"nadie", r"nada", r"sin", r"ni",
    r"en vez de", r"en lugar de", r"rechaz\w+", r"cancel\w+"),
    half_denied=pattern(r"sólo", r"solo", r"solamente", r"apenas", r"salvo", r"demasiado", r"falta\w*"),
    starters=pattern(r"(?:y |pero |entonces |así que )?(?:yo|tú|él|ella|nosotros|ustedes|ellos|eso|esto|quién|qué|"
    r"cuándo|dónde|cómo|por favor|vamos)", r"entonces", r"sí", r"no", r"puedes", r"podrías", r"puede", r"a partir"),
    subordinate=pattern(r"si", r"cuando", r"porque", r"aunque", r"mientras", r"en cuanto", r"que"),
    commit=pattern(r"(?:yo )?(?:voy a|me encargo|me ocupo|lo haré|te envío|les envío|le envío|enviaré|haré|"
    r"escribiré|prepararé|llamaré|revisaré|mandaré|compraré|reservaré|pediré|hablaré|terminaré|arreglaré|\w+aré|"
    r"\w+eré|\w+iré)", r"déjame", r"déjenme", r"yo puedo", r"puedo"),
    commit_late=pattern(r"(?:lo|la) haré(?: yo)?", r"yo (?:lo|la) hago", r"me encargo(?: yo| de eso)?",
    r"voy a hacerlo", r"estará list[oa]"),
    offer=pattern(r"(?:yo )?puedo", r"podría"),
    request=pattern(r"puedes", r"podrías", r"puede usted", r"podría usted", r"por favor", r"quiero que",
    r"necesito que", r"te encargas", r"tienes que", r"debes", r"deberías"),
    generic=pattern(r"tienes que", r"debes", r"deberías"),
    passing=re.compile(r"^\W*(?:a |primero |solo |les |te )*(?:decir|mostrar|explicar|empezar|comenzar|contar|"
    r"repetir|hablar de|ver|oír|ser breve|seguir|continuar)", re.IGNORECASE),
    decide=pattern(r"(?:queda|está|es) (?:decidido|acordado|aprobado)", r"(?:hemos|se ha) (?:decidido|acordado)",
    r"(?:decidimos|acordamos)", r"la decisión es", r"nos ponemos de acuerdo", r"trato hecho"),
    ruling=pattern(r"a partir de (?:ahora|hoy|mañana|lunes|la próxima)", r"de ahora en adelante",
    r"(?:entonces|bueno|bien|vale|así que),? (?:nos quedamos|usamos|usaremos|lanzamos|lanzaremos|aplazamos|"
    r"mantenemos|hacemos|elegimos|publicamos|cambiamos|compramos)",
    r"^(?:usamos|usaremos|lanzamos|lanzaremos|aplazamos|mantenemos|elegimos|publicamos|publicaremos|cambiamos)"),
    standing=pattern(r"a partir de", r"de ahora en adelante", r"(?:entonces|así que),? (?:nos quedamos|mantenemos)"),
    propose=pattern(r"(?:deberíamos|podríamos|debemos)", r"propongo", r"sugiero", r"y si", r"qué tal si",
    r"vamos a(?! (?:ver|empezar))", r"prefiero", r"preferiría"),
    objections=pattern(r"(?:alguien|hay alguien) (?:se opone|en contra|tiene objeciones)", r"alguna objeción"),
    contented=pattern(r"(?:están todos|todos|estamos todos|estamos) de acuerdo", r"les parece bien",
    r"te parece bien", r"está bien para"),
    agree=re.compile(r"^\W*(?:(?:sí|bien|bueno|vale|claro|perfecto)\W+)*(?:de acuerdo|acordado|trato hecho|"
    r"buena idea|me parece bien|hagámoslo|estoy de acuerdo|sin objeciones|hecho)", re.IGNORECASE),
    refuse=re.compile(r"^\W*(?:no\b|no estoy de acuerdo|imposible|no creo|pero)", re.IGNORECASE),
    undecided=pattern(r"(?:todavía |aún )?no (?:lo )?(?:sé|sabemos)(?: todavía| aún)?", r"ni idea",
    r"no (?:estoy|estamos) segur\w+", r"queda (?:abiert[oa]|pendiente)", r"pregunta abierta",
    r"(?:tengo|tenemos|hay) que (?:preguntar|consultar|averiguar)", r"no puedo decidir\w*", r"ya veremos",
    r"está por ver"),
    retract=pattern(r"olvíd\w+", r"lo retiro", r"retiro lo", r"no,? espera", r"era sólo una idea",
    r"era solo una idea", r"me equivoqué", r"no lo (?:anotes|escribas|apuntes)"),
    open_point=pattern(r"(?:una|la) pregunta (?:queda|sigue)", r"pregunta abierta", r"queda por (?:saber|decidir)"),
    asks=re.compile(r"^\W*(?:(?:y|pero|entonces|bueno)\W+)*(?:qué|quién|cuándo|dónde|cómo|por qué|cuál\w*|cuánt\w+|"
    r"debemos|deberíamos|podemos|es|hay)\b", re.IGNORECASE),
    courtesy=re.compile(r"^\W*(?:(?:y|bueno|bien|sí|pues)\W+)*(?:buenos días|buenas (?:tardes|noches)|hola|gracias|"
    r"muchas gracias|adiós|hasta (?:luego|pronto|mañana)|bienvenid\w+|sí|no|vale|claro|perfecto|exacto|"
    r"de nada)(?:\W+(?:a todos|a todas|todos|y|por venir|[A-ZÁÉÍÓÚÑ]\w+))*\W*$", re.IGNORECASE),
    pronouns=pattern(r"eso", r"esto", r"lo", r"la", r"los", r"las", r"así"),
    first=pattern(r"yo", r"me", r"mi", r"mis", r"mí"),
    second=pattern(r"tú", r"te", r"tu", r"usted", r"ustedes", r"le", r"les"),
    group=pattern(r"nosotros", r"nos", r"nuestr\w+"),
    third=pattern(r"él", r"ella", r"ellos", r"ellas", r"le", r"les"),
    introduces=re.compile(r"^\W*(?:(?:bueno|bien|entonces|y|ahora)\W+)*(?:pasemos a|hablemos de|sobre|en cuanto a|"
    r"el siguiente (?:punto|tema)|siguiente (?:punto|tema))\W+(?P<name>(?:el |la |los |"
    r"las )?[\w -]{3,60})", re.IGNORECASE),
    doing=re.compile(r"(?:va a|debe|puede|enviará|hará|prepara|preparará|se encarga|escribe|escribirá|añade|añadirá|"
    r"revisa|revisará|llama|llamará|compra|reserva|\w+ará|\w+erá|\w+irá)\b", re.IGNORECASE),
    reported=pattern(r"propus\w+", r"propuso", r"suger\w+", r"consider\w+", r"discut\w+", r"retir\w+",
    r"rechaz\w+", r"descart\w+", r"idea", r"pregunt\w+", r"no"),
    hedged=pattern(r"si", r"podría", r"abiert[oa]", r"desconocid[oa]", r"debería"),
    obliged=pattern(r"(?:tengo que|debo|quiero|quisiera|debería)"),
    everybody=pattern(r"todos", r"el equipo", r"equipo", r"nosotros"),
    vacant=pattern(r"alguien (?:tiene que|debe|debería|puede)", r"quién (?:puede|quiere|se encarga)", r"hay que"),
    past=pattern(r"(?:el año|la semana|el mes|la vez) pasad[oa]", r"ayer",
    r"hace (?:un|una|dos|tres|\w+) (?:años?|meses|semanas?|días?)", r"antes era"),
    yes=re.compile(r"\W*(?:sí|claro|vale|por supuesto|de acuerdo|perfecto|con gusto|sin problema|"
    r"desde luego)(?!\w)", re.IGNORECASE),
    today=re.compile(r"(?:hoy es|estamos a|es)\s+(?=\w)", re.IGNORECASE),
    opposites=(("corto", "largo"), ("corta", "larga"), ("más", "menos"), ("antes", "después"), ("siempre", "nunca"),
    ("abierto", "cerrado"), ("viejo", "nuevo"), ("primero", "último"), ("junto", "separado")),
)  # fmt: skip
