"""Each kind of file tells what it knows of a recording, and is refused by line when it is not as it should be."""

import pytest

from aiprov.core.speakers import Turn
from aiprov.errors import InputError
from aiprov.evaluation.accounts import Account, from_rttm, from_stm, from_transcript, from_turns, together
from aiprov.evaluation.counts import Coverage

STM = """;; a comment
sync 1 Ann 0.5 2.0 <o,f0,female> Good morning
sync 1 Bob 2.0 3.0 Hello
sync 1 Ann 3.0 4.0 ignore_time_segment_in_scoring
sync 1 inter_segment_gap 4.0 5.0
sync 1 Ann 6.0 7.5 Grüße  aus Zürich
"""


def test_stm_tells_words_speakers_and_turns():
    account = from_stm(STM, "sync.stm", "sync")
    assert account.text == "Good morning Hello Grüße  aus Zürich"
    assert account.said == {"Ann": "Good morning Grüße  aus Zürich", "Bob": "Hello"}
    assert account.turns == (Turn(0.5, 2.0, "Ann"), Turn(2.0, 3.0, "Bob"), Turn(6.0, 7.5, "Ann"))


def test_rttm_tells_turns_alone():
    lines = "SPKR-INFO sync 1 <NA> <NA> <NA> unknown Ann <NA> <NA>\nSPEAKER sync 1 1.5 2.25 <NA> <NA> Ann <NA> <NA>\n"
    assert from_rttm(lines, "sync.rttm", "sync") == Account(turns=(Turn(1.5, 3.75, "Ann"),))
    assert from_rttm("", "sync.rttm", "sync").turns == ()


def test_a_file_about_several_recordings_is_read_for_the_one_of_this_name():
    lines = "".join(f"SPEAKER {name} 1 {at} 1 <NA> <NA> A <NA> <NA>\n" for at, name in enumerate(["one", "two"]))
    assert from_rttm(lines, "all.rttm", "two").turns == (Turn(1.0, 2.0, "A"),)
    with pytest.raises(InputError, match=r"all\.rttm: it is about 2 recordings, and none of them is called three"):
        from_rttm(lines, "all.rttm", "three")
    only = lines.splitlines()[0]
    assert from_rttm(only, "all.rttm", "three").turns == (Turn(0.0, 1.0, "A"),)


def test_turns_in_json_are_put_in_order_of_time():
    said = [
        {"speaker": "Bob", "start": 2, "end": 3, "text": " Hello "},
        {"speaker": "Ann", "start": 0.5, "end": 2.5, "text": "Good morning"},
    ]
    account = from_turns({"turns": said, "language": "en"}, "sync.truth.json")
    assert (account.text, account.language) == ("Good morning Hello", "en")
    assert account.turns == (Turn(0.5, 2.5, "Ann"), Turn(2.0, 3.0, "Bob"))


def test_turns_without_words_or_speakers_know_none_and_no_turns_know_silence():
    assert from_turns({"turns": [{"speaker": "A", "start": 0, "end": 1}]}, "x").text is None
    assert from_turns({"turns": [{"start": 0, "end": 1, "text": "Hi"}]}, "x").turns is None
    assert from_turns({"turns": []}, "x") == Account(text="", turns=())


@pytest.mark.parametrize(
    ("read", "content", "where"),
    [
        (from_stm, "\nsync 1 Ann 0.5\n", "ref, line 2: it has fewer than five fields"),
        (from_stm, "sync 1 Ann later 2.0 Hi", "ref, line 1: a time"),
        (from_stm, "sync 1 Ann nan 2.0 Hi", "ref, line 1: a time"),
        (from_stm, "sync 1 Ann 3.0 2.0 Hi", "ref, line 1: it ends before it starts"),
        (from_rttm, "SPEAKER sync 1 0 1 <NA>", "ref, line 1: it has fewer than eight fields"),
        (from_rttm, "SPEAKER sync 1 -1 1 <NA> <NA> A <NA>", "ref, line 1: a time"),
        (from_rttm, "SPEAKER sync 1 1 inf <NA> <NA> A <NA>", "ref, line 1: a time"),
    ],
)
def test_a_wrong_line_is_named_without_its_words(read, content, where):
    with pytest.raises(InputError, match=where) as caught:
        read(content, "ref", "sync")
    assert caught.value.code == "bad_reference"
    assert "Hi" not in caught.value.message


@pytest.mark.parametrize(
    "turns",
    [
        "no list",
        ["no object"],
        [{"start": 0, "text": "Hi"}],
        [{"start": 0, "end": True}],
        [{"start": 0, "end": 1, "speaker": 7}],
        [{"start": 0, "end": 1, "text": None}],
        [{"start": 0, "end": 10**400}],
    ],
)
def test_turns_that_are_none_are_refused(turns):
    with pytest.raises(InputError, match="ref"):
        from_turns({"turns": turns}, "ref")


def word(text, start, end, speaker=None):
    return {"word": text, "start": start, "end": end} | ({"speaker": speaker} if speaker else {})


def transcript(*segments, **more):
    return {"text": " ".join(each["text"] for each in segments), "segments": list(segments), "language": "en", **more}


def test_a_transcript_without_speakers_tells_words_alone():
    account = from_transcript(transcript({"start": 0, "end": 1, "text": "Hi there."}), "x")
    assert account == Account(text="Hi there.", language="en")


def test_the_speakers_of_words_go_before_that_of_their_segment():
    words = [word(" Twenty", 0, 0.4, "A"), word("-three.", 0.4, 0.8, "A"), word(" Yes.", 0.9, 1.2, "B")]
    mixed = {"start": 0, "end": 1.2, "text": " Twenty-three. Yes.", "speaker": "A", "words": words}
    alone = {"start": 2, "end": 3, "text": " Good.", "speaker": "B"}
    account = from_transcript(transcript(mixed, alone), "x")
    assert account.said == {"A": "Twenty-three.", "B": "Yes. Good."}
    assert account.turns == (Turn(0, 1.2, "A"), Turn(2, 3, "B"))


def test_words_that_bring_no_spaces_get_some():
    words = [word("Good", 0, 0.4, "A"), word("morning.", 0.4, 0.8, "A")]
    segment = {"start": 0, "end": 1.2, "text": "Good morning.", "words": words}
    assert from_transcript(transcript(segment), "x").said == {"A": "Good morning."}


def test_words_of_nobody_stay_in_the_count():
    labelled, bare = {"start": 0, "end": 1, "text": "Hi", "speaker": "A"}, {"start": 1, "end": 2, "text": "there"}
    account = from_transcript(transcript(labelled, bare), "x")
    assert account.said == {"A": "Hi", "": "there"}
    assert account.turns == (Turn(0, 1, "A"),)


def test_the_turns_of_a_transcript_are_those_that_were_heard_and_one_name_is_one_speaker():
    people = [{"label": "SPEAKER_00", "name": "Ann"}, {"label": "SPEAKER_01", "name": "Ann"}, {"label": "SPEAKER_02"}]
    turns = [[0.5, 1, "SPEAKER_00"], [2, 3, "SPEAKER_01"], [3, 4, "SPEAKER_02"]]
    ours = {"speakers": {"people": people, "turns": turns}}
    segment = {"start": 0, "end": 4, "text": "Hi", "speaker": "Ann"}
    found = from_transcript(transcript(segment, aiprov=ours), "x").turns
    assert found == (Turn(0.5, 1, "Ann"), Turn(2, 3, "Ann"), Turn(3, 4, "SPEAKER_02"))


@pytest.mark.parametrize(
    "speakers", [7, {"people": []}, {"people": [{}], "turns": []}, {"people": [], "turns": [[0, 1]]},
                 {"people": [], "turns": [[1, 0, "A"]]}, {"people": [], "turns": [[0, 1, []]]}],
)  # fmt: skip
def test_speakers_that_are_not_as_written_are_refused(speakers):
    with pytest.raises(InputError, match=r"x\.json, aiprov\.speakers"):
        from_transcript(transcript({"start": 0, "end": 1, "text": "Hi"}, aiprov={"speakers": speakers}), "x.json")


def test_a_transcript_tells_who_made_it_and_what_its_audit_found():
    ours = {"provider": "local", "model": "base", "quality": {"coverage": 0.9, "speech_s": 50.0}}
    account = from_transcript(transcript(aiprov=ours), "x")
    assert (account.model, account.coverage) == (("local", "base"), Coverage(50.0, 45.0))
    ours["quality"]["speech_s"] = 0.0
    assert from_transcript(transcript(aiprov=ours), "x").coverage is None


def test_of_several_accounts_the_first_that_knows_a_thing_says_it():
    turns = from_rttm("SPEAKER s 1 0 9 <NA> <NA> Z <NA> <NA>", "s.rttm", "s")
    whole, text = from_stm(STM, "s.stm", "s"), Account(text="other words")
    both = together([turns, whole, text])
    assert (both.turns, both.said, both.text) == (turns.turns, whole.said, whole.text)
