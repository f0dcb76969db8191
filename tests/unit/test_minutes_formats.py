"""Minutes as json, md and html: nothing that was said or written by a model becomes markup or a link."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from aiprov.core.minutes import Author, Entry, Minutes, Problem, from_document, gathered, to_document
from aiprov.errors import ConfigError
from aiprov.pipelines.minutes_formats import Rendering, checked_template, chosen, render
from clerk_world import document

EVIL = "<script>alert(1)</script> [x](javascript:alert(1)) https://evil.example/ ![i](//e) `a` </style> \u202e $title"
ENTRIES = (
    Entry("We use the short version", (2,), 10.0, 14.5, 0.9, "We use it", "Anna", kind="decision"),
    Entry(
        "Ben writes notes",
        (3,),
        15.0,
        19.5,
        0.8,
        "I will",
        "Ben",
        "Ben",
        "Write",
        "Friday",
        "2026-03-13",
        (),
        "action_item",
    ),
    Entry("Ninety helicopters", (), problems=(Problem("number", "90"),), kind="decision"),
)


def minutes(*entries: Entry, title: str = "Pricing", language: str = "en") -> Minutes:
    return gathered(title, entries or ENTRIES, Author("abstractive", "clerk", "clerk-8b", language))


def rendered(form: str, made: Minutes | None = None, **more: Any) -> str:
    shape = to_document(made or minutes(), {"path": "sync.json"})
    talk = more.pop("talk", None)
    transcript = document(talk) if talk else document()
    return render(shape, form, Rendering(transcript, {}, **more))


def evil() -> Minutes:
    return minutes(
        *(replace(entry, text=EVIL, owner=EVIL, due=EVIL, quote=EVIL, problems=entry.problems) for entry in ENTRIES),
        title=EVIL,
    )


class Tags(HTMLParser):
    """Every tag with its attributes, and the text of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def test_json_is_the_document_with_a_line_for_each_entry():
    text = rendered("json")
    assert from_document(json.loads(text)) == minutes()
    assert sum(line.startswith('{"text"') for line in text.splitlines()) == 3


def test_md_has_owners_dates_and_times_that_link_into_the_page():
    text = rendered("md", page="sync.minutes.html")
    assert "# Pricing\n" in text
    assert "- We use the short version [0:00:10](sync.minutes.html#s2)" in text
    assert "- **Ben** (Friday, 2026-03-13): Ben writes notes [0:00:15](sync.minutes.html#s3)" in text
    assert "## Not supported by the transcript\n\n- Ninety helicopters (number)" in text
    assert "## Open questions" not in text


def test_without_a_page_times_link_into_the_recording_or_stand_alone():
    assert "[0:00:10](my%20talk.mp3#t=10.0)" in rendered("md", recording="my talk.mp3")
    assert "short version (0:00:10)" in rendered("md")


def test_headings_are_in_the_language_of_the_minutes():
    assert "## Beschlüsse" in rendered("md", minutes(language="de"))


def test_a_template_gets_every_part_and_refuses_what_stands_for_nothing():
    template = checked_template("T: $title\n$decisions\n${action_items}", "t.md")
    assert rendered("md", template=template).startswith("T: Pricing\n- We use the short version")
    for wrong in ("$nonsense", "costs 5$"):
        with pytest.raises(ConfigError, match="stands for nothing"):
            checked_template(wrong, "t.md")


def test_what_was_said_is_no_template():
    assert "\\$title" in rendered("md", evil(), template="$decisions")


def test_md_makes_neither_markup_nor_links_out_of_words():
    text = rendered("md", evil(), page="a.html")
    assert re.sub(r"\]\(a\.html#s\d\)", "", text).count("](") == text.count("\\](") > 0
    assert "<script" not in text.replace("\\<script", "")
    assert "https://" not in text
    assert "\u202e" not in text


def test_html_is_one_page_with_the_transcript_and_runs_nothing_but_its_own_script():
    text = rendered("html", evil(), talk=[(EVIL, EVIL)] * 4)
    page = Tags(text)
    assert len(page.of("script")) == len(page.of("style")) == 1
    assert {tag for tag, _ in page.tags} <= {
        "html", "head", "meta", "title", "style", "body", "header", "h1", "p", "br", "main", "article", "section", "h2",
        "ul", "li", "strong", "em", "small", "a", "time", "b", "span", "script",
    }  # fmt: skip
    assert all(re.fullmatch(r"#s\d+", link["href"] or "") for link in page.of("a"))
    assert not any(name.startswith("on") or name in ("src", "style") for _, each in page.tags for name in each)
    policy = next(each["content"] for each in page.of("meta") if "http-equiv" in each)
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_every_line_of_the_html_leads_to_the_words_that_carry_it():
    page = Tags(rendered("html"))
    places = {each["id"] for each in page.of("span")}
    assert {f"s{at}" for at in range(6)} == places
    assert [each["href"] for each in page.of("a")] == ["#s2", "#s3"]
    assert [each.get("data-cited") for each in page.of("li")] == ["s2", "s3", None]


def test_a_line_leads_to_where_its_quote_is_said_in_every_format():
    decided = replace(ENTRIES[0], segments=(1, 2, 4), start=12.0, end=24.5)
    assert "[0:00:12](a.html#s2)" in rendered("md", minutes(decided), page="a.html")
    page = Tags(rendered("html", minutes(decided)))
    assert [each["href"] for each in page.of("a")] == ["#s2"]
    (line,) = page.of("li")
    assert (line["data-cited"], line["data-start"]) == ("s2 s1 s4", "12.000")
    (entry,) = json.loads(rendered("json", minutes(decided)))["decisions"]
    assert (entry["start"], entry["segments"]) == (12.0, [1, 2, 4])


def test_what_is_due_reads_well_with_and_without_a_preposition():
    task = replace(ENTRIES[1], due="before the end of March")
    assert "<em>due: before the end of March</em>" in rendered("html", minutes(task))
    assert "<em>fällig: vor Freitag</em>" in rendered("html", minutes(replace(task, due="vor Freitag"), language="de"))


def test_the_page_can_be_used_by_keyboard_alone_and_asks_for_nothing_but_the_recording():
    page = Tags(rendered("html", recording="talk.mp3"))
    assert [each.get("tabindex") for each in page.of("section") if each.get("id") == "transcript"] == ["0"]
    assert not page.of("link")
    assert not page.of("img")
    style = re.search(r"<style>(.*?)</style>", rendered("html"), re.DOTALL)[1]
    assert ":focus-visible" in style
    assert "outline: none" not in style
    assert "url(" not in style
    assert "@import" not in style
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


def test_the_html_plays_the_recording_beside_it():
    (audio,) = Tags(rendered("html", recording='a "b":c.mp3')).of("audio")
    assert audio["src"] == "a%20%22b%22%3Ac.mp3"
    assert Tags(rendered("html")).of("audio") == []


def test_formats_are_chosen_by_a_list():
    assert chosen("md, HTML,md") == ("md", "html")
    assert chosen("all") == ("json", "md", "html")
    with pytest.raises(ConfigError, match="no minutes in 'pdf'"):
        chosen("pdf")
