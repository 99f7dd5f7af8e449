"""Certificates whose last day comes nearer: the one the app in the org holds, and those trusted for the way there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from config.settings.credentials import ca_text, certificate_text, certificate_texts_beside_keys
from config.settings.settings import Settings
from engine.errors import SettingsError
from engine.messages import Message

# Days before the end at which people are told, each time in other words: exchanging a certificate takes an admin and a
# change window.
_WARNINGS = ((7, "urgent"), (30, "soon"), (60, "ends"))


@dataclass(frozen=True, slots=True)
class Certificate:
    """`name` is the setting it comes from; `subject` its common name, if it has one."""

    name: str
    subject: str
    expires_at: datetime

    def days_left(self, now: datetime) -> int:
        """Whole days; below zero once it has ended."""
        return (self.expires_at - now) // timedelta(days=1)

    def urgency(self, now: datetime) -> str:
        """`ends` from 60 days before its end on, `soon` from 30, `urgent` from 7, `expired`; "" before that."""
        left = self.expires_at - now
        if left <= timedelta():
            return "expired"
        return next((said for days, said in _WARNINGS if left <= timedelta(days=days)), "")


def certificates(settings: Settings) -> tuple[Certificate, ...]:
    """Every certificate the settings name, the first to expire first. SettingsError ST-131, ST-134 (not a certificate).

    One that stands in the file of a private key is found there too, as far as this account may read it.
    """
    found = [
        *_read(certificate_text(settings), "certificate file", settings.origin("login.certificate_file")),
        *_read(ca_text(settings), "ca file", settings.origin("ca_file")),
    ]
    for name, text in certificate_texts_beside_keys(settings):
        found += [one for one in _read(text, name, "") if one[0] not in {known for known, _ in found}]
    return tuple(sorted((one for _, one in found), key=lambda one: one.expires_at))


def warning(certificate: Certificate, *, now: datetime) -> Message | None:
    """What to say of one on this day: nothing until 60 days before its end."""
    urgency = certificate.urgency(now)
    if not urgency:
        return None
    return Message.of(
        f"certificate.{urgency}",
        name=certificate.name,
        subject=certificate.subject,
        day=f"{certificate.expires_at:%Y-%m-%d}",
        days=certificate.days_left(now),
    )


def advice(certificate: Certificate) -> Message:
    """What to do about it."""
    return Message.of("certificate.advice_ca" if certificate.name == "ca file" else "certificate.advice")


def _read(text: str, name: str, where: str) -> Iterator[tuple[bytes, Certificate]]:
    """Each with its fingerprint."""
    if not text:
        return
    try:
        found = x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise SettingsError.of("ST-134", where, name=name) from None  # the {name} holds no certificate that can be read
    for one in found:
        names = one.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        subject = str(names[0].value) if names else ""
        yield one.fingerprint(SHA256()), Certificate(name, subject, one.not_valid_after_utc)
