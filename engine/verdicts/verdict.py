"""What a verdict is: one thing the rules decide of every prospect, with all that the engine asks of its kind.

To add one: a subclass in a file of its own, a line in `registry.py`, what it is made of in `rulebook/rulebook.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import narwhals as nw

from engine.changes.change import RuleRef
from engine.conditions.conditions import Condition
from engine.conditions.expressions import Columns, Frame
from engine.conditions.fields import Kind
from engine.messages import Message
from engine.moments import Moment
from engine.rulebook.rulebook import Rulebook
from engine.values import NOTHING, Scalar, Values

Row: TypeAlias = Mapping[str, Any]
# So many characters fit into a reason that rides along into the org.
REASON_LENGTH_MAX = 255


@dataclass(frozen=True, slots=True)
class Output:
    """One thing a verdict says.

    `kind`: as what rules read it; None: they cannot. `is_written`: it has a write-back field. `is_itself`: whoever reads
    it rests on its value, not on what is behind it. `ranks`: the output whose values this one puts in order; people read
    that one. `is_several`: rules may ask for any of several values, each in a `member_column`. `none`: the message for a prospect of which it says nothing, where its reasons do not tell.
    """

    name: str
    kind: Kind | None
    is_written: bool = True
    is_itself: bool = False
    ranks: str | None = None
    is_several: bool = False
    none: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition of the rulebook: the item that asks it, the step it belongs to (None: the scope), and where
    (file:line:column) it stands.
    """

    name: str
    condition: Condition
    where: str = ""
    step: "Step | None" = None


class Item(Protocol):
    """Something a prospect is or is not, by one condition."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def when(self) -> Condition: ...
    @property
    def where(self) -> str: ...


class Verdict(ABC):
    """Subclasses have no state: there is one of each, in the registry.

    `carries` names what `riders` says; `cites_alone` the kinds of what is `cited` without an id, there being one of the
    kind. `is_one_item`: of its items the first that holds counts and later ones are not
    asked; else all that hold do.
    """

    name: str
    outputs: tuple[Output, ...]
    carries: tuple[str, ...] = ()
    cites_alone: tuple[str, ...] = ()
    is_one_item: bool = True

    @abstractmethod
    def is_said(self, rulebook: Rulebook) -> bool:
        """Whether the rulebook says anything of it; else the org's fields are left alone."""

    @abstractmethod
    def decide(self, frame: Frame, rulebook: Rulebook, moment: Moment, columns: Columns) -> Frame:
        """The frame with a column for each output, and `<output>__key` where rules compare a key."""

    @abstractmethod
    def reasons(self, row: Row, after: Values, rulebook: Rulebook) -> Iterator[Message]:
        """Why, for a change that writes any of its outputs."""

    def items(self, rulebook: Rulebook) -> tuple[Item, ...]:
        """What a prospect is tried against, one after the other, and explained by."""
        return ()

    def asked(self, rulebook: Rulebook) -> Iterator[Asked]:
        """Its conditions, in the order the files say them."""
        return (Asked(item.name, item.when, item.where, self) for item in self.items(rulebook))

    def words(self, rulebook: Rulebook) -> Mapping[str, tuple[str, ...]]:
        """All that each output can say of anybody; of one that says numbers nothing is listed."""
        return {}

    def kinds(self, rulebook: Rulebook) -> Iterator[tuple[str, str]]:
        """Kinds of activities it counts without a condition, each with the name of the item that does."""
        return iter(())

    def made_of(self, rulebook: Rulebook) -> frozenset[str]:
        """Outputs of others it is made of, besides what its conditions read."""
        return frozenset()

    def columns(self, rulebook: Rulebook) -> dict[str, nw.Expr]:
        """What a row of verdicts holds of it."""
        return {output.name: nw.col(output.name) for output in self.outputs}

    def cited(self, row: Row, after: Values, rulebook: Rulebook) -> Iterator[RuleRef]:
        """The rulebook's items behind a change."""
        return iter(())

    def riders(self, row: Row, rulebook: Rulebook) -> Values:
        """What goes along with any change, never compared."""
        return NOTHING

    def agrees(self, theirs: Scalar, ours: Scalar, rulebook: Rulebook, *, is_rival: bool) -> bool:
        """In shadow: whether the org shows the same; a rival is a field of somebody else's that means it."""
        return theirs == ours

    def counted_as(self, theirs: Scalar, ours: Scalar, rulebook: Rulebook) -> tuple[Scalar, Scalar] | None:
        """In shadow: the kind of difference that two values are; None: they have too many values to be counted by."""
        return theirs, ours

    def writes(self, after: Values) -> bool:
        return any(output.name in after for output in self.outputs)

    def __repr__(self) -> str:
        return self.name


# What rules are evaluated by: a verdict, or a rule by its position in the rulebook.
Step: TypeAlias = Verdict | int
