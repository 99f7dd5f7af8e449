"""Compare what leadsync says it wrote with the org's own log of writes, both ways."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from engine.changes.change import Change
from engine.values import Scalar
from mapping.field_map.field_map import FieldMap
from mapping.payloads import payload
from sync.sandbox.database import Write


def unexplained(writes: Iterable[Write], applied: Iterable[Change], *, field_map: FieldMap) -> int:
    """Writes without an applied change, applied changes without a write, and pairs whose values differ.

    `writes` are those of the integration user, in the order the org took them; `applied` in the order of their plans.
    """
    written: dict[str, list[Mapping[str, object]]] = defaultdict(list)
    for write in writes:
        written[write.record_id].append(write.after)
    planned: dict[str, list[Mapping[str, Scalar]]] = defaultdict(list)
    for change in applied:
        if not change.is_memory_only:
            planned[change.record_id].append(payload(change.after, field_map.object_named(change.object)))
    strange = 0
    for record_id in written.keys() | planned.keys():
        ours, theirs = planned[record_id], written[record_id]
        strange += abs(len(ours) - len(theirs))
        strange += sum(not _agree(values, after) for values, after in zip(ours, theirs, strict=False))
    return strange


def _agree(values: Mapping[str, Scalar], after: Mapping[str, object]) -> bool:
    return all(after.get(name) == value for name, value in values.items())
