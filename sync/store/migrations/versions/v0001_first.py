"""The first schema. What each table is for is told in `sync/store/tables.py`."""

import sqlalchemy as sa
from alembic import op

# isort: off
from sync.store.migrations.columns import (
    BATCH, BIG, CHANGE, COUNT, DIGEST, FLAG, ID, INSTANT, NAME, OBJECT, RUN, TEXT,
    holder, identifier, key, may, must, table,
)  # fmt: skip

revision = "first"
down_revision = None
branch_labels = None
depends_on = None


_STATES = (
    "planned", "held", "approved", "sending", "unknown", "applied", "unchanged", "conflict",
    "blocked", "gone", "refused", "rejected", "expired", "superseded", "cancelled",
)  # fmt: skip


# A table is a paragraph here, which the formatter would make a page.
# fmt: off
def upgrade() -> None:
    _runs()
    _mirror()
    _plans()
    _changes()
    _memory()
    _schedule()
    _conversation()
    table("prospect_keys", key(ID, "record_id"), must(DIGEST, "key"))
    table("audit", key(BIG, "seq"), must(DIGEST, "prev", "hash", unique=True), must(TEXT, "body"))


def _runs() -> None:
    table("orgs", key(ID, "org_id"), must(FLAG, "is_sandbox"), must(INSTANT, "pinned_at"))
    table("runs", key(RUN, "run_id"), must(BIG, "sequence", unique=True),
        must(sa.String(40), "verb", words=("run", "plan", "apply", "revert", "sweep")),
        must(INSTANT, "started_at"), holder(), may(INSTANT, "finished_at"),
        may(sa.String(40), "outcome", words=("done", "held", "failed", "interrupted")), must(TEXT, "figures"))
    table("leases", key(sa.String(20), "name", words=("pull", "write")), must(BIG, "epoch"),
        must(FLAG, "is_held"), holder(), must(INSTANT, "taken_at", "until"))
    table("texts", key(DIGEST, "digest"), must(sa.String(20), "kind", words=("rulebook", "map")), must(TEXT, "text"))


def _mirror() -> None:
    table("data_files", key(identifier(200), "path"), must(OBJECT, "object", index=True), must(BIG, "pull"),
        must(RUN, "run_id", to="runs.run_id"), must(DIGEST, "sha256"), must(BIG, "rows", "bytes"),
        must(ID, "id_min", "id_max"), must(DIGEST, "map_digest"), must(sa.String(40), "keys_version"),
        must(sa.String(8), "kind", words=("base", "delta")), must(TEXT, "key"),
        must(identifier(300), "key_min", "key_max"), may(BIG, "replaced_by", to="runs.sequence"),
        may(INSTANT, "removed_at"))
    table("watermarks", key(OBJECT, "object"), must(INSTANT, "stamp"), must(DIGEST, "fields"),
        must(RUN, "run_id", to="runs.run_id"))


def _plans() -> None:
    table("plans", key(RUN, "plan_id", to="runs.run_id"), must(ID, "org_id", to="orgs.org_id"),
        must(INSTANT, "at"), must(sa.String(64), "zone"),
        must(DIGEST, "rulebook", "field_map", to="texts.digest"), must(RUN, "snapshot", to="runs.run_id"),
        must(FLAG, "is_baseline"), must(DIGEST, "digest"), must(COUNT, "proposed"),
        may(INSTANT, "expires_at"), must(TEXT, "record"))
    table("checkpoints", key(RUN, "plan_id", to="plans.plan_id"), must(RUN, "whole_id", to="plans.plan_id"),
        must(INSTANT, "at"), must(DIGEST, "digest"), must(BIG, "seen"), must(TEXT, "weight"))
    table("follow_ups", key(ID, "record_id"), must(FLAG, "is_next"), may(INSTANT, "due_at"),
        must(FLAG, "is_quiet", "is_respected", "is_undecided"))


def _changes() -> None:
    table("batches", key(BATCH, "batch_id"), must(RUN, "run_id", to="runs.run_id", index=True),
        must(sa.String(20), "mode", words=("guarded", "collections", "bulk")), must(BIG, "epoch"),
        must(INSTANT, "sent_at", index=True), may(INSTANT, "answered_at"))
    table("changes", key(CHANGE, "change_id"), must(RUN, "plan_id", to="runs.run_id"), must(OBJECT, "object"),
        must(ID, "record_id", index=True), may(sa.String(12), "state", words=_STATES),
        must(sa.String(12), "entering", words=_STATES),
        must(sa.String(8), "reach", words=("memory", "fields", "owner")), may(NAME, "pool", "member"),
        may(BIG, "turn"), may(TEXT, "note"), must(FLAG, "is_rebased"),
        must(DIGEST, "digest", "target_digest", "meaning_digest"),
        must(COUNT, "attempts"), may(BATCH, "batch_id", to="batches.batch_id"))
    op.create_index("ix_changes_outbox", "changes", ["state", "object", "reach", "record_id"])
    op.create_index("ix_changes_plan", "changes", ["plan_id", "record_id"])
    op.create_index("ix_changes_state_plan", "changes", ["state", "plan_id"])
    is_open = sa.text("state IN ('approved', 'held', 'planned', 'sending', 'unknown')")
    op.create_index(
        "uq_changes_open_record", "changes", ["record_id"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    change = "changes.change_id"
    table("change_bodies", key(CHANGE, "change_id", to=change), must(TEXT, "proposed"), may(TEXT, "rebased"))
    table("approvals", key(CHANGE, "change_id", to=change), must(DIGEST, "digest"), must(TEXT, "approver"),
        may(TEXT, "reason"), must(INSTANT, "at"))
    table("batch_changes", key(BATCH, "batch_id", to="batches.batch_id"),
        key(CHANGE, "change_id", to=change, index=True))


def _memory() -> None:
    table("applied_values", key(ID, "record_id"), must(TEXT, "fields"), must(INSTANT, "at"),
        may(RUN, "run_id", to="runs.run_id"))
    table("overrides", key(ID, "record_id"), key(identifier(80), "field"), may(TEXT, "value"), must(INSTANT, "since"))
    change = "changes.change_id"
    table("owner_moves", key(CHANGE, "change_id", to=change), must(ID, "record_id", index=True),
        must(INSTANT, "at"), must(ID, "owner"), may(NAME, "pool"), may(BIG, "sequence"))
    op.create_index("ix_owner_moves_turn", "owner_moves", ["pool", "owner"])
    table("tags", key(ID, "record_id"), key(NAME, "tag", "rule_id"))
    table("firings", key(ID, "record_id"), key(NAME, "rule_id"), must(CHANGE, "change_id", to=change, index=True))
    table("turns", key(NAME, "pool", "member"), must(BIG, "sequence"))
    table("quiet", key(ID, "record_id"), key(DIGEST, "target_digest", "meaning_digest"), may(ID, "owner"),
        may(NAME, "pool"), may(BIG, "score"), must(CHANGE, "change_id", to=change, index=True))


def _schedule() -> None:
    table("slots", key(identifier(80), "sync"), key(INSTANT, "due_at"),
        must(sa.String(12), "state", words=("running", "done", "partly", "failed", "skipped", "lost")),
        must(COUNT, "missed", "attempts"), may(RUN, "run_id", to="runs.run_id"), may(TEXT, "codes"), holder(),
        must(INSTANT, "taken_at", "seen_at"), may(INSTANT, "finished_at"))
    table("pauses", key(BIG, "pause_id"), may(identifier(80), "sync"), must(TEXT, "by", "reason"),
        may(identifier(32), "salt"), must(INSTANT, "at"), may(INSTANT, "until", "lifted_at"),
        may(TEXT, "lifted_by"))


def _conversation() -> None:
    table("api_ledger", key(BIG, "entry_id"), may(RUN, "run_id", to="runs.run_id"),
        must(INSTANT, "at", index=True), must(COUNT, "calls"), must(FLAG, "is_open"))
    table("api_usage", key(INSTANT, "at"), must(BIG, "used", "limit"))
    table("jobs", key(ID, "job_id"), must(sa.String(8), "direction", words=("query", "ingest")),
        must(OBJECT, "object"), must(RUN, "run_id", to="runs.run_id"), must(BIG, "epoch"),
        must(sa.String(8), "api_version"), must(sa.String(20), "state"), may(DIGEST, "asked"),
        may(TEXT, "locator", "pages"), may(BATCH, "batch_id", to="batches.batch_id"),
        must(INSTANT, "created_at"))
    table("describes", key(OBJECT, "object"), must(INSTANT, "fetched_at"), must(TEXT, "body"))
    table("dropped_files", key(OBJECT, "source"), must(TEXT, "files"))
