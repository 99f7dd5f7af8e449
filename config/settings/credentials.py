"""What a login needs, with its secrets read: made when a run connects, never kept or shown.

A secret comes from the environment, from the file that settings.yaml names, or from systemd (a credential called
`private_key`, `next_private_key`, `client_secret`, `password` or `security_token`), in this order.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from config.files.text_files import read_text
from config.settings.settings import Login, LoginMethod, Settings
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
    private_keys: tuple[str, ...] = field(default=(), repr=False)  # in the order they are tried
    client_secret: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    security_token: str = field(default="", repr=False)


def credentials(settings: Settings) -> Credentials:
    """The credentials of a real org. SettingsError names what is missing or cannot be read."""
    login = settings.login or Login()
    problems = [
        # the login method {method!r} needs {name!r}
        Problem("ST-130", settings.origin(f"login.{name}"), {"method": login.method, "name": name.replace("_", " ")})
        for name in _NEEDS[login.method]
        if not (getattr(login, name) or getattr(login, f"{name}_file", None) or _laid(settings, name))
    ]
    if problems:
        raise SettingsError(*problems)
    return Credentials(
        method=login.method,
        instance_url=settings.org,
        consumer_key=login.consumer_key,
        username=login.username,
        audience=login.audience,
        private_keys=tuple(
            key
            for name in ("private_key", "next_private_key")
            if (key := _secret(None, getattr(login, f"{name}_file"), settings, name))
        ),
        client_secret=_secret(login.client_secret, login.client_secret_file, settings, "client_secret"),
        password=_secret(login.password, login.password_file, settings, "password"),
        security_token=_secret(login.security_token, None, settings, "security_token"),
    )


def certificate_text(settings: Settings) -> str:
    """The certificate that the app in the org holds, as PEM; "" when none is named. SettingsError ST-131."""
    file = settings.login.certificate_file if settings.login else None
    return _read(file, settings, "certificate_file") if file else ""


def certificate_texts_beside_keys(settings: Settings) -> Iterator[tuple[str, str]]:
    """The setting and the text of each private key's file that holds a certificate too and may be read."""
    for name in ("private_key_file", "next_private_key_file"):
        file = getattr(settings.login, name, None)
        path = settings.folder / file.expanduser() if file else _laid(settings, name)
        with suppress(OSError, UnicodeDecodeError):
            if path and "BEGIN CERTIFICATE" in (text := path.read_text(encoding="utf-8")):
                yield name.replace("_", " "), text


def ca_text(settings: Settings) -> str:
    """The certificates trusted besides the public ones, as PEM; "" when none are named. SettingsError ST-131."""
    return _read(settings.ca_file, settings, "ca_file", at="ca_file") if settings.ca_file else ""


def _secret(given: SecretStr | None, file: Path | None, settings: Settings, name: str) -> str:
    if given is not None:
        return given.get_secret_value()
    if file is not None:
        return _read(file, settings, f"{name}_file")
    laid = _laid(settings, name)
    # the file is not UTF-8 (it looks like {encoding})
    return read_text(laid, file=name, error=SettingsError, code="ST-105").strip() if laid else ""


def _laid(settings: Settings, name: str) -> Path | None:
    """The credential systemd has laid out for us under this name."""
    path = settings.secrets_folder / name.removesuffix("_file") if settings.secrets_folder else None
    return path if path and path.is_file() else None


def _read(file: Path, settings: Settings, name: str, *, at: str | None = None) -> str:
    path, where = settings.folder / file.expanduser(), settings.origin(at or f"login.{name}")
    if not path.is_file():
        raise SettingsError.of("ST-131", where, name=name.replace("_", " "), path=str(file))  # {name!r} names a file…
    return read_text(path, file=str(file), error=SettingsError, code="ST-105").strip()  # the file is not UTF-8 (it…
