"""Keeping the mirror in order: compaction of what deltas have grown over, and removal of what is kept long enough."""

from datetime import timedelta

from mapping.field_map.pulled_objects import activity_keys, pulled_objects
from sync.mirror.sort_order import BY_ID
from sync.run import Run
from sync.store import data_files, leases, runs
from sync.store.leases import Lease


def compact(run: Run, lease: Lease) -> int:
    """Sort what needs it, each object in a transaction of its own; how many data files were written."""
    worker = run.worker
    keys = activity_keys(worker.field_map)
    prospects = {entry.api_name for entry in worker.field_map.objects}
    written = 0
    for name in dict.fromkeys([*(wanted.api_name for wanted in pulled_objects(worker.field_map)), *keys]):
        done = worker.mirror.compact(
            name,
            key=BY_ID if name in prospects else keys.get(name, BY_ID),
            run=run.run_id,
            pull=runs.sequence_of(run.run_id),
            percent=worker.settings.compact_percent,
        )
        if done is None:
            continue
        worker.points.reach("compaction written")
        with worker.store.transaction() as tx:
            leases.check(tx, lease)
            data_files.replace(tx, run=run.run_id, at=run.now, written=done.written, replaced=done.replaced)
        written += len(done.written)
    return written


def retire(run: Run, lease: Lease) -> int:
    """Remove files that only readings as of long ago would need; how many."""
    before = run.now - timedelta(days=run.worker.settings.as_of_days)
    return run.worker.mirror.retire(before, at=run.now, lease=lease)
