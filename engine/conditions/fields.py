"""What rules can read of a prospect: fields, their kinds, and the columns that stand for them in a frame.

A mapped text field `title` has the raw column `title` (what people see), the key column `title__key` (what rules
compare) and perhaps facet columns such as `title__rank`. The map makes all of them; the engine only reads.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a field's values are. Operators declare the kinds they accept."""

    TEXT = "text"  # compared by its key column
    PICKLIST = "picklist"  # API value; compared by its key column as text is
    INTEGER = "integer"  # Int64
    DECIMAL = "decimal"  # Float64, only ever compared with a threshold
    BOOLEAN = "boolean"
    DATE = "date"  # Date
    DATETIME = "datetime"  # microseconds, UTC
    ID = "id"  # an 18-character record id
    GRADE = "grade"  # Int64, 0 = F to 12 = A+, null = ungraded
    TAGS = "tags"  # text ";a;b;", "" when there is none; never null


@dataclass(frozen=True, slots=True)
class Field:
    """A field a rule may name. `facets` are the extra columns the map derives (`rank`, `function`, ...).

    `is_several`: it has several values at once. Its own column holds the first; of each there is a `member_column`.
    """

    name: str
    kind: Kind
    facets: tuple[str, ...] = ()
    is_several: bool = False

    @property
    def column(self) -> str:
        """The column that rules compare."""
        return f"{self.name}__key" if self.kind in {Kind.TEXT, Kind.PICKLIST} else self.name

    def facet(self, facet: str) -> str:
        """The column of one facet."""
        return f"{self.name}__{facet}"


def member_column(field: str, value: str) -> str:
    """The column that says whether a value is among the several of a field."""
    return f"{field}__in__{value}"


class TagName(str):
    """One tag as steps read and decide it, `tags;vip`, among names of fields: tags are ordered one by one."""

    __slots__ = ()


def tag_name(tag: str) -> TagName:
    return TagName(f"tags;{tag}")


# Columns every prospects frame has besides the mapped ones. Times are microseconds UTC.
#   id, object            18-character id and the object's API name
#   owner_id              user or queue, 18 characters
#   created_at            CreatedDate
#   modified_at, stamp    LastModifiedDate (what the guard compares) and SystemModstamp (the order of versions)
#   read_at               the server's time when this version was read
#   is_converted          boolean
#   org__<target>         what the write-back field of that target holds in the org now
IDENTITY_COLUMNS = ("id", "object", "owner_id", "created_at", "modified_at", "stamp", "read_at", "is_converted")

# What the run knows of every prospect besides its verdicts, readable by rules like any other field.
OTHER_FIELDS = (
    Field("tags", Kind.TAGS),
    Field("owner_kind", Kind.PICKLIST),  # user, inactive user, queue, nobody
    Field("owner_role", Kind.PICKLIST),  # the name of the owner's role; of a queue there is none
    Field("owner_manager", Kind.PICKLIST),  # the username of the owner's manager
    Field("object", Kind.PICKLIST),  # the prospect's: Lead, Contact
    Field("created_at", Kind.DATETIME),
)

# Write-back targets that ride along with a change and are never compared, besides those of verdicts.
OTHER_RIDERS = ("owner_reason", "previous_owner", "assigned_at", "run")
# Write-back fields that exist in the org from the start; later rules fill them, or people do.
LATER = ("return_reason",)
