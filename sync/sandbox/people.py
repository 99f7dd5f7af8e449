"""Other people's work in the org as the demo tells it: each function does it and gives the world; a seed is a workday.

They fit `SandboxOrg.act`: `org.act(lambda world, now: edit(world, now, "suzuki", lead_id, {"Rating": "Hot"}))`.
"""

import random  # noqa: TID251  # seeded: one seed, one day
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sync.sandbox import people_names
from sync.sandbox.database import Record, Value
from sync.sandbox.dml import Author, create, update
from sync.sandbox.exchange import RefusalError
from sync.sandbox.people_names import CONNECTOR, WORDS, username
from sync.sandbox.prospects import newcomer
from sync.sandbox.schema import ObjectFact, object_of, schema
from sync.sandbox.worlds import World


def edit(world: World, now: datetime, who: str, record_id: str, values: Mapping[str, Value]) -> World:
    """A person changes fields in the browser, where validation rules hold and assignment rules do not run."""
    update(world.at(now), fact_of(record_id), record_id, values, author_of(world, who))
    return world


def touch(world: World, now: datetime, record_id: str, values: Mapping[str, Value]) -> World:
    """The Account Engagement connector writes its own fields, which nobody else may."""
    update(world.at(now), fact_of(record_id), record_id, values, author_of(world, CONNECTOR, is_trusted=True))
    return world


def add(
    world: World, now: datetime, who: str, name: str, values: Mapping[str, Value], *, assigns: bool = False
) -> World:
    """A person adds a record; `assigns` as a web form does, by the assignment rule."""
    create(world.at(now), schema()[name], values, author_of(world, who, assigns=assigns))
    return world


def leave(world: World, now: datetime, who: str) -> World:
    """A user is deactivated; what they own stays theirs until someone moves it."""
    key = str(user_of(world, who)["Id"])
    update(world.at(now), schema()["User"], key, {"IsActive": False}, Author(key, is_trusted=True))
    return world


def user_of(world: World, who: str) -> Record:
    """`who` is a stem of the cast or a username."""
    user = world.user_named(address_of(who))
    if user is None:
        raise KeyError(who)
    return user


def address_of(who: str) -> str:
    return who if "@" in who else username(who)


def author_of(world: World, who: str, *, assigns: bool = False, is_trusted: bool = False) -> Author:
    return Author(str(user_of(world, who)["Id"]), assigns=assigns, is_trusted=is_trusted)


def fact_of(record_id: str) -> ObjectFact:
    fact = object_of(record_id)
    if fact is None:
        raise RefusalError("MALFORMED_ID", record_id)
    return fact


T = TypeVar("T")
_STAYING = tuple(rep for rep in people_names.REPS if rep != people_names.LEAVES_SOON)
_EMPLOYEES = (40, 120, 350, 800, 2400)


@dataclass(slots=True)
class Happened:
    """Numbers of leads so far."""

    arrived: int = 0
    moved: int = 0
    edited: int = 0
    taken: int = 0
    scored: int = 0


class Office:
    """The sales office of one seed. Its methods fit `SandboxOrg.act`; `happened` counts what they did."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311  # dice for a test org
        self.happened = Happened()

    def morning(self, world: World, now: datetime) -> World:
        """A day's work begins, and one of the reps leaves the company."""
        return leave(self._work(world, now), now, people_names.LEAVES_SOON)

    def day(self, world: World, now: datetime) -> World:
        """A day like any other; the connector scores a tenth of the leads."""
        world = self._work(world, now)
        leads = _open_leads(world)
        return self._score(world, now, self._some([str(lead["Id"]) for lead in leads], len(leads) // 10))

    def _work(self, world: World, now: datetime) -> World:
        """Leads arrive, reps move a few among themselves and correct some."""
        leads, stems = _open_leads(world), _stems(world)
        for number in range(max(2, len(leads) // 100)):
            add(world, now, people_names.MANAGERS[0], "Lead", newcomer(self._dice, number), assigns=True)
            self.happened.arrived += 1
        owned = [lead for lead in leads if stems.get(str(lead["OwnerId"])) in _STAYING]
        moved = self._some(owned, max(1, len(leads) // 200))
        for lead in moved:
            giver = stems[str(lead["OwnerId"])]
            taker = self._dice.choice([rep for rep in _STAYING if rep != giver])
            self._edit(world, now, giver, lead, {"OwnerId": user_of(world, taker)["Id"]}, "moved")
        for lead in self._some([lead for lead in owned if lead not in moved], max(2, len(leads) // 60)):
            self._edit(world, now, stems[str(lead["OwnerId"])], lead, self._correction(lead), "edited")
        return world

    def between(self, world: World, now: datetime, *, wanted: Sequence[str], waiting: Sequence[str]) -> World:
        """While a plan is read: reps take a few of the leads `wanted`, the connector scores half of those `waiting`."""
        taken = self._some(wanted, min(5, (len(wanted) + 1) // 2))
        for record_id in taken:
            who = self._dice.choice(_STAYING)
            lead = world.tables["Lead"][record_id]
            self._edit(world, now, who, lead, {"OwnerId": user_of(world, who)["Id"]}, "taken")
        scored = self._some([each for each in waiting if each not in taken], (len(waiting) + 1) // 2)
        return self._score(world, now, scored)

    def _score(self, world: World, now: datetime, record_ids: Sequence[str]) -> World:
        for record_id in record_ids:
            touch(world, now, record_id, {"pi__score__c": float(self._dice.randint(0, 300))})
            self.happened.scored += 1
        return world

    def _edit(
        self, world: World, now: datetime, who: str, lead: Record, values: Mapping[str, Value], what: str
    ) -> None:
        """A rep whom a validation rule stops leaves the lead as it is."""
        with suppress(RefusalError):
            edit(world, now, who, str(lead["Id"]), values)
            setattr(self.happened, what, getattr(self.happened, what) + 1)

    def _some(self, of: Sequence[T], count: int) -> list[T]:
        return self._dice.sample(list(of), min(count, len(of)))

    def _correction(self, lead: Record) -> dict[str, Value]:
        """What a rep learns on the phone: a title, a department, or how many people work there."""
        is_japanese = lead.get("Country") in {*WORDS["countries_japan"], None}
        words = ("titles", "departments") if is_japanese else ("titles_english", "departments_english")
        learned = [("Title", WORDS[words[0]]), ("Department__c", WORDS[words[1]]), ("NumberOfEmployees", _EMPLOYEES)]
        name, values = self._dice.choice(learned)
        return {name: self._dice.choice(values)}


def _open_leads(world: World) -> list[Record]:
    leads = world.tables["Lead"].living()
    return [lead for lead in leads if not (lead.get("IsConverted") or "Closed" in str(lead.get("Status")))]


def _stems(world: World) -> dict[str, str]:
    """Of the usernames, by the users' ids."""
    return {key: str(user["Username"]).partition("@")[0] for key, user in world.tables["User"].items()}
