"""Every mistake in a rule file is named: its code and its place, line and column, and nothing else is blamed for it."""

from collections.abc import Callable

import pytest

from config.rulebook.folder import rulebook_from
from config.words.catalogue import Language, Words
from engine.conditions.fields import Kind
from engine.errors import RulebookError
from engine.verdicts.registry import DERIVED_FIELDS
from mapping.field_map.field_map import FieldMap

Complaints = Callable[..., list[str]]


def rule(when: str = "{company: x}", then: str = "[{tag: t}]", more: str = "") -> str:
    """A rule that is right but for what a test puts in; `when` begins at column 9 of line 2, `then` of line 3."""
    return f"- name: r\n  when: {when}\n  then: {then}\n{more}"


def criterion(text: str) -> dict[str, str]:
    """A profile with one criterion, whose text begins at column 8 of line 3."""
    header = "name: x\ndefault profile: p\n"
    return {"rulebook.yaml": header, "profiles/a.yaml": f"- name: p\n  criteria:\n    - {{{text}}}\n"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("- name: r\n\twhen: x\n", "RB-101 automation/a.yaml:2:1", id="a tab"),
        pytest.param("- name:\tr\n", "RB-101 automation/a.yaml:1:8", id="a tab after a colon"),
        pytest.param("- name：r\n  when: x\n", "RB-102 automation/a.yaml:1:7", id="a full-width colon"),
        pytest.param("- name:　r\n  when: x\n", "RB-102 automation/a.yaml:1:8", id="a full-width space after a colon"),
        pytest.param("　- name: r\n", "RB-102 automation/a.yaml:1:1", id="a full-width space as indent"),
        pytest.param("- name: “r\n", "RB-102 automation/a.yaml:1:9", id="curly quotes"),
        pytest.param("- name:r\n  when: x\n", "RB-110 automation/a.yaml:1:7", id="no space after a colon"),
        pytest.param("- [1, 2\n", "RB-100 automation/a.yaml:2:1", id="an open bracket"),
        pytest.param("- name: 'r\n", "RB-100 automation/a.yaml:2:1", id="an open quote"),
        pytest.param("[]\n---\n[]\n", "RB-112 automation/a.yaml:2:1", id="a second document"),
        pytest.param("- &x 1\n- *x\n", "RB-113 automation/a.yaml:1:3", id="an anchor"),
        pytest.param("- !!python/object:os.system x\n", "RB-113 automation/a.yaml:1:3", id="a tag of YAML"),
        pytest.param('- name: "r\\0"\n', "RB-174 automation/a.yaml:1:9", id="a NUL"),
        pytest.param('- name: "r\\ud800"\n', "RB-174 automation/a.yaml:1:9", id="half a character"),
        pytest.param('- {"n\\b": r}\n', "RB-174 automation/a.yaml:1:4", id="a control character in a key"),
        pytest.param("# あ\n- name: \x01\n", "RB-174 automation/a.yaml:2:9", id="a control character as it is"),
        pytest.param('- name: "\\UFFFFFFFF"\n', "RB-100 automation/a.yaml", id="an escape that is no character"),
        pytest.param("- {[a]: b}\n", "RB-115 automation/a.yaml:1:4", id="a list as a key"),
        pytest.param("[" * 60 + "]" * 60, "RB-114 automation/a.yaml:1:52", id="too deep"),
    ],
)
def test_what_is_not_yaml_is_named_as_the_slip_it_is(complaints: Complaints, text: str, complaint: str) -> None:
    assert complaints(**{"automation/a.yaml": text}) == [complaint]


@pytest.mark.parametrize(
    ("when", "complaint"),
    [
        pytest.param("{emploees: 1}", "RB-106 2:10", id="unknown field"),
        pytest.param("{employees: {at lest: 1}}", "RB-104 2:22", id="unknown operator"),
        pytest.param("{employees: {contains: 1}}", "RB-105 2:22", id="operator for another kind"),
        pytest.param("{company: {rank at least: 部長}}", "RB-134 2:20", id="facet that the field lacks"),
        pytest.param("{title: {rank at least: 宇宙飛行士}}", "RB-131 2:33", id="no such rank"),
        pytest.param("{department: {function is: 踊り}}", "RB-131 2:36", id="no such function"),
        pytest.param("{employees: many}", "RB-116 2:21", id="no number"),
        pytest.param("{employees: 1.5}", "RB-117 2:21", id="no whole number"),
        pytest.param("{opted_out: off}", "RB-111 2:21", id="on and off are not yes and no"),
        pytest.param("{company: {is empty: maybe}}", "RB-111 2:30", id="is empty asks yes or no"),
        pytest.param("{grade: {at least: E}}", "RB-128 2:28", id="no such grade"),
        pytest.param("{last_activity: {before: 2026-02-30}}", "RB-128 2:34", id="no such day"),
        pytest.param("{bounced_at: {within: soon}}", "RB-148 2:31", id="no number of days"),
        pytest.param("{record_type: abc}", "RB-128 2:23", id="no id"),
        pytest.param("{employees: {between: [9, 1]}}", "RB-129 2:31", id="highest before lowest"),
        pytest.param("{employees: {between: [9]}}", "RB-129 2:31", id="half a span"),
        pytest.param("{employees: {is one of: 3}}", "RB-120 2:33", id="one value for a list"),
        pytest.param("{employees: {is one of: []}}", "RB-108 2:33", id="an empty list"),
        pytest.param("{employees: [1, 2]}", "RB-133 2:21", id="a list without an operator"),
        pytest.param("{employees: {at least: [1]}}", "RB-109 2:32", id="a list for one value"),
        pytest.param("{employees: }", "RB-108 2:20", id="nothing after a field"),
        pytest.param("{employees: {}}", "RB-108 2:21", id="no operator at all"),
        pytest.param("{company: なし}", "RB-130 2:19", id="a placeholder"),
        pytest.param("{company: {contains: ！}}", "RB-130 2:30", id="a fragment that says nothing"),
        pytest.param("{tags: 'a;b'}", "RB-146 2:16", id="a tag with a semicolon"),
        pytest.param("{persona: 無名}", "RB-124 2:19", id="unknown persona"),
        pytest.param("{buyer_role: king}", "RB-118 2:22", id="unknown buyer role"),
        pytest.param("{owner_kind: robot}", "RB-118 2:22", id="unknown kind of owner"),
        pytest.param("{employees: 1, employees: 2}", "RB-107 2:24", id="a field twice"),
        pytest.param("{employees: {at least: 1, at least: 2}}", "RB-107 2:35", id="an operator twice"),
        pytest.param("[{company: x}]", "RB-132 2:9", id="a list without all or any"),
        pytest.param("{all: {company: x}}", "RB-120 2:15", id="all without a list"),
        pytest.param("{any: []}", "RB-108 2:15", id="any of nothing"),
        pytest.param("company", "RB-121 2:9", id="a word for a condition"),
        pytest.param("{empty counts as: yes}", "RB-108 2:9", id="only an option"),
        pytest.param("{company: {is: x, empty counts as: perhaps}}", "RB-111 2:44", id="empty counts as what"),
        pytest.param("{activity: {kind: page veiw}}", "RB-135 2:27", id="unknown activity"),
        pytest.param("{object: lead}", "RB-118 2:18", id="no such object"),
        pytest.param("{activity: {kinds: task}}", "RB-103 2:21", id="unknown key of activity"),
        pytest.param("{activity: {employees: 3}}", "RB-103 2:21", id="a field of prospects asked of activities"),
        pytest.param("{activity: {any: [{activity: {kind: task}}]}}", "RB-106 2:28", id="activity within activity"),
        pytest.param("{activity: {campaign type: {at least: 3}}}", "RB-105 2:37", id="operator for another kind there"),
        pytest.param("{activity: {within: a week}}", "RB-148 2:29", id="activity within what"),
        pytest.param("{activity: {count at least: -1}}", "RB-117 2:37", id="a negative count"),
        pytest.param("{activity: {count at least: 3, count at most: 1}}", "RB-129 2:55", id="more than at most"),
    ],
)
def test_a_condition_that_cannot_be_asked_is_named(complaints: Complaints, when: str, complaint: str) -> None:
    code, place = complaint.split()
    assert complaints(**{"automation/a.yaml": rule(when=when)}) == [f"{code} automation/a.yaml:{place}"]


@pytest.mark.parametrize(
    ("then", "complaint"),
    [
        pytest.param("[{sett: {field: rating, value: Hot}}]", "RB-118 3:11", id="unknown action"),
        pytest.param("{tag: t}", "RB-120 3:9", id="one action without a list"),
        pytest.param("[]", "RB-108 3:9", id="no action"),
        pytest.param("[tag]", "RB-121 3:10", id="a bare word"),
        pytest.param("[{set: {field: ae_grade, value: A}}]", "RB-126 3:24", id="Account Engagement's field"),
        pytest.param("[{set: {field: our_grade, value: A}}]", "RB-127 3:24", id="a write-back field"),
        pytest.param("[{set: {field: grade, value: A}}]", "RB-127 3:24", id="a decision"),
        pytest.param("[{set: {field: owner, value: x}}]", "RB-127 3:24", id="the owner"),
        pytest.param("[{set: {field: created_at, value: 2026-01-01}}]", "RB-127 3:24", id="when it was created"),
        pytest.param("[{set: {field: bounced_at, value: 2026-01-01}}]", "RB-151 3:24", id="a moment"),
        pytest.param("[{set: {field: ratng, value: Hot}}]", "RB-106 3:24", id="unknown field"),
        pytest.param("[{set: {field: rating}}]", "RB-122 3:16", id="no value"),
        pytest.param("[{set: {value: Hot}}]", "RB-122 3:16", id="no field"),
        pytest.param("[{set: {field: employees, value: many}}]", "RB-116 3:42", id="a value of another kind"),
        pytest.param("[{set: {field: rating, value: Hot, otherwise: remove}}]", "RB-118 3:55", id="remove a field"),
        pytest.param("[{tag: {name: t, otherwise: clear}}]", "RB-118 3:37", id="clear a tag"),
        pytest.param("[{tag: {otherwise: keep}}]", "RB-122 3:16", id="a tag without a name"),
        pytest.param("[{tag: 'a;b'}]", "RB-146 3:16", id="a tag with a semicolon"),
        pytest.param("[{tag: t}, {tag: t}]", "RB-137 3:21", id="one tag twice"),
        pytest.param("[{assign: {user: a@b}}, {assign: {queue: q}}]", "RB-137 3:34", id="two owners"),
        pytest.param("[{assign: {pool: 関東}}]", "RB-124 3:26", id="unknown pool"),
        pytest.param("[{assign: {pool: a, user: b}}]", "RB-149 3:19", id="two targets"),
        pytest.param("[{assign: {reassign: yes}}]", "RB-149 3:19", id="no target"),
        pytest.param("[{assign: {user: a@b, reassign: often}}]", "RB-111 3:41", id="reassign how"),
    ],
)
def test_an_action_that_cannot_be_done_is_named(complaints: Complaints, then: str, complaint: str) -> None:
    code, place = complaint.split()
    assert complaints(**{"automation/a.yaml": rule(then=then)}) == [f"{code} automation/a.yaml:{place}"]


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        pytest.param("automation/a.yaml", rule(more="  mood: once\n"), "RB-103 4:3", id="unknown key of a rule"),
        pytest.param("automation/a.yaml", rule(more="  mode: sometimes\n"), "RB-118 4:9", id="unknown mode"),
        pytest.param("automation/a.yaml", rule(more="  active: on\n"), "RB-111 4:11", id="active how"),
        pytest.param("automation/a.yaml", rule(more="  name: s\n"), "RB-107 4:3", id="a key twice"),
        pytest.param("automation/a.yaml", rule(more="  id: a\n  was: b\n"), "RB-145 5:3", id="id and was"),
        pytest.param("automation/a.yaml", rule() + rule(), "RB-123 4:3", id="two rules of one name"),
        pytest.param("automation/a.yaml", "- when: {company: x}\n  then: [{tag: t}]\n", "RB-122 1:3", id="no name"),
        pytest.param("automation/a.yaml", "- name: r\n  then: [{tag: t}]\n", "RB-122 1:3", id="no condition"),
        pytest.param("automation/a.yaml", "- name: r\n  when: everyone\n", "RB-122 1:3", id="no action"),
        pytest.param("automation/a.yaml", "- name: r\n  when:\n  then: [{tag: t}]\n", "RB-108 2:8", id="nothing said"),
        pytest.param("automation/a.yaml", "name: r\n", "RB-120 1:1", id="an item without a list"),
        pytest.param(
            "automation/a.yaml",
            rule(then="[{set: {field: rating, value: Hot, otherwise: clear}}]", more="  mode: once\n"),
            "RB-139 3:44",
            id="otherwise of what fires once",
        ),
        pytest.param("personas/a.yaml", "- {name: p, when: everyone}\n", "RB-122 1:3", id="persona without a role"),
        pytest.param("personas/a.yaml", "- {name: p, role: r}\n", "RB-122 1:3", id="persona without a condition"),
        pytest.param(
            "personas/a.yaml", "- {name: p, role: r, when: everyone, card: x}\n", "RB-121 1:44", id="a card of one word"
        ),
        pytest.param(
            "personas/a.yaml", "- {name: p, role: r, when: everyone, profile: q}\n", "RB-124 1:47", id="unknown profile"
        ),
        pytest.param(
            "personas/a.yaml", f"- {{name: {'長' * 81}, role: r, when: everyone}}\n", "RB-154 1:10", id="a long name"
        ),
        pytest.param(
            "personas/a.yaml", f"- {{name: p, role: {'r' * 41}, when: everyone}}\n", "RB-154 1:19", id="a long role"
        ),
        pytest.param("scoring.yaml", "points: {page veiw: 1}\n", "RB-135 1:10", id="points for no activity"),
        pytest.param("scoring.yaml", "points: {page view: x}\n", "RB-116 1:21", id="points that are no number"),
        pytest.param("scoring.yaml", "points: {page view: 0.0001}\n", "RB-150 1:21", id="points too fine"),
        pytest.param("scoring.yaml", "points: {page view: {first only: yes}}\n", "RB-122 1:21", id="no points"),
        pytest.param("scoring.yaml", "points: {task: []}\n", "RB-108 1:16", id="a kind with no points at all"),
        pytest.param(
            "scoring.yaml",
            "points: {task: {points: 1, when: {employees: 3}}}\n",
            "RB-106 1:35",
            id="points by a prospect",
        ),
        pytest.param("scoring.yaml", "points: [1]\n", "RB-121 1:9", id="points as a list"),
        pytest.param("scoring.yaml", "description: x\n", "RB-122 1:1", id="scoring without points"),
        pytest.param("assignment.yaml", "default pool: 関東\n", "RB-124 1:15", id="unknown default pool"),
        pytest.param("assignment.yaml", "pools: [{name: p}]\n", "RB-122 1:9", id="pool without members"),
        pytest.param("assignment.yaml", "pools: [{name: p, members: []}]\n", "RB-108 1:28", id="pool of nobody"),
        pytest.param("assignment.yaml", "pools: [{name: p, members: [a, A]}]\n", "RB-152 1:32", id="a member twice"),
        pytest.param(
            "assignment.yaml", "pools: [{name: p, members: [a], turn: random}]\n", "RB-118 1:39", id="another turn"
        ),
        pytest.param("assignment.yaml", "intake: Inbound\n", "RB-120 1:9", id="intake without a list"),
        pytest.param("assignment.yaml", "pool: []\n", "RB-103 1:1", id="unknown key of assignment"),
        pytest.param("rulebook.yaml", "description: x\n", "RB-122 1:1", id="a rulebook without a name"),
        pytest.param("rulebook.yaml", "name: x\nscop: everyone\n", "RB-103 2:1", id="unknown key of the rulebook"),
        pytest.param("rulebook.yaml", "name: x\ntime zone: Asia/Tokio\n", "RB-142 2:12", id="unknown time zone"),
        pytest.param("rulebook.yaml", "name: x\ndefault profile: p\n", "RB-124 2:18", id="unknown default profile"),
        pytest.param("rulebook.yaml", "name: x\norder: {personas: [p]}\n", "RB-124 2:20", id="order of an unknown"),
        pytest.param("rulebook.yaml", "name: x\napproval: {owners: boss}\n", "RB-118 2:20", id="unknown approver"),
        pytest.param("rulebook.yaml", "name: x\nchange limit: {percent: 200}\n", "RB-117 2:25", id="200 %"),
        pytest.param("rulebook.yaml", "name: x\nchange limit: {min: 9, max: 1}\n", "RB-143 2:15", id="min over max"),
        pytest.param("rulebook.yaml", "name: x\nchange limit: {min: -1}\n", "RB-117 2:21", id="a negative limit"),
        pytest.param("rulebook.yaml", "name: x\nmode: quiet\n", "RB-118 2:7", id="no such mode"),
        pytest.param("rulebook.yaml", "name: x\npeople win: {rating: always}\n", "RB-160 2:22", id="no stance"),
        pytest.param("rulebook.yaml", "name: x\ncalendar: {holidays: Japan}\n", "RB-161 2:22", id="no country's code"),
        pytest.param("rulebook.yaml", "name: x\ncalendar: {closed: [13/8/2026]}\n", "RB-162 2:21", id="no day"),
        pytest.param("rulebook.yaml", "name: x\npace: {from: 8am}\n", "RB-163 2:14", id="no time of day"),
        pytest.param(
            "rulebook.yaml",
            "name: x\nfreeze: [{from: 2026-12-31, until: 2026-12-01}]\n",
            "RB-164 2:10",
            id="a span that ends before it begins",
        ),
        pytest.param(
            "rulebook.yaml", "name: x\nfreeze: [{from: 2026-12-31}]\n", "RB-122 2:10", id="no end of a freeze"
        ),
        pytest.param(
            "rulebook.yaml",
            'name: x\npace: {from: "08:00", until: "08:00"}\n',
            "RB-165 2:30",
            id="no time left to write",
        ),
        pytest.param(
            "rulebook.yaml",
            "name: x\ncalendar: {weekend: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]}\n",
            "RB-166 2:21",
            id="no working day",
        ),
        pytest.param("rulebook.yaml", "name: x\nplan expiry: {working days: 0}\n", "RB-117 2:29", id="expires at once"),
    ],
)
def test_an_item_that_is_not_whole_is_named(complaints: Complaints, file: str, text: str, complaint: str) -> None:
    code, place = complaint.split()
    assert complaints(**{file: text}) == [f"{code} {file}:{place}"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("name: c, worth: 1/2, matches: everyone", "RB-118 3:24", id="worth a half"),
        pytest.param("name: c, matches: everyone", "RB-122 3:7", id="worth nothing said"),
        pytest.param("name: c, worth: 1/3", "RB-136 3:7", id="never matches"),
        pytest.param("name: c, worth: 1/3, matches: everyone, weak: everyone", "RB-136 3:7", id="both forms"),
        pytest.param(
            "name: c, worth: 1/3, matches: {company: x}, empty counts as: no", "RB-118 3:69", id="empty counts as no"
        ),
    ],
)
def test_a_criterion_that_cannot_grade_is_named(complaints: Complaints, text: str, complaint: str) -> None:
    code, place = complaint.split()
    assert complaints(**criterion(text)) == [f"{code} profiles/a.yaml:{place}"]


def test_two_criteria_of_one_name_are_named(complaints: Complaints) -> None:
    twice = "name: c, worth: 1/3, matches: everyone}\n    - {name: c, worth: 1/3, matches: everyone"
    assert complaints(**criterion(twice)) == ["RB-123 profiles/a.yaml:4:7"]


def test_profiles_need_a_default(complaints: Complaints) -> None:
    profile = "- name: p\n  criteria: [{name: c, worth: 1/3, matches: everyone}]\n"
    assert complaints(**{"profiles/a.yaml": profile}) == ["RB-122 rulebook.yaml"]


def test_a_paused_pool_cannot_be_named(complaints: Complaints) -> None:
    pools = "pools: [{name: 関東, members: [a@b], active: no}]\n"
    found = complaints(**{"assignment.yaml": pools, "automation/a.yaml": rule(then="[{assign: {pool: 関東}}]")})
    assert found == ["RB-125 automation/a.yaml:3:26"]


def test_personas_choose_the_profile_or_ask_for_it_but_not_both(complaints: Complaints) -> None:
    personas = "- {name: a, role: r, when: everyone, profile: p}\n- {name: b, role: r, when: {profile: p}}\n"
    profile = criterion("name: c, worth: 1/3, matches: everyone")
    assert complaints(**profile, **{"personas/a.yaml": personas}) == ["RB-138 personas/a.yaml:2:3"]


# Which roles and people there are says the org, later.
NAMED = [
    field.name
    for field in DERIVED_FIELDS
    if field.kind is Kind.PICKLIST and field.name not in {"owner_role", "owner_manager"}
]


@pytest.mark.parametrize("field", NAMED)
def test_a_name_that_nothing_has_is_refused(complaints: Complaints, field: str) -> None:
    [found] = complaints(**{"automation/a.yaml": rule(when=f"{{{field}: nobody is called so}}")})
    assert found.split()[0] in {"RB-118", "RB-124"}


@pytest.mark.parametrize(
    "name", ["persona/a.yaml", "scores.yaml", "automation/deep/a.yaml", "automation/a.yml", "segment/a.yaml"]
)
def test_a_file_that_would_be_passed_over_is_named(complaints: Complaints, name: str) -> None:
    assert complaints(**{name: "[]\n"}) == [f"RB-153 {name}"]


def test_a_cycle_of_rules_is_refused(complaints: Complaints) -> None:
    rules = rule(when="{rating: Cold}", then="[{set: {field: rating, value: Hot}}]")
    assert [found.split()[0] for found in complaints(**{"automation/a.yaml": rules})] == ["RB-201"]


def test_all_mistakes_of_all_files_are_named_at_once_in_reading_order(complaints: Complaints) -> None:
    found = complaints(
        **{
            "automation/b.yaml": rule(when="{emploees: 1}", then="[{tag: 'a;b'}]"),
            "automation/a.yaml": "- name：x\n  when: 1\n",
            "scoring.yaml": "points: {page view: x}\n",
        }
    )
    assert found == [
        "RB-102 automation/a.yaml:1:7",
        "RB-106 automation/b.yaml:2:10",
        "RB-146 automation/b.yaml:3:16",
        "RB-116 scoring.yaml:1:21",
    ]


def test_what_a_file_that_cannot_be_read_would_have_said_is_not_missed(complaints: Complaints) -> None:
    found = complaints(
        **{
            "rulebook.yaml": "name：x\n",
            "personas/a.yaml": "- name：決裁者\n",
            "automation/a.yaml": rule(when="{persona: 決裁者, buyer_role: decision maker}"),
        }
    )
    assert found == ["RB-102 personas/a.yaml:1:7", "RB-102 rulebook.yaml:1:5"]


def test_a_word_of_a_fixed_few_is_meant_as_it_is_written(field_map: FieldMap) -> None:
    texts = {"rulebook.yaml": "name: x\ndefault profile: p\napproval: {owners: preson}\n"}
    with pytest.raises(RulebookError) as caught:
        rulebook_from(texts, field_map)
    assert [problem.params["meant"] for problem in caught.value.problems if problem.code == "RB-118"] == ["person"]
    assert "'person'" in Words(Language.ENGLISH).error(caught.value)
