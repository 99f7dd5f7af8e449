"""The tables of the store; those of the conversation with the org are in `org_tables.py`. A change here or there needs a
migration in `migrations/versions`; a test compares them.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from engine.changes.change import Reach
from engine.changes.states import OPEN, State
from sync.store.columns import Instant, JsonText, identifier, one_of
from sync.store.vocabulary import DataFileKind, LeaseName, Outcome, RunVerb, SlotState, TextKind, WriteMode

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID, RUN, DIGEST = identifier(18), identifier(40), identifier(64)


def _holder() -> list[Column[Any]]:
    """A process, as `holders.py` reads and writes it."""
    return [
        Column("host", Text, nullable=False),
        Column("boot", Text, nullable=False),
        Column("pid", Integer, nullable=False),
        Column("process_started", Text, nullable=False),
    ]


orgs = Table(
    "orgs",
    metadata,
    Column("org_id", ID, primary_key=True),
    Column("is_sandbox", Boolean, nullable=False),
    Column("pinned_at", Instant, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", RUN, primary_key=True),
    Column("sequence", BigInteger, nullable=False, unique=True),
    Column("verb", String(40), one_of("verb", RunVerb), nullable=False),
    Column("started_at", Instant, nullable=False),
    *_holder(),
    Column("finished_at", Instant),
    Column("outcome", String(40), one_of("outcome", Outcome)),  # None: it runs
    Column("figures", JsonText, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(20), one_of("name", LeaseName), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("is_held", Boolean, nullable=False),
    *_holder(),
    Column("taken_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
)

texts = Table(
    "texts",
    metadata,
    Column("digest", DIGEST, primary_key=True),
    Column("kind", String(20), one_of("kind", TextKind), nullable=False),
    Column("text", Text, nullable=False),
)

data_files = Table(
    "data_files",
    metadata,
    Column("path", identifier(200), primary_key=True),  # relative to the mirror's folder
    Column("object", String(80), nullable=False, index=True),
    Column("pull", BigInteger, nullable=False),
    Column("run_id", RUN, ForeignKey("runs.run_id"), nullable=False),
    Column("sha256", DIGEST, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("id_min", ID, nullable=False),
    Column("id_max", ID, nullable=False),
    Column("map_digest", DIGEST, nullable=False),
    Column("keys_version", String(40), nullable=False),
    Column("kind", String(8), one_of("kind", DataFileKind), nullable=False),
    Column("key", Text, nullable=False),
    Column("key_min", identifier(300), nullable=False),
    Column("key_max", identifier(300), nullable=False),
    # The run that compacted it away; None: current.
    Column("replaced_by", BigInteger, ForeignKey("runs.sequence")),
    Column("removed_at", Instant),  # its file is gone: as-of reads that need it are refused
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("object", String(80), primary_key=True),
    Column("stamp", Instant, nullable=False),
    Column("fields", DIGEST, nullable=False),
    Column("run_id", RUN, ForeignKey("runs.run_id"), nullable=False),
)

plans = Table(
    "plans",
    metadata,
    Column("plan_id", RUN, ForeignKey("runs.run_id"), primary_key=True),
    Column("org_id", ID, ForeignKey("orgs.org_id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("rulebook", DIGEST, ForeignKey("texts.digest"), nullable=False),
    Column("field_map", DIGEST, ForeignKey("texts.digest"), nullable=False),
    Column("snapshot", RUN, ForeignKey("runs.run_id"), nullable=False),
    Column("is_baseline", Boolean, nullable=False),
    Column("digest", DIGEST, nullable=False),
    Column("proposed", Integer, nullable=False),
    Column("expires_at", Instant),
    Column("record", JsonText, nullable=False),  # counts, notices
)

# What the last plan stood on and how far it had seen: a plan of those to whom something has happened since goes on from
# there. One row. And what it left to know of single records (engine/plan/follow_ups.py).
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("plan_id", RUN, ForeignKey("plans.plan_id"), primary_key=True),
    Column("whole_id", RUN, ForeignKey("plans.plan_id"), nullable=False),  # the last plan of everybody
    Column("at", Instant, nullable=False),
    Column("digest", DIGEST, nullable=False),
    Column("seen", BigInteger, nullable=False),  # the audit's last entry then
    Column("weight", JsonText, nullable=False),
)
follow_ups = Table(
    "follow_ups",
    metadata,
    Column("record_id", ID, primary_key=True),
    Column("is_next", Boolean, nullable=False),
    Column("due_at", Instant),
    Column("is_quiet", Boolean, nullable=False),
    Column("is_respected", Boolean, nullable=False),
    Column("is_undecided", Boolean, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("change_id", identifier(32), primary_key=True),
    Column("plan_id", RUN, ForeignKey("runs.run_id"), nullable=False),
    Column("object", String(80), nullable=False),
    Column("record_id", ID, nullable=False, index=True),
    # None until its plan is whole: nobody sees it before. Then it enters with that state and note.
    Column("state", String(12), one_of("state", State)),
    Column("entering", String(12), one_of("entering", State), nullable=False),
    Column("reach", String(8), one_of("reach", Reach), nullable=False),
    Column("pool", identifier(255)),  # the turn it costs, if it does
    Column("member", identifier(255)),
    Column("turn", BigInteger),
    Column("note", JsonText),
    Column("is_rebased", Boolean, nullable=False),  # that is what the note says
    Column("digest", DIGEST, nullable=False),  # of the change as proposed: what an approval binds
    Column("target_digest", DIGEST, nullable=False),
    Column("meaning_digest", DIGEST, nullable=False),  # of the change as it stands
    Column("attempts", Integer, nullable=False),
    Column("batch_id", identifier(60), ForeignKey("batches.batch_id")),  # the last it was sent in
)
# Apart from the states, which move often: a body is large and written once or twice.
change_bodies = Table(
    "change_bodies",
    metadata,
    Column("change_id", identifier(32), ForeignKey("changes.change_id"), primary_key=True),
    Column("proposed", JsonText, nullable=False),
    Column("rebased", JsonText),  # the change on its new base, when the record moved and the decision stayed
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

approvals = Table(
    "approvals",
    metadata,
    Column("change_id", identifier(32), ForeignKey("changes.change_id"), primary_key=True),
    Column("digest", DIGEST, nullable=False),
    Column("approver", Text, nullable=False),  # os:name@host or policy@version
    Column("reason", Text),
    Column("at", Instant, nullable=False),
)

batches = Table(
    "batches",
    metadata,
    Column("batch_id", identifier(60), primary_key=True),
    Column("run_id", RUN, ForeignKey("runs.run_id"), nullable=False, index=True),
    Column("mode", String(20), one_of("mode", WriteMode), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("sent_at", Instant, nullable=False, index=True),
    Column("answered_at", Instant),
)
batch_changes = Table(
    "batch_changes",
    metadata,
    Column("batch_id", identifier(60), ForeignKey("batches.batch_id"), primary_key=True),
    Column("change_id", identifier(32), ForeignKey("changes.change_id"), primary_key=True, index=True),
)

applied_values = Table(
    "applied_values",
    metadata,
    Column("record_id", ID, primary_key=True),
    Column("fields", JsonText, nullable=False),
    # When and by which run it was last written, if one did: a version read before that shows less than we know.
    Column("at", Instant, nullable=False),
    Column("run_id", RUN, ForeignKey("runs.run_id")),
)
# What somebody else made of a value of ours, and since when: theirs for as long as the rulebook says.
overrides = Table(
    "overrides",
    metadata,
    Column("record_id", ID, primary_key=True),
    Column("field", identifier(80), primary_key=True),
    Column("value", JsonText),
    Column("since", Instant, nullable=False),
)
# Owners that leadsync gave, to notice a record that goes to and fro.
owner_moves = Table(
    "owner_moves",
    metadata,
    Column("change_id", identifier(32), ForeignKey("changes.change_id"), primary_key=True),
    Column("record_id", ID, nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("owner", ID, nullable=False),
    # The turn it was, so that a move taken back gives the turn back.
    Column("pool", identifier(255)),
    Column("sequence", BigInteger),
    Index("ix_owner_moves_turn", "pool", "owner"),
)
tags = Table(
    "tags",
    metadata,
    Column("record_id", ID, primary_key=True),
    Column("tag", identifier(255), primary_key=True),
    Column("rule_id", identifier(255), primary_key=True),
)
firings = Table(
    "firings",
    metadata,
    Column("record_id", ID, primary_key=True),
    Column("rule_id", identifier(255), primary_key=True),
    Column("change_id", identifier(32), ForeignKey("changes.change_id"), nullable=False, index=True),
)
turns = Table(
    "turns",
    metadata,
    Column("pool", identifier(255), primary_key=True),
    Column("member", identifier(255), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)
quiet = Table(
    "quiet",
    metadata,
    Column("record_id", ID, primary_key=True),
    Column("target_digest", DIGEST, primary_key=True),
    Column("meaning_digest", DIGEST, primary_key=True),
    Column("owner", ID),
    Column("pool", identifier(255)),
    Column("score", BigInteger),
    Column("change_id", identifier(32), ForeignKey("changes.change_id"), nullable=False, index=True),
)

# A sync's due times: the row is what makes a slot run once, however many workers there are.
slots = Table(
    "slots",
    metadata,
    Column("sync", identifier(80), primary_key=True),
    Column("due_at", Instant, primary_key=True),
    Column("state", String(12), one_of("state", SlotState), nullable=False),
    Column("missed", Integer, nullable=False),  # how many due times before it this one stands for
    Column("attempts", Integer, nullable=False),
    Column("run_id", RUN, ForeignKey("runs.run_id")),
    Column("codes", JsonText),  # of the error that failed it
    *_holder(),
    Column("taken_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),  # when its holder last said that it is at work
    Column("finished_at", Instant),
)
pauses = Table(
    "pauses",
    metadata,
    Column("pause_id", BigInteger, primary_key=True, autoincrement=False),
    Column("sync", identifier(80)),  # None: everything, writing included
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("salt", identifier(32)),  # of what the audit commits to; forgotten together with the reason
    Column("at", Instant, nullable=False),
    Column("until", Instant),
    Column("lifted_at", Instant),
    Column("lifted_by", Text),
)

# Emptied row by row when a person must be forgotten: the chain keeps standing, its hashes mean nothing any more.
prospect_keys = Table(
    "prospect_keys",
    metadata,
    Column("record_id", ID, primary_key=True),
    Column("key", identifier(64), nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("prev", DIGEST, nullable=False),
    Column("hash", DIGEST, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("prev"),  # a chain cannot fork
    UniqueConstraint("hash"),
)
