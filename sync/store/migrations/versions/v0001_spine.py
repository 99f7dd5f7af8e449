"""The first schema."""

import sqlalchemy as sa
from alembic import op

from sync.store.migrations.columns import identifier, one_of

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


_STATES = (
    "planned", "held", "approved", "sending", "unknown", "applied", "unchanged", "conflict",
    "blocked", "gone", "refused", "rejected", "expired", "superseded", "cancelled",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("prev", identifier(64), nullable=False),
        sa.Column("hash", identifier(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_hash")),
        sa.UniqueConstraint("prev", name=op.f("uq_audit_prev")),
    )
    op.create_table(
        "follow_ups",
        sa.Column("record_id", identifier(18), nullable=False),
        sa.Column("is_next", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.String(27), nullable=True),
        sa.Column("is_quiet", sa.Boolean(), nullable=False),
        sa.Column("is_respected", sa.Boolean(), nullable=False),
        sa.Column("is_undecided", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_follow_ups")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_started", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.String(27), nullable=False),
        sa.Column("until", sa.String(27), nullable=False),
        one_of("leases", "name", "pull", "write"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "orgs",
        sa.Column("org_id", identifier(18), nullable=False),
        sa.Column("is_sandbox", sa.Boolean(), nullable=False),
        sa.Column("pinned_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_orgs")),
    )
    op.create_table(
        "overrides",
        sa.Column("record_id", identifier(18), nullable=False),
        sa.Column("field", identifier(80), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("since", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "field", name=op.f("pk_overrides")),
    )
    op.create_table(
        "pauses",
        sa.Column("pause_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sync", identifier(80), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("salt", identifier(32), nullable=True),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("until", sa.String(27), nullable=True),
        sa.Column("lifted_at", sa.String(27), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("pause_id", name=op.f("pk_pauses")),
    )
    op.create_table(
        "prospect_keys",
        sa.Column("record_id", identifier(18), nullable=False),
        sa.Column("key", identifier(64), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_prospect_keys")),
    )
    op.create_table(
        "runs",
        sa.Column("run_id", identifier(40), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("verb", sa.String(40), nullable=False),
        sa.Column("started_at", sa.String(27), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_started", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.String(27), nullable=True),
        sa.Column("outcome", sa.String(40), nullable=True),
        sa.Column("figures", sa.Text(), nullable=False),
        one_of("runs", "outcome", "done", "held", "failed", "interrupted"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_runs")),
        sa.UniqueConstraint("sequence", name=op.f("uq_runs_sequence")),
    )
    op.create_table(
        "tags",
        sa.Column("record_id", identifier(18), nullable=False),
        sa.Column("tag", identifier(255), nullable=False),
        sa.Column("rule_id", identifier(255), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "tag", "rule_id", name=op.f("pk_tags")),
    )
    op.create_table(
        "texts",
        sa.Column("digest", identifier(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        one_of("texts", "kind", "rulebook", "map"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_texts")),
    )
    op.create_table(
        "turns",
        sa.Column("pool", identifier(255), nullable=False),
        sa.Column("member", identifier(255), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pool", "member", name=op.f("pk_turns")),
    )
    op.create_table(
        "applied_values",
        sa.Column("record_id", identifier(18), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("run_id", identifier(40), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_applied_values_run_id_runs")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_applied_values")),
    )
    op.create_table(
        "batches",
        sa.Column("batch_id", identifier(60), nullable=False),
        sa.Column("run_id", identifier(40), nullable=False),
        sa.Column("mode", sa.String(20), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.String(27), nullable=False),
        sa.Column("answered_at", sa.String(27), nullable=True),
        one_of("batches", "mode", "guarded", "collections", "bulk"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_batches_run_id_runs")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_batches")),
    )
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batches_run_id"), ["run_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_batches_sent_at"), ["sent_at"], unique=False)

    op.create_table(
        "data_files",
        sa.Column("path", identifier(200), nullable=False),
        sa.Column("object", sa.String(80), nullable=False),
        sa.Column("pull", sa.BigInteger(), nullable=False),
        sa.Column("run_id", identifier(40), nullable=False),
        sa.Column("sha256", identifier(64), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("id_min", identifier(18), nullable=False),
        sa.Column("id_max", identifier(18), nullable=False),
        sa.Column("map_digest", identifier(64), nullable=False),
        sa.Column("keys_version", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("key_min", identifier(300), nullable=False),
        sa.Column("key_max", identifier(300), nullable=False),
        sa.Column("replaced_by", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.String(27), nullable=True),
        one_of("data_files", "kind", "base", "delta"),
        sa.ForeignKeyConstraint(["replaced_by"], ["runs.sequence"], name=op.f("fk_data_files_replaced_by_runs")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_data_files_run_id_runs")),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_data_files")),
    )
    with op.batch_alter_table("data_files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_data_files_object"), ["object"], unique=False)

    op.create_table(
        "plans",
        sa.Column("plan_id", identifier(40), nullable=False),
        sa.Column("org_id", identifier(18), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("rulebook", identifier(64), nullable=False),
        sa.Column("field_map", identifier(64), nullable=False),
        sa.Column("snapshot", identifier(40), nullable=False),
        sa.Column("is_baseline", sa.Boolean(), nullable=False),
        sa.Column("digest", identifier(64), nullable=False),
        sa.Column("proposed", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["field_map"], ["texts.digest"], name=op.f("fk_plans_field_map_texts")),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.org_id"], name=op.f("fk_plans_org_id_orgs")),
        sa.ForeignKeyConstraint(["plan_id"], ["runs.run_id"], name=op.f("fk_plans_plan_id_runs")),
        sa.ForeignKeyConstraint(["rulebook"], ["texts.digest"], name=op.f("fk_plans_rulebook_texts")),
        sa.ForeignKeyConstraint(["snapshot"], ["runs.run_id"], name=op.f("fk_plans_snapshot_runs")),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_plans")),
    )
    op.create_table(
        "slots",
        sa.Column("sync", identifier(80), nullable=False),
        sa.Column("due_at", sa.String(27), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run_id", identifier(40), nullable=True),
        sa.Column("codes", sa.Text(), nullable=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_started", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.String(27), nullable=False),
        sa.Column("seen_at", sa.String(27), nullable=False),
        sa.Column("finished_at", sa.String(27), nullable=True),
        one_of("slots", "state", "running", "done", "partly", "failed", "skipped", "lost"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_slots_run_id_runs")),
        sa.PrimaryKeyConstraint("sync", "due_at", name=op.f("pk_slots")),
    )
    op.create_table(
        "watermarks",
        sa.Column("object", sa.String(80), nullable=False),
        sa.Column("stamp", sa.String(27), nullable=False),
        sa.Column("fields", identifier(64), nullable=False),
        sa.Column("run_id", identifier(40), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_watermarks_run_id_runs")),
        sa.PrimaryKeyConstraint("object", name=op.f("pk_watermarks")),
    )
    op.create_table(
        "changes",
        sa.Column("change_id", identifier(32), nullable=False),
        sa.Column("plan_id", identifier(40), nullable=False),
        sa.Column("object", sa.String(80), nullable=False),
        sa.Column("record_id", identifier(18), nullable=False),
        sa.Column("state", sa.String(12), nullable=True),
        sa.Column("entering", sa.String(12), nullable=False),
        sa.Column("reach", sa.String(8), nullable=False),
        sa.Column("pool", identifier(255), nullable=True),
        sa.Column("member", identifier(255), nullable=True),
        sa.Column("turn", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("digest", identifier(64), nullable=False),
        sa.Column("target_digest", identifier(64), nullable=False),
        sa.Column("meaning_digest", identifier(64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("batch_id", identifier(60), nullable=True),
        one_of("changes", "state", *_STATES),
        one_of("changes", "entering", *_STATES),
        one_of("changes", "reach", "memory", "fields", "owner"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.batch_id"], name=op.f("fk_changes_batch_id_batches")),
        sa.ForeignKeyConstraint(["plan_id"], ["runs.run_id"], name=op.f("fk_changes_plan_id_runs")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_changes")),
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index("ix_changes_outbox", ["state", "object", "reach", "record_id"], unique=False)
        batch_op.create_index("ix_changes_plan", ["plan_id", "record_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_changes_record_id"), ["record_id"], unique=False)
        batch_op.create_index("ix_changes_state_plan", ["state", "plan_id"], unique=False)
        batch_op.create_index(
            "uq_changes_open_record",
            ["record_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('approved', 'held', 'planned', 'sending', 'unknown')"),
            postgresql_where=sa.text("state IN ('approved', 'held', 'planned', 'sending', 'unknown')"),
        )

    op.create_table(
        "checkpoints",
        sa.Column("plan_id", identifier(40), nullable=False),
        sa.Column("whole_id", identifier(40), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("digest", identifier(64), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=op.f("fk_checkpoints_plan_id_plans")),
        sa.ForeignKeyConstraint(["whole_id"], ["plans.plan_id"], name=op.f("fk_checkpoints_whole_id_plans")),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "approvals",
        sa.Column("change_id", identifier(32), nullable=False),
        sa.Column("digest", identifier(64), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.String(27), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["changes.change_id"], name=op.f("fk_approvals_change_id_changes")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_approvals")),
    )
    op.create_table(
        "batch_changes",
        sa.Column("batch_id", identifier(60), nullable=False),
        sa.Column("change_id", identifier(32), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.batch_id"], name=op.f("fk_batch_changes_batch_id_batches")),
        sa.ForeignKeyConstraint(["change_id"], ["changes.change_id"], name=op.f("fk_batch_changes_change_id_changes")),
        sa.PrimaryKeyConstraint("batch_id", "change_id", name=op.f("pk_batch_changes")),
    )
    with op.batch_alter_table("batch_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_changes_change_id"), ["change_id"], unique=False)

    op.create_table(
        "change_bodies",
        sa.Column("change_id", identifier(32), nullable=False),
        sa.Column("proposed", sa.Text(), nullable=False),
        sa.Column("rebased", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["change_id"], ["changes.change_id"], name=op.f("fk_change_bodies_change_id_changes")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_change_bodies")),
    )
    op.create_table(
        "firings",
        sa.Column("record_id", identifier(18), nullable=False),
        sa.Column("rule_id", identifier(255), nullable=False),
        sa.Column("change_id", identifier(32), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["changes.change_id"], name=op.f("fk_firings_change_id_changes")),
        sa.PrimaryKeyConstraint("record_id", "rule_id", name=op.f("pk_firings")),
    )
    with op.batch_alter_table("firings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_firings_change_id"), ["change_id"], unique=False)

    op.create_table(
        "owner_moves",
        sa.Column("change_id", identifier(32), nullable=False),
        sa.Column("record_id", identifier(18), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("owner", identifier(18), nullable=False),
        sa.Column("pool", identifier(255), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["change_id"], ["changes.change_id"], name=op.f("fk_owner_moves_change_id_changes")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_owner_moves")),
    )
    with op.batch_alter_table("owner_moves", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_owner_moves_record_id"), ["record_id"], unique=False)
        batch_op.create_index("ix_owner_moves_turn", ["pool", "owner"], unique=False)

    op.create_table(
        "quiet",
        sa.Column("record_id", identifier(18), nullable=False),
        sa.Column("target_digest", identifier(64), nullable=False),
        sa.Column("meaning_digest", identifier(64), nullable=False),
        sa.Column("owner", identifier(18), nullable=True),
        sa.Column("pool", identifier(255), nullable=True),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("change_id", identifier(32), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["changes.change_id"], name=op.f("fk_quiet_change_id_changes")),
        sa.PrimaryKeyConstraint("record_id", "target_digest", "meaning_digest", name=op.f("pk_quiet")),
    )
    with op.batch_alter_table("quiet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quiet_change_id"), ["change_id"], unique=False)

    # ### end Alembic commands ###
