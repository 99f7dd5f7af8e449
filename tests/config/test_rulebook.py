"""A rulebook's files become the engine's values: what the author wrote, as what the engine compares."""

from collections.abc import Callable

import pytest

from engine.actions.add_tag import AddTag
from engine.actions.assign import Assign
from engine.actions.set_field import SetField
from engine.conditions.conditions import ALWAYS, ActivityCount, Group, Join, Leaf
from engine.conditions.fields import Field, Kind
from engine.conditions.operators import OPERATORS, OperandShape
from engine.rulebook.policy import Approver, Limits, Policy
from engine.rulebook.rulebook import (
    Assignment,
    AutomationRule,
    Criterion,
    Level,
    Otherwise,
    Persona,
    Points,
    Pool,
    Profile,
    Reference,
    Rulebook,
    RuleMode,
)

Make = Callable[..., Rulebook]

CAMPAIGN_TYPE = Field("campaign type", Kind.PICKLIST)
EMPLOYEES = Field("employees", Kind.INTEGER)
COMPANY = Field("company", Kind.TEXT, ("form",))
AT_LEAST_300 = Leaf(EMPLOYEES, "at least", 300, "300")


def condition(rulebook: Make, text: str) -> object:
    """The condition a rule has when its `when` is this text."""
    return rulebook(**{"automation/a.yaml": f"- name: r\n  when: {text}\n  then: [{{tag: t}}]\n"}).rules[0].when


def actions(rulebook: Make, text: str, **files: str) -> object:
    return rulebook(**{"automation/a.yaml": f"- name: r\n  when: everyone\n  then: {text}\n"}, **files).rules[0].then


@pytest.mark.parametrize(
    ("text", "leaf"),
    [
        pytest.param("{employees: {at least: 300}}", AT_LEAST_300, id="a number"),
        pytest.param("{employees: {at least: '３００'}}", Leaf(EMPLOYEES, "at least", 300, "３００"), id="wide digits"),
        pytest.param("{employees: {at least: '1,000'}}", Leaf(EMPLOYEES, "at least", 1000, "1,000"), id="a comma"),
        pytest.param("{employees: 5}", Leaf(EMPLOYEES, "is", 5, "5"), id="short for is"),
        pytest.param(
            "{employees: {between: [100, 299]}}", Leaf(EMPLOYEES, "between", (100, 299), "100, 299"), id="a span"
        ),
        pytest.param(
            "{company: {is: 三河製作所　株式会社}}",
            Leaf(COMPANY, "is", "三河製作所", "三河製作所　株式会社"),
            id="a company by its key",
        ),
        pytest.param(
            "{company: {contains: ＡＢＣ}}", Leaf(COMPANY, "contains", "abc", "ＡＢＣ"), id="a part by its key"
        ),
        pytest.param(
            "{title: {rank at least: 部長}}",
            Leaf(Field("title", Kind.TEXT, ("rank",)), "rank at least", 6, "部長"),
            id="a rank",
        ),
        pytest.param(
            "{department: {function is: 生産技術}}",
            Leaf(Field("department", Kind.TEXT, ("function",)), "function is", "production engineering", "生産技術"),
            id="a function",
        ),
        pytest.param("{grade: {at least: b+}}", Leaf(Field("grade", Kind.GRADE), "at least", 9, "b+"), id="a grade"),
        pytest.param(
            "{opted_out: no}", Leaf(Field("opted_out", Kind.BOOLEAN), "is", operand=False, shown="no"), id="no"
        ),
        pytest.param(
            "{revenue: {less than: 1.5}}", Leaf(Field("revenue", Kind.DECIMAL), "less than", 1.5, "1.5"), id="a decimal"
        ),
        pytest.param(
            "{last_activity: {before: 2026/4/1}}",
            Leaf(Field("last_activity", Kind.DATE), "before", "2026-04-01", "2026/4/1"),
            id="a date",
        ),
        pytest.param(
            "{bounced_at: {within: 14日}}", Leaf(Field("bounced_at", Kind.DATETIME), "within", 14, "14日"), id="days"
        ),
        pytest.param(
            "{record_type: 012000000000123}",
            Leaf(Field("record_type", Kind.ID), "is", "012000000000123AAA", "012000000000123"),
            id="an id",
        ),
        pytest.param(
            "{tags: 展示会}", Leaf(Field("tags", Kind.TAGS), "include", "展示会", "展示会"), id="short for include"
        ),
        pytest.param("{rating: no}", Leaf(Field("rating", Kind.PICKLIST), "is", "no", "no"), id="no as a text"),
        pytest.param(
            "{owner_kind: inactive user}",
            Leaf(Field("owner_kind", Kind.PICKLIST), "is", "inactive user", "inactive user"),
            id="a kind of owner",
        ),
        pytest.param(
            "{owner_role: {is one of: [関東営業, Ｓａｌｅｓ]}}",
            Leaf(Field("owner_role", Kind.PICKLIST), "is one of", ("関東営業", "sales"), "関東営業, Ｓａｌｅｓ"),
            id="the role of the owner",
        ),
        pytest.param(
            "{owner_manager: {ends with: '@Example.jp'}}",
            Leaf(Field("owner_manager", Kind.PICKLIST), "ends with", "@example.jp", "@Example.jp"),
            id="a part of the owner's manager",
        ),
        pytest.param("{object: Lead}", Leaf(Field("object", Kind.PICKLIST), "is", "Lead", "Lead"), id="the object"),
        pytest.param(
            "{employees: {at least: 300, empty counts as: no}}",
            Leaf(EMPLOYEES, "at least", 300, "300", empty_counts_as=False),
            id="empty counts as",
        ),
        pytest.param("everyone", ALWAYS, id="everyone"),
        pytest.param(
            "{activity: {kind: [task, page view], asset: 価格, within: 7 days, count at least: 3}}",
            ActivityCount(("task", "page view"), "価格", 7, 3),
            id="activities",
        ),
        pytest.param(
            "{activity: {kind: task, campaign type: Webinar}}",
            ActivityCount(("task",), where=Leaf(CAMPAIGN_TYPE, "is", "webinar", "Webinar")),
            id="activities by a field of their own",
        ),
        pytest.param(
            "{activity: {minutes: {at least: 5}, any: [{campaign type: Webinar}, {campaign name: {is empty: yes}}]}}",
            ActivityCount(
                where=Group(
                    Join.ALL,
                    (
                        Leaf(Field("minutes", Kind.INTEGER), "at least", 5, "5"),
                        Group(
                            Join.ANY,
                            (
                                Leaf(CAMPAIGN_TYPE, "is", "webinar", "Webinar"),
                                Leaf(Field("campaign name", Kind.TEXT), "is empty", operand=True, shown="yes"),
                            ),
                        ),
                    ),
                )
            ),
            id="several fields of activities, in groups too",
        ),
        pytest.param(
            "{activity: {campaign: 701000000000001}}", ActivityCount(campaign="701000000000001AAA"), id="one campaign"
        ),
        pytest.param("{activity: {kind: task}}", ActivityCount(("task",)), id="any one activity"),
        pytest.param("{activity: {count at most: 2}}", ActivityCount(at_least=0, at_most=2), id="at most is also none"),
    ],
)
def test_a_leaf_holds_what_the_engine_compares(rulebook: Make, text: str, leaf: object) -> None:
    assert condition(rulebook, text) == leaf


@pytest.mark.parametrize("name", [name for name, found in OPERATORS.items() if found.of_parts])
def test_whatever_is_asked_of_parts_takes_fragments_by_the_key(rulebook: Make, name: str) -> None:
    several = OPERATORS[name].operand is OperandShape.VALUES
    found = condition(rulebook, f"{{company: {{{name}: {'[三河, ＡＢＣ]' if several else 'ＡＢＣ'}}}}}")
    assert found == Leaf(COMPANY, name, ("三河", "abc") if several else "abc", "三河, ＡＢＣ" if several else "ＡＢＣ")


@pytest.mark.parametrize("join", list(Join))
def test_groups_nest_to_any_depth(rulebook: Make, join: Join) -> None:
    found = condition(rulebook, f"{{{join}: [{{all: [{{employees: {{at least: 300}}}}]}}]}}")
    assert found == Group(join, (Group(Join.ALL, (AT_LEAST_300,)),))


def test_several_keys_side_by_side_must_all_hold(rulebook: Make) -> None:
    found = condition(rulebook, "{employees: {at least: 300, less than: 900}, any: [{company: {is: abc}}]}")
    span = Group(Join.ALL, (AT_LEAST_300, Leaf(EMPLOYEES, "less than", 900, "900")))
    assert found == Group(Join.ALL, (span, Group(Join.ANY, (Leaf(COMPANY, "is", "abc", "abc"),))))


def test_empty_counts_as_stands_beside_the_group_it_is_for(rulebook: Make) -> None:
    found = condition(rulebook, "{any: [{employees: {at least: 300}}], empty counts as: no}")
    assert found == Group(Join.ANY, (AT_LEAST_300,), empty_counts_as=False)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        pytest.param(
            "[{set: {field: rating, value: Hot}}]", SetField("rating", "Hot", Otherwise.KEEP, key="hot"), id="a text"
        ),
        pytest.param(
            "[{set: {field: employees, value: 5, otherwise: clear}}]",
            SetField("employees", 5, Otherwise.CLEAR),
            id="a number",
        ),
        pytest.param("[{set: {field: opted_out, value: yes}}]", SetField("opted_out", value=True), id="yes"),
        pytest.param("[{tag: 展示会}]", AddTag("展示会", Otherwise.REMOVE), id="a tag goes with its condition"),
        pytest.param("[{tag: {name: t, otherwise: keep}}]", AddTag("t", Otherwise.KEEP), id="a tag that stays"),
        pytest.param("[{assign: {pool: 関東}}]", Assign(pool="kanto"), id="a pool by its id"),
        pytest.param(
            "[{assign: {user: a@b, reassign: yes}}]",
            Assign(user=Reference("a@b", "rulebook/automation/a.yaml:3:26"), reassign=True),
            id="a user",
        ),
        pytest.param(
            "[{assign: {queue: Inbound}}]",
            Assign(queue=Reference("Inbound", "rulebook/automation/a.yaml:3:27")),
            id="queue",
        ),
    ],
)
def test_an_action_holds_what_is_to_be_done(rulebook: Make, text: str, action: object) -> None:
    pools = "pools: [{name: 関東, id: kanto, members: [a@b]}]\n"
    assert actions(rulebook, text, **{"assignment.yaml": pools}) == (action,)


def test_what_fires_once_is_never_taken_back(rulebook: Make) -> None:
    text = "- name: r\n  when: everyone\n  mode: once\n  then: [{tag: t}]\n"
    expected = AutomationRule(
        "r", "r", ALWAYS, (AddTag("t", Otherwise.KEEP),), RuleMode.ONCE, "rulebook/automation/a.yaml:1:3"
    )
    assert rulebook(**{"automation/a.yaml": text}).rules == (expected,)


def test_a_whole_rulebook_is_one_value(rulebook: Make) -> None:
    files = {
        "rulebook.yaml": "name: 試験\ntime zone: Asia/Tokyo\nscope: {employees: {at least: 300}}\ndefault profile: 標準\n"
        "approval: {owners: policy}\nchange limit: {percent: 5}\n",
        "personas/a.yaml": "- {name: 決裁者, role: decision maker, when: everyone, profile: 標準, card: {pains: [人手不足]}}\n",
        "profiles/a.yaml": "- name: 標準\n  id: standard\n  criteria:\n"
        "    - {name: 規模, worth: 2/3, strong: {employees: {at least: 300}}, weak: everyone}\n",
        "scoring.yaml": "points: {page view: 0.5, task: {points: -5, first only: yes}}\n",
        "assignment.yaml": "intake: [Inbound]\ndefault pool: 関東\npools: [{name: 関東, members: [a@b]}]\n",
    }
    made = rulebook(**files)
    assert made == Rulebook(
        name="試験",
        digest=made.digest,
        personas=(
            Persona(
                "決裁者", "決裁者", "decision maker", ALWAYS, {"pains": ("人手不足",)}, "standard",
                "rulebook/personas/a.yaml:1:3",
            ),
        ),
        profiles=(
            Profile(
                "standard",
                "標準",
                (Criterion("規模", "規模", 2, (Level("strong", 2, AT_LEAST_300), Level("weak", 1, ALWAYS))),),
                "rulebook/profiles/a.yaml:1:3",
            ),
        ),
        default_profile="standard",
        points=(Points("page view", 500), Points("task", -5000, first_only=True)),
        assignment=Assignment(
            (Pool("関東", "関東", (Reference("a@b", "rulebook/assignment.yaml:3:30"),), "rulebook/assignment.yaml:3:9"),),
            (Reference("Inbound", "rulebook/assignment.yaml:1:10"),),
            "関東",
        ),
        policy=Policy(Approver.POLICY, Approver.POLICY, Limits(changes_percent=5)),
        scope=AT_LEAST_300,
        zone="Asia/Tokyo",
    )  # fmt: skip


def test_a_criterion_may_count_empty_as_not_matching(rulebook: Make) -> None:
    profile = "- name: p\n  criteria: [{name: c, worth: 1/3, matches: {employees: {at least: 300}}, empty counts as: not match}]\n"
    made = rulebook(**{"rulebook.yaml": "name: x\ndefault profile: p\n", "profiles/a.yaml": profile})
    assert made.profiles[0].criteria[0].levels == (
        Level("matches", 1, Group(Join.ALL, (AT_LEAST_300,), empty_counts_as=False)),
    )


def persona_names(rulebook: Make, order: str) -> list[str]:
    persona = "- {{name: {}, role: r, when: everyone}}\n"
    files = {"personas/2.yaml": persona.format("c"), "personas/1.yaml": persona.format("a") + persona.format("b")}
    made = rulebook(**{"rulebook.yaml": f"name: x\n{order}"}, **files)
    return [persona.name for persona in made.personas]


def test_items_stand_in_the_order_of_files_and_positions(rulebook: Make) -> None:
    assert persona_names(rulebook, "") == ["a", "b", "c"]


def test_order_comes_first_and_the_rest_follows(rulebook: Make) -> None:
    assert persona_names(rulebook, "order: {personas: [c, b]}\n") == ["c", "b", "a"]


def test_a_paused_rule_is_checked_and_left_out(rulebook: Make) -> None:
    text = "- {name: r, when: everyone, then: [{tag: t}], active: no}\n"
    assert rulebook(**{"automation/a.yaml": text}).rules == ()


@pytest.mark.parametrize(
    ("keys", "remembered"),
    [
        pytest.param("name: 新しい名前", "新しい名前", id="its name"),
        pytest.param("name: ｶﾅ", "カナ", id="its name, NFKC"),
        pytest.param("name: 新しい名前, was: 前の名前", "前の名前", id="the name it had"),
        pytest.param("name: 新しい名前, id: r-1", "r-1", id="its id"),
    ],
)
def test_a_rule_is_remembered_through_a_rename(rulebook: Make, keys: str, remembered: str) -> None:
    text = f"- {{{keys}, when: everyone, then: [{{tag: t}}]}}\n"
    assert rulebook(**{"automation/a.yaml": text}).rules[0].id == remembered


def test_a_rule_may_ask_for_a_persona_by_name_or_id(rulebook: Make) -> None:
    personas = {"personas/a.yaml": "- {name: 決裁者, id: buyer, role: r, when: everyone}\n"}
    rules = {"automation/a.yaml": "- {name: r, when: {persona: BUYER, buyer_role: r}, then: [{tag: t}]}\n"}
    expected = Group(
        Join.ALL,
        (
            Leaf(Field("persona", Kind.PICKLIST), "is", "決裁者", "BUYER"),
            Leaf(Field("buyer_role", Kind.PICKLIST), "is", "r", "r"),
        ),
    )
    assert rulebook(**personas, **rules).rules[0].when == expected


def test_an_empty_rulebook_decides_nothing(rulebook: Make) -> None:
    made = rulebook()
    assert made == Rulebook(name="試験", digest=made.digest)
