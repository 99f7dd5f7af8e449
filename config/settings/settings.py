"""Settings: settings.yaml and the environment (LEADSYNC_*) as one checked value. The one place that reads the environment.

The environment wins over settings.yaml, which wins over the default; `Settings.origin` tells which it was. Secrets come
from the environment or from files, never from settings.yaml. LEADSYNC_LOGIN__USERNAME is `username` under `login`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.sources.utils import parse_env_vars

from config.files.problems import in_reading_order
from config.files.text_files import read_text
from config.files.yaml_tree import Node, Scalar, Table, tree
from config.settings.defaults import API_VERSION, DEFAULTS
from config.settings.problems import complaint, refused
from config.settings.syncs import Syncs
from config.words.catalogue import Language
from engine.errors import Problem, SettingsError

SANDBOX = "sandbox"
FILE = "settings.yaml"
PREFIX = "LEADSYNC_"
SECRETS = ("client_secret", "password", "security_token")
# Where a terminal says which language its reader wants, the strongest first.
_LANGUAGE_VARIABLES = ("LEADSYNC_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


class LoginMethod(StrEnum):
    JWT = "jwt"
    CLIENT_CREDENTIALS = "client credentials"
    PASSWORD = "password"  # noqa: S105 - the name of a way to log in


class Login(BaseModel):
    """How leadsync logs in to a real org. `config/settings/credentials.py` reads the secrets when they are needed."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    method: LoginMethod = LoginMethod.JWT
    consumer_key: str = ""
    username: str = ""
    audience: str = "https://login.salesforce.com"
    private_key_file: Path | None = None
    next_private_key_file: Path | None = None  # tried when the org refuses the first: a certificate may be exchanged
    certificate_file: Path | None = None  # what the app holds: its last day is watched
    client_secret_file: Path | None = None
    password_file: Path | None = None
    client_secret: SecretStr | None = None
    password: SecretStr | None = None
    security_token: SecretStr | None = None


# Where people log in and click, which is not where an org's own API answers.
_PAGES = ("login.salesforce.com", "test.salesforce.com", ".lightning.force.com", ".salesforce-setup.com")


def _org(given: object) -> object:
    """The sandbox org that leadsync brings along, or the https address of a real org without a path."""
    address = str(given).strip().rstrip("/")
    if address.casefold() == SANDBOX:
        return SANDBOX
    parts = urlsplit(address)
    is_loopback = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    is_page = (parts.hostname or "").endswith(_PAGES)
    if not parts.hostname or is_page or parts.path or not (parts.scheme == "https" or is_loopback):
        raise refused("ST-120")  # {given!r} is not the address of an org
    return address


def org_address(given: str) -> str:
    """`sandbox`, or the address of a real org as it is kept. SettingsError ST-120 for anything else."""
    try:
        return str(_org(given))
    except PydanticCustomError:
        raise SettingsError.of("ST-120", "", given=given) from None  # {given!r} is not the address of an org


def _number(name: str) -> Any:
    default = DEFAULTS[name]
    return Field(default=default.value, ge=default.least, le=default.most)


class Settings(BaseSettings):
    """Every setting of one folder, which is one org. Paths are as written; use the properties, which are absolute."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter="__")

    org: Annotated[str, BeforeValidator(_org)]
    login: Login | None = None
    rulebook: Path = Path("rulebook")
    map: Path = Path("map.yaml")
    store: str = "sqlite"
    language: Language = Language.ENGLISH
    proxy: str = Field(default="", pattern=r"^(https?://[^/\s]+/?)?$")
    ca_file: Path | None = None  # certificates to trust besides the public ones: a company's own proxy or gateway
    syncs: Syncs = Field(default_factory=dict, validate_default=True)
    api_version: str = Field(default=API_VERSION, pattern=r"^[1-9][0-9]\.0$")
    look_back_seconds: int = _number("look_back_seconds")
    read_lag_seconds: int = _number("read_lag_seconds")
    quiet_seconds: int = _number("quiet_seconds")
    guarded_records_max: int = _number("guarded_records_max")
    collections_records_max: int = _number("collections_records_max")
    bulk_query_records_min: int = _number("bulk_query_records_min")
    bulk_poll_seconds: int = _number("bulk_poll_seconds")
    slow_objects_seconds: int = _number("slow_objects_seconds")
    describe_seconds: int = _number("describe_seconds")
    range_records: int = _number("range_records")
    compact_percent: int = _number("compact_percent")
    as_of_days: int = _number("as_of_days")
    report_days: int = _number("report_days")
    api_budget_percent: int = _number("api_budget_percent")
    api_reserve_percent: int = _number("api_reserve_percent")
    run_deadline_seconds: int = _number("run_deadline_seconds")
    lease_seconds: int = _number("lease_seconds")
    lease_renew_seconds: int = _number("lease_renew_seconds")
    connect_timeout_seconds: int = _number("connect_timeout_seconds")
    read_timeout_seconds: int = _number("read_timeout_seconds")

    _folder: Path = PrivateAttr(default=Path())
    _secrets_folder: Path | None = PrivateAttr(default=None)
    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings names them
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` hands in: it has merged file and environment and knows where each value is from."""
        return (init_settings,)

    @property
    def folder(self) -> Path:
        return self._folder

    @property
    def secrets_folder(self) -> Path | None:
        """Where systemd lays the credentials of a unit (`LoadCredential=private_key:...`), one file each."""
        return self._secrets_folder

    @property
    def is_sandbox(self) -> bool:
        return self.org == SANDBOX

    @property
    def rulebook_folder(self) -> Path:
        return self.folder / self.rulebook

    @property
    def map_file(self) -> Path:
        return self.folder / self.map

    @property
    def data_folder(self) -> Path:
        """Store, mirror, reports: kept out of git."""
        return self.folder / "data"

    @property
    def store_url(self) -> str:
        """SQLAlchemy's address of the store."""
        return f"sqlite:///{self.data_folder / 'store.sqlite'}" if self.store == "sqlite" else self.store

    def origin(self, name: str) -> str:
        """Where a value comes from: `settings.yaml:3:6`, the name of a variable, or "" for the default."""
        return self._origins.get(name, "")


def environment_language(environment: Mapping[str, str] | None = None) -> Language:
    """The reader's language as the terminal tells it: Japanese or, for everything else, English."""
    variables = _environment(environment)
    said = next((value for name in _LANGUAGE_VARIABLES if (value := variables.get(name, "").strip())), "")
    return Language.JAPANESE if said.casefold().startswith("ja") else Language.ENGLISH


def crash_point(environment: Mapping[str, str] | None = None) -> str:
    """For tests of crash safety only: the point at which the process ends itself (`sync/host/host.py`)."""
    return _environment(environment).get("LEADSYNC_CRASH_AT", "")


@dataclass(frozen=True, slots=True)
class Supervisor:
    """The service manager that started this process (systemd): where it listens, and how long it puts up with silence."""

    address: str
    silence_seconds: float | None = None


def supervisor(environment: Mapping[str, str] | None = None) -> Supervisor | None:
    """None when nobody wants to be told how this process is doing."""
    variables = _environment(environment)
    address, silence = variables.get("NOTIFY_SOCKET", ""), variables.get("WATCHDOG_USEC", "")
    is_watched = silence.isdigit() and variables.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return Supervisor(address, int(silence) / 1_000_000 if is_watched else None) if address else None


def load_settings(folder: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of a folder. `environment` stands for the process's own. SettingsError names all that is wrong."""
    variables = _environment(environment)
    path = folder / FILE
    if not path.is_file():
        raise SettingsError.of("ST-121", str(path), folder=str(folder))  # there are no settings here
    # the file is not UTF-8 (it looks like {encoding})
    node, problems = tree(read_text(path, file=FILE, error=SettingsError, code="ST-105"), file=FILE, area="settings")
    from_file, places, more = _plain(node)
    problems += more
    from_environment = _Variables(Settings, variables)()
    if problems:
        raise SettingsError(*problems)
    values, origins = _merged(from_file, from_environment, places)
    if values.get("language", "auto") == "auto":
        values["language"] = environment_language(variables)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        wrong = in_reading_order(complaint(one, origins, Settings) for one in error.errors())
        raise SettingsError(*wrong) from error
    settings._folder, settings._origins = folder.absolute(), MappingProxyType(origins)  # noqa: SLF001 - its only maker
    if laid := variables.get("CREDENTIALS_DIRECTORY"):
        settings._secrets_folder = Path(laid)  # noqa: SLF001
    if problems := tuple(_contradictions(settings)):
        raise SettingsError(*problems)
    return settings


class _Variables(EnvSettingsSource):
    """pydantic-settings' reading of LEADSYNC_*, from variables that are handed in."""

    def __init__(self, settings: type[BaseSettings], variables: Mapping[str, str]) -> None:
        self._variables = variables
        super().__init__(settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return parse_env_vars(self._variables, self.case_sensitive, ignore_empty=True)


def _environment(given: Mapping[str, str] | None) -> Mapping[str, str]:
    return os.environ if given is None else given  # noqa: TID251 - the one place


def _plain(node: Node | None) -> tuple[dict[str, Any], dict[str, str], tuple[Problem, ...]]:
    """settings.yaml as pydantic takes it, and where each key stands. `consumer key` and `consumer_key` are one key."""
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    problems: list[Problem] = []
    if node is not None and not isinstance(node, Table):
        return {}, {}, (Problem("ST-109", node.where),)  # settings.yaml holds lines such as 'name: value', not a list…
    for key, value in node.entries if node else ():
        name = key.text.strip().replace(" ", "_")
        places[name] = value.where
        if name in values:
            problems.append(Problem("ST-107", key.where, {"given": key.text}))  # {given!r} is set twice
        match value:
            case Scalar() if value.is_nothing:
                pass
            case Scalar() if not value.text.isprintable():
                problems.append(Problem("ST-133", value.where))  # a backslash means something else between double…
            case Scalar():
                values[name] = value.text
            case Table():
                values[name], inner, more = _plain(value)
                places |= {f"{name}.{part}": where for part, where in inner.items()}
                problems += more
                problems += [
                    # {name!r} is a secret and must not stand in settings.yaml
                    Problem("ST-122", inner[secret], {"name": secret, "variable": f"{PREFIX}LOGIN__{secret.upper()}"})
                    for secret in SECRETS
                    if name == "login" and secret in values[name]
                ]
            case _:
                problems.append(Problem("ST-109", value.where))  # settings.yaml holds lines such as 'name: value',…
    return values, places, tuple(problems)


def _merged(
    file: dict[str, Any], environment: Mapping[str, Any], places: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    values, origins = dict(file), dict(places)
    for name, value in environment.items():
        inside = values.get(name)
        if isinstance(value, dict) and isinstance(inside, dict | None):
            deeper = {part.removeprefix(f"{name}."): where for part, where in places.items()}
            values[name], told = _merged(inside or {}, value, deeper)
            ours = {part: where for part, where in told.items() if where.startswith(PREFIX)}
            origins |= {
                f"{name}.{part}": where.replace(PREFIX, f"{PREFIX}{name}__".upper(), 1) for part, where in ours.items()
            }
        else:
            values[name] = value
            origins[name] = f"{PREFIX}{name}".upper()
    return values, origins


def _contradictions(settings: Settings) -> list[Problem]:
    """What each setting alone cannot show."""
    problems = []
    if settings.lease_renew_seconds * 2 > settings.lease_seconds:
        where = settings.origin("lease_renew_seconds") or settings.origin("lease_seconds")
        problems.append(
            # the lease is renewed every {renew} s but lasts only {lease} s
            Problem("ST-123", where, {"renew": settings.lease_renew_seconds, "lease": settings.lease_seconds})
        )
    if not settings.is_sandbox and settings.login is None:
        problems.append(Problem("ST-124", settings.origin("org"), {"org": settings.org}))  # {org} is a real org, and…
    is_in_file = settings.origin("store").startswith(FILE)
    if is_in_file and urlsplit(settings.store).password:
        # the address of the store holds a password
        problems.append(Problem("ST-125", settings.origin("store"), {"variable": f"{PREFIX}STORE"}))
    if settings.origin("proxy").startswith(FILE) and urlsplit(settings.proxy).password:
        # the address of the proxy holds a password
        problems.append(Problem("ST-132", settings.origin("proxy"), {"variable": f"{PREFIX}PROXY"}))
    if settings.store != "sqlite" and not settings.store.startswith(("sqlite:///", "postgresql")):
        problems.append(Problem("ST-126", settings.origin("store")))  # this is not the address of a store
    return problems
