"""What is said to the org and what it has told: jobs, calls, describes, files."""

import sqlalchemy as sa
from alembic import op

from sync.store.migrations.columns import identifier, one_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_usage",
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("limit", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("at", name=op.f("pk_api_usage")),
    )
    op.create_table(
        "describes",
        sa.Column("object", sa.String(80), nullable=False),
        sa.Column("fetched_at", sa.String(27), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("object", name=op.f("pk_describes")),
    )
    op.create_table(
        "dropped_files",
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_dropped_files")),
    )
    op.create_table(
        "api_ledger",
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", identifier(40), nullable=True),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_api_ledger_run_id_runs")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_api_ledger")),
    )
    with op.batch_alter_table("api_ledger", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_ledger_at"), ["at"], unique=False)

    op.create_table(
        "jobs",
        sa.Column("job_id", identifier(18), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("object", sa.String(80), nullable=False),
        sa.Column("run_id", identifier(40), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("api_version", sa.String(8), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("asked", identifier(64), nullable=True),
        sa.Column("locator", sa.Text(), nullable=True),
        sa.Column("pages", sa.Text(), nullable=True),
        sa.Column("batch_id", identifier(60), nullable=True),
        sa.Column("created_at", sa.String(27), nullable=False),
        one_of("jobs", "direction", "query", "ingest"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.batch_id"], name=op.f("fk_jobs_batch_id_batches")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=op.f("fk_jobs_run_id_runs")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_jobs")),
    )
    # ### end Alembic commands ###
