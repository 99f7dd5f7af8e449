"""Those who buy already: accounts, the contacts in them, opportunities, and a little of what happened to them."""

from collections.abc import Mapping
from datetime import timedelta

from sync.sandbox import people_names as cast
from sync.sandbox.clock import stamp
from sync.sandbox.database import Value
from sync.sandbox.people_names import WORDS
from sync.sandbox.prospects import Maker, newcomer

_FROM_LEAD = {"State": "MailingState", "Country": "MailingCountry", "Department__c": "Department"}
_COPIED = ("LastName", "FirstName", "Title", "Email", "Phone", "LeadSource")


def add_customers(maker: Maker, campaigns: list[str], contacts: int) -> None:
    """That many contacts, two or so in each account."""
    dice = maker.dice
    owners = [maker.named[stem] for stem in cast.REPS]
    made = 0
    while made < contacts:
        person = newcomer(dice, maker.serial)
        account = _account(maker, maker.named["takahashi"], dice.choice(owners), person)
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
    values = {name: person.get(name) for name in _COPIED}
    values |= {contact: person.get(lead) for lead, contact in _FROM_LEAD.items()}
    values |= {"AccountId": account, "OwnerId": owner, "HasOptedOutOfEmail": dice.random() < 0.04}
    if dice.random() < 0.85:
        values["pi__score__c"] = float(int(dice.expovariate(1 / 60)))
    return maker.add("Contact", owner, at=at, **values)


def _happened(maker: Maker, campaigns: list[str], contact: str) -> None:
    dice = maker.dice
    at = maker.now - timedelta(days=dice.uniform(0.1, 360))
    drawn = dice.random()
    if drawn < 0.5:
        maker.add("Web_Activity__c", maker.named[cast.CONNECTOR], at=at, Name=f"WA-{maker.serial:06d}", Contact__c=contact,
                  Type__c=dice.choice(WORDS["web_activity_types"]), Occurred_At__c=stamp(at),
                  Asset__c=dice.choice(WORDS["assets"]))  # fmt: skip
    elif drawn < 0.7:
        maker.add("Task", maker.named["suzuki"], at=at, WhoId=contact, OwnerId=maker.named["suzuki"], Subject="Call", Status="Completed",
                  ActivityDate=stamp(at)[:10], TaskSubtype="Call")  # fmt: skip
    elif drawn < 0.8:
        maker.add("CampaignMember", maker.named["takahashi"], at=at, CampaignId=dice.choice(campaigns), ContactId=contact,
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
