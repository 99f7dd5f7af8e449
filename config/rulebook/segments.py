"""segments/*.yaml: who is in the market now. Somebody may be in several; the first by rank is written to the org.

- {name: 検討中, when: {activity: {kind: page view, within: 14 days, count at least: 3}}, rank: 1}
"""

from collections.abc import Sequence

from config.rulebook.conditions import read_condition
from config.rulebook.named_items import Item
from config.rulebook.operands import Known
from config.rulebook.personas import refuse_long
from config.rulebook.typed import Problems, whole
from engine.conditions.conditions import ALWAYS
from engine.rulebook.rulebook import Segment

SEGMENT_KEYS = ("when", "rank")


def read_segments(items: Sequence[Item], known: Known, problems: Problems) -> tuple[Segment, ...]:
    """By rank. Each has one of its own, those that are paused too."""
    found: dict[int, Segment] = {}
    for item in items:
        refuse_long(item.name, item.part("name"), "segment", problems)
        segment = _segment(item, known, problems)
        first = found.setdefault(segment.rank, segment)
        rank = item.part("rank")
        if rank and segment.rank and first is not segment:
            # the segments {first!r} and {second!r} both have rank {rank}
            problems.add("RB-173", rank, rank=segment.rank, first=first.name, second=segment.name)
    return tuple(segment for _, segment in sorted(found.items()))


def _segment(item: Item, known: Known, problems: Problems) -> Segment:
    when, rank = item.needs("when", problems, of="segment"), item.needs("rank", problems, of="segment")
    return Segment(
        id=item.id,
        name=item.name,
        when=read_condition(when, known, problems) if when else ALWAYS,
        rank=(whole(rank, problems, least=1) or 0) if rank else 0,
        where=item.where,
    )
