"""What is written: the engine's names and values as Salesforce's, ready for JSON."""

from collections.abc import Mapping

from engine.errors import MapError
from engine.values import Scalar
from engine.verdicts.registry import RIDERS
from mapping.field_map.field_map import ObjectMap
from mapping.field_map.write_back import WRITE_BACK, FieldType

# Riders are never compared, so their texts may be cut; anything else that is too long is refused by the org.
_CUT_AT = {field.name: field.size for field in WRITE_BACK if field.name in RIDERS and field.type is FieldType.TEXT}


def payload(values: Mapping[str, Scalar], object_map: ObjectMap) -> dict[str, Scalar]:
    """API names and values; None empties a field. KeyError for a name that is not mapped, MapError for a `pi__` field."""
    written: dict[str, Scalar] = {}
    for name, value in values.items():
        api_name = api_name_of(name, object_map)
        if api_name.casefold().startswith("pi__"):
            raise MapError.of("MP-301", object_map.where, name=name, field=api_name)  # {name!r} would be written to…
        written[api_name] = shortened(value, _CUT_AT[name]) if name in _CUT_AT and isinstance(value, str) else value
    return written


def api_name_of(name: str, object_map: ObjectMap) -> str:
    """Where a value goes: the owner, a write-back field, or a mapped field a rule sets."""
    if name == "owner":
        return "OwnerId"
    if name in object_map.write_back:
        return object_map.write_back[name]
    mapped = object_map.field_named(name)
    if mapped is None:
        raise KeyError(name)
    return mapped.api_name


def shortened(text: str, size: int) -> str:
    """At most `size` characters, the last an ellipsis when some are left out.

    Characters outside the basic plane (𠮷, emoji) count as two: no org was at hand to see which way it counts.
    """
    if _length(text) <= size:
        return text
    kept = text[: size - 1]
    while _length(kept) > size - 1:
        kept = kept[:-1]
    return kept + "…"


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
