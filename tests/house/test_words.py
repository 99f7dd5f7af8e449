"""Everything a person reads exists in English and Japanese, from one catalogue, and nothing in it is dead."""

import re
from pathlib import Path
from string import Formatter

import pytest

from config.words.catalogue import catalogue

ROOT = Path(__file__).parents[2]
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for room in ("engine", "mapping", "config", "sync")
    for path in sorted((ROOT / room).rglob("*"))
    if path.suffix in {".py", ".html", ".j2"}
}
CODE = re.compile(r"\b(?:RB|MP|ST|LG|SF|SR|LS|PL|AU|SB|CL)-\d{3}\b")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def parameters(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_a_message_says_the_same_in_both_languages(key: str) -> None:
    entry = catalogue()[key]
    assert parameters(entry["en"]) == parameters(entry["ja"])
    assert parameters(entry.get("en_advice", "")) == parameters(entry.get("ja_advice", ""))


@pytest.mark.parametrize("key", sorted(key for key in catalogue() if CODE.fullmatch(key)))
def test_a_problem_says_what_to_do_in_both_languages(key: str) -> None:
    entry = catalogue()[key]
    assert entry.get("en_advice")
    assert entry.get("ja_advice")


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_the_japanese_is_japanese(key: str) -> None:
    text = catalogue()[key]["ja"]
    words = re.sub(r"\{[^}]*\}", "", text)
    assert JAPANESE.search(words) or not re.search(r"[A-Za-z]{3,} [A-Za-z]{3,}", words)


def test_every_code_in_the_source_has_words() -> None:
    used = {code for text in SOURCES.values() for code in CODE.findall(text)}
    assert used - set(catalogue()) == set()


def test_every_code_in_the_catalogue_is_used() -> None:
    used = {code for text in SOURCES.values() for code in CODE.findall(text)}
    assert {key for key in catalogue() if CODE.fullmatch(key)} - used == set()
