"""Examine a folder and its org before anything depends on them: each check says what is, and what to do if not."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime

import polars as pl

from config.settings.defaults import CALLS_LEFT_PERCENT
from config.words.catalogue import Words
from engine.assignment.directory import Directory, dangling
from engine.errors import AuditError, LeadsyncError, Problem
from engine.rulebook.rulebook import Rulebook
from mapping.field_map.check import check
from mapping.field_map.field_map import FieldMap
from mapping.field_map.pulled_objects import PEOPLE, PulledObject, pulled_objects
from mapping.field_map.types import raw_frame, raw_schema
from mapping.frames.people import queues_for, queues_of, role_names, users_of
from mapping.soql import select
from sync.audit.verify import verify_store
from sync.doctor import prerequisites
from sync.doctor.prerequisites import Check, failed
from sync.run import Worker
from sync.salesforce.org import Org
from sync.store import describes, orgs
from sync.store.database import Store


def examine(worker: Worker, words: Words) -> tuple[Check, ...]:
    """Every check in order; a check that cannot be made because one before it failed is left out."""
    return tuple(_examined(worker, words))


def _examined(worker: Worker, words: Words) -> Iterator[Check]:
    is_readable = True
    for name, read in (("map", worker.read_map), ("rulebook", worker.read_rulebook)):
        try:
            read()
        except LeadsyncError as error:
            yield from failed(name, error.problems, words)
            is_readable = False
            break  # rules are read by the map
    yield from prerequisites.ends_of_certificates(worker.settings, words, now=worker.clock.now())
    try:
        org = worker.new_org()
    except LeadsyncError as error:
        yield from failed("login", error.problems, words)
    else:
        with closing(org):
            yield from _org(worker, org, words, is_readable=is_readable)
    if is_readable:
        yield from prerequisites.dropped_files(worker.store, worker.folder, worker.field_map.activities, words)
    damaged = worker.mirror.verify()
    yield from failed("mirror", damaged, words)
    if not damaged:
        yield Check("mirror", ok=True, said=words.say("doctor.mirror"))
    yield from _audit(worker.store, words)


def _org(worker: Worker, org: Org, words: Words, *, is_readable: bool) -> Iterator[Check]:
    """What only the org can tell; what the map names in it, if the map can be read."""
    try:
        identity = org.connect()
    except LeadsyncError as error:
        yield from failed("login", error.problems, words)
        return
    kind = words.say("doctor.sandbox" if identity.is_sandbox else "doctor.production")
    yield Check(
        "login",
        ok=True,
        said=words.say("doctor.login", name=identity.name, org=identity.org_id, kind=kind, user=identity.username),
    )
    for advice in identity.advice:
        yield Check("password", ok=False, said=words.message(advice))
    with worker.store.read() as tx:
        pinned = orgs.pinned(tx)
    if pinned not in {None, identity.org_id}:
        # this folder belongs to the org {known}, and the login leads to {found}
        yield from failed("org", [Problem("SR-107", "", {"known": pinned, "found": identity.org_id})], words)
        return
    yield Check("org", ok=True, said=words.say("doctor.org" if pinned else "doctor.org_new"))
    yield from prerequisites.clock(org.skew_seconds, words)
    if is_readable:
        yield from prerequisites.rights(worker.field_map.objects, org, identity.user_id, words)
        yield from prerequisites.set_off(worker.field_map.objects, org, words)
        yield from _fields(worker.field_map, worker.store, org, words, now=worker.clock.now)
        yield from _people(worker.field_map, worker.rulebook, org, words)
    yield from _usage(org, words)


def _audit(store: Store, words: Words) -> Iterator[Check]:
    try:
        with store.read() as tx:
            head = verify_store(tx)
    except AuditError as error:
        yield from failed("audit", error.problems, words)
    else:
        yield Check("audit", ok=True, said=words.say("doctor.audit", count=head.count))


def _fields(
    field_map: FieldMap, store: Store, org: Org, words: Words, *, now: Callable[[], datetime]
) -> Iterator[Check]:
    try:
        wanted = (*pulled_objects(field_map), *PEOPLE)
        described = org.describes([one.api_name for one in wanted])
        with store.transaction() as tx:
            problems = check(field_map, describes.keep(tx, described, at=org.server_time or now()))
    except LeadsyncError as error:
        problems = error.problems
    yield from failed("fields", problems, words)
    if not problems:
        count = sum(len(one.fields) + len(one.write_back) for one in field_map.objects)
        yield Check("fields", ok=True, said=words.say("doctor.fields", count=count))


def _people(field_map: FieldMap, rulebook: Rulebook, org: Org, words: Words) -> Iterator[Check]:
    raw_users, groups, members, supports, roles = (_whole(org, wanted) for wanted in PEOPLE)
    users = users_of(raw_users, roles)
    every_queue = queues_of(groups, members, supports, raw_users, roles)
    queues = queues_for(every_queue, field_map)
    directory = Directory.of(users, queues, rulebook)
    missing = dangling(rulebook, directory, role_names(roles))
    yield from failed("people", missing, words)
    for pool in rulebook.assignment.pools:
        able = [member for member in directory.pools[pool.id] if directory.users[member].can_own]
        if not able:
            yield Check("pool", ok=False, said=words.say("doctor.pool_empty", pool=pool.name),
                        advice=words.say("doctor.pool_advice"))  # fmt: skip
        elif len(able) < len(pool.members):
            left = len(pool.members) - len(able)
            yield Check("pool", ok=True, said=words.say("doctor.pool_left", pool=pool.name, count=left))
    if not missing:
        active = sum(user.can_own for user in users)
        yield Check("people", ok=True, said=words.say("doctor.people", users=active, queues=len(queues)))


def _usage(org: Org, words: Words) -> Iterator[Check]:
    if org.usage is None:
        yield Check("api calls", ok=True, said=words.say("doctor.usage_unknown"))
        return
    left = org.usage.limit - org.usage.used
    yield Check(
        "api calls",
        ok=left * 100 >= org.usage.limit * CALLS_LEFT_PERCENT,
        said=words.say("doctor.usage", left=left, limit=org.usage.limit),
        advice=words.say("doctor.usage_advice", percent=CALLS_LEFT_PERCENT),
    )


def _whole(org: Org, wanted: PulledObject) -> pl.DataFrame:
    schema = raw_schema(org.describe(wanted.api_name), wanted.columns)
    records = [
        record
        for page in org.query(select(wanted.api_name, wanted.columns, where=wanted.where or None))
        for record in page.records
    ]
    return raw_frame(records, schema)
