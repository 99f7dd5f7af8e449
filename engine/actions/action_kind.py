"""What an action is: one kind of thing that rules do, with all that the engine asks of its kind.

To add one: its value and its kind in a file of its own, a line in `registry.py`, its reader in
`config/rulebook/automation.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import narwhals as nw

from engine.changes.change import Effects
from engine.conditions.expressions import Columns, Frame
from engine.rulebook.rulebook import Action, AutomationRule, Reference, Rulebook, RuleMode
from engine.values import Values

A = TypeVar("A", bound=Action)
NO_EFFECTS = Effects()


def rule_mask(index: int) -> str:
    """The column of a rule's answer."""
    return f"rule__{index}"


@dataclass(frozen=True, slots=True)
class Given(Generic[A]):
    """An action and the rule that does it, by its position."""

    index: int
    rule: AutomationRule
    action: A

    @property
    def mask(self) -> str:
        return rule_mask(self.index)

    @property
    def converges(self) -> bool:
        return self.rule.mode is RuleMode.CONVERGE


@dataclass(frozen=True, slots=True)
class Ran:
    """How far the rules have run: the last stratum `decided` these names; `read` are all that any step reads; `done` the
    rules that have run so far.
    """

    decided: Collection[str]
    read: Collection[str]
    done: Collection[object]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is remembered of one record: what leadsync wrote last, and the tags (tag, rule id)."""

    applied: Values
    tags: frozenset[tuple[str, str]]


class ActionKind(ABC, Generic[A]):
    """Subclasses have no state: there is one of each, in the registry. `name` is the key a rule file uses for it."""

    name: str
    action: type[A]

    def given(self, rulebook: Rulebook) -> tuple[Given[A], ...]:
        """All of this kind that rules do, in the order the files say them."""
        return tuple(
            Given(index, rule, action)
            for index, rule in enumerate(rulebook.rules)
            for action in rule.then
            if isinstance(action, self.action)
        )

    @abstractmethod
    def target(self, action: A) -> str:
        """What one rule may do only once, as people call it: a field, a tag, the owner."""

    @abstractmethod
    def decides(self, action: A) -> str | None:
        """What later rules see of it, as `order.needs` names it; None: they cannot read it."""

    @abstractmethod
    def outputs(self, given: Sequence[Given[A]]) -> Mapping[str, tuple[int, ...]]:
        """What it proposes for the org -> the rules that decide it."""

    def users(self, action: A) -> tuple[Reference, ...]:
        """Users it names."""
        return ()

    def queues(self, action: A) -> tuple[Reference, ...]:
        """Queues it names."""
        return ()

    def prepared(self, frame: Frame, given: Sequence[Given[A]]) -> Frame:
        """Before any rule runs."""
        return frame

    def seen(self, frame: Frame, columns: Columns, given: Sequence[Given[A]], ran: Ran) -> tuple[Frame, Columns]:
        """After each stratum: what later ones see of it."""
        return frame, columns

    def columns(self, given: Sequence[Given[A]]) -> dict[str, nw.Expr]:
        """What a row of verdicts holds of it."""
        return {}

    def differs(self, given: Given[A], there: Collection[str]) -> list[nw.Expr]:
        """Tests of a row, any of which says that there may be something to do for an action; `there` are its columns."""
        return []

    def effects(self, given: Sequence[Given[A]], row: Mapping[str, Any], known: Remembered) -> Effects:
        """What will have to be remembered."""
        return NO_EFFECTS

    def is_in_place(self, given: Given[A], known: Remembered) -> bool:
        """Whether what it does has been done, and by leadsync."""
        return False

    def __repr__(self) -> str:
        return self.name
