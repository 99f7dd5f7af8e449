"""What a login needs, with its secrets read: made when a run connects, never kept or shown."""

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from config.settings import Login, LoginMethod, Settings
from config.texts import read_text
from engine.errors import Problem, SettingsError

# What each method cannot do without.
_NEEDS = {
    LoginMethod.JWT: ("consumer_key", "username", "private_key_file"),
    LoginMethod.CLIENT_CREDENTIALS: ("consumer_key", "client_secret"),
    LoginMethod.PASSWORD: ("consumer_key", "client_secret", "username", "password"),
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Checked and complete for its method. `private_key` is PEM text; secrets stay out of `repr`."""

    method: LoginMethod
    instance_url: str
    consumer_key: str
    username: str
    audience: str
    private_key: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    security_token: str = field(default="", repr=False)


def credentials(settings: Settings) -> Credentials:
    """The credentials of a real org. SettingsError names what is missing or cannot be read."""
    login = settings.login or Login()
    problems = [
        Problem("ST-130", settings.origin(f"login.{name}"), {"method": login.method, "name": name.replace("_", " ")})
        for name in _NEEDS[login.method]
        if not (getattr(login, name) or getattr(login, f"{name}_file", None))
    ]
    if problems:
        raise SettingsError(*problems)
    return Credentials(
        method=login.method,
        instance_url=settings.org,
        consumer_key=login.consumer_key,
        username=login.username,
        audience=login.audience,
        private_key=_secret(None, login.private_key_file, settings, "private_key_file"),
        client_secret=_secret(login.client_secret, login.client_secret_file, settings, "client_secret_file"),
        password=_secret(login.password, login.password_file, settings, "password_file"),
        security_token=_secret(login.security_token, None, settings, "security_token"),
    )


def _secret(given: SecretStr | None, file: Path | None, settings: Settings, name: str) -> str:
    if given is not None:
        return given.get_secret_value()
    if file is None:
        return ""
    path, where = settings.folder / file.expanduser(), settings.origin(f"login.{name}")
    if not path.is_file():
        raise SettingsError.of("ST-131", where, name=name.replace("_", " "), path=str(file))
    return read_text(path, file=str(file), error=SettingsError, code="ST-105").strip()
