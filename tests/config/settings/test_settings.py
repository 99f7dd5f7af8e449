"""Settings: the environment wins over the file, which wins over the default; secrets never stand in the file."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from config.settings.credentials import Credentials, credentials
from config.settings.defaults import DEFAULTS
from config.settings.settings import Login, LoginMethod, Settings, environment_language, load_settings
from config.words.catalogue import Language, Words, catalogue
from engine.errors import SettingsError
from engine.rulebook.policy import Limits, Policy
from engine.rulebook.rulebook import DEFAULT_SCORE_STEP

Load = Callable[..., Settings]
REAL = "org: https://example.my.salesforce.com\n"


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """The settings of a folder with this settings.yaml and this environment."""

    def make(text: str = "org: sandbox\n", environment: Mapping[str, str] | None = None) -> Settings:
        (tmp_path / "settings.yaml").write_text(text, encoding="utf-8")
        return load_settings(tmp_path, environment or {})

    return make


@pytest.fixture
def complaints(load: Load) -> Callable[..., list[str]]:
    def find(text: str, environment: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(SettingsError) as caught:
            load(text, environment)
        for language in Language:
            Words(language).error(caught.value)
        return [f"{problem.code} {problem.where}" for problem in caught.value.problems]

    return find


def test_an_org_is_all_that_must_be_said(load: Load, tmp_path: Path) -> None:
    settings = load()
    assert (settings.is_sandbox, settings.rulebook_folder, settings.map_file, settings.store_url) == (
        True,
        tmp_path / "rulebook",
        tmp_path / "map.yaml",
        f"sqlite:///{tmp_path}/data/store.sqlite",
    )


def test_every_default_of_the_table_is_the_default(load: Load) -> None:
    settings = load()
    table = {name: default.value for name, default in DEFAULTS.items() if not default.in_rulebook}
    assert {name: getattr(settings, name) for name in table} == table


def test_defaults_that_the_rulebook_sets_are_the_rulebooks() -> None:
    policy, limits = Policy(), Limits()
    assert {name: default.value for name, default in DEFAULTS.items() if default.in_rulebook} == {
        "change_limit_percent": limits.changes_percent,
        "change_limit_min": limits.changes_min,
        "change_limit_max": limits.changes_max,
        "owner_limit_percent": limits.owner_percent,
        "owner_limit_min": limits.owner_min,
        "leaver_limit_percent": limits.leaver_percent,
        "ping_pong_moves": limits.flips_max,
        "ping_pong_days": limits.flips_days,
        "plan_expiry_days": policy.expiry_days,
        "score_step": DEFAULT_SCORE_STEP,
    }


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_default_has_a_unit_and_a_reason_in_both_languages(name: str) -> None:
    assert {DEFAULTS[name].unit, DEFAULTS[name].reason} <= set(catalogue())


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(load: Load) -> None:
    settings = load("org: sandbox\nread lag seconds: 7\nlook back seconds: 60\n", {"LEADSYNC_READ_LAG_SECONDS": "9"})
    assert (settings.read_lag_seconds, settings.look_back_seconds, settings.quiet_seconds) == (9, 60, 2)


def test_every_value_knows_where_it_is_from(load: Load) -> None:
    settings = load("org: sandbox\nread lag seconds: 7\nlook back seconds: 60\n", {"LEADSYNC_READ_LAG_SECONDS": "9"})
    origins = [settings.origin(name) for name in ("read_lag_seconds", "look_back_seconds", "quiet_seconds")]
    assert origins == ["LEADSYNC_READ_LAG_SECONDS", "settings.yaml:3:20", ""]


def test_words_may_be_parted_by_spaces_or_underscores(load: Load) -> None:
    assert load("org: sandbox\nread_lag_seconds: 7\n") == load("org: sandbox\nread lag seconds: 7\n")


def test_a_login_is_merged_from_file_and_environment(load: Load) -> None:
    settings = load(REAL + "login: {consumer key: k}\n", {"LEADSYNC_LOGIN__USERNAME": "u@example.com"})
    assert settings.login == Login(consumer_key="k", username="u@example.com")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("org: nowhere\n", ["ST-120 settings.yaml:1:6"], id="no address"),
        pytest.param("org: http://example.com\n", ["ST-120 settings.yaml:1:6"], id="an address that is not safe"),
        pytest.param("org: https://example.com/lightning\n", ["ST-120 settings.yaml:1:6"], id="an address of a page"),
        pytest.param("org: https://login.salesforce.com\n", ["ST-120 settings.yaml:1:6"], id="where people log in"),
        pytest.param("org: https://a.lightning.force.com\n", ["ST-120 settings.yaml:1:6"], id="where people click"),
        pytest.param("language: ja\n", ["ST-108 settings.yaml"], id="no org"),
        pytest.param("", ["ST-108 settings.yaml"], id="nothing"),
        pytest.param("org: sandbox\nlangauge: ja\n", ["ST-103 settings.yaml:2:11"], id="unknown setting"),
        pytest.param("org: sandbox\nlanguage: fr\n", ["ST-118 settings.yaml:2:11"], id="unknown language"),
        pytest.param("org: sandbox\nread lag seconds: x\n", ["ST-116 settings.yaml:2:19"], id="no number"),
        pytest.param("org: sandbox\nquiet seconds: 1\n", ["ST-117 settings.yaml:2:16"], id="too small"),
        pytest.param("org: sandbox\napi version: 66\n", ["ST-119 settings.yaml:2:14"], id="no version"),
        pytest.param("org: sandbox\norg: sandbox\n", ["ST-107 settings.yaml:2:1"], id="a setting twice"),
        pytest.param("org: [sandbox]\n", ["ST-109 settings.yaml:1:6"], id="a list"),
        pytest.param("- org\n", ["ST-109 settings.yaml:1:1"], id="only a list"),
        pytest.param("org：sandbox\nmap: x\n", ["ST-102 settings.yaml:1:4"], id="a full-width colon"),
        pytest.param(
            "org：sandbox\n\n# more\nlanguage: ja\n", ["ST-102 settings.yaml:1:4"], id="a full-width colon far above"
        ),
        pytest.param("org: sandbox\n\tmap: x\n", ["ST-101 settings.yaml:2:1"], id="a tab"),
        pytest.param("org: sandbox\nlease renew seconds: 50\n", ["ST-123 settings.yaml:2:22"], id="renewed too late"),
        pytest.param(REAL, ["ST-124 settings.yaml:1:6"], id="a real org without a login"),
        pytest.param(REAL + "login: {usrname: x}\n", ["ST-103 settings.yaml:2:18"], id="unknown key of login"),
        pytest.param(REAL + "login: {method: saml}\n", ["ST-118 settings.yaml:2:17"], id="unknown method"),
        pytest.param(REAL + "login: {client secret: s}\n", ["ST-122 settings.yaml:2:24"], id="a secret"),
        pytest.param("org: sandbox\nstore: mysql://h/d\n", ["ST-126 settings.yaml:2:8"], id="another database"),
        pytest.param(
            "org: sandbox\nstore: postgresql://u:p@h/d\n", ["ST-125 settings.yaml:2:8"], id="a database's password"
        ),
        pytest.param(
            "org: sandbox\nread lag seconds: x\nquiet seconds: 1\n",
            ["ST-116 settings.yaml:2:19", "ST-117 settings.yaml:3:16"],
            id="all at once",
        ),
    ],
)
def test_a_wrong_setting_is_named_at_its_place(
    complaints: Callable[..., list[str]], text: str, expected: list[str]
) -> None:
    assert complaints(text) == expected


def test_a_wrong_variable_is_named_by_its_name(complaints: Callable[..., list[str]]) -> None:
    assert complaints("org: sandbox\n", {"LEADSYNC_READ_LAG_SECONDS": "x"}) == ["ST-116 LEADSYNC_READ_LAG_SECONDS"]


def test_a_folder_without_settings_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ST-121"):
        load_settings(tmp_path, {})


def test_a_database_password_may_come_from_the_environment(load: Load) -> None:
    url = "postgresql+psycopg://u:p@h/d"
    assert load(environment={"LEADSYNC_STORE": url}).store_url == url


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        pytest.param({}, Language.ENGLISH, id="nothing said"),
        pytest.param({"LANG": "ja_JP.UTF-8"}, Language.JAPANESE, id="a Japanese terminal"),
        pytest.param({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, Language.ENGLISH, id="LC_ALL is stronger"),
        pytest.param({"LC_ALL": "C", "LEADSYNC_LANG": "ja"}, Language.JAPANESE, id="our own is strongest"),
    ],
)
def test_the_terminal_tells_the_language(environment: dict[str, str], language: Language) -> None:
    assert environment_language(environment) is language


def test_a_language_in_the_file_wins_over_the_terminal(load: Load) -> None:
    assert load("org: sandbox\nlanguage: ja\n", {"LANG": "en_US.UTF-8"}).language is Language.JAPANESE


def test_auto_follows_the_terminal(load: Load) -> None:
    assert load("org: sandbox\nlanguage: auto\n", {"LANG": "ja_JP.UTF-8"}).language is Language.JAPANESE


def test_credentials_are_read_when_they_are_asked_for(load: Load, tmp_path: Path) -> None:
    (tmp_path / "my.key").write_text("PEM\n", encoding="utf-8")
    settings = load(REAL + "login: {consumer key: k, username: u, private key file: my.key}\n")
    assert credentials(settings) == Credentials(
        LoginMethod.JWT,
        "https://example.my.salesforce.com",
        "k",
        "u",
        "https://login.salesforce.com",
        private_keys=("PEM",),
    )


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        pytest.param("{username: u, private key file: k}", ["ST-130 consumer key"], id="jwt"),
        pytest.param(
            "{method: client credentials, consumer key: k}", ["ST-130 client secret"], id="client credentials"
        ),
        pytest.param(
            "{method: password, consumer key: k, username: u}",
            ["ST-130 client secret", "ST-130 password"],
            id="password",
        ),
        pytest.param("{consumer key: k, username: u, private key file: k}", ["ST-131 private key file"], id="no file"),
    ],
)
def test_what_a_login_lacks_is_named(load: Load, login: str, expected: list[str]) -> None:
    settings = load(f"{REAL}login: {login}\n")
    with pytest.raises(SettingsError) as caught:
        credentials(settings)
    assert [f"{problem.code} {problem.params['name']}" for problem in caught.value.problems] == expected


def test_secrets_are_never_shown(load: Load) -> None:
    settings = load(
        REAL + "login: {consumer key: k, method: client credentials}\n", {"LEADSYNC_LOGIN__CLIENT_SECRET": "hush"}
    )
    assert "hush" not in f"{settings!r} {credentials(settings)!r}"


def test_a_secret_in_the_wrong_place_is_not_repeated(load: Load) -> None:
    with pytest.raises(SettingsError) as caught:
        load(REAL + "login: {method: hush}\n")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("given", [r"'C:\keys\leadsync.key'", r"C:\keys\leadsync.key"], ids=["quoted", "plain"])
def test_a_windows_path_is_taken_as_it_is_written(load: Load, given: str) -> None:
    login = load(f"org: sandbox\r\nlogin:\r\n  private key file: {given}\r\n").login
    assert login is not None
    assert str(login.private_key_file) == r"C:\keys\leadsync.key"


@pytest.mark.parametrize("given", [r'"C:\keys\leadsync.key"', r'"..\rules"'], ids=["an unknown escape", "an escape"])
def test_a_backslash_between_double_quotes_is_named(complaints: Callable[..., list[str]], given: str) -> None:
    assert complaints(f"org: sandbox\nrulebook: {given}\n")[0].startswith("ST-133 settings.yaml:2:")


def test_a_character_that_nobody_can_read_is_named(complaints: Callable[..., list[str]]) -> None:
    assert complaints("org: sandbox\nrulebook: a\0\n") == ["ST-143 settings.yaml:2:12"]


def test_a_proxys_password_belongs_in_the_environment(load: Load, complaints: Callable[..., list[str]]) -> None:
    proxy = "http://leadsync:secret@proxy.example:8080"
    assert complaints(f"org: sandbox\nproxy: {proxy}\n") == ["ST-132 settings.yaml:2:8"]
    assert load(environment={"LEADSYNC_PROXY": proxy}).proxy == proxy


def test_systemd_lays_secrets_out_in_files(load: Load, tmp_path: Path) -> None:
    laid = tmp_path / "laid"
    laid.mkdir()
    (laid / "private_key").write_text("KEY\n", encoding="utf-8")
    settings = load(
        REAL + "login: {consumer key: 3MVG9, username: a@example.com}\n", {"CREDENTIALS_DIRECTORY": str(laid)}
    )
    assert credentials(settings).private_keys == ("KEY",)


def test_a_file_that_is_named_wins_over_what_systemd_lays_out(load: Load, tmp_path: Path) -> None:
    (tmp_path / "client_secret").write_text("laid", encoding="utf-8")
    (tmp_path / "named").write_text("named", encoding="utf-8")
    login = "login: {method: client credentials, consumer key: 3MVG9, client secret file: named}\n"
    settings = load(REAL + login, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert credentials(settings).client_secret == "named"


def test_two_keys_serve_while_a_certificate_is_exchanged(load: Load, tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    login = "login: {consumer key: 3MVG9, username: a@example.com, private key file: old, next private key file: new}\n"
    assert credentials(load(REAL + login)).private_keys == ("old", "new")


@pytest.mark.parametrize("language", Language)
def test_what_may_be_said_is_listed_as_it_is_written(load: Load, language: Language) -> None:
    with pytest.raises(SettingsError) as caught:
        load("org: sandbox\nlanguage: jp\n")
    assert "en, ja, auto" in Words(language).error(caught.value)
