"""The page needs nothing but itself, runs nothing, and says the same in both languages."""

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest

from config.words.catalogue import Language, Words
from sync.reports.page import html
from sync.views.listing import RECEIVED_SHOWN_MAX, UPDATES_SHOWN_MAX
from sync.views.report import RunReport
from sync.views.rows import FieldChange, OwnerMove

OfRows = Callable[..., RunReport]

_VOID = {"meta", "rect", "br"}


class _Tags(HTMLParser):
    """Collects tags and their attributes, and checks that every tag is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(params=list(Language))
def words(request: pytest.FixtureRequest) -> Words:
    return Words(request.param)


def test_the_page_says_its_language(report: RunReport, words: Words) -> None:
    assert f'<html lang="{words.language}">' in html(report, words)


def test_every_tag_is_closed(report: RunReport, words: Words) -> None:
    assert _Tags(html(report, words)).open == []


def test_nothing_is_loaded_and_nothing_runs(report: RunReport, words: Words) -> None:
    tags = _Tags(html(report, words)).found

    assert {tag for tag, _ in tags} & {"script", "link", "img", "iframe", "object", "form"} == set()
    assert [
        given for _, given in tags if any(name in given or name.startswith("on") for name in ("src", "style"))
    ] == []
    assert not re.search(r"@import|url\(", html(report, words))


def test_the_pages_own_policy_allows_its_stylesheet_only(report: RunReport, words: Words) -> None:
    page = html(report, words)
    style = page.split("<style>")[1].split("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()

    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page


def test_moves_come_first_then_loads_then_fields(report: RunReport, words: Words) -> None:
    page = html(report, words)

    assert page.index('id="moves"') < page.index('id="loads"') < page.index('id="fields"')


def test_each_lead_links_to_salesforce(report: RunReport, words: Words) -> None:
    assert 'href="https://example.my.salesforce.com/lightning/r/Lead/00Q000000000000001/view"' in html(report, words)


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_what_a_lead_typed_stays_text(of_rows: OfRows, words: Words, cast: Any, hostile: str) -> None:
    row = cast.lead(7, name=hostile, company=hostile, fields=(FieldChange("title", hostile, None),))

    page = html(of_rows(row), words)

    tags = {tag for tag, _ in _Tags(page).found}
    assert tags & {"script", "img"} == set()
    assert "49" not in page.split("<main>")[1].split('id="made"')[0]


def test_a_link_that_is_not_https_is_no_link(of_rows: OfRows, words: Words, cast: Any) -> None:
    row = cast.lead(7, link="javascript:alert(1)", fields=(FieldChange("score", 1, 2),))

    assert "javascript:" not in html(of_rows(row), words)


def test_an_empty_run_says_so(of_rows: OfRows) -> None:
    assert "Nothing to change" in html(replace(of_rows(), remarks=()), Words(Language.ENGLISH))


def test_a_long_run_is_cut_and_the_page_says_where_the_rest_is(of_rows: OfRows, cast: Any) -> None:
    rows = tuple(cast.lead(n, fields=(FieldChange("score", 1, n + 2),)) for n in range(UPDATES_SHOWN_MAX + 25))

    page = html(of_rows(*rows), Words(Language.ENGLISH))

    assert "25 more rows are in the CSV file." in page


def test_of_all_that_one_person_gets_the_page_has_the_first_and_says_how_many_more(of_rows: OfRows, cast: Any) -> None:
    move = OwnerMove(cast.queue, cast.suzuki)
    rows = tuple(cast.lead(n, move=move, score=n) for n in range(RECEIVED_SHOWN_MAX + 7))

    page = html(of_rows(*rows), Words(Language.ENGLISH))

    assert page.count("高橋 ") == RECEIVED_SHOWN_MAX
    assert "7 more rows are in the CSV file." in page


def test_times_are_the_readers(report: RunReport) -> None:
    assert "2026年11月21日(土) 18:05" in html(report, Words(Language.JAPANESE))
    assert "Sat 21 Nov 2026, 18:05" in html(report, Words(Language.ENGLISH))


def test_print_and_dark_have_styles_of_their_own(report: RunReport, words: Words) -> None:
    page = html(report, words)

    assert "@media print" in page
    assert "prefers-color-scheme: dark" in page
