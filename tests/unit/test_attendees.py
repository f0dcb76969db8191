"""Who was invited is read out of lists and calendars, and hostile ones name nobody."""

import pytest

from aiprov.attendees import attendees
from aiprov.errors import ConfigError


def read(tmp_path, content, name="people.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return attendees(path)


@pytest.mark.parametrize(
    "content",
    [
        "Maria Lopez\nPeter Smith\n",
        "Maria Lopez\r\n\r\nPeter Smith",
        "name\nMaria Lopez\nPeter Smith\n",
        "Email,Name\nm@x.org,Maria Lopez\np@x.org,Peter Smith\n",
        "Name;Email\nMaria Lopez;m@x.org\nPeter Smith;p@x.org\n",
        "Name\tRole\nMaria Lopez\tChair\nPeter Smith\t\n",
        '\ufeff"Name","Note"\n"Lopez, Maria","says ""hi"", and more"\n"Peter Smith",x\n',
        'Name;Mail\n"Lopez, Maria";m@x.org\n"Smith, Peter";p@x.org\n',
        "First name,Last name\nMaria,Lopez\nPeter,Smith\n",
        "Nachname;Vorname\nLopez;Maria\nSmith;Peter\n",
        "maria.lopez@x.org\npeter_smith@x.org\n",
        "1. Summary\nMeeting,Sync\n\n2. People\nName,Joined\nMaria Lopez,9:00\nPeter Smith,9:01\n\n3. More\nBob,x\n",
        "Name,Response\nMaria Lopez,Accepted\nJohn Doe,Declined\nPeter Smith,None\n",
        "Maria Lopez\nmaria lopez\nPeter Smith\n",
        "Maria Lopez (Guest)\nPeter Smith [external]\n",
    ],
)
def test_lists_of_many_kinds_name_the_same_people(tmp_path, content):
    assert read(tmp_path, content) == ("Maria Lopez", "Peter Smith")


def test_a_list_in_utf_16_as_conference_tools_write_it_is_read(tmp_path):
    assert read(tmp_path, "Name\tJoined\nMária López\t9:00\n".encode("utf-16")) == ("Mária López",)


def test_what_is_no_name_is_left_out(tmp_path):
    content = "Maria Lopez\n=cmd|' /C calc'!A0\n<script>\n\x1b[31mred\n---\n" + "x" * 200 + "\n"
    assert read(tmp_path, content) == ("Maria Lopez",)


CALENDAR = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
SUMMARY:Sync\\, weekly
ORGANIZER;CN=Maria Lopez:mailto:Maria@x.org
ATTENDEE;CN=Maria Lopez;ROLE=CHAIR;PARTSTAT=ACCEPTED:mailto:maria@x.org
ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;CN="Smith, Peter";RSVP=TRUE:ma
 ilto:peter@x.org
ATTENDEE;CN=John Doe;PARTSTAT=DECLINED:mailto:john@x.org
ATTENDEE;CUTYPE=ROOM;CN=Room 7:mailto:room7@x.org
ATTENDEE;CN=zoe.example@x.org:mailto:zoe.example@x.org
ATTENDEE:mailto:ann@x.org
BEGIN:VALARM
ATTENDEE;CN=Alarm Clock:mailto:alarm@x.org
END:VALARM
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_calendar_names_who_comes(tmp_path, end):
    found = read(tmp_path, CALENDAR.replace("\n", end), "sync.ics")
    assert found == ("Maria Lopez", "Peter Smith", "Zoe Example", "Ann")


def test_a_line_that_is_folded_within_a_letter_is_read(tmp_path):
    content = CALENDAR.replace("John Doe;PARTSTAT=DECLINED", "Zoë Roe").encode().replace(b"\xc3\xab", b"\xc3\r\n \xab")
    assert "Zoë Roe" in read(tmp_path, content, "sync.ics")


def test_marks_in_a_name_are_read_as_the_standard_says(tmp_path):
    content = CALENDAR.replace('"Smith, Peter"', "Peter ^'Pit^' Smith")
    assert 'Peter "Pit" Smith' in read(tmp_path, content, "sync.ics")


def test_an_organizer_who_declined_does_not_come(tmp_path):
    assert "Maria Lopez" not in read(tmp_path, CALENDAR.replace("ACCEPTED", "DECLINED"), "sync.ics")


@pytest.mark.parametrize("line", ["STATUS:CANCELLED\nSUMMARY", "status:cancelled\nSUMMARY"])
def test_a_cancelled_event_names_nobody(tmp_path, line):
    with pytest.raises(ConfigError, match="names nobody"):
        read(tmp_path, CALENDAR.replace("SUMMARY", line), "sync.ics")


def test_a_cancelled_date_of_a_series_does_not_take_the_others_away(tmp_path):
    other = "BEGIN:VEVENT\nSTATUS:CANCELLED\nATTENDEE;CN=Bob:mailto:b@x.org\nEND:VEVENT\nEND:VCALENDAR"
    assert len(read(tmp_path, CALENDAR.replace("END:VCALENDAR", other), "sync.ics")) == 4


def test_a_withdrawn_calendar_names_nobody(tmp_path):
    with pytest.raises(ConfigError, match="names nobody"):
        read(tmp_path, CALENDAR.replace("METHOD:REQUEST", "METHOD:CANCEL"), "sync.ics")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "names nobody"),
        ("a.csv", b"Maria\0", "not a text file"),
        ("a.csv", b"\xff\xfe\xfd", "not UTF-8"),
        ("a.csv", b"Maria\n" * 300_000, "too large"),
        ("a.csv", "\n".join(f"Person {n}" for n in range(501)).encode(), "more than 500 people"),
        ("a.csv", b'"' + b"x" * 200_000, "names nobody"),
        ("a.ics", b"Maria Lopez\n", "names nobody"),
        ("a.ics", CALENDAR.replace("METHOD:REQUEST", "BEGIN:X\n" * 9 + "END:X\n" * 9).encode(), "names nobody"),
        ("a.ics", b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nATTENDEE;CN=" + b";" * 500_000, "names nobody"),
    ],
)
def test_hostile_files_name_nobody(tmp_path, name, content, said):
    with pytest.raises(ConfigError, match=said) as caught:
        read(tmp_path, content, name)
    assert (caught.value.code, caught.value.exit_code) == ("attendees", 2)
    assert name in caught.value.message


def test_what_is_not_there_or_no_file_is_said(tmp_path):
    for path in (tmp_path / "gone.csv", tmp_path):
        with pytest.raises(ConfigError, match="is not a file"):
            attendees(path)
