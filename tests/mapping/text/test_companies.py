"""Company names meet without their form, and the form still tells them apart."""

import pytest

from mapping.text.keys import TEXT_KEYS, Reading, facet_of, key_of


@pytest.mark.parametrize(
    "written",
    [
        "株式会社日立製作所",
        "日立製作所株式会社",
        "(株)日立製作所",
        "㈱日立製作所",
        "日立製作所㈱",
        "株式会社　日立 製作所",
        "（株）日立製作所",
        "日立製作所 K.K.",
    ],
)
def test_a_company_is_the_same_wherever_its_form_stands(written: str) -> None:
    assert TEXT_KEYS["company"].reading(written) == Reading("日立製作所", {"form": "株式会社"})


@pytest.mark.parametrize(
    ("written", "name", "form"),
    [
        ("Foo Co., Ltd.", "foo", "co ltd"),
        ("ＦＯＯ　Ｃｏ．，Ｌｔｄ．", "foo", "co ltd"),
        ("Foo, Inc.", "foo", "inc"),
        ("Foo LLC", "foo", "llc"),
        ("Foo G.K.", "foo", "合同会社"),
        ("A&B Limited", "a&b", "ltd"),
        ("一般社団法人日本能率協会", "日本能率協会", "一般社団法人"),
        ("医療法人社団 青葉会", "青葉会", "医療法人"),
        ("認定NPO法人みどり", "みどり", "特定非営利活動法人"),
        ("国立大学法人東京大学", "東京大学", "国立大学法人"),
        ("日立製作所", "日立製作所", None),
    ],
)
def test_the_form_is_kept_beside_the_name(written: str, name: str, form: str | None) -> None:
    assert TEXT_KEYS["company"].reading(written) == Reading(name, {"form": form})


@pytest.mark.parametrize("written", ["KK Wind Solutions", "Zinc", "Incognito", "同和鉱業", "Vodka Corner", "Tag Heuer"])
def test_what_only_looks_like_a_form_belongs_to_the_name(written: str) -> None:
    assert TEXT_KEYS["company"].reading(written).facets == {"form": None}


def test_firms_of_one_name_and_two_forms_differ_by_their_form() -> None:
    one, other = TEXT_KEYS["company"].reading("株式会社A"), TEXT_KEYS["company"].reading("有限会社A")
    assert (one.key, one.facets) != (other.key, other.facets)


def test_a_person_without_a_company_does_not_meet_a_company_called_so() -> None:
    assert (key_of("company", "個人"), key_of("company", "合同会社個人")) == (None, "個人")


def test_a_form_without_a_name_has_no_key() -> None:
    assert TEXT_KEYS["company"].reading("株式会社") == Reading(None, {"form": "株式会社"})


@pytest.mark.parametrize("meant", ["株式会社", "(株)", "㈱", "K.K.", "kabushiki kaisha"])
def test_an_author_may_name_a_form_as_they_like(meant: str) -> None:
    assert facet_of("company", "form", meant) == "株式会社"
