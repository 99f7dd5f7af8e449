"""The write-back fields with their Salesforce types: complete from the start, because admins deploy them once.

To add one: a line here, its label and description in config/words/fields.toml, and its name where
it is decided: a verdict in engine/verdicts, or `engine/conditions/fields.py`.
"""

from dataclasses import dataclass
from enum import StrEnum


class FieldType(StrEnum):
    """A field type as Salesforce metadata spells it."""

    TEXT = "Text"
    NUMBER = "Number"
    DATE_TIME = "DateTime"


@dataclass(frozen=True, slots=True)
class WriteBackField:
    """`name` is what the map calls it; `size` the characters of a text or the digits of a whole number."""

    name: str
    api_name: str
    type: FieldType
    size: int = 0
    is_filled_by_people: bool = False  # people write it, leadsync only reads it


WRITE_BACK = (
    WriteBackField("persona", "Persona__c", FieldType.TEXT, 80),
    WriteBackField("buyer_role", "Buyer_Role__c", FieldType.TEXT, 40),
    WriteBackField("profile", "Profile__c", FieldType.TEXT, 80),
    WriteBackField("grade", "Grade__c", FieldType.TEXT, 2),
    WriteBackField("grade_rank", "Grade_Rank__c", FieldType.NUMBER, 2),
    WriteBackField("score", "Score__c", FieldType.NUMBER, 6),
    WriteBackField("priority", "Priority__c", FieldType.TEXT, 4),
    WriteBackField("segment", "Segment__c", FieldType.TEXT, 255),
    WriteBackField("grade_reason", "Grade_Reason__c", FieldType.TEXT, 255),
    WriteBackField("owner_reason", "Owner_Reason__c", FieldType.TEXT, 255),
    WriteBackField("previous_owner", "Previous_Owner__c", FieldType.TEXT, 18),
    WriteBackField("assigned_at", "Assigned_At__c", FieldType.DATE_TIME),
    WriteBackField("return_reason", "Return_Reason__c", FieldType.TEXT, 255, is_filled_by_people=True),
    WriteBackField("run", "Leadsync_Run__c", FieldType.TEXT, 40),
)
