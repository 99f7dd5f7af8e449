"""Checks of the ground a worker stands on: clocks, certificates, what its user may do, what an update sets off."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from config.settings.settings import Settings
from config.words.catalogue import Words
from engine.errors import Problem, SettingsError
from mapping.field_map.field_map import ActivitySource, ObjectMap
from sync.doctor.certificates import advice, certificates, warning
from sync.doctor.org_automation import Kind, Permissions, permissions, surroundings
from sync.salesforce.login import SKEW_MAX_SECONDS
from sync.salesforce.org import Org
from sync.store import dropped_files as dropped
from sync.store.database import Store


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: `said` is the finding in the reader's language, `advice` what to do when it is not well."""

    id: str
    ok: bool
    said: str
    advice: str = ""


def failed(check_id: str, problems: Iterable[Problem], words: Words) -> Iterator[Check]:
    for problem in problems:
        said, advice = words.parts(problem)
        yield Check(check_id, ok=False, said=said, advice=advice)


SKEW_WARN_SECONDS = 60


def clock(seconds: int | None, words: Words) -> Iterator[Check]:
    """How far this machine's clock is before the org's; nothing where nobody compares them (the sandbox org)."""
    if seconds is None:
        return
    if abs(seconds) < SKEW_WARN_SECONDS:
        yield Check("clock", ok=True, said=words.say("doctor.clock"))
        return
    advice = words.say("doctor.clock_advice" if abs(seconds) < SKEW_MAX_SECONDS else "doctor.clock_urgent")
    yield Check("clock", ok=False, said=words.say("doctor.clock_off", seconds=seconds), advice=advice)


def ends_of_certificates(settings: Settings, words: Words, *, now: datetime) -> Iterator[Check]:
    """Nothing when no certificate is named: a key alone does not say how long it is good for."""
    try:
        known = certificates(settings)
    except SettingsError as error:
        yield from failed("certificate", error.problems, words)
        return
    for one in known:
        told = warning(one, now=now)
        if told:
            yield Check("certificate", ok=False, said=words.message(told), advice=words.message(advice(one)))
        else:
            said = words.say("certificate.good", name=one.name, subject=one.subject, day=f"{one.expires_at:%Y-%m-%d}")
            yield Check("certificate", ok=True, said=said)


def rights(objects: Iterable[ObjectMap], org: Org, user_id: str, words: Words) -> Iterator[Check]:
    """What the integration user may not do, and should; one line when nothing is missing."""
    for entry in objects:
        allowed = permissions(org, user_id, entry.api_name)
        if allowed is None:
            yield Check("permissions", ok=True, said=words.say("doctor.rights_unseen", object=entry.api_name))
            continue
        missing = list(_missing(allowed))
        for name in missing:
            yield Check(
                "permissions",
                ok=False,
                said=words.say(f"doctor.lacks.{name}", object=entry.api_name),
                advice=words.say("doctor.rights_advice"),
            )
        if not missing:
            yield Check("permissions", ok=True, said=words.say("doctor.rights", object=entry.api_name))


def set_off(objects: Iterable[ObjectMap], org: Org, words: Words) -> Iterator[Check]:
    """What an update of ours sets off in the org, object by object."""
    for entry in objects:
        around = surroundings(org, entry.api_name)
        for kind in Kind:
            named = [one for one in around.found if one.kind is kind]
            if kind in around.unseen:
                said = words.say("doctor.sets_off_unseen", object=entry.api_name, kind=words.say(f"doctor.kind.{kind}"))
                yield Check("sets off", ok=True, said=said)
            elif named:
                names = ", ".join(f"{one.name} ({one.detail})" if one.detail else one.name for one in named)
                said = words.say(f"doctor.sets_off.{kind}", object=entry.api_name, names=names, count=len(named))
                yield Check("sets off", ok=True, said=said)
        if not around.found and not around.unseen:
            yield Check("sets off", ok=True, said=words.say("doctor.sets_off_nothing", object=entry.api_name))


def _missing(allowed: Permissions) -> Iterator[str]:
    """Keys of what is missing; View All and Modify All Data stand for the object's own."""
    sees_all = bool(
        allowed.system & {"ViewAllData", "ModifyAllData"} or allowed.on_object & {"ViewAllRecords", "ModifyAllRecords"}
    )
    edits_all = bool("ModifyAllData" in allowed.system or "ModifyAllRecords" in allowed.on_object)
    if not (allowed.on_object & {"Read"} or sees_all):
        yield "read"
    elif not sees_all:
        yield "view_all"
    if not (allowed.on_object & {"Edit"} or edits_all):
        yield "edit"
    if not (edits_all or allowed.system & {"TransferAnyLead", "TransferAnyEntity"}):
        yield "transfer"
    if "UpdateWithInactiveOwner" not in allowed.system:
        yield "inactive_owner"


def dropped_files(store: Store, folder: Path, sources: Iterable[ActivitySource], words: Words) -> Iterator[Check]:
    """Files of drop folders of which the last run could read nothing, as long as they are there."""
    with store.read() as tx:
        files = [file for source in sources if source.files for file in dropped.of_source(tx, source.api_name).values()]
    unread = [file for file in files if file.code and (folder / file.path).exists()]
    yield from failed("files", (Problem(file.code, file.path, {"file": file.path}) for file in unread), words)
