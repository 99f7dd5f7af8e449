"""Words that a column may hold, besides those of the engine: each list stands once, and the schema keeps to it."""

from enum import StrEnum


class RunVerb(StrEnum):
    """What a run was begun for."""

    RUN = "run"
    PLAN = "plan"
    APPLY = "apply"
    REVERT = "revert"  # it proposes: what it takes back is written by another run
    SWEEP = "sweep"

    @property
    def settles(self) -> bool:
        """Whether it settles changes: in the org, or in memory alone where no call is needed."""
        match self:
            case RunVerb.RUN | RunVerb.APPLY:
                return True
            case RunVerb.PLAN | RunVerb.REVERT | RunVerb.SWEEP:
                return False


class Outcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    HELD = "held"  # some of it waits
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class LeaseName(StrEnum):
    PULL = "pull"
    WRITE = "write"


class SlotState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    PARTLY = "partly"  # it went to its end, but something is held, conflicts, or could not be written yet
    FAILED = "failed"
    SKIPPED = "skipped"  # never run: before the first look, too late, or another run held the lease
    LOST = "lost"  # its holder died or was told to stop; the schedule decides whether it is run again


class TextKind(StrEnum):
    RULEBOOK = "rulebook"
    MAP = "map"


class DataFileKind(StrEnum):
    """A delta is what a pull brought. Base data files of an object hold one version per record and do not overlap."""

    BASE = "base"
    DELTA = "delta"


class WriteMode(StrEnum):
    """How a batch is written."""

    GUARDED = "guarded"  # the org itself refuses a record that has moved
    COLLECTIONS = "collections"  # compared just before, unguarded for the time of one call
    BULK = "bulk"  # compared before the job, unguarded until the job is done


class Direction(StrEnum):
    """Which way the rows of a Bulk job go."""

    QUERY = "query"
    INGEST = "ingest"
