"""To which addresses a token may be sent at all."""

import pytest

from config.words.catalogue import Language, Words
from engine.errors import LoginError
from sync.salesforce.login_settings import ClientCredentialsLogin, JwtLogin, PasswordLogin, origin_of


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com/", "https://acme.my.salesforce.com"),
        ("https://ACME--dev.sandbox.my.salesforce.com", "https://acme--dev.sandbox.my.salesforce.com"),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123"),
        ("http://localhost:8123", "http://localhost:8123"),
        ("http://[::1]:8123", "http://[::1]:8123"),
    ],
)
def test_the_address_of_an_org_is_its_origin(given: str, origin: str) -> None:
    assert origin_of(given) == origin


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("acme.my.salesforce.com", "LG-107"),
        ("", "LG-107"),
        ("https://acme.my.salesforce.com/services/data", "LG-107"),
        ("https://user:secret@acme.my.salesforce.com", "LG-107"),
        ("http://acme.my.salesforce.com", "LG-108"),
        ("http://127.0.0.1.evil.example", "LG-108"),
        ("https://acme.lightning.force.com", "LG-109"),
        ("https://login.salesforce.com", "LG-109"),
    ],
)
def test_an_address_that_cannot_be_an_org_is_refused(given: str, code: str) -> None:
    with pytest.raises(LoginError) as refused:
        origin_of(given)
    assert refused.value.problems[0].code == code
    assert all(code in Words(language).error(refused.value) for language in Language)
    assert "secret" not in str(refused.value)


def test_a_page_for_people_is_answered_with_the_address_meant() -> None:
    with pytest.raises(LoginError) as refused:
        origin_of("https://acme.lightning.force.com/lightning/page/home")
    assert refused.value.problems[0].params["meant"] == "https://acme.my.salesforce.com"


def test_no_login_shows_its_secret() -> None:
    shown = repr(
        [
            JwtLogin("key", "user", "SECRET"),
            ClientCredentialsLogin("key", "SECRET"),
            PasswordLogin("key", "user", "SECRET", "SECRET"),
        ]
    )
    assert "SECRET" not in shown
