"""Names as they are compared: what people type without thinking makes no other name, what they mean does."""

import pytest

from engine.names import folded, plain


@pytest.mark.parametrize(
    "typed",
    ["Field Sales", "field sales", "FIELD  SALES", " Field Sales ", "Ｆｉｅｌｄ　Ｓａｌｅｓ", "Field\tSales"],
    ids=["as it is", "case", "two spaces", "outer spaces", "full width", "tab"],
)
def test_one_name_however_it_is_typed(typed: str) -> None:
    assert folded(typed) == folded("Field Sales")


@pytest.mark.parametrize(
    "other", ["FieldSales", "Field-Sales", "Field Sale", "営業"], ids=["no space", "hyphen", "less", "other"]
)
def test_another_name_stays_another(other: str) -> None:
    assert folded(other) != folded("Field Sales")


def test_half_width_kana_is_the_same_name() -> None:
    assert folded("ｶﾝﾄｳ営業") == folded("カントウ営業")


def test_folding_twice_changes_nothing_more() -> None:
    assert folded(folded("Ｆｉｅｌｄ　Sales ")) == folded("Ｆｉｅｌｄ　Sales ")


def test_only_width_is_made_plain() -> None:
    assert plain(" １，０００　Ｙｅｓ ｶﾅ") == " 1,000 Yes カナ"
