"""Seniority from titles, with the pairs that `contains` gets wrong."""

import pytest

from mapping.text.keys import facet_of, key_of


@pytest.mark.parametrize(
    ("title", "rank"),
    [
        ("代表取締役社長", 10),
        ("取締役会長", 10),
        ("CEO", 10),
        ("Co-Founder & CTO", 10),
        ("代表取締役副社長", 9),
        ("取締役", 9),
        ("取締役 兼 営業部長", 9),
        ("Chief Technology Officer", 9),
        ("Executive Vice President", 9),
        ("執行役員", 8),
        ("VP Engineering", 8),
        ("本部長", 7),
        ("工場長", 7),
        ("部長", 6),
        ("製造部　部長", 6),
        ("営業部長・事業推進室長", 6),
        ("ゼネラル・マネージャー", 6),
        ("Director of Operations", 6),
        ("Head of IT", 6),
        ("次長", 5),
        ("課長", 4),
        ("マネジャー", 4),
        ("Purchasing Manager", 4),
        ("係長", 3),
        ("主任", 2),
        ("Senior Engineer", 2),
        ("担当", 1),
        ("Analyst", 1),
        ("顧問", None),
        ("魔法使い", None),
    ],
)
def test_a_title_has_a_rank(title: str, rank: int | None) -> None:
    assert facet_of("title", "rank", title) == rank


@pytest.mark.parametrize(
    ("title", "rank"),
    [
        ("部長代理", 5),
        ("部長（代理）", 5),
        ("部長補佐", 5),
        ("副部長", 5),
        ("課長代理", 3),
        ("部長秘書", 1),
        ("社長秘書", 1),
        ("部長付", None),
        ("部長候補", None),
        ("元部長", None),
        ("前 営業部長", None),
        ("営業部前部長", None),
        ("社長室", None),
        ("社長室長", 5),
        ("社長室 担当", 1),
        ("取締役会事務局 課長", 4),
        ("Vice President", 8),
        ("Assistant Manager", 3),
        ("Deputy General Manager", 5),
        ("Assistant to the CEO", 1),
        ("CEO's secretary", 1),
        ("Former Director", None),
        ("ex-VP Sales", None),
        ("Head Office", None),
    ],
)
def test_what_stands_around_a_word_changes_its_rank(title: str, rank: int | None) -> None:
    assert facet_of("title", "rank", title) == rank


@pytest.mark.parametrize("title", ["弘前支店長", "前橋支店長", "備前工場長", "元町店 店長"])
def test_a_place_that_looks_like_former_is_none(title: str) -> None:
    assert facet_of("title", "rank", title) is not None


def test_the_key_of_a_title_is_its_folded_text() -> None:
    assert key_of("title", "ﾏﾈｰｼﾞｬｰ ") == "マネージャー"
