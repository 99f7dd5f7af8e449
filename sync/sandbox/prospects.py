"""One believable lead at a time, with the dirt that real ones have."""

import random  # noqa: TID251  # seeded: one seed, one org
import tomllib
from bisect import bisect
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar

from sync.sandbox import people_names as cast
from sync.sandbox.clock import moment, stamp
from sync.sandbox.database import Database, Record, Value
from sync.sandbox.dml import PERSONS, full_name
from sync.sandbox.ids import record_id
from sync.sandbox.schema import schema

T = TypeVar("T")
_WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("vocabulary.toml").read_text(encoding="utf-8"))
_AT_ONCE = 20_000  # records of an object that are kept until they go to the database; setup has far fewer


class Maker:
    """Adds records with ids and stamps while an org is made, to its database in the end (`finish`)."""

    def __init__(self, dice: random.Random, now: datetime, db: Database) -> None:
        self.dice = dice
        self.now = now.replace(microsecond=0)
        self.serial = 0
        self.db = db
        self.fresh: dict[str, dict[str, Record]] = {name: {} for name in schema()}  # not in the database yet
        self._users: dict[str, str] = {}
        self._long_ago = stamp(self.now - timedelta(days=700)), stamp(self.now - timedelta(days=600))

    def add(self, name: str, by: str, *, at: datetime | None = None, **values: Value) -> str:
        """A new record of an object; its id. `at` is when it was made, by default long ago."""
        self.serial += 1
        made = record_id(schema()[name].prefix, self.serial)
        self.put(name, {"Id": made, **values}, by, at=at)
        return made

    def put(
        self, name: str, values: Record, by: str, *, at: datetime | None = None, changed: datetime | None = None
    ) -> Record:
        created, modified = (one := stamp(at), one) if at else self._long_ago
        if changed:
            modified = stamp(changed)
        author = by or str(values["Id"])
        record: dict[str, Value] = {"IsDeleted": False, "CreatedDate": created, "CreatedById": author,
                                    "LastModifiedDate": modified, "LastModifiedById": author,
                                    "SystemModstamp": modified, **values}  # fmt: skip
        if name in PERSONS:
            record["Name"] = full_name(record)
            if name == "User":
                self._users[str(record["Username"])] = str(record["Id"])
        table = self.fresh[name]
        table[str(record["Id"])] = record
        if len(table) == _AT_ONCE:
            self.finish(name)
        return record

    def finish(self, *names: str) -> None:
        """Put what is fresh of these objects, or of all, into the database."""
        with self.db.savepoint():
            for name in names or self.fresh:
                self.db.tables[name].put(*self.fresh[name].values())
                self.fresh[name].clear()

    def amend(self, name: str, record_id: str, **values: Value) -> None:
        """Fill fields of a record that is fresh."""
        self.fresh[name][record_id] = {**self.fresh[name][record_id], **values}

    def user(self, stem: str) -> str:
        return self._users[cast.username(stem)]

    def age_days(self, record: Record) -> float:
        return (self.now - moment(str(record["CreatedDate"]))).total_seconds() / 86_400


def drawn(dice: random.Random, values: Sequence[T], chances: Sequence[float]) -> T:
    """As `dice.choices` draws one, by chances that are summed up already."""
    return values[bisect(chances, dice.random() * chances[-1], 0, len(values) - 1)]


def lead(maker: Maker, users: Mapping[str, str], queues: Mapping[str, str]) -> Record:
    """Add one lead: four in five are Japanese."""
    dice = maker.dice
    is_japanese = dice.random() < 0.8
    values = _japanese(dice, maker.serial) if is_japanese else _english(dice, maker.serial)
    age = min(dice.expovariate(1 / 160), 540.0)
    created = maker.now - timedelta(days=age, seconds=7200)
    changed = created + (maker.now - timedelta(hours=1) - created) * dice.random()
    team = cast.REPS_ENGLISH if not is_japanese else cast.REPS_KANSAI if _is_kansai(values) else cast.REPS_KANTO
    values |= _state(dice) | {"OwnerId": _owner(dice, team, users, queues)}
    values |= _connected(dice)
    if values["Rating"] == "Hot" and dice.random() < 0.97:
        values["Phone"] = values.get("Phone") or "03-5550-0100"  # the rest was there before the validation rule
    if dice.random() < 0.03:
        values |= {"IsConverted": True, "ConvertedDate": stamp(changed)[:10], "Status": "Closed - Converted"}
    maker.serial += 1
    values |= {"Id": record_id("00Q", maker.serial), "IsDeleted": dice.random() < 0.01}
    return maker.put("Lead", {"IsConverted": False, **values}, users["leadsync"], at=created, changed=changed)


def newcomer(dice: random.Random, serial: int) -> dict[str, Value]:
    """What a person types into the web form: a lead nobody has worked on yet."""
    values = _japanese(dice, serial) if dice.random() < 0.8 else _english(dice, serial)
    return {**{name: value for name, value in values.items() if value is not None}, "LeadSource": "Web"}


def _japanese(dice: random.Random, serial: int) -> dict[str, Value]:
    head, romaji = dice.choice(_WORDS["company_heads"])
    tail, tail_romaji, industry = dice.choice(_WORDS["company_tails"])
    last, last_romaji = dice.choice(_WORDS["family_names"])
    first, first_romaji = dice.choice(_WORDS["given_names"])
    if dice.random() < 0.1:
        head = _WORDS["half_width"].get(head, head)
    company = drawn(dice, _WORDS["company_forms"], _FORM_CHANCES).format(head + tail)
    department, title = dice.choice(cast.DEPARTMENTS), drawn(dice, cast.TITLES, _TITLE_CHANCES)
    domain = f"{romaji}-{tail_romaji}.example.jp" if dice.random() < 0.93 else dice.choice(_WORDS["free_mail"])
    return {
        "LastName": last,
        "FirstName": _maybe(dice, 0.94, first),
        "Company": company if dice.random() < 0.98 else dice.choice(_WORDS["dirty_companies"]),
        "Title": _maybe(dice, 0.88, dice.choice((title, f"{department}{title}", f"{department} {title}", f"{title} "))),
        "Department__c": _maybe(dice, 0.7, department),
        "State": _maybe(dice, 0.93, _prefecture(dice)),
        "Country": _maybe(dice, 0.9, drawn(dice, cast.COUNTRIES_JAPAN, (8, 10))),
        "Email": _maybe(dice, 0.95, f"{first_romaji}.{last_romaji}{serial}@{domain}"),
        "Phone": _maybe(dice, 0.75, f"0{dice.randint(3, 9)}-5550-{dice.randint(0, 9999):04d}"),
        "Industry": _maybe(dice, 0.85, industry),
        "NumberOfEmployees": _maybe(dice, 0.8, _employees(dice)),
        "LeadSource": _maybe(dice, 0.95, dice.choice(cast.LEAD_SOURCES)),
    }


def _english(dice: random.Random, serial: int) -> dict[str, Value]:
    head, industry = dice.choice(_WORDS["english_companies"])
    name = f"{head} {dice.choice(_WORDS['english_tails'])}"
    last, first = dice.choice(_WORDS["english_family_names"]), dice.choice(_WORDS["english_given_names"])
    mailbox = "".join(letter for letter in f"{first}.{last}".lower() if letter.isascii() and letter not in "' ")
    domain = f"{head.lower().replace(' ', '')}.example" if dice.random() < 0.9 else _WORDS["free_mail"][0]
    return {
        "LastName": last,
        "FirstName": first,
        "Company": dice.choice(_WORDS["english_forms"]).format(name),
        "Title": _maybe(dice, 0.9, dice.choice(cast.TITLES_ENGLISH)),
        "Department__c": _maybe(dice, 0.6, dice.choice(cast.DEPARTMENTS_ENGLISH)),
        "Country": _maybe(dice, 0.96, dice.choice(cast.COUNTRIES_ENGLISH)),
        "Email": _maybe(dice, 0.96, f"{mailbox}{serial}@{domain}"),
        "Phone": _maybe(dice, 0.7, f"+1-202-555-{dice.randint(100, 199):04d}"),
        "Industry": _maybe(dice, 0.85, industry),
        "NumberOfEmployees": _maybe(dice, 0.8, _employees(dice)),
        "LeadSource": _maybe(dice, 0.95, dice.choice(cast.LEAD_SOURCES)),
    }


_FORM_CHANCES = tuple(accumulate((30, 30, 10, 8, 6, 5, 4, 7)))
_TITLE_CHANCES = tuple(accumulate((3, 3, 2, 3, 4, 14, 4, 6, 16, 4, 9, 9, 20, 1)))
_RATINGS = (*cast.RATINGS, None)
_REGIONS = (cast.PREFECTURES_KANTO, cast.PREFECTURES_KANSAI, cast.PREFECTURES_OTHER)
_KANSAI = frozenset({*cast.PREFECTURES_KANSAI, *_WORDS["short_prefectures"]["大阪府"]})


def _state(dice: random.Random) -> dict[str, Value]:
    """Where the lead stands in the sales process."""
    return {
        "Status": drawn(dice, cast.STATUSES, (60, 90, 90, 100)),
        "Rating": drawn(dice, _RATINGS, (12, 37, 60, 100)),
        "HasOptedOutOfEmail": dice.random() < 0.04,
    }


def _connected(dice: random.Random) -> dict[str, Value]:
    """What the Account Engagement connector has written."""
    if dice.random() < 0.15:
        return {}
    return {"pi__score__c": float(int(dice.expovariate(1 / 45))), "pi__grade__c": dice.choice(_WORDS["grades"])}


def _owner(dice: random.Random, team: tuple[str, ...], users: Mapping[str, str], queues: Mapping[str, str]) -> str:
    chance = dice.random()
    if chance < 0.30:
        return queues["Inbound_Leads"]
    if chance < 0.36:
        return queues["Partner_Leads"]
    if chance < 0.42:
        return users[cast.LEAVER]
    return users[drawn(dice, team, _chances_in(team))]


@cache
def _chances_in(team: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(accumulate(1 if stem == cast.LEAVES_SOON else 4 for stem in team))


def _prefecture(dice: random.Random) -> str:
    region = drawn(dice, _REGIONS, (5, 8, 10))
    name: str = dice.choice(region[:2]) if dice.random() < 0.6 else dice.choice(region)
    short = _WORDS["short_prefectures"].get(name)
    return str(dice.choice(short)) if short and dice.random() < 0.1 else name


def _is_kansai(values: Mapping[str, Value]) -> bool:
    return values.get("State") in _KANSAI


def _employees(dice: random.Random) -> int:
    return int(min(dice.lognormvariate(4.8, 1.3), 80_000)) + 1


def _maybe(dice: random.Random, share: float, value: Value) -> Value:
    return value if dice.random() < share else None
