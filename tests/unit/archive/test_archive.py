"""The archive's file: taking in, finding, and what it refuses."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from aiprov.archive import Archive, Filters, Meeting, Space, packed
from aiprov.core.excerpts import Content, Line
from aiprov.errors import ConfigError, IntegrityError, StorageError

EVERYTHING = Filters()
SPACE = Space("local", "words-1", "id", 3)


def content(*said: tuple[str, str]) -> Content:
    """Every line is an excerpt."""
    lines = tuple(Line(10.0 * at, 10.0 * at + 5, speaker, text) for at, (speaker, text) in enumerate(said))
    return Content(lines, tuple((at, at + 1) for at in range(len(lines))))


def meeting(name: str, *said: tuple[str, str], day: str = "2026-03-10", sha256: str = "") -> Meeting:
    return Meeting(Path(f"/meetings/{name}.json"), name, day, sha256 or name, content(*said))


def put(archive: Archive, meeting: Meeting, *vectors: tuple[float, float, float]) -> None:
    given = dict(zip(dict.fromkeys(meeting.content.texts), vectors, strict=False))
    rows = {text: packed([given.get(text, (0.1, 0.1, 0.1))]) for text in meeting.content.texts}
    archive.put(meeting, rows)


@pytest.fixture
def archive(tmp_path):
    with closing(Archive(tmp_path / "deep" / "archive.sqlite3", create=True)) as opened:
        opened.begin(SPACE)
        put(
            opened,
            meeting("money", ("Anna", "The budget is small."), ("Ben Okafor", "Spend it well.")),
            (1, 0, 0),
            (0.9, 0.1, 0),
        )
        put(
            opened,
            meeting("dogs", ("Anna", "A dog barks."), ("Zoé", "Feed the dogs."), day="2026-04-01"),
            (0, 1, 0),
            (0, 0.9, 0.1),
        )
        yield opened


def texts(archive: Archive, found: dict[int, float]) -> list[str]:
    return [archive.found(number, None).lines[0].text for number in found]


def test_words_are_found_in_whatever_form_the_best_first(archive):
    assert texts(archive, archive.by_words("budgets", EVERYTHING, 9)) == ["The budget is small."]
    assert set(texts(archive, archive.by_words("dog", EVERYTHING, 9))) == {"A dog barks.", "Feed the dogs."}
    assert texts(archive, archive.by_words("barking DOG", EVERYTHING, 9))[0] == "A dog barks."
    assert archive.by_words("giraffe", EVERYTHING, 9) == {}


def test_what_is_said_whole_counts_more_than_a_stray_word(archive):
    (whole,) = archive.by_words("small budget", EVERYTHING, 9).values()
    (stray,) = archive.by_words("small elephants in trees", EVERYTHING, 9).values()
    assert 0 < stray < whole / 2 < whole <= 1


def test_in_a_large_archive_common_words_are_left_to_rare_ones(archive, monkeypatch):
    monkeypatch.setattr("aiprov.archive.archive._RANKED", 2)
    put(archive, meeting("barks", ("Anna", "It barks."), ("Anna", "It barks again.")), (0, 0, 1))
    assert texts(archive, archive.by_words("barks small", EVERYTHING, 9)) == ["The budget is small."]
    assert len(archive.by_words("barks", EVERYTHING, 9)) == 3


def test_names_of_speakers_are_words_too(archive):
    assert texts(archive, archive.by_words("okafor", EVERYTHING, 9)) == ["Spend it well."]


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "budget AND",
        "NEAR(budget",
        "text:budget",
        "budget*",
        "-budget",
        "^budget",
        "budget;--",
        "(((",
        "'",
        "\0",
        "_",
        "a" * 10_000,
    ],
)
def test_no_query_is_a_command_of_the_full_text_search(archive, query):
    assert set(texts(archive, archive.by_words(query, EVERYTHING, 9))) <= {"The budget is small.", "A dog barks."}


def test_meanings_are_found_the_nearest_first(archive):
    found = archive.by_meaning((1, 0, 0), EVERYTHING, 2)
    assert texts(archive, found) == ["The budget is small.", "Spend it well."]
    near = list(found.values())
    assert near[0] == pytest.approx(1.0, abs=0.01)
    assert near[0] > near[1] > 0


def test_what_is_wanted_too_is_weighed_however_far_it_is(archive):
    (dogs,) = archive.by_words("barks", EVERYTHING, 9)
    assert archive.by_meaning((1, 0, 0), EVERYTHING, 1, [dogs])[dogs] < 0


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(speaker="anna"), {"The budget is small.", "A dog barks."}),
        (Filters(speaker="Okafor"), {"Spend it well."}),
        (Filters(speaker="zoe"), {"Feed the dogs."}),
        (Filters(speaker="ann"), set()),
        (Filters(since="2026-04-01"), {"A dog barks.", "Feed the dogs."}),
        (Filters(until="2026-03-10"), {"The budget is small.", "Spend it well."}),
        (Filters(meeting="DOG"), {"A dog barks.", "Feed the dogs."}),
        (Filters(speaker="anna", meeting="money"), {"The budget is small."}),
        (Filters(since="2026-03-11", until="2026-03-31"), set()),
    ],
)
def test_filters_hold_for_words_and_for_meaning(archive, filters, expected):
    assert set(texts(archive, archive.by_meaning((1, 1, 1), filters, 9))) == expected
    assert set(texts(archive, archive.by_words("budget spend dog", filters, 9))) == expected


def test_a_meeting_that_comes_again_replaces_what_it_was(archive):
    put(archive, meeting("dogs", ("Anna", "Only a cat now.")), (0, 0, 1))
    assert archive.by_words("dog", EVERYTHING, 9) == {}
    assert texts(archive, archive.by_meaning((0, 0, 1), EVERYTHING, 1)) == ["Only a cat now."]
    assert len(archive.by_meaning((0, 0, 1), EVERYTHING, 9)) == 3


def test_a_meeting_that_is_removed_is_found_no_more(archive):
    archive.remove([Path("/meetings/dogs.json"), Path("/meetings/never.json")])
    assert archive.by_words("dog", EVERYTHING, 9) == {}
    assert len(archive.by_meaning((0, 1, 0), EVERYTHING, 9)) == 2
    assert list(archive.contents()) == [Path("/meetings/money.json")]


def test_numbers_of_removed_excerpts_are_never_given_again(archive):
    before = set(archive.by_meaning((0, 1, 0), EVERYTHING, 9))
    archive.remove([Path("/meetings/dogs.json")])
    put(archive, meeting("cats", ("Anna", "A cat.")), (0, 0, 1))
    assert not before & set(archive.by_words("cat", EVERYTHING, 9))


def test_what_another_process_adds_is_found_by_the_next_search(archive):
    archive.by_meaning((0, 0, 1), EVERYTHING, 9)
    with closing(Archive(archive.path)) as other:
        put(other, meeting("cats", ("Anna", "A cat.")), (0, 0, 1))
    assert texts(archive, archive.by_meaning((0, 0, 1), EVERYTHING, 1)) == ["A cat."]


def test_vectors_of_the_same_file_and_of_the_same_words_are_known(archive):
    money = meeting("money", ("Anna", "The budget is small."), ("Ben Okafor", "Spend it well."))
    other = replace(money, path=Path("/elsewhere.json"), content=content(("Ben", "Rain.")))
    known = archive.vectors(replace(other, path=money.path, sha256="something else"))
    assert known["The budget is small."] == packed([(1, 0, 0)])
    assert archive.vectors(other) == known
    same = replace(money, path=Path("/elsewhere.json"), sha256="something else")
    assert archive.vectors(same) == known
    assert archive.vectors(replace(other, sha256="something else")) == {}


def test_lines_tell_how_near_they_are(archive):
    (number,) = archive.by_words("budget", EVERYTHING, 9)
    assert archive.found(number, (2, 0, 0)).near == (pytest.approx(1.0, abs=0.01),)
    assert archive.found(number, None).near == (0.0,)


def test_another_model_begins_with_nothing(archive):
    archive.begin(Space("cloud", "words-2", "", 4))
    assert archive.contents() == {}
    assert archive.by_words("dog", EVERYTHING, 9) == {}
    assert archive.space == Space("cloud", "words-2", "", 4)


def test_a_failure_in_the_middle_leaves_what_was(archive):
    broken = meeting("dogs", ("Anna", "Half."), ("Ben", "Whole."))
    with pytest.raises(KeyError):
        archive.put(broken, {"Half.": b"abc"})
    assert len(archive.by_words("dog", EVERYTHING, 9)) == 2


def test_everything_comes_out_again_with_vectors_of_length_one(archive):
    rows = list(archive.rows())
    assert [(row.meeting, row.lines[0].text) for row in rows][:2] == [
        ("dogs", "A dog barks."),
        ("dogs", "Feed the dogs."),
    ]
    assert rows[2].vector == pytest.approx((1, 0, 0), abs=0.01)
    assert all(sum(each * each for each in row.vector) == pytest.approx(1) for row in rows)


def test_only_the_user_may_read_it(archive):
    assert archive.path.stat().st_mode & 0o077 == 0


def test_a_missing_archive_is_made_only_when_it_is_wished_for(tmp_path):
    with pytest.raises(ConfigError, match="there is no archive") as caught:
        Archive(tmp_path / "none.sqlite3")
    assert caught.value.code == "no_archive"
    assert not (tmp_path / "none.sqlite3").exists()


def test_an_empty_file_becomes_an_archive(tmp_path):
    (tmp_path / "a.sqlite3").touch()
    with closing(Archive(tmp_path / "a.sqlite3")) as opened:
        assert opened.space is None
        assert opened.by_words("anything", EVERYTHING, 9) == {}
        assert opened.by_meaning((1, 0, 0), EVERYTHING, 9) == {}


def test_what_is_no_archive_is_named_and_left_as_it_is(tmp_path):
    path = tmp_path / "a.sqlite3"
    path.write_bytes(b"not a database at all, but long enough to look at" * 50)
    with pytest.raises(IntegrityError, match="is damaged, or no archive"):
        Archive(path, create=True)
    assert path.read_bytes().startswith(b"not a database")


def test_another_programs_database_is_refused(tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.sqlite3")) as other:
        other.execute("CREATE TABLE mine (x)")
    with pytest.raises(IntegrityError, match="of another program"):
        Archive(tmp_path / "a.sqlite3", create=True)


def test_an_archive_of_the_future_is_refused(archive):
    with closing(sqlite3.connect(archive.path)) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(IntegrityError, match="newer aiprov"):
        Archive(archive.path)


def test_a_folder_where_nothing_can_be_made_is_a_storage_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot use"):
        Archive(tmp_path / "file" / "archive.sqlite3", create=True)
