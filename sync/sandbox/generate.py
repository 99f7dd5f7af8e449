"""A believable org from a seed: a Japanese manufacturer's leads, the people who work them, a year of activities."""

import random  # noqa: TID251  # seeded: one seed, one org
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from sync.sandbox import people_names as cast
from sync.sandbox.clock import stamp
from sync.sandbox.customers import add_customers
from sync.sandbox.database import Database, Record
from sync.sandbox.ids import record_id
from sync.sandbox.prospects import Maker, drawn, lead
from sync.sandbox.setup import HOT_NEEDS_PHONE, add_setup
from sync.sandbox.worlds import App, AssignmentRule, ValidationRule, World

CONSUMER_KEY = "leadsync-sandbox-app"
CONSUMER_SECRET = "not-a-secret"  # noqa: S105  # it opens the sandbox only
_FAMILY = {
    "suzuki": ("鈴木", "一郎"), "tanaka": ("田中", "美穂"), "sato": ("佐藤", "健"), "ito": ("伊藤", "彩"),
    "yamamoto": ("山本", "大樹"), "nakamura": ("中村", "葵"), "kobayashi": ("小林", "隆"), "smith": ("Smith", "Alice"),
    "johnson": ("Johnson", "Mark"), "patel": ("Patel", "Anika"), "takahashi": ("高橋", "正"), "watanabe": ("渡辺", "恵"),
    "brown": ("Brown", "Carol"), "kimura": ("木村", "剛"), "leadsync": ("Integration", "leadsync"),
    "connector": ("Connector", "B2BMA"),
}  # fmt: skip
_ABROAD = {"smith": ("Europe/London", "en_GB"), "johnson": ("America/New_York", "en_US"),
           "patel": ("Asia/Kolkata", "en_IN"), "brown": ("America/New_York", "en_US")}  # fmt: skip
_YEAR_DAYS = 365


def generate(
    *,
    leads: int,
    seed: int,
    now: datetime,
    public_key: str | None = None,
    activities_per_lead: float = 6.0,
    contacts: int | None = None,
) -> World:
    """An org with that many leads, and a fifth as many contacts if nothing is said of them.

    `public_key` (PEM) is the certificate JWT logins are checked with.
    """
    maker = Maker(random.Random(seed), now, Database())  # noqa: S311  # dice for a test org
    users = _users(maker)
    queues = _queues(maker, users)
    campaigns = [maker.add("Campaign", users["takahashi"], Name=name, Type="Webinar" if "ェビナー" in name else "Trade Show")
                 for name in cast.CAMPAIGNS]  # fmt: skip
    for _ in range(leads):
        _activities(maker, lead(maker, users, queues), campaigns, activities_per_lead)
    org_id = record_id("00D", 1000 + seed)
    maker.put("Organization", {"Id": org_id, "Name": "株式会社サンドボックス製作所", "TimeZoneSidKey": "Asia/Tokyo",
                               "LanguageLocaleKey": "ja", "OrganizationType": "Developer Edition", "InstanceName": "AP99S",
                               "IsSandbox": True}, users["leadsync"])  # fmt: skip
    maker.dice = random.Random(f"customers {seed}")  # noqa: S311  # of their own, as whoever adds to them changes no lead
    add_setup(maker, users, queues)
    add_customers(maker, users, campaigns, leads // 5 if contacts is None else contacts)
    maker.finish()
    return World(
        org_id=org_id,
        db=maker.db,
        app=App(CONSUMER_KEY, CONSUMER_SECRET, cast.username(cast.INTEGRATION), public_key),
        assignment_rule=AssignmentRule(cast.ASSIGNMENT_RULE, queues["Inbound_Leads"]),
        validation_rules=(
            ValidationRule("Lead", "Rating = 'Hot' AND Phone = null AND MobilePhone = null", HOT_NEEDS_PHONE, "Phone"),
        ),
        serial=maker.serial,
    )


def _users(maker: Maker) -> dict[str, str]:
    """The cast; ids by stem."""
    ids: dict[str, str] = {}
    for stem in (cast.INTEGRATION, *cast.MANAGERS, *cast.REPS_KANTO, *cast.REPS_KANSAI, *cast.REPS_ENGLISH, cast.LEAVER,
                 cast.CONNECTOR):  # fmt: skip
        last, first = _FAMILY[stem]
        zone, locale = _ABROAD.get(stem, ("Asia/Tokyo", "ja_JP"))
        boss = _manager(stem)
        ids[stem] = maker.add(
            "User", ids.get(cast.INTEGRATION, ""), Username=cast.username(stem), LastName=last, FirstName=first,
            Email=cast.username(stem), Alias=stem[:8], IsActive=stem != cast.LEAVER,
            UserType="CloudIntegrationUser" if stem == cast.CONNECTOR else "Standard",
            ManagerId=ids[boss] if boss else None, TimeZoneSidKey=zone, LocaleSidKey=locale,
            Title="Sales Manager" if stem in cast.MANAGERS else None,
            LanguageLocaleKey="ja" if locale == "ja_JP" else "en_US",
        )  # fmt: skip
    return ids


def _manager(stem: str) -> str | None:
    teams = ((*cast.REPS_KANTO, cast.LEAVER), cast.REPS_KANSAI, cast.REPS_ENGLISH)
    return next((boss for boss, team in zip(cast.MANAGERS, teams, strict=True) if stem in team), None)


def _queues(maker: Maker, users: dict[str, str]) -> dict[str, str]:
    members: dict[str, Sequence[str]] = {
        "Inbound_Leads": (*cast.MANAGERS, *cast.REPS_KANTO),
        "Partner_Leads": (*cast.REPS_KANSAI, *cast.REPS_ENGLISH),
        "Support_Cases": (cast.MANAGERS[0],),
    }
    ids: dict[str, str] = {}
    for name, label in (cast.QUEUES | cast.OTHER_QUEUE).items():
        ids[name] = maker.add("Group", users["leadsync"], Name=label, DeveloperName=name, Type="Queue")
        supported = "Case" if name in cast.OTHER_QUEUE else "Lead"
        maker.add("QueueSobject", users["leadsync"], QueueId=ids[name], SobjectType=supported)
        for stem in members[name]:
            maker.add("GroupMember", users["leadsync"], GroupId=ids[name], UserOrGroupId=users[stem])
    maker.add("Group", users["leadsync"], Name="営業部", DeveloperName="Sales", Type="Regular")
    return ids


def _activities(maker: Maker, lead: Record, campaigns: list[str], mean: float) -> None:
    """About `mean`, most of them on the web; some leads have none and a few have dozens."""
    dice = maker.dice
    count = 0 if dice.random() < 0.12 else min(int(dice.expovariate(6 / 6.8 / mean)), int(mean * 10)) if mean else 0
    who, owner = str(lead["Id"]), str(lead["OwnerId"])
    met: set[str] = set()
    connector, rep, manager = maker.user(cast.CONNECTOR), maker.user("suzuki"), maker.user("takahashi")
    most = min(_YEAR_DAYS, maker.age_days(lead)) * 1440 + 30
    for _ in range(count):
        at = maker.now - timedelta(minutes=dice.uniform(30, most))
        chance = dice.random()
        if chance < 0.62:
            kind = drawn(dice, cast.WEB_ACTIVITY_TYPES, _TYPE_CHANCES)
            maker.add("Web_Activity__c", connector, at=at, Name=f"WA-{maker.serial:06d}", Lead__c=who, Type__c=kind,
                      Occurred_At__c=stamp(at), Asset__c=dice.choice(cast.ASSETS))  # fmt: skip
        elif chance < 0.86:
            subject = dice.choice(cast.TASK_SUBJECTS)
            kind = subject if subject in {"Call", "Email"} else "Task"
            maker.add("Task", rep, at=at, WhoId=who, OwnerId=owner, Subject=subject, Status="Completed",
                      ActivityDate=stamp(at)[:10], TaskSubtype=kind)  # fmt: skip
        elif (campaign := dice.choice(campaigns)) not in met:
            met.add(campaign)
            status = dice.choice(("Sent", "Responded", "Attended"))
            maker.add("CampaignMember", manager, at=at, CampaignId=campaign, LeadId=who, Status=status,
                      HasResponded=status != "Sent")  # fmt: skip


_TYPE_CHANCES = tuple(accumulate((40, 6, 1, 8, 8, 18, 3, 4, 3, 9)))
