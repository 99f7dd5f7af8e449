"""Facts about standard fields, so that a map entry for one is a single line; custom fields say their kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.conditions.fields import Kind


@dataclass(frozen=True, slots=True)
class Standard:
    """`key` is the text key that fits the field; None: the kind's own."""

    kind: Kind
    key: str | None = None


_PERSON = {
    "FirstName": Standard(Kind.TEXT),
    "LastName": Standard(Kind.TEXT),
    "Salutation": Standard(Kind.PICKLIST),
    "Name": Standard(Kind.TEXT),
    "Title": Standard(Kind.TEXT, "title"),
    "Phone": Standard(Kind.TEXT),
    "MobilePhone": Standard(Kind.TEXT),
    "Fax": Standard(Kind.TEXT),
    "Email": Standard(Kind.TEXT, "email"),
    "EmailBouncedReason": Standard(Kind.TEXT),
    "EmailBouncedDate": Standard(Kind.DATETIME),
    "HasOptedOutOfEmail": Standard(Kind.BOOLEAN),
    "HasOptedOutOfFax": Standard(Kind.BOOLEAN),
    "DoNotCall": Standard(Kind.BOOLEAN),
    "Description": Standard(Kind.TEXT),
    "LeadSource": Standard(Kind.PICKLIST),
    "RecordTypeId": Standard(Kind.ID),
    "CreatedById": Standard(Kind.ID),
    "LastModifiedById": Standard(Kind.ID),
    "LastActivityDate": Standard(Kind.DATE),
    "CleanStatus": Standard(Kind.PICKLIST),
}

_LEAD = _PERSON | {
    "Company": Standard(Kind.TEXT, "company"),
    "Street": Standard(Kind.TEXT),
    "City": Standard(Kind.TEXT),
    "State": Standard(Kind.TEXT),
    "PostalCode": Standard(Kind.TEXT),
    "Country": Standard(Kind.TEXT),
    "StateCode": Standard(Kind.PICKLIST),
    "CountryCode": Standard(Kind.PICKLIST),
    "Website": Standard(Kind.TEXT),
    "Status": Standard(Kind.PICKLIST),
    "Industry": Standard(Kind.PICKLIST),
    "Rating": Standard(Kind.PICKLIST),
    "AnnualRevenue": Standard(Kind.DECIMAL),
    "NumberOfEmployees": Standard(Kind.INTEGER),
    "CompanyDunsNumber": Standard(Kind.TEXT),
    "IsUnreadByOwner": Standard(Kind.BOOLEAN),
    "ConvertedDate": Standard(Kind.DATE),
    "ConvertedAccountId": Standard(Kind.ID),
    "ConvertedContactId": Standard(Kind.ID),
    "ConvertedOpportunityId": Standard(Kind.ID),
}

_CONTACT = _PERSON | {
    "AccountId": Standard(Kind.ID),
    "ReportsToId": Standard(Kind.ID),
    "Department": Standard(Kind.TEXT, "department"),
    "AssistantName": Standard(Kind.TEXT),
    "MailingStreet": Standard(Kind.TEXT),
    "MailingCity": Standard(Kind.TEXT),
    "MailingState": Standard(Kind.TEXT),
    "MailingPostalCode": Standard(Kind.TEXT),
    "MailingCountry": Standard(Kind.TEXT),
    "HomePhone": Standard(Kind.TEXT),
    "Birthdate": Standard(Kind.DATE),
}

_ACCOUNT = {
    "Name": Standard(Kind.TEXT, "company"),
    "AccountNumber": Standard(Kind.TEXT),
    "Type": Standard(Kind.PICKLIST),
    "Industry": Standard(Kind.PICKLIST),
    "Rating": Standard(Kind.PICKLIST),
    "Ownership": Standard(Kind.PICKLIST),
    "AnnualRevenue": Standard(Kind.DECIMAL),
    "NumberOfEmployees": Standard(Kind.INTEGER),
    "BillingStreet": Standard(Kind.TEXT),
    "BillingCity": Standard(Kind.TEXT),
    "BillingState": Standard(Kind.TEXT),
    "BillingPostalCode": Standard(Kind.TEXT),
    "BillingCountry": Standard(Kind.TEXT),
    "Phone": Standard(Kind.TEXT),
    "Website": Standard(Kind.TEXT),
    "Description": Standard(Kind.TEXT),
    "OwnerId": Standard(Kind.ID),
    "ParentId": Standard(Kind.ID),
    "LastActivityDate": Standard(Kind.DATE),
}

_CAMPAIGN = {
    "Name": Standard(Kind.TEXT),
    "Type": Standard(Kind.PICKLIST),
    "Status": Standard(Kind.PICKLIST),
    "IsActive": Standard(Kind.BOOLEAN),
    "StartDate": Standard(Kind.DATE),
    "EndDate": Standard(Kind.DATE),
    "ParentId": Standard(Kind.ID),
    "OwnerId": Standard(Kind.ID),
}

_OPPORTUNITY = {
    "Name": Standard(Kind.TEXT),
    "StageName": Standard(Kind.PICKLIST),
    "Type": Standard(Kind.PICKLIST),
    "LeadSource": Standard(Kind.PICKLIST),
    "Amount": Standard(Kind.DECIMAL),
    "Probability": Standard(Kind.DECIMAL),
    "CloseDate": Standard(Kind.DATE),
    "IsClosed": Standard(Kind.BOOLEAN),
    "IsWon": Standard(Kind.BOOLEAN),
    "AccountId": Standard(Kind.ID),
    "ContactId": Standard(Kind.ID),
    "CampaignId": Standard(Kind.ID),
    "OwnerId": Standard(Kind.ID),
}

_CONTACT_ROLE = {
    "Role": Standard(Kind.PICKLIST),
    "IsPrimary": Standard(Kind.BOOLEAN),
    "ContactId": Standard(Kind.ID),
    "OpportunityId": Standard(Kind.ID),
}

_CAMPAIGN_MEMBER = {
    "Status": Standard(Kind.PICKLIST),
    "HasResponded": Standard(Kind.BOOLEAN),
    "FirstRespondedDate": Standard(Kind.DATE),
    "CampaignId": Standard(Kind.ID),
}

_TASK = {
    "Subject": Standard(Kind.TEXT),
    "Status": Standard(Kind.PICKLIST),
    "Priority": Standard(Kind.PICKLIST),
    "Type": Standard(Kind.PICKLIST),
    "TaskSubtype": Standard(Kind.PICKLIST),
    "IsClosed": Standard(Kind.BOOLEAN),
    "ActivityDate": Standard(Kind.DATE),
    "CallDurationInSeconds": Standard(Kind.INTEGER),
    "CallDisposition": Standard(Kind.TEXT),
    "OwnerId": Standard(Kind.ID),
}

STANDARD_FIELDS: Mapping[str, Mapping[str, Standard]] = MappingProxyType(
    {
        "Lead": _LEAD,
        "Contact": _CONTACT,
        "Account": _ACCOUNT,
        "Campaign": _CAMPAIGN,
        "CampaignMember": _CAMPAIGN_MEMBER,
        "Opportunity": _OPPORTUNITY,
        "OpportunityContactRole": _CONTACT_ROLE,
        "Task": _TASK,
    }
)

# Objects whose records may be prospects.
PROSPECT_OBJECTS = ("Lead", "Contact")
# Objects whose records Salesforce lets only users own.
WITHOUT_QUEUES = frozenset({"Contact", "Account", "Opportunity"})

# Which object a standard field of a prospect or an activity names; of a custom field the map says it.
STANDARD_LOOKUPS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Lead": {
            "ConvertedAccountId": "Account",
            "ConvertedContactId": "Contact",
            "ConvertedOpportunityId": "Opportunity",
        },
        "Contact": {"AccountId": "Account"},
        "CampaignMember": {"CampaignId": "Campaign"},
        "Opportunity": {"AccountId": "Account", "CampaignId": "Campaign"},
        "OpportunityContactRole": {"OpportunityId": "Opportunity"},
    }
)
