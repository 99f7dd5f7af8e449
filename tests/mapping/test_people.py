"""Users and queues from raw rows."""

import polars as pl

from engine.snapshots import Queue, User
from mapping.maps import FieldMap, ObjectMap
from mapping.people import queues_for, queues_of, users_of

GROUPS = pl.DataFrame(
    {
        "Id": ["00G2", "00G1", "00G3"],
        "DeveloperName": ["Support_Cases", "Inbound_Leads", "Kanto_Team"],
        "Name": ["サポート", "新規リード", "関東"],
        "Type": ["Queue", "Queue", "Regular"],
    }
)
SUPPORTS = pl.DataFrame(
    {"Id": ["1", "2", "3"], "QueueId": ["00G1", "00G2", "00G1"], "SobjectType": ["Lead", "Case", "Contact"]}
)
MEMBERS = pl.DataFrame({"Id": ["1", "2", "3"], "GroupId": ["00G1"] * 3, "UserOrGroupId": ["0052", "0051", "00G3"]})


def test_a_user_is_read_with_what_decides_whether_they_may_own() -> None:
    raw = pl.DataFrame(
        {
            "Id": ["0052", "0051"],
            "Username": ["ito@example.jp", "suzuki@example.jp"],
            "Name": ["伊藤", "鈴木"],
            "IsActive": [False, True],
            "UserType": ["Standard", "CsnOnly"],
            "ManagerId": [None, "0052"],
            "TimeZoneSidKey": ["Asia/Tokyo", None],
        }
    )
    assert users_of(raw) == (
        User("0051", "suzuki@example.jp", "鈴木", is_active=True, user_type="CsnOnly", manager_id="0052"),
        User("0052", "ito@example.jp", "伊藤", is_active=False, time_zone="Asia/Tokyo"),
    )


def test_a_queue_knows_what_it_may_own() -> None:
    assert queues_of(GROUPS, MEMBERS, SUPPORTS) == (
        Queue("00G1", "Inbound_Leads", "新規リード", ("0051", "0052"), ("Contact", "Lead")),
        Queue("00G2", "Support_Cases", "サポート", objects=("Case",)),
    )


def test_only_queues_that_support_a_mapped_object_are_queues_for_the_rules() -> None:
    leads = FieldMap((ObjectMap("Lead", ()),))
    found = queues_for(queues_of(GROUPS, MEMBERS, SUPPORTS), leads)
    assert [queue.developer_name for queue in found] == ["Inbound_Leads"]


def test_a_queue_may_be_empty() -> None:
    assert [queue.members for queue in queues_of(GROUPS, pl.DataFrame(), SUPPORTS)] == [(), ()]


def test_nothing_pulled_is_nobody() -> None:
    assert (users_of(pl.DataFrame()), queues_of(pl.DataFrame(), pl.DataFrame(), pl.DataFrame())) == ((), ())
