"""How often a row stood in its file before: the same whether it was on this page or on an earlier one."""

from collections import Counter

from sync.pull.drop_folders.reader import marks

ROWS = [str(number % 7 if number % 3 else number).encode() for number in range(500)]


def test_rows_are_counted_over_all_pages_in_the_order_of_the_file() -> None:
    with marks() as again:
        counted = [times for start in range(0, len(ROWS), 64) for times in again(ROWS[start : start + 64])]
    seen: Counter[bytes] = Counter()
    expected = []
    for row in ROWS:
        expected.append(seen[row])
        seen[row] += 1
    assert counted == expected


def test_another_file_begins_anew() -> None:
    with marks() as again:
        again([b"row"])
    with marks() as again:
        assert again([b"row", b"row"]) == [0, 1]
