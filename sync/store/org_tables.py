"""Tables of the conversation with the org, and of files left for it: API calls, Bulk jobs, describes, dropped files."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table, Text

from sync.store.columns import Instant, JsonText, identifier, one_of
from sync.store.tables import ID, RUN, metadata
from sync.store.vocabulary import Direction

# API calls, reserved before they are made and corrected afterwards: the ledger is never below what was used.
api_ledger = Table(
    "api_ledger",
    metadata,
    Column("entry_id", BigInteger, primary_key=True, autoincrement=False),
    Column("run_id", RUN, ForeignKey("runs.run_id")),  # None: under way, or of no run
    Column("at", Instant, nullable=False, index=True),
    Column("calls", Integer, nullable=False),
    Column("is_open", Boolean, nullable=False),
)
# What the org itself last told, perhaps before it was known to be ours: calls of the last 24 hours by everybody. One row.
api_usage = Table(
    "api_usage",
    metadata,
    Column("at", Instant, primary_key=True),
    Column("used", BigInteger, nullable=False),
    Column("limit", BigInteger, nullable=False),
)

# Bulk 2.0 jobs, each known here before anything is sent to it. `CLOSED` is our own word beside the org's states: nothing
# is left to do with a job.
CLOSED = "Closed"
jobs = Table(
    "jobs",
    metadata,
    Column("job_id", ID, primary_key=True),
    Column("direction", String(8), one_of("direction", Direction), nullable=False),
    Column("object", String(80), nullable=False),
    Column("run_id", RUN, ForeignKey("runs.run_id"), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("api_version", String(8), nullable=False),  # results are asked with the version of the job
    Column("state", String(20), nullable=False),  # as the org last told; `Closed` once nothing is left to do
    Column("asked", identifier(64)),  # query: digest of what was asked, so that the same question finds it again
    Column("locator", Text),  # query: behind the last page that is safely on disk; "" is the end
    Column("pages", JsonText),  # query: the data files written so far, not listed yet
    Column("batch_id", identifier(60), ForeignKey("batches.batch_id")),  # ingest: the batch it carries
    Column("created_at", Instant, nullable=False),
)

# What each object was made of when last asked.
describes = Table(
    "describes",
    metadata,
    Column("object", String(80), primary_key=True),
    Column("fetched_at", Instant, nullable=False),
    Column("body", JsonText, nullable=False),
)

# Files of drop folders that were read: each content once.
dropped_files = Table(
    "dropped_files", metadata, Column("source", String(80), primary_key=True), Column("files", JsonText, nullable=False)
)
