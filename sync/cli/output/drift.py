"""What a sweep found and mended, as its run remembers it: at once, in a line of `status`, and later by `report`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sync.cli.terminal import Terminal

if TYPE_CHECKING:
    from sync.store.columns import Json
    from sync.store.runs import Run

FOUND = ("missing", "stale", "deleted", "outside", "gone", "changed")


def write(terminal: Terminal, run_id: str, figures: Mapping[str, "Json"], *, as_json: bool) -> None:
    """Each object, and what was mended of it."""
    from sync.views.phrases import number

    calls = figures.get("api_calls")
    if as_json:
        objects = {name: dict(counts) for name, counts in _objects(figures).items()}
        terminal.document("sweep", {"run": run_id, "api_calls": calls, "objects": objects})
        return
    for name, counts in _objects(figures).items():
        listed = number(counts["listed"])
        if not _mended(counts):
            terminal.write(terminal.say("cli.sweep.same", object=name, listed=listed))
            continue
        terminal.write(terminal.say("cli.sweep.drift", object=name, listed=listed))
        for key in FOUND:
            if counts.get(key):
                terminal.write(f"  {number(counts[key]):>8}  {terminal.say(f'drift.{key}')}")
    if isinstance(calls, int):
        terminal.talk(terminal.say("cli.sweep.calls", calls=number(calls)))


def line(terminal: Terminal, run: "Run") -> str:
    """In one line; nothing of a run that compared nothing."""
    from sync.views.phrases import number

    objects = _objects(run.figures or {})
    if not objects:
        return ""
    listed = number(sum(counts["listed"] for counts in objects.values()))
    mended = [f"{name} {number(count)}" for name, counts in objects.items() if (count := _mended(counts))]
    if not mended:
        return terminal.say("cli.sweep.line.same", listed=listed)
    return terminal.say("cli.sweep.line.drift", listed=listed, objects=", ".join(mended))


def _mended(counts: Mapping[str, int]) -> int:
    return sum(counts.get(key, 0) for key in FOUND)


def _objects(figures: Mapping[str, "Json"]) -> dict[str, Mapping[str, int]]:
    """By name: the store does not keep the order of the map."""
    match figures.get("drift"):
        case Mapping() as drift:
            return {name: counts for name, counts in sorted(drift.items()) if isinstance(counts, Mapping)}
    return {}
