"""What a reader should know about the data behind the numbers: what is known of whom, and what could not be read."""

from collections.abc import Iterator, Mapping

from engine.messages import Message
from sync.store.figures import Counts, Coverage, DroppedFiles, Figures, Proposed, Pulled, Survey

# Of the rows of dropped files that say nothing so many are named; the figures of the run have more.
_ROWS_MAX = 5


def quality_of(figures: Figures) -> tuple[Message, ...]:
    """From the figures of the run that made the plan."""
    pull, plan = figures.pull or Pulled(), figures.plan
    survey = (plan.survey if plan else None) or Survey()
    return (
        *(_looked_at(plan) if plan else ()),
        *_coverage(survey.coverage),
        *_unread("report.quality.unparsed", pull.unparsed),
        *_unread("report.quality.unfit", survey.unfit),
        *((Message.of("report.quality.in_vain", objects=", ".join(survey.in_vain)),) if survey.in_vain else ()),
        *_files(pull.dropped),
    )


def _looked_at(plan: Proposed) -> Iterator[Message]:
    """Whose numbers these are, when the plan looked at a part of the org."""
    if plan.whole:
        yield Message.of("report.quality.part", count=plan.counts.get("evaluated", 0), plan=plan.whole)


def _coverage(coverage: Coverage) -> Iterator[Message]:
    """For what share of prospects any activity is known, then source by source."""
    total = coverage.prospects
    if not total:
        return
    yield Message.of("report.quality.activity", percent=100 * coverage.known // total)
    for source, own in coverage.sources.items():
        if own.newest:
            percent = 100 * own.prospects // total
            newest = own.newest.date().isoformat()
            yield Message.of("report.quality.source", source=source, percent=percent, newest=newest)
        else:
            yield Message.of("report.quality.source_none", source=source)


def _unread(key: str, counts: Counts) -> Iterator[Message]:
    if counts:
        fields = ", ".join(f"{field}: {count}" for field, count in sorted(counts.items()))
        yield Message.of(key, count=sum(counts.values()), fields=fields)


def _files(dropped: Mapping[str, DroppedFiles]) -> Iterator[Message]:
    """Drop folders: what came, what waits, and what is wrong."""
    for source, own in dropped.items():
        if own.files:
            yield Message.of("report.quality.files", source=source, files=own.files, rows=own.rows, refused=own.refused)
        if own.left:
            yield Message.of("report.quality.files_left", source=source, count=own.left)
        yield from (Message.of(one.code, file=one.file) for one in own.broken)
        yield from (Message.of(one.code, file=one.file, row=one.row) for one in own.listed[:_ROWS_MAX])
