"""How people decide, put forward, agree, refuse, put off and take back, in English."""

from __future__ import annotations

import re

from aiprov.core.cues.table import pattern

# fmt: off
_WE = r"we(?:['’]ll| will| shall|['’]re going to| are going to|['’]re gonna)?"
# Verbs of what a group does when it decides; "we have" and "we think" decide nothing.
_DOES = (
    "use|keep|go|stay|stick|take|drop|skip|release|ship|launch|move|start|stop|cancel|postpone|delay|push|choose|"
    "pick|"
    "buy|hire|order|switch|change|raise|lower|cut|increase|reduce|extend|close|open|hold|run|book|sign|build|replace|"
    "remove|add|adopt|freeze|approve|reject|accept|leave|do|make|pay|sell|plan|merge|roll|migrate|rename|limit|"
    "publish|put|set|split|test|train|invite|stop|wait"
)
# What stands before a sentence and says nothing.
_LEAD = (
    r"^\W*(?:(?:yes|yeah|yep|no|well|okay|ok|alright|all right|right|so|then|now|and|oh|ah|um|uh|hm+|good|great|fine|"
    r"super|cool|perfect|lovely|brilliant|wonderful|excellent|marvell?ous|actually|honestly|sure|absolutely|"
    r"definitely|true)\W+)*"
)
_GOOD = (
    "good|fine|great|lovely|brilliant|sensible|reasonable|perfect|okay|ok|fair|right|excellent|super|wonderful|"
    "marvell?ous|cool|splendid|smart|wise|ideal|nice|all right|alright|fantastic|terrific"
)
# Verbs that tell how things are, and no deed: "so we have", "then we think".
_STATES = (
    r"have|had|are|were|was|think|know|can|could|may|might|should|would|need|want|get|got|see|saw|feel|hope|believe|"
    r"guess|mean|seem|look|live|know|say|said|did|do(?! \w)|don['’]t (?:have|know|think|need|want|get|see)|all|also|"
    r"both|still|just|usually|always|never|often|only|ended|came|went|found|made|took|lost|won|met"
)
_HYPOTHESIS = (
    r"(?!love (?:to|that|it)|appreciate|be\b|have|ask|need|hate|guess|think|imagine|know|expect|better|thought|been|"
    r"hoped|"
    r"heard|forgotten|said|seen|got|had|like to (?:say|thank|ask|know|see|hear|add|go through|point)|love to (?:see|"
    r"know|"
    r"hear)|say (?:thank|that)|\w+ed\b)"
)
DECIDE = pattern(
    r"(?:it['’]s|it is|that['’]s|that is|this is|is) (?:now |then |hereby )?(?:decided|settled|agreed|a deal|"
    r"final|approved|official)",
    r"we(?:['’]ve| have)?(?: all| just| now| finally| already)? (?:decided|agreed|settled on|resolved|voted|"
    r"chose|chosen|opted)(?! to disagree)",
    r"(?:the|our|my|a) (?:final )?decision is", r"let['’]s agree", r"we(?:['’]re| are) agreed",
    r"i(?:['’]ve| have) decided",
    r"(?:let['’]s|we['’]ll|we will|we['’]re going to|we are going to|we|i say we|then|"
    r"so) go(?:ing)? (?:ahead )?with", r"we(?:['’]re| are) going with", r"go for (?:the|option|plan)",
    r"motion (?:is )?(?:carried|passed|approved)", r"we(?:['’]ve| have) a (?:decision|deal|plan)",
    r"make it official", r"is (?:hereby )?(?:approved|accepted|off the table)",
    r"decision made", r"so minuted", r"(?<=^)carried(?=\W*$)",
    r"(?:that|which) (?:settles|makes) (?:it|that)(?: easy)?",
    r"(?:so|then) that['’]s (?:what|how) (?:we|it)(?:['’]ll| will)? \w+",
    r"that['’]s (?:what|how) we(?:['’]ll| will)? do",
    r"(?:so|then) (?:yes[,.]? )?(?:let['’]s|we) (?:do|say|go for|leave it at|stick (?:to|with)) (?:that|it|this)",
    r"so decided", r"consensus is", r"the (?:plan|verdict|conclusion|agreement|outcome) is",
)
RULING = pattern(
    r"from now on", r"^\W*going forward", r"from (?:next|this|today|monday|tuesday|wednesday|thursday|"
    r"friday)(?: \w+)? on(?:wards?)?", r"effective (?:immediately|from|as of)",
    r"as of (?:next|today|now|monday|tomorrow)",
    rf"(?:so|then|okay|ok|good|fine|right|alright|all right|good point|great|perfect|agreed)[,.]? (?:so |"
    rf"then )?(?:{_WE}|it|that|they|the \w+|let['’]s) (?:{_DOES})e?s?",
    rf"^{_WE} (?:don['’]t |do not |won['’]t |will not |stop )?(?:{_DOES})",
    rf"(?:so|then),? we(?:['’]ll| will)? (?:don['’]t |do not |just |simply )?(?!(?:{_STATES})\b)[a-z]+(?<!ed)",
    # "Monday it is", "one year it'll be"
    r"^(?!.*\b(?:what|how|as|where|who|why|because|whether|if|when|think|know|sure|believe|say|said|wish|hope|guess|"
    r"than|mean|that|which)\b.*\bit (?:is|['’]?ll))[^?]{2,60}?[\w%] it(?: is|['’]ll be| will be| stays| remains)"
    r"(?=\W*$|[,.;]| then)",
    # "eight mats then", "west to east, then"
    r"^(?!.*\b(?:i|he|she|they|you|was|were|did|had|since|until|till|back|by|see|what|why|who|how|where|when|if|now|"
    r"just|only|every|even|but|is|are|has|have|will|would|can|could|do|does|there|['’](?:s|re|ll|ve|d|"
    r"m))\b)[^?]{3,60}[\w%],? then(?=\W*$|[,.;])",
    # "no fee", "no deliveries before nine"
    _LEAD + r"no (?!one|idea|doubt|problem|worr|objection|wonder|need|rush|clue|answer|way|excuse|thank|pressure|hurry|"
    r"matter|longer|comment|news|surprise|question|argument|complaint|fair|wait|but|not|it|that|i|we|you|he|she|they|"
    r"there|the|please|sorry|really|actually|chance|luck)[a-z]+(?: [\w'’-]+){0,7}(?=\W*$)",
    r"no more \w+",
    r"(?:okay|ok|good|right|fine|so|alright|great|perfect)[,.]? [\w' ]{2,40} it is(?= then|,|\.|$)",
    r"(?:so|then) (?:that|it)['’]s (?:the|a|our|going to be)",
    r"(?:so|then) (?:the |that |this |our )?[\w ]{1,30} (?:stays?|remains?|wins?|is out|is in|it is)",
)
PROPOSE = pattern(
    r"let['’]s(?! see| move on| start(?:$|\W*$| with| by| off)| begin| get started| go on| talk| look)",
    r"should we", r"shall we", r"how about", r"what about", r"why don['’]t we", r"what if we",
    r"i(?:['’]d)? (?:suggest|propose|recommend|vote)",
    r"(?:my|one|another) (?:suggestion|proposal|idea|recommendation) (?:is|would be)",
    r"i['’]d (?:rather|say)", r"i would (?:rather|say)",
    r"i(?:['’]d| would) (?:prefer|say we|like us to|like to propose)",
    r"(?:we|one) (?:could|should|might|can|ought to)", r"maybe we", r"perhaps we", r"can we", r"could we",
    r"i (?:also |really )?want(?! to (?:say|ask|know|talk|mention|thank|point|make sure|come)| you)",
    r"we(?:['’]d| would) (?:better|rather|need to)",
    r"i think we", r"if we",
    rf"i(?:['’]d| would)(?: (?:also|just|simply|honestly|say|rather|really))* {_HYPOTHESIS}[a-z]+",
    r"could(?:n['’]t)? (?:we|you|one)(?: (?:simply|just|not))?",
    r"do we (?!need|have|know|want|get|think|agree|still|even)[a-z]+",
    r"(?:we|i)(?:['’]d| had|['’]ve| have)? (?:talked|thought|spoken|spoke|toyed|played) (?:about|of|with)",
    r"i(?:['’]d| had|['’]ve)? (?:thought|figured|was thinking|was hoping) (?:that )?(?:we|all|everyone|everybody|you)",
    r"i was (?:all )?for", r"wanted to float",
    r"(?:one|an|another) (?:option|possibility|alternative|way) (?:is|would be)",
)
OBJECTIONS = pattern(
    r"(?:does |do )?any ?(?:one|body) (?:else )?(?:object|against|opposed|disagree|have a problem|mind)\w*",
    r"any objections?", r"objections",
    r"any(?:one|body)? ?(?:see|have|got)? ?(?:a )?reasons? (?:not to|against)", r"any(?:thing|one|body) against",
)
CONTENTED = pattern(
    r"(?:is |are )?(?:everyone|everybody|you all|we all|all|both of you|you two|you)(?: all)? (?:happy|okay|ok|"
    r"fine|good|all right|alright|agreed|in agreement|on board|comfortable) ?(?:with)?", r"agreed\?", r"hands up",
    r"(?:do|does) (?:we|everyone|everybody|you)(?: all| both)? agree", r"can we (?:all )?agree",
    r"are we agreed", r"all in favou?r", r"does that work(?: for)?",
    r"is that (?:okay|ok|fine|all right|alright|agreed|a deal)",
    r"sound good", r"deal\?",
)
AGREE = re.compile(
    _LEAD + rf"(?:agreed|deal\b|i (?:fully |totally )?agree|we agree|(?:i|we) (?:can|could) live with|go for it|"
    rf"(?:that|it|this)?\W*(?:(?:['’]s|is|seems|sounds|looks|feels|would be|['’]d be) )(?:\w+ly |very |quite |pretty )?"
    rf"(?:{_GOOD})(?: to me| enough| by me| with me| idea| plan)?(?=\W*$|,)|sounds (?:{_GOOD})|"
    rf"(?:{_GOOD}) (?:by|with|for|from) (?:me|us)|(?:that |it |this )?(?:(?:would|['’]d|will|['’]ll) )?(?:works?|"
    rf"suits?)"
    r"(?: (?:well |perfectly )?(?:for )?(?:me|us))?(?=\W*$|[,.])|"
    r"(?:i|we)(?:['’]m|['’]re| am| are) (?:very |quite |more than |all )?(?:happy|fine|okay|ok|good|comfortable|"
    r"relieved|"
    r"in favou?r|in|on board|for it|up for it|up for that|game|sold|for that)\b|"
    r"(?:good|great|excellent|nice) (?:idea|plan|by me|stuff|thinking|call)|"
    r"let['’]s(?: do (?:that|it|this))?(?=\W*$|[,.])|do (?:it|that)(?=\W*$|[,.])|"
    r"no (?:objections?|arguments?|problems?|complaints?|issues?)\b|(?:not|nothing|no) (?:from|on) (?:me|us|our|my)\b|"
    r"happy with that|makes (?:perfect |total )?sense|yes please|please do(?!n['’]t)|go ahead|i second (?:that|it)|"
    r"seconded|same here|me too|(?:i|we)(?:['’]d| would)? (?:also |fully |totally )?(?:support|back|second|welcome|"
    r"vote for|go (?:with|for|along with)) |i(?:['’]d)? (?:really |quite |do )?(?:like|love) (?:that|it|the idea|this|"
    r"an?\b)|by all means|why not|count me in|absolutely(?=\W*$)|definitely(?=\W*$)|hear,? hear)",
    re.IGNORECASE,
)
REFUSE = re.compile(
    r"^\W*(?:no\b|nope|i disagree|i don['’]t (?:think|agree|like|want)|i['’]m (?:not|against)|not (?:really|"
    r"sure|a good)|that won['’]t|that (?:would|will) (?:take|cost|break|be)|"
    r"i can['’]t|i cannot|because of|too (?:expensive|risky|late|early)|but\b|hmm\b.*but|absolutely not|"
    r"we can['’]t|i wouldn['’]t|i object|(?:i mean\W+)?there(?:['’]s| is) no (?:money|time|way|point|room|need|"
    r"budget|space)|"
    r"(?:that|it)(?:['’]s| is) (?:too|out\b|not|impossible|no good|never going)|(?:that|it|this) (?:doesn['’]t|"
    r"does not|"
    r"won['’]t|can['’]t|wouldn['’]t) |we(?:['’]ve)? tried (?:that|it|this)|i['’]d rather not|we(?:['’]re| are) not|"
    r"nobody (?:would|wants)|over my|(?:yes|i (?:could|would)|i['’]d (?:love|like) to)\W+but\b|"
    r"can (?:it|that|this) wait)",
    re.IGNORECASE,
)
UNDECIDED = pattern(
    r"(?:i|we) (?:do not|don['’]t|really don['’]t|still don['’]t|honestly don['’]t) know",
    r"don['’]t know (?:that )?yet", r"(?:i|we|they|he|she|nobody)(?: \w+ly| still| just| really)* (?:do not|don['’]t|"
    r"doesn['’]t|does not|knows?)(?: \w+ly| yet| really)* (?:know|say|tell)", r"no (?:idea|clue|answer|news|word)",
    r"(?:has|have|had)(?:n['’]t| not)(?: yet)? (?:told|heard|decided|looked|answered|replied|said|got|come|made|"
    r"been told|"
    r"seen|found|settled|confirmed)",
    r"(?:['’]d|would|will|['’]ll|has|have|had)(?: have| need| want)? to (?:see|ask|check|"
    r"find out|look)", r"ask me (?:again )?(?:in|next|later|on)",
    r"(?:don['’]t|do not) (?:have|need) to (?:settle|decide|"
    r"answer|know)", r"bring (?:it|that|this) (?:back|up again)", r"non-?committal", r"none the wiser",
    r"let['’]s not guess",
    r"(?:not|never) (?:yet |been )?(?:decided|settled|answered|confirmed)", r"(?:was|were|is|are)n['’]t sure",
    r"it (?:all )?depends", r"not for (?:us|me) to (?:say|decide)",
    r"(?:am|['’]m|is|was|are|['’]re) not (?:\w+ )?sure", r"no idea",
    r"(?:not|isn['’]t) clear(?: yet)?",
    r"(?:is|it['’]s|that['’]s|still|remains|rather) unclear",
    r"(?:can['’]t|cannot|can not|couldn['’]t) (?:decide|say|tell|answer|promise|settle)",
    r"leave (?:that|it|this)(?: \w+)? (?:open|for (?:now|later|next))",
    r"(?:keep|park|table|shelve|note) (?:it|that|this)(?: \w+)? (?:as |for |until )",
    r"open question", r"(?:come|get|circle) back to (?:that|it|this)", r"revisit",
    r"decide (?:that |it |this )?(?:later|next|another|when)",
    r"i(?:['’]ll| will|['’]d)? (?:have|need|want) to (?:ask|check|find out|think about|look (?:it |that |"
    r"this )?(?:up|into))",
    r"hard to say", r"(?:remains?|still|is) (?:open|unresolved|unanswered|undecided|up in the air)",
    r"to be (?:decided|determined|confirmed)", r"good question", r"nobody knows",
    r"too early to (?:say|tell)",
    r"wait (?:and see|for the|until)", r"can decide it today", r"we(?:['’]ll| will) see",
    r"take (?:that|it|this) offline", r"pick (?:that|it|this) up (?:next|again|later)",
    r"one for (?:next|another)",
)
RETRACT = pattern(
    rf"(?<=^){_LEAD[1:]}(?:scrap|scratch|strike|leave|drop|bin|ditch|forget)(?= (?:that|it|this|the|"
    rf"my)(?: [\w-]+){{0,3}}"
    r"(?:\W*$|[,.;]))", r"(?:i['’]m |i am )?(?:letting|giving) (?:go of|up on)",
    r"(?:let me|i['’]ll|i) (?:withdraw|take (?:it|that) back)",
    r"that was (?:just )?(?:me|silly|stupid|a joke|nonsense)",
    r"(?:that|it)(?:['’]s| is) (?:out|off|dead|no good)(?=\W*$|[,.;]| then)",
    r"(?:i['’]m|i was) (?:only |just )?(?:joking|"
    r"kidding|dreaming)", r"(?:so|then) (?:no|not)(?=\W*$|[,.;])", r"(?:leave|keep) (?:that|it|this) out",
    r"forget (?:it|that|about (?:it|that)|what i|i (?:said|asked|mentioned))",
    r"i(?:['’]ll)? take (?:that|it|this) back",
    r"(?:scrap|scratch|strike) (?:that|it|this|what)", r"never ?mind", r"no,? wait", r"wait,? no",
    r"that['’]s wrong",
    r"please don['’]t (?:write|note|put|record|minute)\b",
    r"(?:only|just) (?:a thought|an idea|thinking (?:out )?(?:aloud|loud))", r"ignore (?:that|what i|my)",
    r"on second thoughts?", r"i (?:withdraw|was wrong|changed my mind|take back|retract)",
    r"i(?:['’]ve| have) changed my mind", r"let['’]s (?:not(?! guess)|drop (?:that|it|this)|forget)", r"disregard",
    r"i didn['’]t mean", r"actually,? no", r"that was a (?:bad|silly|stupid) idea",
    r"it was a (?:bad|silly|stupid) idea", r"pretend i (?:didn['’]t|never)",
    r"don['’]t minute (?:that|it)", r"drop that idea",
)
OPEN_POINT = pattern(
    r"(?:one|another|the|a|my)(?: big| last| other)? (?:question|issue|point|thing) (?:remains|is left|"
    r"is still open|stays open|we still have)", r"open question",
    r"(?:the|one|still an?) open (?:question|issue|point)",
    r"we still (?:don['’]t know|need to (?:decide|figure out|find out|clarify|settle)|have to (?:decide|"
    r"figure out|clarify))",
    r"(?:it['’]s|it is) (?:still )?(?:unclear|not clear|open|undecided)",
    r"what (?:i|we) (?:still )?(?:don['’]t|do not) know", r"unresolved", r"leaves? open (?:whether|who|how|what)",
)
