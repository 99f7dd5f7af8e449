"""segments/*.yaml: what they say, and what is wrong with them, by file and line."""

from collections.abc import Callable

import pytest

from engine.conditions.conditions import ALWAYS, ActivityCount, Leaf
from engine.conditions.fields import Field, Kind
from engine.rulebook.rulebook import Rulebook, Segment

Make = Callable[..., Rulebook]
Complaints = Callable[..., list[str]]
LOOKING = "- {name: 検討中, when: {activity: {kind: page view, within: 14 days, count at least: 3}}, rank: 2}\n"
FIELD = Field("segment", Kind.PICKLIST, is_several=True)


def test_segments_stand_by_rank_whatever_the_files_say_first(rulebook: Make) -> None:
    made = rulebook(
        **{"segments/a.yaml": LOOKING, "segments/b.yaml": "- {name: 全員, id: all, when: everyone, rank: 1}\n"}
    )
    assert made.segments == (
        Segment("all", "全員", ALWAYS, 1, "rulebook/segments/b.yaml:1:3"),
        Segment(
            "検討中",
            "検討中",
            ActivityCount(("page view",), within_days=14, at_least=3),
            2,
            "rulebook/segments/a.yaml:1:3",
        ),
    )


@pytest.mark.parametrize(
    ("when", "leaf"),
    [
        ("{segment: 検討中}", Leaf(FIELD, "is", "検討中", "検討中")),
        ("{segment: {is: ＡＬＬ}}", Leaf(FIELD, "is", "全員", "ＡＬＬ")),
        ("{segment: {is one of: [検討中, all]}}", Leaf(FIELD, "is one of", ("検討中", "全員"), "検討中, all")),
        ("{segment: {is empty: yes}}", Leaf(FIELD, "is empty", operand=True, shown="yes")),
    ],
)
def test_rules_ask_for_segments_by_name_or_id(rulebook: Make, when: str, leaf: Leaf) -> None:
    made = rulebook(
        **{
            "segments/a.yaml": f"{LOOKING}- {{name: 全員, id: all, when: everyone, rank: 3}}\n",
            "automation/a.yaml": f"- {{name: r, when: {when}, then: [{{tag: t}}]}}\n",
        }
    )
    assert made.rules[0].when == leaf


def test_a_paused_segment_is_left_out(rulebook: Make) -> None:
    paused = "- {name: old, when: everyone, rank: 1, active: no}\n"
    assert [one.name for one in rulebook(**{"segments/a.yaml": paused + LOOKING}).segments] == ["検討中"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("- {when: everyone, rank: 1}", "RB-122 segments/a.yaml:1:3", id="no name"),
        pytest.param("- {name: a, rank: 1}", "RB-122 segments/a.yaml:1:3", id="no condition"),
        pytest.param("- {name: a, when: everyone}", "RB-122 segments/a.yaml:1:3", id="no rank"),
        pytest.param("- {name: a, when: everyone, rank: 0}", "RB-117 segments/a.yaml:1:35", id="no such rank"),
        pytest.param("- {name: a, when: everyone, rank: 1, role: x}", "RB-103 segments/a.yaml:1:38", id="unknown key"),
        pytest.param(
            "- {name: a, when: everyone, rank: 1}\n- {name: b, when: everyone, rank: 1}",
            "RB-173 segments/a.yaml:2:35",
            id="one rank twice",
        ),
        pytest.param(
            "- {name: a, when: everyone, rank: 1}\n- {name: Ａ, when: everyone, rank: 2}",
            "RB-123 segments/a.yaml:2:3",
            id="one name twice",
        ),
        pytest.param(
            f"- {{name: {'a' * 256}, when: everyone, rank: 1}}",
            "RB-154 segments/a.yaml:1:10",
            id="too long for the org",
        ),
        pytest.param("- {name: a, when: {segment: a}, rank: 1}", "RB-205 segments/a.yaml:1:3", id="asks for itself"),
        pytest.param("a: 1", "RB-120 segments/a.yaml:1:1", id="no list"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(complaints: Complaints, text: str, found: str) -> None:
    assert complaints(**{"segments/a.yaml": f"{text}\n"}) == [found]


@pytest.mark.parametrize(
    ("when", "found"),
    [("{segment: 検討}", "RB-124"), ("{segment: {starts with: 検}}", "RB-105"), ("{segment: {at least: 1}}", "RB-105")],
)
def test_a_segment_that_is_not_there_cannot_be_asked(complaints: Complaints, when: str, found: str) -> None:
    rule = f"- {{name: r, when: {when}, then: [{{tag: t}}]}}\n"
    assert [one.split()[0] for one in complaints(**{"segments/a.yaml": LOOKING, "automation/a.yaml": rule})] == [found]
