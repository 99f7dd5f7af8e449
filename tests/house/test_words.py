"""Everything a person reads exists in English and Japanese, from one catalogue, and nothing in it is dead."""

import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from config.words.catalogue import Language, Words, catalogue
from engine.errors import Problem

ROOT = Path(__file__).parents[2]
WORDS = sorted((ROOT / "config" / "words").glob("*.toml"))
SOURCE = "\n".join(
    path.read_text(encoding="utf-8")
    for room in ("engine", "mapping", "config", "sync")
    for path in sorted((ROOT / room).rglob("*"))
    if path.suffix in {".py", ".jinja"}
)
CODE = re.compile(r"\b(?:RB|MP|ST|LG|SF|SR|LS|PL|AU|SB|CL|SC)-\d{3}\b")
KEYS = sorted(key for key in catalogue() if not CODE.fullmatch(key))
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def parameters(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("key", sorted(catalogue()))
@pytest.mark.parametrize("part", ["", "_advice", "_choices"])
def test_a_message_says_the_same_in_both_languages(key: str, part: str) -> None:
    entry = catalogue()[key]
    assert (f"en{part}" in entry) == (f"ja{part}" in entry)
    assert parameters(entry.get(f"en{part}", "")) == parameters(entry.get(f"ja{part}", ""))


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
    assert set(CODE.findall(SOURCE)) - set(catalogue()) == set()


def test_every_code_in_the_catalogue_is_used() -> None:
    assert {key for key in catalogue() if CODE.fullmatch(key)} - set(CODE.findall(SOURCE)) == set()


@pytest.mark.parametrize("key", KEYS)
def test_every_plain_message_is_used(key: str) -> None:
    """Whole in quotes, or put together by an f-string whose varying part stands in quotes itself."""
    assert in_quotes(key) or any(
        made and all(in_quotes(part) for part in made.groups())
        for made in (key_of.fullmatch(key) for key_of in made_keys())
    )


def test_a_key_stands_in_one_file_only() -> None:
    standing = Counter(key for file in WORDS for key in tomllib.loads(file.read_text(encoding="utf-8")))
    assert [key for key, files in standing.items() if files > 1] == []


def in_quotes(text: str) -> bool:
    return f'"{text}"' in SOURCE or f"'{text}'" in SOURCE


@cache
def made_keys() -> tuple[re.Pattern[str], ...]:
    """Of each f-string such as f"state.{state}" a pattern of the keys it makes."""
    templates = set(re.findall(r"""f["']((?:[a-z_]+\.)+\{[^"']*)["']""", SOURCE))
    return tuple(
        re.compile("(.+)".join(re.escape(fixed) for fixed in re.split(r"\{[^}]*\}", template)))
        for template in sorted(templates)
    )


@pytest.mark.parametrize("language", list(Language))
def test_a_number_is_written_one_way_whoever_says_it(language: Language) -> None:
    words = Words(language)
    told = (words.say("cli.approved", count=3382), words.problem(Problem("CL-110", "", {"count": 3382, "most": 1})))
    assert all("3,382" in each for each in told)
