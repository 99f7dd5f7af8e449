"""What a department does, whatever it is called."""

import pytest

from mapping.text.keys import facet_of


@pytest.mark.parametrize(
    "name", ["情報システム部", "情シス", "IT部", "ＩＴ推進室", "IT", "Information Systems", "DX推進部"]
)
def test_one_function_has_many_names(name: str) -> None:
    assert facet_of("department", "function", name) == "information systems"


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("製造部", "production"),
        ("生産技術部", "production engineering"),
        ("生産管理課", "production control"),
        ("製造本部 品質管理課", "quality"),
        ("営業企画部", "sales"),
        ("技術営業部", "sales"),
        ("R&D", "research and development"),
        ("法人営業部", "sales"),
        ("個人事業部", None),
        ("法人事業部", None),
        ("Digital", None),
        ("Unit", None),
    ],
)
def test_the_longest_known_word_decides(name: str, function: str | None) -> None:
    assert facet_of("department", "function", name) == function


@pytest.mark.parametrize("meant", ["production engineering", "生産技術", "生産技術部"])
def test_an_author_may_name_a_function_in_either_language(meant: str) -> None:
    assert facet_of("department", "function", meant) == "production engineering"
