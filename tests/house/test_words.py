"""Everything a person reads exists in English and Japanese, from one catalogue, and nothing in it is dead."""

import re
import tomllib
from collections import Counter
from pathlib import Path
from string import Formatter

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
CODES = {key for key in catalogue() if CODE.fullmatch(key)}
KEYS = set(catalogue()) - CODES
# So much of a sentence must stand behind a code, where it does not fit.
CUT_MIN = 20
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
# Whatever stands between two equal quotes; any quote may open, as a quote within a text of the other kind does.
QUOTED = {text for _, text in re.findall(r"""(?=(["'])([^"'\n]*)\1)""", SOURCE)}


def parameters(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_every_message_says_the_same_in_both_languages() -> None:
    assert {
        f"{key}{part}"
        for key, entry in catalogue().items()
        for part in ("", "_advice", "_choices")
        if (f"en{part}" in entry) != (f"ja{part}" in entry)
        or parameters(entry.get(f"en{part}", "")) != parameters(entry.get(f"ja{part}", ""))
    } == set()


def test_every_problem_says_what_to_do_in_both_languages() -> None:
    told = {key: catalogue()[key] for key in CODES}
    assert {key for key, entry in told.items() if not (entry.get("en_advice") and entry.get("ja_advice"))} == set()


def test_the_japanese_is_japanese() -> None:
    texts = {key: re.sub(r"\{[^}]*\}", "", entry["ja"]) for key, entry in catalogue().items()}
    assert {
        key
        for key, text in texts.items()
        if not JAPANESE.search(text) and re.search(r"[A-Za-z]{3,} [A-Za-z]{3,}", text)
    } == set()


def test_the_source_uses_the_codes_that_have_words_and_no_others() -> None:
    assert set(CODE.findall(SOURCE)) ^ CODES == set()


def test_every_plain_message_is_used() -> None:
    """Whole in quotes, or put together by an f-string whose varying part stands in quotes itself."""
    made = made_keys()
    assert {
        key
        for key in KEYS - QUOTED
        if not any(found and set(found.groups()) <= QUOTED for found in (pattern.fullmatch(key) for pattern in made))
    } == set()


def test_a_key_stands_in_one_file_only() -> None:
    standing = Counter(key for file in WORDS for key in tomllib.loads(file.read_text(encoding="utf-8")))
    assert [key for key, files in standing.items() if files > 1] == []


def made_keys() -> list[re.Pattern[str]]:
    """Of each f-string such as f"state.{state}" a pattern of the keys it makes."""
    templates = set(re.findall(r"""f["']((?:[a-z_]+\.)+\{[^"']*)["']""", SOURCE))
    return [
        re.compile("(.+)".join(re.escape(fixed) for fixed in re.split(r"\{[^}]*\}", template)))
        for template in sorted(templates)
    ]


def test_a_number_is_written_one_way_whoever_says_it() -> None:
    problem = Problem("CL-110", "", {"count": 3382, "most": 1})
    spoken = map(Words, Language)
    told = [text for words in spoken for text in (words.say("cli.approved", count=3382), words.problem(problem))]
    assert [text for text in told if "3,382" not in text] == []


def test_every_code_stands_in_the_source_with_its_english_sentence() -> None:
    """So that a raise is read without the catalogue: behind the code, cut with … where the line ends, or above it."""
    assert {
        f"{path.relative_to(ROOT)}:{number}: # {sentence}"
        for room in ("engine", "mapping", "config", "sync")
        for path in (ROOT / room).rglob("*.py")
        for number, above, line in _lines(path)
        if (codes := [code for code in re.findall(r'"([A-Z]{2}-\d{3})"', line) if code in CODES])
        and (sentence := " / ".join(catalogue()[code]["en"] for code in codes))
        and not _says(line.rpartition("  # ")[2], sentence)
        and not _says(above.strip().removeprefix("# "), sentence)
    } == set()


def _lines(path: Path) -> list[tuple[int, str, str]]:
    """Lines of code with their number and the line above; docstrings left out."""
    text = re.sub(r'""".*?"""', lambda found: "\n" * found[0].count("\n"), path.read_text("utf-8"), flags=re.DOTALL)
    lines = text.split("\n")
    return [(number, lines[number - 2], line) for number, line in enumerate(lines, 1) if number > 1]


def _says(comment: str, sentence: str) -> bool:
    whole, is_cut = comment.removesuffix("…"), comment.endswith("…")
    return sentence == comment or (is_cut and len(comment) >= CUT_MIN and sentence.startswith(whole))
