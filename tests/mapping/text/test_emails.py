"""E-mail addresses: their domain, and whether it says anything of a company."""

import pytest

from mapping.text.keys import TEXT_KEYS, Reading, facet_of, fragment_of


@pytest.mark.parametrize(
    ("written", "key", "domain", "is_free"),
    [
        ("Taro.Suzuki@Example.CO.JP ", "taro.suzuki@example.co.jp", "example.co.jp", False),
        ("ｔａｒｏ＠example.jp", "taro@example.jp", "example.jp", False),
        ("a@gmail.com", "a@gmail.com", "gmail.com", True),
        ("a@docomo.ne.jp", "a@docomo.ne.jp", "docomo.ne.jp", True),
        ("a@t.vodafone.ne.jp", "a@t.vodafone.ne.jp", "t.vodafone.ne.jp", True),
        ("a@notgmail.com", "a@notgmail.com", "notgmail.com", False),
    ],
)
def test_an_address_has_a_domain(written: str, key: str, domain: str, *, is_free: bool) -> None:
    assert TEXT_KEYS["email"].reading(written) == Reading(key, {"domain": domain, "is_free": is_free})


@pytest.mark.parametrize("written", ["suzuki", "a@b", "a b@example.jp", "a@@example.jp", "なし"])
def test_what_is_no_address_counts_as_empty(written: str) -> None:
    assert TEXT_KEYS["email"].reading(written) == Reading(None, {"domain": None, "is_free": None})


def test_a_part_of_an_address_can_be_asked_for() -> None:
    assert fragment_of("email", "@Example.co.jp") == "@example.co.jp"


def test_a_domain_is_named_as_it_is() -> None:
    assert facet_of("email", "domain", "Example.co.jp") == "example.co.jp"
