"""Certificates whose last day comes nearer: the one the app in the org holds, and those trusted for the way there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from config.credentials import ca_text, certificate_text
from config.settings import Settings
from engine.errors import SettingsError
from engine.messages import Message

# Days before the end at which people are told, each time more urgently: exchanging a certificate takes an admin and a
# change window.
WARN_DAYS = (60, 30, 7)


@dataclass(frozen=True, slots=True)
class Certificate:
    """`name` is the setting it comes from; `subject` its common name, if it has one."""

    name: str
    subject: str
    expires_at: datetime


def certificates(settings: Settings) -> tuple[Certificate, ...]:
    """Every certificate the settings name, the first to expire first. SettingsError ST-131, ST-134 (not a certificate)."""
    found = [
        *_read(certificate_text(settings), "certificate file", settings.origin("login.certificate_file")),
        *_read(ca_text(settings), "ca file", settings.origin("ca_file")),
    ]
    return tuple(sorted(found, key=lambda one: one.expires_at))


def warning(certificate: Certificate, *, now: datetime) -> Message | None:
    """What to say of one on this day: nothing until 60 days before its end."""
    left = certificate.expires_at - now
    facts = {"name": certificate.name, "subject": certificate.subject, "day": f"{certificate.expires_at:%Y-%m-%d}"}
    if left <= timedelta():
        return Message.of("certificate.expired", **facts)
    if left > timedelta(days=WARN_DAYS[0]):
        return None
    passed = min(days for days in WARN_DAYS if left <= timedelta(days=days))
    key = "certificate.urgent" if passed == WARN_DAYS[-1] else "certificate.ends"
    return Message.of(key, **facts, days=left.days)


def _read(text: str, name: str, where: str) -> Iterator[Certificate]:
    if not text:
        return
    try:
        found = x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise SettingsError.of("ST-134", where, name=name) from None
    for one in found:
        names = one.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        yield Certificate(name, str(names[0].value) if names else "", one.not_valid_after_utc)
