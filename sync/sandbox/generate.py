"""A believable org from a seed: a Japanese manufacturer's leads, the people who work them, a year of activities."""

import random  # noqa: TID251  # seeded: one seed, one org
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

from sync.sandbox import people_names
from sync.sandbox.clock import moment, stamp
from sync.sandbox.database import Database, Record, Value
from sync.sandbox.ids import record_id
from sync.sandbox.people_names import WORDS
from sync.sandbox.prospects import Maker, drawn, lead, newcomer
from sync.sandbox.schema import schema
from sync.sandbox.worlds import App, ValidationRule, World

CONSUMER_KEY = "leadsync-sandbox-app"
CONSUMER_SECRET = "not-a-secret"  # noqa: S105  # it opens the sandbox only
_HOT = "Rating = 'Hot' AND Phone = null AND MobilePhone = null"
_YEAR_DAYS = 365
_FROM_LEAD = {name: name for name in ("LastName", "FirstName", "Title", "Email", "Phone", "LeadSource")} | {
    "State": "MailingState", "Country": "MailingCountry", "Department__c": "Department"}  # fmt: skip
_SETUP: dict[str, Any] = tomllib.loads(Path(__file__).with_name("setup.toml").read_text(encoding="utf-8"))
_TYPE_CHANCES = tuple(accumulate((40, 6, 1, 8, 8, 18, 3, 4, 3, 9)))


def generate(
    *, leads: int, seed: int, now: datetime, public_key: str | None = None, activities_per_lead: float = 6.0,
    contacts: int | None = None,
) -> World:  # fmt: skip
    """An org with that many leads, and a fifth as many contacts if nothing is said of them.

    `public_key` (PEM) is the certificate JWT logins are checked with.
    """
    maker = Maker(random.Random(seed), now, Database())  # noqa: S311  # dice for a test org
    add_people(maker)
    campaigns = [maker.add("Campaign", "takahashi", Name=name, Type="Webinar" if "ェビナー" in name else "Trade Show")
                 for name in WORDS["campaigns"]]  # fmt: skip
    for _ in range(leads):
        _activities(maker, lead(maker), campaigns, activities_per_lead)
    org_id = record_id("00D", 1000 + seed)
    maker.put("Organization", {"Id": org_id, **WORDS["organization"]}, people_names.INTEGRATION)
    maker.dice = random.Random(f"customers {seed}")  # noqa: S311  # of their own, as whoever adds to them changes no lead
    add_setup(maker)
    add_customers(maker, campaigns, leads // 5 if contacts is None else contacts)
    (forbidden,) = maker.fresh["ValidationRule"].values()
    maker.finish()
    return World(
        org_id,
        App(CONSUMER_KEY, CONSUMER_SECRET, people_names.username(people_names.INTEGRATION), public_key),
        maker.named["Inbound_Leads"],
        (ValidationRule("Lead", _HOT, str(forbidden["ErrorMessage"]), "Phone"),),
        serial=maker.serial,
        db=maker.db,
    )


def _activities(maker: Maker, lead: Record, campaigns: list[str], mean: float) -> None:
    """About `mean`, most of them on the web; some leads have none and a few have dozens."""
    dice = maker.dice
    count = 0 if dice.random() < 0.12 else min(int(dice.expovariate(6 / 6.8 / mean)), int(mean * 10)) if mean else 0
    who = str(lead["Id"])
    met: set[str] = set()
    most = min(_YEAR_DAYS, (maker.now - moment(str(lead["CreatedDate"]))).total_seconds() / 86_400) * 1440 + 30
    for _ in range(count):
        at = maker.now - timedelta(minutes=dice.uniform(30, most))
        chance = dice.random()
        if chance < 0.62:
            kind = drawn(dice, WORDS["web_activity_types"], _TYPE_CHANCES)
            maker.add("Web_Activity__c", people_names.CONNECTOR, at=at, Name=f"WA-{maker.serial:06d}", Lead__c=who, Type__c=kind,
                      Occurred_At__c=stamp(at), Asset__c=dice.choice(WORDS["assets"]))  # fmt: skip
        elif chance < 0.86:
            subject = dice.choice(WORDS["task_subjects"])
            kind = subject if subject in {"Call", "Email"} else "Task"
            maker.add("Task", "suzuki", at=at, WhoId=who, OwnerId=lead["OwnerId"], Subject=subject, Status="Completed",
                      ActivityDate=stamp(at)[:10], TaskSubtype=kind)  # fmt: skip
        elif (campaign := dice.choice(campaigns)) not in met:
            met.add(campaign)
            status = dice.choice(("Sent", "Responded", "Attended"))
            maker.add("CampaignMember", "takahashi", at=at, CampaignId=campaign, LeadId=who, Status=status,
                      HasResponded=status != "Sent")  # fmt: skip


def add_customers(maker: Maker, campaigns: list[str], contacts: int) -> None:
    """That many contacts, two or so in each account."""
    dice = maker.dice
    owners = [maker.named[stem] for stem in people_names.REPS]
    made = 0
    while made < contacts:
        person = newcomer(dice, maker.serial)
        account = _account(maker, "takahashi", dice.choice(owners), person)
        contact = ""
        for _ in range(min(dice.choice((1, 1, 2, 2, 3, 4)), contacts - made)):
            person = newcomer(dice, maker.serial)
            contact = _contact(maker, dice.choice(owners), account, person)
            _happened(maker, campaigns, contact)
            made += 1
        if dice.random() < 0.6:
            _opportunity(maker, dice.choice(owners), account, contact, dice.choice(campaigns))


def _account(maker: Maker, by: str, owner: str, person: Mapping[str, Value]) -> str:
    dice = maker.dice
    at = maker.now - timedelta(days=dice.uniform(30, 600))
    values = {"Name": person["Company"], "Type": dice.choice(("Customer", "Customer", "Prospect", "Partner")),
              "BillingState": person.get("State"), "BillingCountry": person.get("Country"),
              "Industry": person.get("Industry"), "NumberOfEmployees": person.get("NumberOfEmployees"),
              "Rating": dice.choice((*WORDS["ratings"], None)), "OwnerId": owner}  # fmt: skip
    return maker.add("Account", by, at=at, **values)


def _contact(maker: Maker, owner: str, account: str, person: Mapping[str, Value]) -> str:
    dice = maker.dice
    at = maker.now - timedelta(days=dice.uniform(1, 540))
    values = {contact: person.get(lead) for lead, contact in _FROM_LEAD.items()}
    values |= {"AccountId": account, "OwnerId": owner, "HasOptedOutOfEmail": dice.random() < 0.04}
    if dice.random() < 0.85:
        values["pi__score__c"] = float(int(dice.expovariate(1 / 60)))
    return maker.add("Contact", owner, at=at, **values)


def _happened(maker: Maker, campaigns: list[str], contact: str) -> None:
    dice = maker.dice
    at = maker.now - timedelta(days=dice.uniform(0.1, 360))
    drawn = dice.random()
    if drawn < 0.5:
        maker.add("Web_Activity__c", people_names.CONNECTOR, at=at, Name=f"WA-{maker.serial:06d}", Contact__c=contact,
                  Type__c=dice.choice(WORDS["web_activity_types"]), Occurred_At__c=stamp(at),
                  Asset__c=dice.choice(WORDS["assets"]))  # fmt: skip
    elif drawn < 0.7:
        maker.add("Task", "suzuki", at=at, WhoId=contact, OwnerId=maker.named["suzuki"], Subject="Call", Status="Completed",
                  ActivityDate=stamp(at)[:10], TaskSubtype="Call")  # fmt: skip
    elif drawn < 0.8:
        maker.add("CampaignMember", "takahashi", at=at, CampaignId=dice.choice(campaigns), ContactId=contact,
                  Status="Responded", HasResponded=True)  # fmt: skip


def _opportunity(maker: Maker, owner: str, account: str, contact: str, campaign: str) -> None:
    dice = maker.dice
    at = maker.now - timedelta(days=dice.uniform(1, 400))
    stage = dice.choice(WORDS["stages"])
    made = maker.add("Opportunity", owner, at=at, Name=f"OP-{maker.serial:06d}", AccountId=account, CampaignId=campaign,
              StageName=stage, Amount=float(dice.randint(1, 400) * 50_000), OwnerId=owner,
              CloseDate=stamp(at + timedelta(days=dice.uniform(30, 200)))[:10], Type="New Business",
              IsClosed=stage.startswith("Closed"), IsWon=stage == "Closed Won")  # fmt: skip
    maker.add("OpportunityContactRole", owner, at=at, OpportunityId=made, ContactId=contact, IsPrimary=True,
              Role=WORDS["contact_roles"][len(stage) % len(WORDS["contact_roles"])])  # fmt: skip


def add_people(maker: Maker) -> None:
    """The cast and the queues, which may own records."""
    for stem, last, first, boss, _, zone, locale in _SETUP["users"]:
        maker.named[stem] = maker.add(
            "User", maker.named.get(people_names.INTEGRATION, ""), Username=people_names.username(stem), LastName=last, FirstName=first,
            Email=people_names.username(stem), Alias=stem[:8], IsActive=stem != people_names.LEAVER,
            UserType="CloudIntegrationUser" if stem == people_names.CONNECTOR else "Standard", ManagerId=maker.named.get(boss),
            TimeZoneSidKey=zone, LocaleSidKey=locale, Title="Sales Manager" if stem in people_names.MANAGERS else None,
            LanguageLocaleKey="ja" if locale == "ja_JP" else "en_US",
        )  # fmt: skip
    _add(maker, "queues")


def add_setup(maker: Maker) -> None:
    """What an administrator has made, long ago."""
    _add(maker, "setup")
    for stem, _, _, _, role, *_ in _SETUP["users"]:
        maker.amend("User", maker.named[stem], UserRoleId=maker.named.get(role))
    held, allowed = maker.named["held"], _SETUP["object_permissions"]
    maker.put(
        "AssignmentRule", {"Id": people_names.ASSIGNMENT_RULE, **_SETUP["assignment_rule"]}, people_names.INTEGRATION
    )
    for name in ("Lead", "Contact"):
        maker.add("ObjectPermissions", people_names.INTEGRATION, ParentId=held, SobjectType=name, **allowed)
        for field in schema()[name].fields.values():
            if field.permissionable:
                maker.add("FieldPermissions", people_names.INTEGRATION, ParentId=held, SobjectType=name, Field=f"{name}.{field.name}",
                          PermissionsRead=True, PermissionsEdit=field.updateable)  # fmt: skip


def _add(maker: Maker, rows: str) -> None:
    for row in _SETUP[rows]:
        values: dict[str, Any] = {
            name: maker.named[value[1:]] if str(value).startswith("@") else value for name, value in row.items()
        }
        called = values.pop("as", None)
        made = maker.add(values.pop("object"), people_names.INTEGRATION, **values)
        if called:
            maker.named[called] = made
