"""English."""

from __future__ import annotations

import re

from aiprov.core.cues import english_talk
from aiprov.core.cues.english_tables import DATES, NUMBERS, OPPOSITES, STOP
from aiprov.core.cues.table import Cues, pattern

_I = r"i(?:['’]ll| will| shall|['’]m going to| am going to|['’]m gonna)"
_NOW = r"(?:just |quickly |first |now |briefly |also |then |actually |maybe )*"
# What is done within the meeting, or no deed at all.
_TALK = (
    r"say|tell|show|explain|describe|repeat|read|begin\b|start(?: off)?(?:$| with| by| from| now| us| here)|be\b|"
    r"go (?:first|next|ahead|on|through|over|back|into)|continue|speak|talk|hear|see\b|let\b|"
    r"give (?:you|us|everyone|a|an|the) (?:\w+ )?(?:overview|example|update|idea|summary|intro\w*|context|"
    r"background|sense|minute|second|heads)|"
    r"share (?:my|your|the|this|that) screen|come (?:back )?to|get (?:back )?to (?:that|it|this)|move on|"
    r"hand (?:it )?over|pass|mention|admit|"
    r"assume|guess|bet|imagine|put it|wait|hold|join|turn|summari[sz]e|introduce|clarify|elaborate|try\b(?! to)|"
    r"never|not\b|have to|need|miss|walk (?:you|us)|note that|remember|look at (?:this|that|it) now|mute|unmute|"
    r"do my best|"
    r"do so much|think\b|leave (?:it|that|this) (?:there|at that|here|for now)|stop (?:here|there|sharing)|skip|"
    r"agree|ask you|ask (?:a|one|another|the next) question|"
    r"take (?:that|it) back|take (?:a|one|two|your|any|some) questions?|"
    r"do (?:this|that|it) now|just do|answer (?:that|this)|draw|point out|keep it (?:short|brief)|stick (?:with|to)|"
    r"vote|support|use that|give (?:him|her|them|it|you) (?:a|the) (?:chance|floor|word)"
)

# What may follow where "that" stands for a thing, and not before its name: "I'll do that tomorrow".
_BEHIND_IT = (
    r"\s+(?:ready|done|finished|out|over|up|on|off|by|for|to|in|at|before|after|tomorrow|tonight|today|next|this|"
    r"right|as|when|"
    r"once|until|and|so|if|with|too|then|now|myself|first|immediately|later|actually|separately|all|both|"
    r"straight)\b|\W*$|[,;.]"
)

CUES = Cues(
    code="en",
    stop=frozenset(STOP.split()),
    negation=pattern(
        r"not", r"no", r"never", r"nobody", r"none", r"nothing", r"nor", r"neither", r"without", r"cannot",
        r"\w+n['’]t", r"instead of", r"rather than", r"no longer", r"no one", r"ruled out", r"skip\w*",
    ),
    starters=pattern(
        r"(?:and |but |so |then |or )?(?:i|we|you|they|it|he|she|that|this|there|let['’]s|please(?!,)|who|what|when|"
        r"where|how|why)(?:['’]\w+)?",
        r"so", r"then", r"maybe", r"yes", r"no(?! (?:later|more|longer|less|earlier|one|need))", r"yeah", r"okay",
        r"ok", r"is", r"are", r"does", r"do", r"did", r"can",
        r"could", r"will", r"would", r"should", r"shall", r"from now on", r"agreed",
        r"the \w+ (?:is|are|was|were|will|has|can)",
        r"nobody", r"everybody", r"somebody", r"anyone", r"good", r"great", r"right", r"last \w+ we", r"now",
    ),
    subordinate=pattern(r"if", r"when", r"because", r"since", r"although", r"while", r"whether", r"unless", r"once"),
    commit=re.compile(
        rf"(?<![\w'’]){_I}(?! not\b| never\b)|"
        r"(?<![\w'’])(?:i can|i could|let me|i['’]d be happy to|i['’]m happy to|i would be happy to|i promise to|"
        r"i volunteer to|"
        r"i['’]ve promised to|i have promised to|i agreed to|i commit to|i['’]m taking|i take (?:care of|on|over)|"
        r"i['’]ve got to|i(?:['’]d| had) better)(?= \w)|"
        r"you(?:['’]ll| will| can expect to) (?:have|get|receive|hear)\b.*\bfrom me|"
        r"(?:leave|give) (?:it|that|this|the \w+) (?:to|with) me|"
        r"that(?:['’]s| is| will be|['’]ll be)? (?:on|for) me\b",
        re.IGNORECASE,
    ),
    commit_late=pattern(
        r"(?:i['’]ll|i will|i can|let me|i['’]m going to) (?:have|do|get|take|finish|handle|fix|send|deliver|bring|"
        r"see to|take care of|look after|sort out|deal with)"
        rf" (?:that|it|this|them|both)(?={_BEHIND_IT})",
        r"(?:you|we|they)(?:['’]ll| will) (?:have|get|see|receive) (?:it|that|them|my \w+)",
        # "that'd be me", "that should come from me", "I'd better", "give me until Friday"
        r"(?:that|it|this)(?:['’](?:d|s|ll)| would| should| will| can| could| is)? (?:be |come from |fall to |go to )?"
        r"(?:me|mine|my job|my turn)", r"i(?:['’]d| had) better do (?:that|it|this)",
        r"give me (?:till|until|a|an|two|three)",
        r"(?:put|count|sign) me (?:down|up|in)", r"(?:on|at the top of) my list",
        r"(?:consider it done|i['’]m on it|on it|leave (?:it|that|this) (?:to|with) me|will do|sure,? i can|"
        r"count on me|happy to do (?:that|it|so))",
        r"(?:it|that|they|the \w+)(?:['’]ll| will) be (?:ready|done|finished|out|there|in your \w+|on your \w+|"
        r"with you)",
        r"you(?:['’]ll| will) (?:have|get|receive) .{1,40} from me",
        r"(?:i['’]ll|i will) have (?:\w+ ){1,3}(?:ready|together|done|finished)",
    ),
    request=pattern(
        r"please(?! do\b| don['’]t| not\b| go on\b)",
        r"(?:can|could|would|will) you(?! (?:all |ever |really |rather |just )*"
        r"(?:hear|see|like|have|say|agree|think|consider|want|be|prefer|expect|imagine|remember|not)\b)",
        r"would you mind(?! if\b)", r"if you (?:could|can|would)(?= \w)",
        r"i(?: need|['’]d like| would like| want) you to", r"i(?: need|['’]d like| would like| want) [A-Z]\w+ to",
        r"^\W*make sure (?:that )?you", r"you(?:['’]re| are) (?:going to|responsible for|in charge of)",
        r"your (?:job|task|homework) is", r"you (?:take|should|need to|have to|must|handle|own)(?= \w)",
        r"i(?:['’]d| would) ask you to", r"do you want to(?= \w)",
        r"(?:are|would) you (?:be )?(?:up for|happy to|able to|"
        r"willing to|okay to|free to|so kind)", r"(?:can|could|may|shall) i leave .{2,40} (?:to|with) you",
        r"would .{2,40} be something (?:for )?you", r"do you (?:fancy|mind) \w+ing",
        r"(?:can|could) i (?:ask|get) you to", r"(?:can|could) somebody", r"it['’]s on you to",
        r"you(?:['’]ll| will) (?!have|get|see|be|hear|receive|find|notice)",
    ),
    passing=re.compile(rf"^\W*{_NOW}(?:{_TALK})", re.IGNORECASE),
    decide=english_talk.DECIDE,
    ruling=english_talk.RULING,
    propose=english_talk.PROPOSE,
    objections=english_talk.OBJECTIONS,
    contented=english_talk.CONTENTED,
    agree=english_talk.AGREE,
    refuse=english_talk.REFUSE,
    undecided=english_talk.UNDECIDED,
    retract=english_talk.RETRACT,
    open_point=english_talk.OPEN_POINT,
    asks=re.compile(
        r"^\W*(?:(?:and|so|but|okay|ok|great|well|then|or|now|one more thing|one question remains)\W+|"
        r"one question[,:.]\s*)*(?:what|who|whose|when|where|why|how|which|is|are|was|were|does|do|did|can|could|"
        r"will|would|should|shall|has|have)"
        r"(?:['’]s)? (?!i ask you to\b)\w+",
        re.IGNORECASE,
    ),
    courtesy=re.compile(
        r"^\W*(?:(?:okay|ok|and|well|so|great|good|right|fine|all right|alright|yes|yeah|hi|hello|hey|"
        r"oh)\W+)*(?:good (?:morning|afternoon|evening|day)|hello|hi|hey|thank you|thanks|bye|goodbye|see you|"
        r"welcome|cheers|have a (?:nice|good|great)|"
        r"nice to|take care|sorry|excuse me|okay|ok|yes|no|yeah|yep|right|sure|good|great|fine|perfect|exactly|"
        r"of course|true|mm-?hmm|uh-?huh|hmm|that['’]s (?:very )?(?:useful|great|good|right|true|fine|nice|"
        r"interesting))(?:\W+(?:everyone|everybody|all|both|you|very much|so much|then|[A-Z]\w+|and|goodbye|bye|"
        r"next \w+|tomorrow|for \w+(?: \w+){0,3}))*\W*$",
        re.IGNORECASE,
    ),
    pronouns=pattern(r"it", r"that", r"this", r"them", r"those", r"these", r"so", r"that way", r"both", r"one"),
    first=pattern(r"i(?:['’]\w+)?", r"me", r"my", r"mine", r"myself"),
    second=pattern(r"you(?:['’]\w+)?", r"your", r"yours", r"yourself"),
    group=pattern(r"we(?:['’]\w+)?", r"us", r"our", r"ours", r"let['’]s"),
    introduces=re.compile(
        r"^\W*(?:(?:okay|ok|so|now|then|right|well|and|good|great|next|finally|lastly|also|all right|"
        r"alright)\W+)*(?:about|regarding|concerning|as for|on to|moving on to|let['’]s (?:move on|turn|go|come|"
        r"talk|get) (?:on )?(?:to|about)|the next (?:topic|point|item) is|next (?:up|topic|item|point)(?: is)?|"
        r"(?:first|second|third|last) (?:topic|item|point)(?: is)?|now|what about|when it comes to|"
        r"a word on)\W+(?P<name>(?:the |our |my |a |an )?[\w' -]{3,60})",
        re.IGNORECASE,
    ),
    doing=re.compile(
        r"(?:will|['’]ll|is going to|is gonna|has to|needs to|must|should|can|could|takes?|adds?|writes?|sends?|"
        r"prepares?|checks?|fixes|books?|calls?|asks?|updates?|creates?|makes?|"
        r"organi[sz]es|contacts?|finds?|brings?|gets?|does|handles?|owns?|drafts?|reviews?|sets?|talks?|looks?|"
        r"orders?|tests?|arranges?|schedules?|collects?|finishes|delivers?|presents?|is responsible for|"
        r"is in charge of|agreed to|promised to|offered to|volunteered to)\b",
        re.IGNORECASE,
    ),
    reported=pattern(
        r"suggest\w*", r"propos\w+", r"consider\w*", r"discuss\w*", r"withdr\w+", r"retract\w*", r"reject\w*",
        r"idea", r"t(?:ook|aken) back", r"drop\w*", r"dismiss\w*", r"rais\w+", r"ask\w*",
        r"wonder\w*", r"question\w*", r"thought", r"not", r"instead", r"decided against", r"ruled out",
        r"brought up", r"initially", r"at first",
    ),
    today=re.compile(r"(?:today is|today['’]s|it['’]s|it is|this is|today,?|"
    r"welcome to the meeting of)\s+(?=\w)", re.IGNORECASE),
    half_denied=pattern(
        r"only", r"fail\w*", r"lack\w*", r"miss\w*", r"hardly", r"barely", r"unable", r"too", r"few", r"except",
        r"not only", r"wait\w*", r"refus\w+", r"reject\w*", r"declin\w+", r"cancel\w*", r"drop\w*", r"abandon\w*",
        r"avoid\w*", r"against", r"stop\w*", r"object\w*", r"oppos\w+", r"get rid",
    ),
    contrast=pattern(r"without", r"instead of", r"rather than"),
    hedged=pattern(r"whether", r"could", r"might", r"may", r"should", r"unclear", r"open", r"unknown",
    r"undecided", r"not yet", r"must", r"before deciding"),
    obliged=pattern(
        r"i (?:also |just |still |really )?(?:have to|need to|must|should|want to|ought to|plan to|intend to|could|"
        r"can|hope to|am going|was going)",
        r"i['’](?:ve got to|m going to|d like to|m \w+ing|d be|ve to)", r"i (?:owe|promised|agreed|offered)",
        r"i am \w+ing",
    ),
    generic=pattern(r"you (?:should|need to|have to|must|take)", r"if you"),
    offer=pattern(r"i can", r"i could"),
    vacant=pattern(
        r"(?:somebody|someone|anybody|anyone|one of us|one of you) (?:has|needs|ought|should|must|will have|could|"
        r"can|might)", r"(?:nobody|no one|no-one) (?:to|for|on)",
        r"we (?:still )?need (?:somebody|someone|a volunteer)",
        r"who (?:can|will|could|wants|would|is|should|(?!own|ha)\w+s)", r"who['’](?:s|ll|d)",
        r"(?:any|a) volunteers?", r"needs? (?:to be \w+|doing|fixing|someone|somebody)",
        r"(?:it|that) (?:still )?has to be",
    ),
    past=pattern(r"last (?:year|month|week|time|spring|summer|autumn|fall|winter|quarter)", r"yesterday", r"ago",
    r"back then", r"at the time", r"previously", r"in the past", r"used to", r"years? before", r"in (?:19|20)\d\d"),
    standing=pattern(
        r"from now on", r"^\W*going forward", r"from (?:next|this|today|monday|tuesday|wednesday|thursday|"
        r"friday)(?: \w+)? on(?:wards?)?", r"effective", r"as of",
        r"(?:so|then|okay|ok|good|fine|alright|all right)[,.]? (?:so |then )?(?:it|that|we|the \w+) (?:stays?|"
        r"remains?|keeps?|sticks?|leaves?)", r"no more", r"it is", r"(?:so|then) (?:that|it)['’]s",
        r"we (?:are|['’]re) going with",
    ),
    yes=re.compile(r"\W*(?:yes|yeah|yep|yup|sure|okay|ok|absolutely|definitely|of course|certainly|fine|agreed|"
    r"perfect|great|all right|alright|right|will do|no problem)\b", re.IGNORECASE),
    third=pattern(r"he", r"she", r"they", r"him", r"her", r"them", r"his", r"their"),
    choices=re.compile(r"(\w+) or (?:the |a |an |for |in |on )?(\w+)|the (\w+) (?:one|version|option|variant|"
    r"solution|plan)\b", re.IGNORECASE),
    everybody=pattern(r"everyone", r"everybody", r"all", r"the (?:whole )?(?:team|group)", r"team", r"we", r"us"),
    opposites=OPPOSITES,
    numbers=NUMBERS,
    dates=DATES,
)  # fmt: skip
