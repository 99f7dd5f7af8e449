"""Another shape of org without a line of code: real marketing leads of an online shop, and the real book of its reps.

The data stays where it is (its licence lets it be looked at, not handed on); without it these tests are skipped.
"""

import csv
import random  # noqa: TID251  # an org is made with dice
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.changes.states import State
from sync.sandbox.generate import generate
from sync.sandbox.prospects import Maker
from sync.sandbox.worlds import World
from tests.sandbox_org import queue_named
from tests.stage import START, Stage, staged

pytestmark = pytest.mark.long
LEADS = 8_000
# Other names, another language, other fields to write to, and neither title nor company anywhere.
MAP = """
prospects:
  Lead:
    fields:
      origem: {field: LeadSource, kind: text, key: value}  # values that stand in records and in no list
      segmento: Industry
      perfil: {field: Department__c, kind: picklist}
      faturamento: AnnualRevenue
      situacao: Status
    write back: {grade: Grade__c, persona: Segment__c, segment: Website}
activities:
  - {object: Web_Activity__c, prospect: Lead__c, at: Occurred_At__c, kind: primeiro contato, asset: Asset__c}
  - {object: Task, prospect: WhoId, at: CreatedDate, kind: venda, filter: {Status: Completed}}
"""
RULEBOOK = {
    "rulebook.yaml": "name: olist\ndefault profile: vendedor\n"
    "scope: {situacao: {is none of: [Closed - Converted, Closed - Not Converted]}}\n",
    "personas/perfil.yaml": "".join(
        f"- {{name: {name}, role: decision maker, when: {{perfil: {animal}}}}}\n"
        for name, animal in (("gato", "cat"), ("aguia", "eagle"), ("lobo", "wolf"), ("tubarao", "shark"))
    ),
    "profiles/vendedor.yaml": """
- name: vendedor
  criteria:
    - name: origem
      worth: 3/3
      strong: {origem: {is one of: [unknown, paid search]}}
      medium: {origem: {is one of: [organic search, direct traffic]}}
""",
    "scoring.yaml": "points: {primeiro contato: 5, venda: 50}\n",
}


@pytest.fixture
def stage(tmp_path: Path, shared: Path) -> Iterator[Stage]:
    world, reps = org(shared / "data" / "olist")
    members = ", ".join(reps)
    pools = f"default pool: todos\npools:\n  - {{name: todos, members: [{members}], turn: least recent}}\n"
    rulebook = {**RULEBOOK, "assignment.yaml": pools}
    with staged(tmp_path / "olist", rulebook=rulebook, field_map=MAP, world=world) as one:
        yield one


def org(folder: Path) -> tuple[World, list[str]]:
    """An org with these leads, each won one in the book of its rep, and the usernames of the reps."""
    base = generate(leads=0, seed=1, now=START)
    maker = Maker(random.Random(1), START, base.db)  # noqa: S311  # dice for a test org
    maker.serial = base.serial
    manager = str(base.user_named("takahashi@sandbox.example")["Id"])  # type: ignore[index]
    marketing = str(queue_named(base, "Partner_Leads")["Id"])  # type: ignore[index]
    deals = {row["mql_id"]: row for row in rows(folder / "olist_closed_deals_dataset.csv")}
    reps: dict[str, str] = {}
    for rep in sorted({deal["sr_id"] for deal in deals.values()}):
        name = f"{rep[:8]}@sandbox.example"
        reps[rep] = maker.add(
            "User", manager, Username=name, LastName=rep[:8], Email=name, Alias=rep[:8], IsActive=True,
            UserType="Standard", TimeZoneSidKey="Asia/Tokyo", LocaleSidKey="en_US", LanguageLocaleKey="en_US",
        )  # fmt: skip
    for row in rows(folder / "olist_marketing_qualified_leads_dataset.csv"):
        deal = deals.get(row["mql_id"], {})
        at = datetime.fromisoformat(row["first_contact_date"]).replace(tzinfo=UTC)
        lead = maker.add(
            "Lead", manager, at=at, LastName=row["mql_id"], Company="-", Status="Working - Contacted",
            IsConverted=False, OwnerId=reps.get(deal.get("sr_id", ""), marketing),
            LeadSource=row["origin"].replace("_", " ") or None, Industry=deal.get("business_segment") or None,
            Department__c=deal.get("lead_behaviour_profile") or None,
        )  # fmt: skip
        occurred = f"{row['first_contact_date']}T00:00:00.000+0000"
        maker.add("Web_Activity__c", manager, at=at, Lead__c=lead, Type__c="Page View", Occurred_At__c=occurred,
                  Asset__c=row["landing_page_id"])  # fmt: skip
        if deal:
            won = datetime.fromisoformat(deal["won_date"]).replace(tzinfo=UTC)
            maker.add("Task", manager, at=won, WhoId=lead, OwnerId=manager, Subject="won", Status="Completed")
    maker.finish()
    return replace(base, serial=maker.serial), [f"{rep[:8]}@sandbox.example" for rep in reps]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_real_leads_are_graded_by_a_map_and_left_alone_until_a_rep_leaves(stage: Stage) -> None:
    """Load, sync, and give the open leads of the busiest rep to the others; whoever is not his is not touched."""
    baseline = stage.cycle()
    leads = stage.server.world.tables["Lead"]
    assert len(baseline.changes) == len(leads) == LEADS
    assert all(lead.get("Grade__c") or not lead.get("LeadSource") for lead in leads.values())
    assert _wins_by_grade(stage) == sorted(_wins_by_grade(stage))
    assert _personas(stage) == {"gato": 407, "aguia": 123, "lobo": 95, "tubarao": 24}

    assert stage.plan().changes == ()
    books = Counter(str(lead["OwnerId"]) for lead in leads.values())
    reps = {str(user["Id"]): str(user["Username"]) for user in stage.server.world.tables["User"].values()}
    busiest = max(books.keys() & reps.keys(), key=lambda one: books[one])
    stage.leave(reps[busiest].partition("@")[0])
    moves = stage.cycle()

    assert {change.owner for change in moves.changes} == {busiest}
    assert len(moves.changes) == books[busiest] == 133
    assert stage.states() == {State.APPLIED: 133}
    given = Counter(str(stage.lead(change.record_id)["OwnerId"]) for change in moves.changes)
    assert (len(given), max(given.values()) - min(given.values())) == (21, 1)
    assert stage.plan().changes == ()


def _wins_by_grade(stage: Stage) -> list[float]:
    """The share of leads that were won, from the lowest grade to the highest: the rules never saw who won."""
    won = {str(task["WhoId"]) for task in stage.server.world.tables["Task"].values()}
    ranked: dict[float, list[bool]] = {}
    for key, lead in stage.server.world.tables["Lead"].items():
        if lead.get("Grade_Rank__c") is not None:
            ranked.setdefault(float(str(lead["Grade_Rank__c"])), []).append(key in won)
    return [sum(outcome) / len(outcome) for _, outcome in sorted(ranked.items())]


def _personas(stage: Stage) -> dict[str, int]:
    held = (lead.get("Segment__c") for lead in stage.server.world.tables["Lead"].values())
    return dict(Counter(str(name) for name in held if name))
