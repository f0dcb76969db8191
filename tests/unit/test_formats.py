"""The files that people and players read."""

import json

import pytest

from aiprov.errors import ConfigError, InputError
from aiprov.pipelines.formats import EVERY, FORMATS, chosen, render
from aiprov.pipelines.options import RenderOptions


def segment(number, *words, **more):
    words = [{"word": word, "start": start, "end": end, "probability": 0.9} for word, start, end in words]
    text = "".join(word["word"] for word in words)
    return {"id": number, "start": words[0]["start"], "end": words[-1]["end"], "text": text, "words": words, **more}


def bare(text, start=0.0, end=1.0, **more):
    return {"id": 0, "start": start, "end": end, "text": text, **more}


def document(*segments, **more):
    return {"text": "".join(each["text"] for each in segments), "segments": list(segments), "language": "en", **more}


# What openai/whisper 20250625 makes of these words was taken from its own writers.
MEETING = document(
    segment(
        0, (" We", 0.0, 0.3), (" shall", 0.3, 0.62), (" ship", 0.7, 1.0), (" on", 1.0, 1.2), (" Friday.", 1.2, 1.75)
    ),
    segment(1, (" Really?", 1.9, 2.4)),
    segment(2, (" Yes,", 3605.25, 3605.5), (" certainly.", 3605.5, 3606.4)),
)


def cues(form, **options):
    return render(MEETING, form, RenderOptions(**options)).split("\n\n")[1 if form == "vtt" else 0 : -1]


def test_txt_is_one_stripped_segment_a_line():
    assert render(MEETING, "txt") == "We shall ship on Friday.\nReally?\nYes, certainly.\n"


def test_tsv_has_whole_milliseconds_and_no_tabs_in_the_text():
    text = render(document(bare(" a\tb ", 0.0006, 1.5)), "tsv")
    assert text == "start\tend\ttext\n1\t1500\ta b\n"


def test_srt_numbers_cues_from_one_and_always_has_hours():
    assert render(MEETING, "srt") == (
        "1\n00:00:00,000 --> 00:00:01,750\nWe shall ship on Friday.\n\n"
        "2\n00:00:01,900 --> 00:00:02,400\nReally?\n\n"
        "3\n01:00:05,250 --> 01:00:06,400\nYes, certainly.\n\n"
    )


def test_vtt_has_hours_only_when_there_are_any():
    assert render(MEETING, "vtt") == (
        "WEBVTT\n\n00:00.000 --> 00:01.750\nWe shall ship on Friday.\n\n"
        "00:01.900 --> 00:02.400\nReally?\n\n"
        "01:00:05.250 --> 01:00:06.400\nYes, certainly.\n\n"
    )


def test_a_line_width_breaks_lines_and_keeps_segments():
    assert cues("vtt", max_line_width=12) == [
        "00:00.000 --> 00:01.750\nWe shall\nship on\nFriday.",
        "00:01.900 --> 00:02.400\nReally?",
        "01:00:05.250 --> 01:00:06.400\nYes,\ncertainly.",
    ]


def test_a_width_and_a_line_count_fill_cues_across_segments_up_to_a_long_pause():
    assert cues("vtt", max_line_width=12, max_line_count=2) == [
        "00:00.000 --> 00:01.200\nWe shall\nship on",
        "00:01.200 --> 00:02.400\nFriday.\nReally?",
        "01:00:05.250 --> 01:00:06.400\nYes,\ncertainly.",
    ]


def test_a_word_limit_cuts_segments_into_groups():
    assert cues("vtt", max_words_per_line=2)[:4] == [
        "00:00.000 --> 00:00.620\nWe shall",
        "00:00.700 --> 00:01.200\nship on",
        "00:01.200 --> 00:01.750\nFriday.",
        "00:01.900 --> 00:02.400\nReally?",
    ]


def test_highlighting_underlines_each_word_in_turn_and_none_in_between():
    assert cues("vtt", max_words_per_line=3, highlight_words=True)[:5] == [
        "00:00.000 --> 00:00.300\n<u>We</u> shall ship",
        "00:00.300 --> 00:00.620\nWe <u>shall</u> ship",
        "00:00.620 --> 00:00.700\nWe shall ship",
        "00:00.700 --> 00:01.000\nWe shall <u>ship</u>",
        "00:01.000 --> 00:01.200\n<u>on</u> Friday.",
    ]


@pytest.mark.parametrize("option", ["max_line_width", "max_line_count", "max_words_per_line", "highlight_words"])
def test_line_options_without_word_times_are_refused(option):
    with pytest.raises(InputError, match="no word times"):
        render(document(bare("a")), "srt", RenderOptions(**{option: 1}))


def test_a_segment_without_words_is_not_lost_among_others_that_have_them():
    text = render(document(segment(0, (" We", 0.0, 0.3)), bare(" alone", 1.0, 2.0)), "srt")
    assert "alone" in text


@pytest.mark.parametrize("spoken", ["a --> b", "a ---> b", "a -----> b"])
@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_spoken_arrows_cannot_be_taken_for_times(form, spoken):
    one = render(document(bare(spoken)), form)
    other = render(document(segment(0, *((word, 0.0, 1.0) for word in spoken.split(" ")))), form)
    assert one.count("-->") == other.count("-->") == 1


@pytest.mark.parametrize("form", ["txt", "srt", "vtt", "tsv", "md"])
def test_spoken_line_breaks_and_control_characters_stay_inside_their_line(form):
    text = render(document(bare(" a\n\n2\r\n\x1b[31m\u2028b")), form)
    assert "a 2 [31m b" in text.replace("\\", "")
    assert "\x1b" not in text


def test_spoken_tags_stay_text_in_vtt():
    assert "&lt;v Boss>you are fired" in render(document(bare("<v Boss>you are fired")), "vtt")


def test_speakers_are_named_as_the_tools_built_on_whisper_do():
    talk = document(bare(" Hi.", speaker="SPEAKER_00"))
    assert render(talk, "txt") == "[SPEAKER_00]: Hi.\n"
    assert "\n[SPEAKER_00]: Hi.\n" in render(talk, "srt")
    assert "\n<v SPEAKER_00>Hi.\n" in render(talk, "vtt")


def test_a_change_of_speaker_starts_a_cue_even_when_cues_fill_up():
    talk = document(
        segment(0, (" Hi.", 0.0, 0.3), speaker="SPEAKER_00"), segment(1, (" Hello.", 0.4, 0.8), speaker="SPEAKER_01")
    )
    text = render(talk, "srt", RenderOptions(max_line_width=40, max_line_count=2))
    assert text.count("-->") == 2


def test_a_speakers_name_cannot_leave_its_tag():
    assert "<v /biBob>" in render(document(bare("Hi", speaker="</b><i>Bob\n")), "vtt")


def told(*turns, **names):
    """A transcript that says who speaks when; `names` by label."""
    labels = dict.fromkeys(label for _, _, label in turns)
    people = [{"label": each, "speech_s": 61.0} | ({"name": names[each]} if each in names else {}) for each in labels]
    speakers = {"method": "voices", "count": len(people), "people": people, "turns": [list(turn) for turn in turns]}
    return document(bare(" Hi."), aiprov={"source": {"path": "calls/team sync.mp3"}, "speakers": speakers})


def test_rttm_has_a_line_for_each_turn_under_the_name_that_is_known():
    talk = told((0.5, 2.0, "SPEAKER_00"), (2.25, 4.0004, "SPEAKER_01"), SPEAKER_01="Maria Lopez")
    assert render(talk, "rttm") == (
        "SPEAKER team_sync 1 0.500 1.500 <NA> <NA> SPEAKER_00 <NA> <NA>\n"
        "SPEAKER team_sync 1 2.250 1.750 <NA> <NA> Maria_Lopez <NA> <NA>\n"
    )


def test_rttm_of_two_labels_with_one_name_has_no_overlap_of_a_speaker_with_itself():
    talk = told((0.0, 2.0, "A"), (1.0, 3.0, "B"), (1.5, 2.5, "C"), (4.0, 5.0, "A"), A="Maria", B="Maria")
    spans = [(line.split()[7], line.split()[3], line.split()[4]) for line in render(talk, "rttm").splitlines()]
    assert spans == [("Maria", "0.000", "3.000"), ("C", "1.500", "1.000"), ("Maria", "4.000", "1.000")]


def test_rttm_of_another_tools_transcript_goes_by_its_segments():
    talk = document(bare(" Hi.", 0.0, 1.0, speaker="SPEAKER_00"), bare(" Noise.", 1.0, 2.0))
    assert render(talk, "rttm") == "SPEAKER transcript 1 0.000 1.000 <NA> <NA> SPEAKER_00 <NA> <NA>\n"


def test_rttm_needs_to_know_who_speaks_but_nobody_need_speak():
    with pytest.raises(InputError) as caught:
        render(document(bare(" Hi.")), "rttm")
    assert caught.value.code == "no_speakers"
    assert render(told(), "rttm") == ""


def test_a_name_cannot_add_fields_or_lines_to_rttm():
    talk = told((0.0, 1.0, "A"), A="x <NA>\nSPEAKER\x1f\u2028\udcff y")
    (line,) = render(talk, "rttm").splitlines()
    assert len(line.split()) == 10


def test_md_says_who_speaks_for_how_long():
    talk = told((0.0, 61.0, "A"), (61.0, 122.0, "B"), (122.0, 183.0, "SPEAKER_02"), A="Maria", B="Maria")
    assert "\n- Speakers: Maria (0:02:02), SPEAKER\\_02 (0:01:01)\n" in render(talk, "md")


def test_json_has_one_line_for_each_segment_and_reads_back_the_same():
    text = render(MEETING, "json")
    assert json.loads(text) == MEETING
    assert len(text.splitlines()) == len(MEETING["segments"]) + 6


def test_json_keeps_letters_readable_and_file_names_that_are_not_utf_8():
    text = render(document(bare("Zürich"), aiprov={"source": {"path": "\udcff.mp3"}}), "json")
    assert "Zürich" in text
    assert json.loads(text.encode("utf-8"))["aiprov"]["source"]["path"] == "\udcff.mp3"


def test_json_of_an_empty_transcript_is_json():
    assert json.loads(render(document(), "json"))["segments"] == []


def test_md_says_what_it_is_and_has_a_paragraph_for_each_turn_and_pause():
    talk = document(
        bare(" Hi.", 0.0, 1.0, speaker="SPEAKER_00"),
        bare(" All well?", 1.2, 2.0, speaker="SPEAKER_00"),
        bare(" Yes.", 2.1, 3.0, speaker="SPEAKER_01"),
        bare(" So.", 3725.0, 3726.0, speaker="SPEAKER_01"),
        aiprov={"source": {"path": "meetings/team sync.mp3", "duration_s": 3730.2}, "quality": {"verdict": "suspect"}},
    )
    assert render(talk, "md") == (
        "# team sync\n\n"
        "- Source: meetings/team sync.mp3\n- Duration: 1:02:10\n- Language: English\n- Quality: suspect\n\n"
        "**[0:00:00] SPEAKER\\_00** Hi. All well?\n\n"
        "**[0:00:02] SPEAKER\\_01** Yes.\n\n"
        "**[1:02:05] SPEAKER\\_01** So.\n"
    )


def test_md_starts_a_paragraph_after_a_minute_without_pause():
    talk = document(*(bare(f" {at}", at * 10.0, at * 10.0 + 10.0) for at in range(8)))
    assert render(talk, "md").split("\n\n")[2:] == ["**[0:00:00]** 0 1 2 3 4 5", "**[0:01:00]** 6 7\n"]


def test_md_keeps_spoken_markup_and_links_as_text():
    said = "**bold** [a](b) <script> `code` &amp; https://x.org www.x.org a@b.c # $x$"
    text = render(document(bare(said)), "md").split("** ", 1)[1]
    assert text == (
        "\\*\\*bold\\*\\* \\[a\\](b) \\<script\\> \\`code\\` \\&amp; https\\://x.org www\\.x.org a\\@b.c \\# \\$x\\$\n"
    )


def test_an_empty_transcript_renders_in_every_format():
    texts = {form: render(document(), form) for form in FORMATS}
    assert texts["txt"] == texts["srt"] == ""
    assert texts["vtt"] == "WEBVTT\n\n"
    assert texts["tsv"] == "start\tend\ttext\n"


@pytest.mark.parametrize(
    ("wish", "meant"),
    [("srt", ("srt",)), ("json, SRT,.txt", ("json", "srt", "txt")), ("all", FORMATS)],
)
def test_formats_are_chosen_with_commas(wish, meant):
    assert chosen(wish) == meant


def test_all_is_every_format_with_words_and_rttm_is_asked_for_by_its_name():
    assert chosen("rttm") == ("rttm",)
    assert "rttm" not in chosen("all")
    assert set(chosen("rttm,all")) == set(EVERY)
    assert chosen("txt,all") == ("txt", *(form for form in FORMATS if form != "txt"))


@pytest.mark.parametrize("wish", ["doc", "srt,doc", "", ","])
def test_unknown_formats_are_refused(wish):
    with pytest.raises(ConfigError) as caught:
        chosen(wish)
    assert "txt, srt, vtt, tsv, json, md, rttm" in caught.value.hint
