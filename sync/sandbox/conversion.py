"""Conversion of a lead: an account, a contact in it and an opportunity with that contact, all of which the lead names."""

from sync.sandbox.clock import stamp
from sync.sandbox.database import Record, Value
from sync.sandbox.dml import Author, create, living, update
from sync.sandbox.schema import schema
from sync.sandbox.worlds import World

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
# What goes on with the contact: the field that names the lead, and the one that then names the contact.
_FOLLOWS = (("Task", "WhoId", "WhoId"), ("CampaignMember", "LeadId", "ContactId"))


def convert_lead(world: World, lead_id: str, author: Author) -> None:
    """Nobody can change the lead from then on. What happened to it goes on with the contact, who is of the account with
    the same name if there is one.
    """
    lead = living(world, schema()["Lead"], lead_id)
    user = world.find("User", str(lead["OwnerId"]))
    # A queue and a user who left can own none of this.
    is_able = user and user.get("IsActive") and user.get("UserType") == "Standard"
    owner = str(lead["OwnerId"]) if is_able else author.user_id
    known = world.tables["Account"].living(Name=lead["Company"])

    def made(name: str, **values: Value) -> str:
        return create(world, schema()[name], values, author)

    account = str(known[0]["Id"]) if known else made("Account", **_copied(lead, _TO_ACCOUNT), OwnerId=owner)
    contact = made("Contact", **_copied(lead, _TO_CONTACT), AccountId=account, OwnerId=owner)
    today = stamp(world.now)[:10]
    opportunity = made("Opportunity", Name=f"{lead['Company']}-", AccountId=account, OwnerId=owner, CloseDate=today)
    made("OpportunityContactRole", OpportunityId=opportunity, ContactId=contact, IsPrimary=True)
    for name, field, now_field in _FOLLOWS:
        for row in world.tables[name].living(**{field: lead_id}):
            update(world, schema()[name], str(row["Id"]), {now_field: contact}, author)
    converted: dict[str, Value] = {
        "IsConverted": True, "ConvertedDate": today, "Status": "Closed - Converted", "ConvertedAccountId": account,
        "ConvertedContactId": contact, "ConvertedOpportunityId": opportunity,
    }  # fmt: skip
    update(world, schema()["Lead"], lead_id, converted, author)


def _copied(lead: Record, names: dict[str, str]) -> dict[str, Value]:
    return {to: lead[name] for name, to in names.items() if name in lead}
