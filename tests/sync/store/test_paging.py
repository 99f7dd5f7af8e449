"""Walks over rows: each once, in order, whatever comes and goes meanwhile."""

import pytest

from sync.store.paging import chunks, pages


@pytest.mark.parametrize("count", [0, 1, 3, 4, 6])
def test_every_row_comes_once_and_in_order(count: int) -> None:
    rows = list(range(1, count + 1))
    read = pages(lambda after, most: [row for row in rows if row > after][:most], lambda row: row, after=0, most=3)
    assert [row for page in read for row in page] == rows


def test_nothing_is_asked_behind_a_page_that_is_not_full() -> None:
    asked: list[int] = []

    def read(after: int, most: int) -> list[int]:
        asked.append(after)
        return [row for row in (1, 2, 3, 4, 5) if row > after][:most]

    assert list(pages(read, lambda row: row, after=0, most=3)) == [[1, 2, 3], [4, 5]]
    assert asked == [0, 3]


def test_a_row_that_goes_while_others_are_walked_hides_none() -> None:
    rows = [1, 2, 3, 4]
    met: list[int] = []
    for page in pages(
        lambda after, most: [row for row in rows if row > after][:most], lambda row: row, after=0, most=2
    ):
        met += page
        rows.remove(page[0])
    assert met == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("size", "expected"), [(1, [[1], [2], [3]]), (2, [[1, 2], [3]]), (3, [[1, 2, 3]]), (4, [[1, 2, 3]])]
)
def test_chunks_hold_no_more_than_asked(size: int, expected: list[list[int]]) -> None:
    assert list(chunks(iter([1, 2, 3]), size)) == expected
