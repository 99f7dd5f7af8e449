"""Formula fields: calculated when they are read, so that one can change while no stamp of its record does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sync.sandbox.schema import FieldFact, ObjectFact
from sync.sandbox.worlds import Record, Value, World


@dataclass(frozen=True, slots=True)
class Formula:
    text: str  # as describe tells it
    value: Callable[[World, Record], Value]


def formula_of(fact: ObjectFact, field: FieldFact) -> Formula:
    return _FORMULAS[fact.name, field.name]


def calculated(world: World, fact: ObjectFact, record: Record) -> Record:
    """The record with its formula fields."""
    made = {name: formula.value(world, record) for name, formula in _of(fact).items()}
    return {**record, **made} if made else record


def _of(fact: ObjectFact) -> Mapping[str, Formula]:
    return {name: formula for (owner, name), formula in _FORMULAS.items() if owner == fact.name}


def _owner_active(world: World, lead: Record) -> Value:
    owner = world.find("User", str(lead.get("OwnerId", "")))
    return bool(owner and owner.get("IsActive"))


def _account_industry(world: World, contact: Record) -> Value:
    account = world.find("Account", str(contact.get("AccountId", "")))
    return account.get("Industry") if account else None


_FORMULAS: Mapping[tuple[str, str], Formula] = {
    ("Lead", "Owner_Active__c"): Formula("Owner:User.IsActive", _owner_active),
    ("Contact", "Account_Industry__c"): Formula("TEXT(Account.Industry)", _account_industry),
}
