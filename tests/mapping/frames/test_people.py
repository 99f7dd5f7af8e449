"""Users and queues from raw rows."""

import polars as pl
import pytest

from engine.snapshots import Queue, User
from mapping.field_map.field_map import FieldMap, ObjectMap
from mapping.frames.people import queues_for, queues_of, users_of

GROUPS = pl.DataFrame(
    {
        "Id": ["00G2", "00G1", "00G3", "00G4", "00G5"],
        "DeveloperName": ["Support_Cases", "Inbound_Leads", "Kanto_Team", "Sales", "Sales"],
        "Name": ["サポート", "新規リード", "関東", None, None],
        "Type": ["Queue", "Queue", "Regular", "Role", "RoleAndSubordinatesInternal"],
        "RelatedId": [None, None, None, "00E1", "00E1"],
    }
)
SUPPORTS = pl.DataFrame(
    {"Id": ["1", "2", "3"], "QueueId": ["00G1", "00G2", "00G1"], "SobjectType": ["Lead", "Case", "Contact"]}
)
USERS = pl.DataFrame({"Id": ["0051", "0052", "0053", "0054"], "UserRoleId": [None, "00E1", "00E2", "00E3"]})
# Sales (1) > Kanto (2) > Tokyo (3).
ROLES = pl.DataFrame({"Id": ["00E1", "00E2", "00E3"], "ParentRoleId": [None, "00E1", "00E2"]})


def members(*pairs: tuple[str, str]) -> pl.DataFrame:
    groups, inside = zip(*pairs, strict=True)
    return pl.DataFrame({"Id": [str(n) for n in range(len(pairs))], "GroupId": groups, "UserOrGroupId": inside})


def queues(*pairs: tuple[str, str]) -> tuple[Queue, ...]:
    return queues_of(GROUPS, members(*pairs), SUPPORTS, USERS, ROLES)


def test_a_user_is_read_with_what_decides_whether_they_may_own() -> None:
    raw = pl.DataFrame(
        {
            "Id": ["0052", "0051"],
            "Username": ["ito@example.jp", "suzuki@example.jp"],
            "Name": ["伊藤", "鈴木"],
            "IsActive": [False, True],
            "UserType": ["Standard", "CsnOnly"],
            "ManagerId": [None, "0052"],
            "UserRoleId": [None, "00E1"],
            "TimeZoneSidKey": ["Asia/Tokyo", None],
        }
    )
    roles = pl.DataFrame({"Id": ["00E1"], "Name": ["関東営業"]})
    assert users_of(raw, roles) == (
        User(
            "0051", "suzuki@example.jp", "鈴木", is_active=True, user_type="CsnOnly", manager_id="0052", role="関東営業"
        ),
        User("0052", "ito@example.jp", "伊藤", is_active=False, time_zone="Asia/Tokyo"),
    )


def test_a_queue_knows_what_it_may_own() -> None:
    assert queues(("00G1", "0052"), ("00G1", "0051")) == (
        Queue("00G1", "Inbound_Leads", "新規リード", ("0051", "0052"), ("Contact", "Lead")),
        Queue("00G2", "Support_Cases", "サポート", objects=("Case",)),
    )


@pytest.mark.parametrize(
    ("inside", "members"),
    [
        ((("00G1", "00G3"), ("00G3", "0051")), ("0051",)),
        ((("00G1", "00G3"), ("00G3", "00G3"), ("00G3", "00G1"), ("00G3", "0051")), ("0051",)),
        ((("00G1", "00G4"),), ("0052",)),
        ((("00G1", "00G5"),), ("0052", "0053", "0054")),
        ((("00G1", "00G3"), ("00G3", "00G5"), ("00G1", "0051")), ("0051", "0052", "0053", "0054")),
        ((("00G1", "00G9"),), ()),
    ],
    ids=["a group", "a group in itself", "a role", "a role and those below", "all of it", "a group nobody can see"],
)
def test_whoever_is_in_something_that_is_in_a_queue_is_in_the_queue(
    inside: tuple[tuple[str, str], ...], members: tuple[str, ...]
) -> None:
    assert queues(*inside)[0].members == members


def test_only_queues_that_support_a_mapped_object_are_queues_for_the_rules() -> None:
    leads = FieldMap((ObjectMap("Lead", ()),))
    assert [queue.developer_name for queue in queues_for(queues(("00G1", "0051")), leads)] == ["Inbound_Leads"]


def test_a_queue_may_be_empty() -> None:
    empty = pl.DataFrame()
    assert [queue.members for queue in queues_of(GROUPS, empty, SUPPORTS, empty, empty)] == [(), ()]


def test_nothing_pulled_is_nobody() -> None:
    empty = pl.DataFrame()
    assert (users_of(empty, empty), queues_of(empty, empty, empty, empty, empty)) == ((), ())
