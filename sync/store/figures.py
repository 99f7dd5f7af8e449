"""What runs came to: each part is told by the verb that knows it, and all of them are kept with the run as one JSON value."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias, cast

from pydantic import TypeAdapter

from engine.changes.states import State
from engine.messages import Message
from engine.values import Scalar
from sync.store.columns import Json

Counts: TypeAlias = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DueTime:
    """The due time a run was for, if it was a sync's, and how many others it stands for."""

    sync: str
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Expired:
    """How many changes waited for a person until their plan expired."""

    changes: int


@dataclass(frozen=True, slots=True)
class BrokenFile:
    """A file left in a drop folder of which nothing counts."""

    file: str
    code: str


@dataclass(frozen=True, slots=True)
class EmptyRow:
    """A row of such a file that says nothing."""

    file: str
    row: int
    code: str


@dataclass(frozen=True, slots=True)
class DroppedFiles:
    """What became of one drop folder: files and rows that were new, rows that say nothing, files left for next time."""

    files: int = 0
    rows: int = 0
    refused: int = 0
    left: int = 0
    broken: tuple[BrokenFile, ...] = ()
    listed: tuple[EmptyRow, ...] = ()
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """By object: rows that came, rows of those that were new, what became of rows that were left out (`fates`).

    `unparsed` counts values that could not be read, by object and field; `dropped` is by the folder's pattern.
    """

    rows: Counts = field(default_factory=dict)
    new: Counts = field(default_factory=dict)
    fates: Mapping[str, Counts] = field(default_factory=dict)
    unparsed: Counts = field(default_factory=dict)
    dropped: Mapping[str, DroppedFiles] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceCoverage:
    """Of how many prospects one source tells anything, and the newest time it tells of."""

    prospects: int
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of how many prospects any activity is known, and by which source."""

    prospects: int = 0
    known: int = 0
    sources: Mapping[str, SourceCoverage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Survey:
    """What only a look at everybody gives: a run that looked at a part has it from the last that did.

    `unfit` counts values the map's kinds do not allow, by object and field; `in_vain` are objects nothing reads.
    """

    unfit: Counts = field(default_factory=dict)
    in_vain: tuple[str, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)


@dataclass(frozen=True, slots=True)
class ColumnAgreement:
    """How far the org shows what the rules say, in one column. `kinds`: theirs, ours and how often, most frequent first.

    Of scores only: `near` differ by less than `step`.
    """

    agree: int
    differ: int
    org_empty: int
    ours_empty: int
    kinds: tuple[tuple[Scalar, Scalar, int], ...] = ()
    near: int | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """A plan: `counts` of prospects, and what writing it would take (records by mode, API calls).

    `whole`: the plan that looked at everybody, if this one did not. `agreement`, by column, of a plan made in shadow.
    """

    proposed: int
    counts: Counts = field(default_factory=dict)
    whole: str | None = None
    writes: Counts = field(default_factory=dict)
    calls: int = 0
    survey: Survey | None = None
    agreement: Mapping[str, ColumnAgreement] | None = None


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a revert came to: which run, how many changes wait for a person, how many records are left as they are."""

    run: str
    proposed: int
    left: int


@dataclass(frozen=True, slots=True)
class Settled:
    """Where the changes stand that a run touched or had to leave; `waits` says why it left some approved.

    Of `verified` records that were looked at again, `changed_after` held something else.
    """

    states: Mapping[State, int] = field(default_factory=dict)
    verified: int = 0
    changed_after: int = 0
    waits: Message | None = None
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Drift:
    """Of one object: how many records the org lists, and in how many the mirror was not like it.

    `missing` here, `stale` (another stamp), `deleted` there by now, `outside` the map's filters, `gone` for good or from
    our sight, and `changed` without a stamp.
    """

    listed: int
    missing: int = 0
    stale: int = 0
    deleted: int = 0
    outside: int = 0
    gone: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found, by object, and how many data files it wrote and removed once it had put the mirror in order."""

    drift: Mapping[str, Drift] = field(default_factory=dict)
    compacted: int | None = None
    retired: int | None = None


@dataclass(frozen=True, slots=True)
class Tidied:
    """How many files of reports had been kept long enough."""

    reports: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The org's name as it was then, what the run cost, and the codes of the error that failed it."""

    org_name: str
    api_calls: int
    milliseconds: int
    codes: tuple[str, ...] = ()


Part: TypeAlias = DueTime | Expired | Pulled | Proposed | TakenBack | Settled | Swept | Tidied | Ended


@dataclass(frozen=True, slots=True)
class Figures:
    """All that a run came to; a part it has nothing to tell of is None, and the end while it is at work."""

    due: DueTime | None = None
    expired: Expired | None = None
    pull: Pulled | None = None
    plan: Proposed | None = None
    revert: TakenBack | None = None
    apply: Settled | None = None
    sweep: Swept | None = None
    tidied: Tidied | None = None
    end: Ended | None = None

    @property
    def is_held(self) -> bool:
        """Whether something approved was left for a person to see to."""
        return self.apply is not None and self.apply.is_held

    def told(self, part: Part) -> "Figures":
        """With this part in its place; of two of a kind the later counts, but for what expired."""
        if isinstance(part, Expired) and self.expired:
            part = Expired(self.expired.changes + part.changes)
        given: dict[str, Any] = {_PLACES[type(part)]: part}
        return replace(self, **given)


# The field of each part.
_PLACES: Mapping[type[Part], str] = {
    DueTime: "due", Expired: "expired", Pulled: "pull", Proposed: "plan", TakenBack: "revert", Settled: "apply",
    Swept: "sweep", Tidied: "tidied", Ended: "end",
}  # fmt: skip


def counts_of(figures: Figures) -> Mapping[str, Json]:
    """What may be told where nothing is ever erased: counts by our words and by names of objects and fields, and ids.

    A list of what may pass: what is not named here stays in the store.
    """
    due, pull, plan, revert = figures.due, figures.pull, figures.plan, figures.revert
    settled, swept, end = figures.apply, figures.sweep, figures.end
    told: dict[str, Json] = {}
    if due:
        told |= {"missed": due.missed}
    if figures.expired:
        told |= {"expired": figures.expired.changes}
    if pull:
        told |= {"pulled": pull.rows, "pulled_new": pull.new, "fates": pull.fates, "unparsed": pull.unparsed}
    if plan:
        told |= {"proposed": plan.proposed, "whole": plan.whole, **plan.counts}
        told |= {"unfit": plan.survey.unfit} if plan.survey else {}
    if revert:
        told |= {"reverted": revert.run, "proposed": revert.proposed, "left": revert.left}
    if settled:
        told |= {"states": {state.value: number for state, number in settled.states.items()}}
        told |= {"verified": settled.verified, "changed_after": settled.changed_after}
        told |= {"waits": settled.waits.key if settled.waits else None}
    if swept:
        told |= {"drift": {name: asdict(drift) for name, drift in swept.drift.items()}}
        told |= {"compacted": swept.compacted, "retired": swept.retired}
    if figures.tidied:
        told |= {"reports_retired": figures.tidied.reports}
    if end:
        told |= {"api_calls": end.api_calls, "milliseconds": end.milliseconds, "codes": end.codes}
    return {name: value for name, value in told.items() if value is not None}


@cache
def _adapter() -> TypeAdapter[Figures]:
    return TypeAdapter(Figures)


def figures_body(figures: Figures) -> Mapping[str, Json]:
    """As plain JSON, without what is not told."""
    return cast("Mapping[str, Json]", _adapter().dump_python(figures, mode="json", exclude_defaults=True))


def figures_from(body: Json) -> Figures:
    """What `figures_body` made; what another version of leadsync told besides is left out."""
    return _adapter().validate_python(body)
