"""What the mirror knows, as the engine's values: people, prospects and what happened to them."""

from collections.abc import Collection, Sequence

import polars as pl

from engine.snapshots import Queue, User
from mapping.field_map.field_map import FieldMap, Lookup, ObjectMap
from mapping.field_map.pulled_objects import PEOPLE, activity_columns, columns_of
from mapping.frames.activities import activities, names_of, schema_of
from mapping.frames.columns import named
from mapping.frames.people import queues_of, users_of
from mapping.frames.prospects import prospects
from sync.mirror.mirror import Mirror


def people(mirror: Mirror, *, as_of: str | None = None) -> tuple[tuple[User, ...], tuple[Queue, ...]]:
    """Users and queues as last pulled, or as of the pull of an earlier run."""
    users, groups, members, supports, roles = (present(mirror, wanted.api_name, as_of) for wanted in PEOPLE)
    return users_of(users, roles), queues_of(groups, members, supports, users, roles)


def prospects_of(
    mirror: Mirror, raw: pl.DataFrame, object_map: ObjectMap, field_map: FieldMap, *, as_of: str | None = None
) -> pl.DataFrame:
    """The engine's frame of raw records, with what the mirror knows of the records they name."""
    known = with_columns(raw, columns_of(object_map))
    return prospects(known, object_map, field_map, _related(mirror, known, object_map.lookups, as_of))


def activities_of(
    mirror: Mirror, field_map: FieldMap, frame: pl.DataFrame, object_map: ObjectMap, *, as_of: str | None = None
) -> pl.DataFrame:
    """What is known to have happened to these prospects of one object, whatever the source."""
    details = field_map.details
    frames = [pl.DataFrame(schema=schema_of(details))]
    for source in field_map.activities:
        names = names_of(frame, object_map, source)
        wanted = frame["id"] if names is None else names["name"].unique()
        raw = mirror.related(source.api_name, source.prospect, wanted.to_list(), as_of=as_of)
        if raw.height:
            known = with_columns(raw, activity_columns(source))
            related = _related(mirror, known, source.lookups, as_of)
            frames.append(activities(known, source, names, details=details, related=related))
    return pl.concat(frames)


def _related(
    mirror: Mirror, raw: pl.DataFrame, lookups: Sequence[Lookup], as_of: str | None
) -> dict[str, pl.DataFrame]:
    """What the mirror knows of the records that these rows name, by object."""
    return {name: mirror.of(name, ids, as_of=as_of) for name, ids in named(raw, lookups).items()}


def with_columns(raw: pl.DataFrame, columns: Collection[str]) -> pl.DataFrame:
    """Empty columns for what was not pulled yet: a state from before the map named it."""
    return raw.with_columns(pl.lit(None).alias(name) for name in columns if name not in raw.columns)


def present(mirror: Mirror, name: str, as_of: str | None) -> pl.DataFrame:
    return mirror.latest(name, as_of=as_of).filter(~pl.col("IsDeleted")).collect()
