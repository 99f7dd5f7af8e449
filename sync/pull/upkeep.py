"""Keeping the mirror in order: compaction of what deltas have grown over."""

from datetime import datetime

from mapping.field_map.field_map import FieldMap
from mapping.field_map.pulled_objects import activity_keys, pulled_objects
from sync.host.crash_points import CrashPoints
from sync.mirror.mirror import Mirror
from sync.mirror.sort_order import BY_ID
from sync.store import data_files, runs
from sync.store.leases import LeasedStore


def compact(
    leased: LeasedStore,
    mirror: Mirror,
    field_map: FieldMap,
    *,
    run_id: str,
    at: datetime,
    percent: int,
    points: CrashPoints,
) -> int:
    """Sort what needs it, each object in a transaction of its own; how many data files were written."""
    keys = activity_keys(field_map)
    prospects = {entry.api_name for entry in field_map.objects}
    written = 0
    for name in dict.fromkeys([*(wanted.api_name for wanted in pulled_objects(field_map)), *keys]):
        done = mirror.compact(
            name,
            key=BY_ID if name in prospects else keys.get(name, BY_ID),
            run=run_id,
            pull=runs.sequence_of(run_id),
            percent=percent,
        )
        if done is None:
            continue
        points.reach("compaction written")
        with leased.transaction() as tx:
            data_files.replace(tx, run=run_id, at=at, written=done.written, replaced=done.replaced)
        written += len(done.written)
    return written
