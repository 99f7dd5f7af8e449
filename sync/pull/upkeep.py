"""Keeping the mirror in order: compaction of what deltas have grown over."""

from mapping.field_map.field_map import FieldMap
from mapping.field_map.pulled_objects import activity_keys, pulled_objects
from sync.host.crash_points import CrashPoints
from sync.mirror.sort_order import BY_ID
from sync.pull.staging import MirrorWriter
from sync.store import data_files
from sync.store.leases import LeasedStore


def compact(
    leased: LeasedStore, writer: MirrorWriter, field_map: FieldMap, points: CrashPoints, *, percent: int
) -> int:
    """Sort what needs it, each object in a transaction of its own; how many data files were written."""
    keys = activity_keys(field_map)
    prospects = {entry.api_name for entry in field_map.objects}
    written = 0
    for name in dict.fromkeys([*(wanted.api_name for wanted in pulled_objects(field_map)), *keys]):
        done = writer.mirror.compact(
            name,
            key=BY_ID if name in prospects else keys.get(name, BY_ID),
            run=writer.run_id,
            pull=writer.sequence,
            percent=percent,
        )
        if done is None:
            continue
        points.reach("compaction written")
        with leased.transaction() as tx:
            data_files.replace(tx, run=writer.run_id, at=writer.now(), written=done.written, replaced=done.replaced)
        written += len(done.written)
    return written
