"""The registry of text keys: what says nothing has no key, and operands go the way of values."""

import pytest

from engine.conditions.fields import Kind
from mapping.text.keys import KEYS_VERSION, TEXT_KEYS, default_key, facets_of, fragment_of, key_of


@pytest.mark.parametrize("name", sorted(TEXT_KEYS))
@pytest.mark.parametrize("text", ["", " ", "　", "-", "－－", "?", "***", "Select", "選択してください", "--None--"])
def test_what_nobody_filled_in_has_no_key(name: str, text: str) -> None:
    assert key_of(name, text) is None


@pytest.mark.parametrize("text", ["なし", "不明", "テスト", "ﾃｽﾄ", "未定", "N/A", "Unknown", "TBD", "xxx"])
def test_what_people_type_to_get_past_a_field_has_no_key(text: str) -> None:
    assert key_of("plain", text) is None


@pytest.mark.parametrize("text", ["Unknown", "None", "不明", "なし"])
def test_a_picklist_value_that_was_offered_is_a_value(text: str) -> None:
    assert key_of("value", text) is not None


@pytest.mark.parametrize("text", ["テスト技研", "Test Equipment", "なし園", "不明瞭", "Selecta", "NA"])
def test_a_placeholder_inside_a_text_is_none(text: str) -> None:
    assert key_of("plain", text) is not None


@pytest.mark.parametrize("name", sorted(TEXT_KEYS))
def test_every_facet_is_there_even_when_nothing_is_known(name: str) -> None:
    assert dict(TEXT_KEYS[name].reading("").facets) == dict.fromkeys(facets_of(name))


def test_a_key_of_a_key_is_the_key() -> None:
    written = {"company": "株式会社日立", "title": "製造部 課長", "department": "IT 部", "email": "A@Example.jp"}
    keys = {name: key_of(name, text) for name, text in written.items()}
    assert {name: key_of(name, key or "") for name, key in keys.items()} == keys


def test_a_fragment_keeps_what_a_whole_value_would_lose() -> None:
    assert (
        fragment_of("company", "日立 製"),
        fragment_of("company", "株式会社"),
        fragment_of("plain", "テスト"),
        fragment_of("plain", " "),
    ) == ("日立製", "株式会社", "テスト", None)


def test_texts_and_picklists_have_a_key_without_naming_one() -> None:
    assert {kind: default_key(kind) for kind in Kind if default_key(kind)} == {
        Kind.TEXT: "plain",
        Kind.PICKLIST: "value",
    }


def test_the_version_of_the_keys_fits_its_column() -> None:
    assert 0 < len(KEYS_VERSION) <= 40
