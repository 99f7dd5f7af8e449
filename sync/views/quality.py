"""What a reader should know about the data behind the numbers: what is known of whom, and what could not be read."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.messages import Message

# Of the rows of dropped files that say nothing so many are named; the figures of the run have more.
_ROWS_MAX = 5


def quality_of(figures: Mapping[str, Any]) -> tuple[Message, ...]:
    """From the figures of the run that made the plan."""
    return (
        *_looked_at(figures),
        *_coverage(figures.get("coverage") or {}),
        *_unread(figures),
        *_files(figures.get("files") or {}),
    )


def _looked_at(figures: Mapping[str, Any]) -> Iterator[Message]:
    """Whose numbers these are, when the plan looked at a part of the org."""
    if figures.get("whole"):
        yield Message.of("report.quality.part", count=figures.get("evaluated", 0), plan=figures["whole"])


def _coverage(told: Mapping[str, Any]) -> Iterator[Message]:
    """For what share of prospects any activity is known, then source by source."""
    total = told.get("prospects", 0)
    if not total:
        return
    yield Message.of("report.quality.activity", percent=100 * told["known"] // total)
    for source, own in told["sources"].items():
        if own["newest"]:
            percent = 100 * own["prospects"] // total
            yield Message.of("report.quality.source", source=source, percent=percent, newest=own["newest"][:10])
        else:
            yield Message.of("report.quality.source_none", source=source)


def _unread(figures: Mapping[str, Any]) -> Iterator[Message]:
    for name in ("unparsed", "unfit"):
        if counts := figures.get(name):
            fields = ", ".join(f"{field}: {count}" for field, count in sorted(counts.items()))
            yield Message.of(f"report.quality.{name}", count=sum(counts.values()), fields=fields)
    if in_vain := figures.get("in_vain"):
        yield Message.of("report.quality.in_vain", objects=", ".join(in_vain))


def _files(told: Mapping[str, Any]) -> Iterator[Message]:
    """Drop folders: what came, what waits, and what is wrong."""
    for source, own in told.items():
        if own["files"]:
            params = {name: own[name] for name in ("files", "rows", "refused")}
            yield Message.of("report.quality.files", source=source, **params)
        if own["left"]:
            yield Message.of("report.quality.files_left", source=source, count=own["left"])
        yield from (Message.of(one["code"], file=one["file"]) for one in own["broken"])
        yield from (Message.of(one["code"], file=one["file"], row=one["row"]) for one in own["listed"][:_ROWS_MAX])
