"""English numbers, dates, opposites, and words that say nothing."""

from __future__ import annotations

import re

from aiprov.core.cues.table import Dates, Numbers

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NTH = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
)

NUMBERS = Numbers(
    values={word: at for at, word in enumerate(_ONES.split())}
    | {word: 20 + 10 * at for at, word in enumerate(_TENS.split())}
    | {"both": 2, "couple": 2, "twice": 2, "once": 1, "another": 1, "dozen": 12, "noon": 12, "midnight": 12},
    scales={"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000},
    ordinals={word: 1 + at for at, word in enumerate(_NTH.split())} | {"thirtieth": 30},
    weak=frozenset(["one", "first", "second", "both", "couple", "once", "twice", "another", "a", "an"]),
    shares={"half": 0.5, "third": 1 / 3, "quarter": 0.25, "fifth": 0.2, "thirds": 2 / 3},
    units={"%": ("%", 1), "percent": ("%", 1), "per cent": ("%", 1)}
    | dict.fromkeys(("euro", "euros", "eur", "€"), ("EUR", 1))
    | dict.fromkeys(("dollar", "dollars", "usd", "bucks"), ("USD", 1))
    | dict.fromkeys(("pound", "pounds", "gbp"), ("GBP", 1))
    | dict.fromkeys(("second", "seconds"), ("s", 1))
    | dict.fromkeys(("minute", "minutes"), ("s", 60))
    | dict.fromkeys(("hour", "hours"), ("s", 3600))
    | dict.fromkeys(("day", "days"), ("day", 1))
    | dict.fromkeys(("week", "weeks"), ("day", 7))
    | dict.fromkeys(("month", "months"), ("month", 1))
    | dict.fromkeys(("year", "years"), ("month", 12))
    | dict.fromkeys(("o'clock", "o’clock", "am", "pm", "a.m", "p.m", "in the morning"), ("time", 1))
    | dict.fromkeys(("in the afternoon", "in the evening", "at night", "sharp"), ("time", 1)),
    before={"quarter past": 15, "half past": 30, "quarter to": -15},
    fillers="more|other|full|whole|business|extra|[a-z]+ing",
    articles="an|a",
    joiners=frozenset({"and"}),
    points=frozenset({"point"}),
    sounds={1: ("won",), 2: ("to", "too"), 4: ("for",), 8: ("ate",)},
    decimal=".",
)

DATES = Dates(
    months=(
        ("January", "Jan"), ("February", "Feb"), ("March", "Mar"), ("April", "Apr"), ("May",), ("June", "Jun"),
        ("July", "Jul"), ("August", "Aug"), ("September", "Sept", "Sep"), ("October", "Oct"), ("November", "Nov"),
        ("December", "Dec"),
    ),
    weekdays=(("Monday",), ("Tuesday",), ("Wednesday",), ("Thursday",), ("Friday",), ("Saturday",), ("Sunday",)),
    days={"the day after tomorrow": 2, "tomorrow": 1, "today": 0, "tonight": 0, "yesterday": -1},
    this=r"this|coming|this coming",
    following=r"next|the following",
    edges=r"(?:the\s+)?(?:very\s+)?end\s+of",
    periods={"week": "week", "month": "month", "quarter": "quarter", "year": "year", "day": "day"},
    dayparts=r"(?:this\s+)?(?:morning|noon|lunchtime|lunch|afternoon|evening|close of business|"
    r"end of (?:the )?(?:business )?day|eod|cob)",
    within=r"in|within",
    until=r"by|until|till|before|no later than|not later than|due on|due|on|for",
    event=r"(?:(?:before|until|by|in time for|ahead of|right after|after)\s+(?:the|our|my|your|we|they|he|she|"
    r"everyone|anyone)|(?:once|as soon as)\s+(?:the|we|they|he|she|it|you))\b",
    soon=r"(?:as soon as possible|asap|right away|immediately|straight away|right after (?:this|the) (?:meeting|"
    r"call))",
    daypart_alone=r"this (?:morning|afternoon|evening|weekend)|"
    r"first thing(?: tomorrow)?",
    limit=re.compile(r"by|until|till|before|no later than|not later than|due|due on", re.IGNORECASE),
    kept=re.compile(r"before", re.IGNORECASE),
    of=r"of",
    the=r"(?:the\s+)?",
)  # fmt: skip

OPPOSITES = (
    ("short", "long"), ("more", "fewer", "less"), ("faster", "slower"), ("fast", "slow"), ("increase",
    "decrease", "reduce"), ("rise", "fall"),
    ("rose", "fell"), ("up", "down"), ("before", "after"), ("earlier", "later"), ("always", "never"), ("open",
    "closed"), ("old", "new"), ("include", "exclude"),
    ("accept", "reject"), ("keep", "remove"), ("together", "separate"), ("success", "failure"), ("cheaper",
    "expensive"), ("start", "end"), ("first", "last"),
    ("add", "remove"), ("higher", "lower"), ("internal", "external"), ("buy", "sell"), ("win", "lose"), ("best",
    "worst"), ("better", "worse"),
    ("most", "least"), ("all", "none"), ("north", "south"), ("left", "right"), ("easy", "difficult"), ("easy",
    "hard"), ("free", "paid"), ("public", "private"), ("full", "empty"),
    ("manual", "automatic"), ("hand", "script"), ("online", "offline"), ("minimum", "maximum"), ("below",
    "above"), ("morning", "afternoon", "evening"),
)  # fmt: skip

STOP = """
    a an and or but so if then than that this these those there here the to of in on at by for from with into about
    over under as is are was were be been being am do does did done doing have has had having will would shall
    should can could may might must i you he she it we they me him her us them my your his its our their mine yours
    ours theirs who whom whose which what when where why how not no yes yeah ok okay well just also too very really
    please all any both each some such only own same more most other up down out off again once let's let i'll i'm
    i've i'd you'll you're we'll we're we've they'll they're it's that's don't didn't doesn't won't can't get gets
    got go goes going gonna way within want wants wanted need needs nobody somebody someone anyone everyone
    everybody anything something nothing every maybe one thing things lot bit kind sort um uh er mm hmm oh ah right
    honestly actually basically probably otherwise whether until till though although perhaps quite rather still
    already yet even ever cool nice lovely brilliant perfect super absolutely exactly sure suppose like
    now good fine great thank thanks team meeting group item agreed agrees agree decided decision decides
"""
