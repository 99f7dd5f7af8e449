"""Tables and logs that worlds share: what is laid over shows, and the state before stays as it was."""

from sync.sandbox.row_versions import Layers, Trail, changed


def table(count: int) -> Layers:
    return Layers({f"{n:05d}": {"Id": f"{n:05d}", "Stamp": f"{n:05d}"} for n in range(count)}, {})


def test_what_is_laid_over_shows_in_its_place() -> None:
    old = table(3)
    new = old.opened()
    new.over |= {"00001": {"Id": "00001", "Stamp": "new"}, "00000": None, "00007": {"Id": "00007"}}
    assert list(new) == ["00001", "00002", "00007"]
    assert [record["Id"] for record in new.values()] == list(new)
    assert (len(new), new["00001"]["Stamp"], "00000" in new) == (3, "new", False)
    assert (len(old), "00000" in old) == (3, True)


def test_many_changes_are_folded_in_and_the_table_before_keeps_its_own() -> None:
    old = table(3).opened()
    old.over |= {f"{n:05d}": {"Id": f"{n:05d}"} for n in range(2, 3000)}
    old.over["00000"] = None
    new = old.opened()
    assert (new.over, list(new)) == ({}, list(old))


def test_only_what_differs_is_told() -> None:
    old = table(3).opened()
    new = old.opened()
    new.over |= {"00001": {"Id": "00001"}, "00002": None}
    assert dict(changed(old, new)) == {"00001": {"Id": "00001"}, "00002": None}
    plain = {key: record for key, record in old.items() if key != "00000"}
    assert dict(changed(old, plain)) == {"00000": None}


def test_recent_records_are_found_by_their_stamp_wherever_they_lie() -> None:
    new = table(5000).opened()
    new.over["00001"] = {"Id": "00001", "Stamp": "09999"}
    found = new.since("Stamp", "04998")
    assert found is not None
    assert [record["Id"] for record in found] == ["00001", "04998", "04999"]
    assert new.since("Stamp", "00000") is None


def test_recent_records_are_found_after_changes_were_folded_in() -> None:
    new = table(60_000)
    assert new.since("Stamp", "59999") is not None
    for start in (1, 3000, 6000):
        new = new.opened()
        new.over |= {f"{n:05d}": {"Id": f"{n:05d}", "Stamp": "99999"} for n in range(start, start + 2900)}
    found = [record["Id"] for record in new.since("Stamp", "59999") or () if str(record["Stamp"]) >= "59999"]
    assert found == [key for key, record in new.items() if str(record["Stamp"]) >= "59999"]


def test_a_trail_that_grows_twice_from_one_place_is_two_trails() -> None:
    start = Trail.of((1, 2))
    left, right = start.with_(3), start.with_(4)
    assert (tuple(start), tuple(left), tuple(right)) == ((1, 2), (1, 2, 3), (1, 2, 4))
    assert (left[-1], right[2:], start == (1, 2)) == (3, (4,), True)
