"""One believable lead at a time, with the dirt that real ones have."""

import random  # noqa: TID251  # seeded: one seed, one org
from bisect import bisect
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import TypeVar

from sync.sandbox import people_names
from sync.sandbox.clock import stamp
from sync.sandbox.database import Database, Record, Value
from sync.sandbox.dml import PERSONS, full_name
from sync.sandbox.ids import record_id
from sync.sandbox.people_names import WORDS
from sync.sandbox.schema import schema

T = TypeVar("T")
_AT_ONCE = 20_000  # records of an object that are kept until they go to the database; setup has far fewer


class Maker:
    """Adds records with ids and stamps while an org is made, to its database in the end (`finish`)."""

    def __init__(self, dice: random.Random, now: datetime, db: Database) -> None:
        self.dice = dice
        self.now = now.replace(microsecond=0)
        self.serial = 0
        self.db = db
        self.fresh: dict[str, dict[str, Record]] = {name: {} for name in schema()}  # not in the database yet
        self.named: dict[str, str] = {}  # ids of users by their stem, and of what else is referred to
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
        author = self.named.get(by, by) or str(values["Id"])
        record: dict[str, Value] = {"IsDeleted": False, "CreatedDate": created, "CreatedById": author,
                                    "LastModifiedDate": modified, "LastModifiedById": author,
                                    "SystemModstamp": modified, **values}  # fmt: skip
        if name in PERSONS:
            record["Name"] = full_name(record)
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


def drawn(dice: random.Random, values: Sequence[T], chances: Sequence[float]) -> T:
    """As `dice.choices` draws one, by chances that are summed up already."""
    return values[bisect(chances, dice.random() * chances[-1], 0, len(values) - 1)]


def lead(maker: Maker) -> Record:
    """Add one lead: four in five are Japanese."""
    dice = maker.dice
    is_japanese = dice.random() < 0.8
    values = _japanese(dice, maker.serial) if is_japanese else _english(dice, maker.serial)
    age = min(dice.expovariate(1 / 160), 540.0)
    created = maker.now - timedelta(days=age, seconds=7200)
    changed = created + (maker.now - timedelta(hours=1) - created) * dice.random()
    home = people_names.REPS_KANSAI if values.get("State") in _KANSAI else people_names.REPS_KANTO
    values |= {"Status": drawn(dice, WORDS["statuses"], (60, 90, 90, 100)), "Rating": drawn(dice, _RATINGS, (12, 37, 60, 100)),
               "HasOptedOutOfEmail": dice.random() < 0.04,
               "OwnerId": _owner(dice, home if is_japanese else people_names.REPS_ENGLISH, maker.named)}  # fmt: skip
    if dice.random() >= 0.15:  # the Account Engagement connector knows it
        values |= {"pi__score__c": float(int(dice.expovariate(1 / 45))), "pi__grade__c": dice.choice(WORDS["grades"])}
    if values["Rating"] == "Hot" and dice.random() < 0.97:
        values["Phone"] = values.get("Phone") or "03-5550-0100"  # the rest was there before the validation rule
    if dice.random() < 0.03:
        values |= {"IsConverted": True, "ConvertedDate": stamp(changed)[:10], "Status": "Closed - Converted"}
    maker.serial += 1
    values |= {"Id": record_id("00Q", maker.serial), "IsDeleted": dice.random() < 0.01}
    return maker.put("Lead", {"IsConverted": False, **values}, people_names.INTEGRATION, at=created, changed=changed)


def newcomer(dice: random.Random, serial: int) -> dict[str, Value]:
    """What a person types into the web form: a lead nobody has worked on yet."""
    values = _japanese(dice, serial) if dice.random() < 0.8 else _english(dice, serial)
    return {**{name: value for name, value in values.items() if value is not None}, "LeadSource": "Web"}


def _japanese(dice: random.Random, serial: int) -> dict[str, Value]:
    head, romaji = dice.choice(WORDS["company_heads"])
    tail, tail_romaji, industry = dice.choice(WORDS["company_tails"])
    last, last_romaji = dice.choice(WORDS["family_names"])
    first, first_romaji = dice.choice(WORDS["given_names"])
    if dice.random() < 0.1:
        head = WORDS["half_width"].get(head, head)
    company = drawn(dice, WORDS["company_forms"], _FORM_CHANCES).format(head + tail)
    department, title = dice.choice(WORDS["departments"]), drawn(dice, WORDS["titles"], _TITLE_CHANCES)
    domain = f"{romaji}-{tail_romaji}.example.jp" if dice.random() < 0.93 else dice.choice(WORDS["free_mail"])
    first = _maybe(dice, 0.94, first)
    company = company if dice.random() < 0.98 else dice.choice(WORDS["dirty_companies"])
    return {
        "LastName": last, "FirstName": first, "Company": company,
        "Title": _maybe(dice, 0.88, dice.choice((title, f"{department}{title}", f"{department} {title}", f"{title} "))),
        "Department__c": _maybe(dice, 0.7, department), "State": _maybe(dice, 0.93, _prefecture(dice)),
        "Country": _maybe(dice, 0.9, drawn(dice, WORDS["countries_japan"], (8, 10))),
        "Email": _maybe(dice, 0.95, f"{first_romaji}.{last_romaji}{serial}@{domain}"),
        "Phone": _maybe(dice, 0.75, f"0{dice.randint(3, 9)}-5550-{dice.randint(0, 9999):04d}"), **_anywhere(dice, industry),
    }  # fmt: skip


def _english(dice: random.Random, serial: int) -> dict[str, Value]:
    head, industry = dice.choice(WORDS["english_companies"])
    name = f"{head} {dice.choice(WORDS['english_tails'])}"
    last, first = dice.choice(WORDS["english_family_names"]), dice.choice(WORDS["english_given_names"])
    mailbox = "".join(letter for letter in f"{first}.{last}".lower() if letter.isascii() and letter not in "' ")
    domain = f"{head.lower().replace(' ', '')}.example" if dice.random() < 0.9 else WORDS["free_mail"][0]
    return {
        "LastName": last, "FirstName": first, "Company": dice.choice(WORDS["english_forms"]).format(name),
        "Title": _maybe(dice, 0.9, dice.choice(WORDS["titles_english"])),
        "Department__c": _maybe(dice, 0.6, dice.choice(WORDS["departments_english"])),
        "Country": _maybe(dice, 0.96, dice.choice(WORDS["countries_english"])),
        "Email": _maybe(dice, 0.96, f"{mailbox}{serial}@{domain}"),
        "Phone": _maybe(dice, 0.7, f"+1-202-555-{dice.randint(100, 199):04d}"), **_anywhere(dice, industry),
    }  # fmt: skip


def _anywhere(dice: random.Random, industry: str) -> dict[str, Value]:
    return {
        "Industry": _maybe(dice, 0.85, industry),
        "NumberOfEmployees": _maybe(dice, 0.8, int(min(dice.lognormvariate(4.8, 1.3), 80_000)) + 1),
        "LeadSource": _maybe(dice, 0.95, dice.choice(WORDS["lead_sources"])),
    }


_FORM_CHANCES = tuple(accumulate((30, 30, 10, 8, 6, 5, 4, 7)))
_TITLE_CHANCES = tuple(accumulate((3, 3, 2, 3, 4, 14, 4, 6, 16, 4, 9, 9, 20, 1)))
_RATINGS = (*WORDS["ratings"], None)
_REGIONS = (WORDS["prefectures_kanto"], WORDS["prefectures_kansai"], WORDS["prefectures_other"])
_KANSAI = frozenset({*WORDS["prefectures_kansai"], *WORDS["short_prefectures"]["大阪府"]})


def _owner(dice: random.Random, team: tuple[str, ...], named: Mapping[str, str]) -> str:
    chance = dice.random()
    for share, owner in ((0.30, "Inbound_Leads"), (0.36, "Partner_Leads"), (0.42, people_names.LEAVER)):
        if chance < share:
            return named[owner]
    return named[drawn(dice, team, _chances_in(team))]


@cache
def _chances_in(team: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(accumulate(1 if stem == people_names.LEAVES_SOON else 4 for stem in team))


def _prefecture(dice: random.Random) -> str:
    region = drawn(dice, _REGIONS, (5, 8, 10))
    name: str = dice.choice(region[:2]) if dice.random() < 0.6 else dice.choice(region)
    short = WORDS["short_prefectures"].get(name)
    return str(dice.choice(short)) if short and dice.random() < 0.1 else name


def _maybe(dice: random.Random, share: float, value: Value) -> Value:
    return value if dice.random() < share else None
