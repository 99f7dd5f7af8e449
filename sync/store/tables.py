"""The tables of the store. A change here needs a migration in `migrations/versions`; a test compares them."""

from sqlalchemy import BigInteger, Boolean, Index, Integer, MetaData, String, Table, Text

from engine.changes.change import Reach
from engine.changes.states import OPEN, State
from sync.store.columns import Columns, Instant, JsonText, identifier, key, may, must
from sync.store.vocabulary import DataFileKind, Direction, LeaseName, Outcome, RunVerb, SlotState, TextKind, WriteMode

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID, CHANGE, RUN, BATCH, DIGEST, NAME = (identifier(length) for length in (18, 32, 40, 60, 64, 255))
OBJECT = String(80)


def table(name: str, *columns: Columns) -> Table:
    return Table(name, metadata, *(column for some in columns for column in some))


def _holder() -> Columns:
    """A process, as `holders.py` reads and writes it."""
    return [*must(Text, "host", "boot"), *must(Integer, "pid"), *must(Text, "process_started")]


orgs = table("orgs", key(ID, "org_id"), must(Boolean, "is_sandbox"), must(Instant, "pinned_at"))

runs = table(
    "runs",
    key(RUN, "run_id"),
    must(BigInteger, "sequence", unique=True),
    must(String(40), "verb", words=RunVerb),
    must(Instant, "started_at"),
    _holder(),
    may(Instant, "finished_at"),
    may(String(40), "outcome", words=Outcome),  # None: it runs
    must(JsonText, "figures"),
)

leases = table(
    "leases",
    key(String(20), "name", words=LeaseName),
    must(BigInteger, "epoch"),
    must(Boolean, "is_held"),
    _holder(),
    must(Instant, "taken_at", "until"),
)

texts = table("texts", key(DIGEST, "digest"), must(String(20), "kind", words=TextKind), must(Text, "text"))

data_files = table(
    "data_files",
    key(identifier(200), "path"),  # relative to the mirror's folder
    must(OBJECT, "object", index=True),
    must(BigInteger, "pull"),
    must(RUN, "run_id", to="runs.run_id"),
    must(DIGEST, "sha256"),
    must(BigInteger, "rows", "bytes"),
    must(ID, "id_min", "id_max"),
    must(DIGEST, "map_digest"),
    must(String(40), "keys_version"),
    must(String(8), "kind", words=DataFileKind),
    must(Text, "key"),
    must(identifier(300), "key_min", "key_max"),
    # The run that compacted it away; None: current.
    may(BigInteger, "replaced_by", to="runs.sequence"),
    may(Instant, "removed_at"),  # its file is gone: as-of reads that need it are refused
)

watermarks = table(
    "watermarks",
    key(OBJECT, "object"),
    must(Instant, "stamp"),
    must(DIGEST, "fields"),
    must(RUN, "run_id", to="runs.run_id"),
)

plans = table(
    "plans",
    key(RUN, "plan_id", to="runs.run_id"),
    must(ID, "org_id", to="orgs.org_id"),
    must(Instant, "at"),
    must(String(64), "zone"),
    must(DIGEST, "rulebook", "field_map", to="texts.digest"),
    must(RUN, "snapshot", to="runs.run_id"),
    must(Boolean, "is_baseline"),
    must(DIGEST, "digest"),
    must(Integer, "proposed"),
    may(Instant, "expires_at"),
    must(JsonText, "record"),  # counts, notices
)

# What the last plan stood on and how far it had seen: a plan of those to whom something has happened since goes on from
# there. One row. And what it left to know of single records (engine/plan/follow_ups.py).
checkpoints = table(
    "checkpoints",
    key(RUN, "plan_id", to="plans.plan_id"),
    must(RUN, "whole_id", to="plans.plan_id"),  # the last plan of everybody
    must(Instant, "at"),
    must(DIGEST, "digest"),
    must(BigInteger, "seen"),  # the audit's last entry then
    must(JsonText, "weight"),
)
follow_ups = table(
    "follow_ups",
    key(ID, "record_id"),
    must(Boolean, "is_next"),
    may(Instant, "due_at"),
    must(Boolean, "is_quiet", "is_respected", "is_undecided"),
)

changes = table(
    "changes",
    key(CHANGE, "change_id"),
    must(RUN, "plan_id", to="runs.run_id"),
    must(OBJECT, "object"),
    must(ID, "record_id", index=True),
    # None until its plan is whole: nobody sees it before. Then it enters with that state and note.
    may(String(12), "state", words=State),
    must(String(12), "entering", words=State),
    must(String(8), "reach", words=Reach),
    may(NAME, "pool"),  # the turn it costs, if it does
    may(NAME, "member"),
    may(BigInteger, "turn"),
    may(JsonText, "note"),
    must(Boolean, "is_rebased"),  # that is what the note says
    must(DIGEST, "digest"),  # of the change as proposed: what an approval binds
    must(DIGEST, "target_digest"),
    must(DIGEST, "meaning_digest"),  # of the change as it stands
    must(Integer, "attempts"),
    may(BATCH, "batch_id", to="batches.batch_id"),  # the last it was sent in
)
# Apart from the states, which move often: a body is large and written once or twice.
change_bodies = table(
    "change_bodies",
    key(CHANGE, "change_id", to="changes.change_id"),
    must(JsonText, "proposed"),
    may(JsonText, "rebased"),  # the change on its new base, when the record moved and the decision stayed
)
Index("ix_changes_plan", changes.c.plan_id, changes.c.record_id)
Index("ix_changes_state_plan", changes.c.state, changes.c.plan_id)
Index("ix_changes_outbox", changes.c.state, changes.c.object, changes.c.reach, changes.c.record_id)
_OPEN_STATES = tuple(sorted(OPEN))
Index(
    "uq_changes_open_record",
    changes.c.record_id,
    unique=True,
    sqlite_where=changes.c.state.in_(_OPEN_STATES),
    postgresql_where=changes.c.state.in_(_OPEN_STATES),
)

approvals = table(
    "approvals",
    key(CHANGE, "change_id", to="changes.change_id"),
    must(DIGEST, "digest"),
    must(Text, "approver"),  # os:name@host or policy@version
    may(Text, "reason"),
    must(Instant, "at"),
)

batches = table(
    "batches",
    key(BATCH, "batch_id"),
    must(RUN, "run_id", to="runs.run_id", index=True),
    must(String(20), "mode", words=WriteMode),
    must(BigInteger, "epoch"),
    must(Instant, "sent_at", index=True),
    may(Instant, "answered_at"),
)
batch_changes = table(
    "batch_changes",
    key(BATCH, "batch_id", to="batches.batch_id"),
    key(CHANGE, "change_id", to="changes.change_id", index=True),
)

applied_values = table(
    "applied_values",
    key(ID, "record_id"),
    must(JsonText, "fields"),
    # When and by which run it was last written, if one did: a version read before that shows less than we know.
    must(Instant, "at"),
    may(RUN, "run_id", to="runs.run_id"),
)
# What somebody else made of a value of ours, and since when: theirs for as long as the rulebook says.
overrides = table(
    "overrides", key(ID, "record_id"), key(identifier(80), "field"), may(JsonText, "value"), must(Instant, "since")
)
# Owners that leadsync gave, to notice a record that goes to and fro.
owner_moves = table(
    "owner_moves",
    key(CHANGE, "change_id", to="changes.change_id"),
    must(ID, "record_id", index=True),
    must(Instant, "at"),
    must(ID, "owner"),
    # The turn it was, so that a move taken back gives the turn back.
    may(NAME, "pool"),
    may(BigInteger, "sequence"),
)
Index("ix_owner_moves_turn", owner_moves.c.pool, owner_moves.c.owner)
tags = table("tags", key(ID, "record_id"), key(NAME, "tag", "rule_id"))
firings = table(
    "firings", key(ID, "record_id"), key(NAME, "rule_id"), must(CHANGE, "change_id", to="changes.change_id", index=True)
)
turns = table("turns", key(NAME, "pool", "member"), must(BigInteger, "sequence"))
quiet = table(
    "quiet",
    key(ID, "record_id"),
    key(DIGEST, "target_digest", "meaning_digest"),
    may(ID, "owner"),
    may(NAME, "pool"),
    may(BigInteger, "score"),
    must(CHANGE, "change_id", to="changes.change_id", index=True),
)

# A sync's due times: the row is what makes a slot run once, however many workers there are.
slots = table(
    "slots",
    key(identifier(80), "sync"),
    key(Instant, "due_at"),
    must(String(12), "state", words=SlotState),
    must(Integer, "missed"),  # how many due times before it this one stands for
    must(Integer, "attempts"),
    may(RUN, "run_id", to="runs.run_id"),
    may(JsonText, "codes"),  # of the error that failed it
    _holder(),
    must(Instant, "taken_at"),
    must(Instant, "seen_at"),  # when its holder last said that it is at work
    may(Instant, "finished_at"),
)
pauses = table(
    "pauses",
    key(BigInteger, "pause_id"),
    may(identifier(80), "sync"),  # None: everything, writing included
    must(Text, "by", "reason"),
    may(CHANGE, "salt"),  # of what the audit commits to; forgotten together with the reason
    must(Instant, "at"),
    may(Instant, "until", "lifted_at"),
    may(Text, "lifted_by"),
)

# Emptied row by row when a person must be forgotten: the chain keeps standing, its hashes mean nothing any more.
prospect_keys = table("prospect_keys", key(ID, "record_id"), must(DIGEST, "key"))

audit = table(
    "audit",
    key(BigInteger, "seq"),
    must(DIGEST, "prev", unique=True),  # a chain cannot fork
    must(DIGEST, "hash", unique=True),
    must(Text, "body"),
)

# The conversation with the org, and files left for it.

# API calls, reserved before they are made and corrected afterwards: the ledger is never below what was used.
api_ledger = table(
    "api_ledger",
    key(BigInteger, "entry_id"),
    may(RUN, "run_id", to="runs.run_id"),  # None: under way, or of no run
    must(Instant, "at", index=True),
    must(Integer, "calls"),
    must(Boolean, "is_open"),
)
# What the org itself last told, perhaps before it was known to be ours: calls of the last 24 hours by everybody. One row.
api_usage = table("api_usage", key(Instant, "at"), must(BigInteger, "used", "limit"))

# Bulk 2.0 jobs, each known here before anything is sent to it. `CLOSED` is our own word beside the org's states: nothing
# is left to do with a job.
CLOSED = "Closed"
jobs = table(
    "jobs",
    key(ID, "job_id"),
    must(String(8), "direction", words=Direction),
    must(OBJECT, "object"),
    must(RUN, "run_id", to="runs.run_id"),
    must(BigInteger, "epoch"),
    must(String(8), "api_version"),  # results are asked with the version of the job
    must(String(20), "state"),  # as the org last told; `Closed` once nothing is left to do
    may(DIGEST, "asked"),  # query: digest of what was asked, so that the same question finds it again
    may(Text, "locator"),  # query: behind the last page that is safely on disk; "" is the end
    may(JsonText, "pages"),  # query: the data files written so far, not listed yet
    may(BATCH, "batch_id", to="batches.batch_id"),  # ingest: the batch it carries
    must(Instant, "created_at"),
)

# What each object was made of when last asked.
describes = table("describes", key(OBJECT, "object"), must(Instant, "fetched_at"), must(JsonText, "body"))

# Files of drop folders that were read: each content once.
dropped_files = table("dropped_files", key(OBJECT, "source"), must(JsonText, "files"))
