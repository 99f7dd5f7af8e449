"""Conversion of a lead: an account, a contact in it and an opportunity with that contact, all of which the lead names."""

from sync.sandbox.dml import create, living, update
from sync.sandbox.schema import schema
from sync.sandbox.transaction import Author, Draft
from sync.sandbox.worlds import Record, Value, stamp

_TO_CONTACT = {
    "LastName": "LastName", "FirstName": "FirstName", "Title": "Title", "Department__c": "Department",
    "Street": "MailingStreet", "City": "MailingCity", "State": "MailingState", "PostalCode": "MailingPostalCode",
    "Country": "MailingCountry", "Phone": "Phone", "MobilePhone": "MobilePhone", "Email": "Email",
    "LeadSource": "LeadSource", "HasOptedOutOfEmail": "HasOptedOutOfEmail", "pi__score__c": "pi__score__c",
    "pi__grade__c": "pi__grade__c", "pi__last_activity__c": "pi__last_activity__c",
}  # fmt: skip
_TO_ACCOUNT = {
    "Company": "Name", "Phone": "Phone", "Website": "Website", "Industry": "Industry", "Rating": "Rating",
    "AnnualRevenue": "AnnualRevenue", "NumberOfEmployees": "NumberOfEmployees", "City": "BillingCity",
    "State": "BillingState", "Country": "BillingCountry",
}  # fmt: skip


def convert(draft: Draft, lead_id: str, author: Author) -> None:
    """Nobody can change the lead from then on. What happened to it goes on with the contact, who is of the account with
    the same name if there is one.
    """
    lead = living(draft, schema()["Lead"], lead_id)
    owner = _owner(draft, lead, author)
    account = _account(draft, lead, owner, author)
    contact = create(
        draft, schema()["Contact"], {**_copied(lead, _TO_CONTACT), "AccountId": account, "OwnerId": owner}, author
    )
    opportunity = create(
        draft,
        schema()["Opportunity"],
        {"Name": f"{lead['Company']}-", "AccountId": account, "OwnerId": owner, "CloseDate": stamp(draft.now)[:10]},
        author,
    )
    role: dict[str, Value] = {"OpportunityId": opportunity, "ContactId": contact, "IsPrimary": True}
    create(draft, schema()["OpportunityContactRole"], role, author)
    for name, field, now_field in (("Task", "WhoId", "WhoId"), ("CampaignMember", "LeadId", "ContactId")):
        for row in [row for row in draft.world.tables.get(name, {}).values() if row.get(field) == lead_id]:
            if not row.get("IsDeleted"):
                update(draft, schema()[name], str(row["Id"]), {now_field: contact}, author)
    converted: dict[str, Value] = {
        "IsConverted": True,
        "ConvertedDate": stamp(draft.now)[:10],
        "Status": "Closed - Converted",
        "ConvertedAccountId": account,
        "ConvertedContactId": contact,
        "ConvertedOpportunityId": opportunity,
    }
    update(draft, schema()["Lead"], lead_id, converted, author)


def _account(draft: Draft, lead: Record, owner: str, author: Author) -> str:
    for account in draft.world.tables["Account"].values():
        if account["Name"] == lead["Company"] and not account.get("IsDeleted"):
            return str(account["Id"])
    return create(draft, schema()["Account"], {**_copied(lead, _TO_ACCOUNT), "OwnerId": owner}, author)


def _owner(draft: Draft, lead: Record, author: Author) -> str:
    """The lead's own, or whoever converts it: a queue and a user who left can own none of this."""
    user = draft.world.find("User", str(lead["OwnerId"]))
    is_able = user and user.get("IsActive") and user.get("UserType") == "Standard"
    return str(lead["OwnerId"]) if is_able else author.user_id


def _copied(lead: Record, names: dict[str, str]) -> dict[str, Value]:
    return {to: lead[name] for name, to in names.items() if name in lead}
