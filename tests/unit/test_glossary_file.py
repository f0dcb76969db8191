"""A glossary is found where people keep it, read in both forms, and refused with the line that is wrong."""

from pathlib import Path

import pytest

from aiprov.core.glossary import Term
from aiprov.errors import ConfigError
from aiprov.glossary import find_glossary, read_glossary

TEXT = """\
# Our words
aiprov: eye prov, I prove
PostgreSQL = post gress   # the database

C#
Node.js
O'Sullivan :  sullivan
"""
YAML = """\
aiprov: [eye prov, I prove]
PostgreSQL: post gress
"C#":
2024:
Maria Lopez: {aliases: [Maria Lopes], kind: person}
"""


def written(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_text_has_a_term_a_line_with_its_aliases(tmp_path: Path) -> None:
    assert read_glossary(written(tmp_path / "glossary.txt", TEXT)).terms == (
        Term("aiprov", ("eye prov", "I prove")),
        Term("PostgreSQL", ("post gress",)),
        Term("C#"),
        Term("Node.js"),
        Term("O'Sullivan", ("sullivan",)),
    )


def test_yaml_has_a_map_of_terms(tmp_path: Path) -> None:
    text = YAML.replace("2024:", '"2024":')
    assert read_glossary(written(tmp_path / "glossary.yaml", text)).terms == (
        Term("aiprov", ("eye prov", "I prove")),
        Term("PostgreSQL", ("post gress",)),
        Term("C#"),
        Term("2024"),
        Term("Maria Lopez", ("Maria Lopes",), "person"),
    )


def test_yaml_may_be_a_list(tmp_path: Path) -> None:
    text = "- aiprov\n- Kowalski: Kovalsky\n- no\n- 2024\n"
    terms = read_glossary(written(tmp_path / "g.yml", text)).terms
    assert terms == (Term("aiprov"), Term("Kowalski", ("Kovalsky",)), Term("no"), Term("2024"))


@pytest.mark.parametrize("name", ["glossary.txt", "glossary.yaml"])
def test_an_empty_glossary_has_no_terms(tmp_path: Path, name: str) -> None:
    assert read_glossary(written(tmp_path / name, "# nothing yet\n")).terms == ()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("g.txt", "good\n!!!\n", "line 2: this is no term"),
        ("g.txt", "good: ok, ---\n", "line 1: this is no term"),
        ("g.txt", "one\ntwo\nOne\n", "line 3: this term is there twice"),
        ("g.txt", "a\x1b[31mb\n", "line 1: this is no term"),
        ("g.txt", "x" * 101, "line 1: this is no term"),
        ("g.txt", b"a\nb\nM\xfcller\n", "line 3: this is not UTF-8"),
        ("g.txt", "word\n" + "#" * (1 << 20), "is too large for a glossary"),
        ("g.txt", "\n".join(f"term{n}" for n in range(10_001)), "has more than 10000 terms"),
        ("g.yaml", "one: 1\ntwo: {alias: x}\n", "line 2: this is not known of terms"),
        ("g.yaml", "one: {kind: animal}\n", "line 1: there is no such kind of terms"),
        ("g.yaml", "one: [a, [b]]\n", "line 1: this is not text"),
        ("g.yaml", "just text\n", "line 1: this is no glossary"),
        ("g.yaml", "one: !!python/object:os.system {}\n", "line 1: "),
        ("g.yaml", "one: &a x\ntwo: *a\n", "line 1: "),
        ("g.yaml", "one: [\n", "this is not YAML"),
    ],
)
def test_what_is_no_glossary_is_refused_with_its_line(
    tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    path = written(tmp_path / name, content)
    with pytest.raises(ConfigError) as refused:
        read_glossary(path)
    assert str(refused.value).startswith(str(path))
    assert said in str(refused.value)
    assert refused.value.hint


def test_a_glossary_that_is_not_there_is_an_error_when_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no glossary none\.txt"):
        find_glossary([], Path("none.txt"))
    with pytest.raises(ConfigError, match="cannot read the glossary"):
        read_glossary(tmp_path)


def test_the_named_one_wins_then_the_current_folders_then_the_recordings(tmp_path: Path) -> None:
    recording = written(tmp_path / "in" / "a.mp3", "")
    assert find_glossary([recording]) is None
    beside = written(tmp_path / "in" / "glossary.yaml", "- a\n")
    assert find_glossary([recording]) == find_glossary([recording.parent]) == beside
    written(tmp_path / "glossary.txt", "b\n")
    assert find_glossary([recording]) == Path("glossary.txt")
    named = written(tmp_path / "other.txt", "c\n")
    assert find_glossary([recording], named) == named


def test_recordings_with_different_glossaries_beside_them_need_a_choice(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        written(folder / "glossary.txt", "a\n")
    with pytest.raises(ConfigError, match="are different glossaries"):
        find_glossary(folders)
    assert find_glossary([folders[0], folders[0] / "a.mp3"]) == folders[0] / "glossary.txt"
