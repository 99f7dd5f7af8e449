"""A believable org from a seed: a Japanese manufacturer's leads, the people who work them, a year of activities."""

import random  # noqa: TID251  # seeded: one seed, one org
from datetime import datetime, timedelta
from itertools import accumulate

from sync.sandbox import people_names as cast
from sync.sandbox.clock import moment, stamp
from sync.sandbox.customers import add_customers
from sync.sandbox.database import Database, Record
from sync.sandbox.ids import record_id
from sync.sandbox.people_names import WORDS
from sync.sandbox.prospects import Maker, drawn, lead
from sync.sandbox.setup import add_people, add_setup
from sync.sandbox.worlds import App, AssignmentRule, ValidationRule, World

CONSUMER_KEY = "leadsync-sandbox-app"
CONSUMER_SECRET = "not-a-secret"  # noqa: S105  # it opens the sandbox only
_HOT = "Rating = 'Hot' AND Phone = null AND MobilePhone = null"
_YEAR_DAYS = 365
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
    campaigns = [maker.add("Campaign", maker.named["takahashi"], Name=name, Type="Webinar" if "ェビナー" in name else "Trade Show")
                 for name in WORDS["campaigns"]]  # fmt: skip
    for _ in range(leads):
        _activities(maker, lead(maker), campaigns, activities_per_lead)
    org_id = record_id("00D", 1000 + seed)
    maker.put("Organization", {"Id": org_id, **WORDS["organization"]}, maker.named[cast.INTEGRATION])
    maker.dice = random.Random(f"customers {seed}")  # noqa: S311  # of their own, as whoever adds to them changes no lead
    add_setup(maker)
    add_customers(maker, campaigns, leads // 5 if contacts is None else contacts)
    (forbidden,) = maker.fresh["ValidationRule"].values()
    maker.finish()
    return World(
        org_id,
        App(CONSUMER_KEY, CONSUMER_SECRET, cast.username(cast.INTEGRATION), public_key),
        AssignmentRule(cast.ASSIGNMENT_RULE, maker.named["Inbound_Leads"]),
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
    connector, rep, manager = (maker.named[stem] for stem in (cast.CONNECTOR, "suzuki", "takahashi"))
    most = min(_YEAR_DAYS, (maker.now - moment(str(lead["CreatedDate"]))).total_seconds() / 86_400) * 1440 + 30
    for _ in range(count):
        at = maker.now - timedelta(minutes=dice.uniform(30, most))
        chance = dice.random()
        if chance < 0.62:
            kind = drawn(dice, WORDS["web_activity_types"], _TYPE_CHANCES)
            maker.add("Web_Activity__c", connector, at=at, Name=f"WA-{maker.serial:06d}", Lead__c=who, Type__c=kind,
                      Occurred_At__c=stamp(at), Asset__c=dice.choice(WORDS["assets"]))  # fmt: skip
        elif chance < 0.86:
            subject = dice.choice(WORDS["task_subjects"])
            kind = subject if subject in {"Call", "Email"} else "Task"
            maker.add("Task", rep, at=at, WhoId=who, OwnerId=lead["OwnerId"], Subject=subject, Status="Completed",
                      ActivityDate=stamp(at)[:10], TaskSubtype=kind)  # fmt: skip
        elif (campaign := dice.choice(campaigns)) not in met:
            met.add(campaign)
            status = dice.choice(("Sent", "Responded", "Attended"))
            maker.add("CampaignMember", manager, at=at, CampaignId=campaign, LeadId=who, Status=status,
                      HasResponded=status != "Sent")  # fmt: skip
