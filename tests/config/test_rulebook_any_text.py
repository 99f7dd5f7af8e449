"""Whatever stands in a rule file, its author gets a rulebook or an answer, in both languages: never a crash."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.words.catalogue import Language, Words
from engine.errors import RulebookError
from engine.rulebook.rulebook import Rulebook

RULE = "- name: r\n  when: {all: [{employees: {at least: 300}}, {activity: {kind: task, within: 14 days}}]}\n  then: [{tag: t}]\n"
PIECES = (
    "：",
    "　",
    "\t",
    "\n",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "'",
    '"',
    ":",
    " ",
    "!",
    "&a ",
    "*a ",
    "<<: ",
    "~",
    "#",
    "|",
    "0",
    "all: ",
    "\x00",
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(RULE)), st.integers(0, 12), st.sampled_from(PIECES)), min_size=1, max_size=3
    )
)
def test_a_damaged_rule_is_read_or_explained(
    rulebook: Callable[..., Rulebook], edits: list[tuple[int, int, str]]
) -> None:
    text = RULE
    for at, removed, put in edits:
        text = text[:at] + put + text[at + removed :]
    assert explained(rulebook, text)


def explained(rulebook: Callable[..., Rulebook], text: str) -> str:
    """The rulebook's name, or what is wrong in both languages."""
    try:
        return rulebook(**{"automation/a.yaml": text}).name
    except RulebookError as error:
        return "\n".join(Words(language).error(error) for language in Language)


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ('- {name: "a\\nb", when: everyone, then: [{tag: t}]}', "RB-174 automation/a.yaml:1:10"),
        ('- {name: a, id: "a\\nb", when: everyone, then: [{tag: t}]}', "RB-174 automation/a.yaml:1:17"),
        ('- {name: a, when: everyone, then: [{tag: "t\\nb"}]}', "RB-146 automation/a.yaml:1:42"),
    ],
)
def test_no_line_ends_within_a_name_or_a_tag(complaints: Callable[..., list[str]], rule: str, complaint: str) -> None:
    assert complaints(**{"automation/a.yaml": rule}) == [complaint]


def test_a_description_may_have_several_lines(rulebook: Callable[..., Rulebook]) -> None:
    rule = '- {name: a, description: "one\\n\\ttwo", when: everyone, then: [{tag: t}]}'
    assert len(rulebook(**{"automation/a.yaml": rule}).rules) == 1
