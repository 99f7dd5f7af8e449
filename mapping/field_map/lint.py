"""What a map says in vain: nothing is wrong with it, and nothing comes of it. To add a lint, add a line to `lints`."""

from collections.abc import Iterator

from engine.errors import Problem
from mapping.field_map.field_map import FieldMap


def lints(field_map: FieldMap) -> tuple[Problem, ...]:
    """In the order of the map."""
    return tuple(_unnamed(field_map))


def _unnamed(field_map: FieldMap) -> Iterator[Problem]:
    """Related objects that no prospect and no activity names: pulled at every run and read by nothing."""
    named = {lookup.object for entry in field_map.objects for lookup in entry.lookups}
    named |= {lookup.object for source in field_map.activities for lookup in source.lookups}
    for entry in field_map.related:
        if entry.api_name not in named:
            yield Problem("MP-401", entry.where, {"object": entry.api_name})
