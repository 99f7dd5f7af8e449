"""What a sweep found and mended, as its run remembers it: at once, in a line of `status`, and later by `report`."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from sync.cli.terminal import Terminal

if TYPE_CHECKING:
    from sync.store.figures import Drift, Figures
    from sync.store.runs import RunRecord

FOUND = ("missing", "stale", "deleted", "outside", "gone", "changed")


def write(terminal: Terminal, run_id: str, figures: "Figures", *, as_json: bool) -> None:
    """Each object, and what was mended of it."""
    from sync.views.phrases import number

    calls = figures.end.api_calls if figures.end else None
    if as_json:
        objects = {name: asdict(found) for name, found in _objects(figures).items()}
        terminal.document("sweep", {"run": run_id, "api_calls": calls, "objects": objects})
        return
    for name, found in _objects(figures).items():
        listed = number(found.listed)
        if not _mended(found):
            terminal.write(terminal.say("cli.sweep.same", object=name, listed=listed))
            continue
        terminal.write(terminal.say("cli.sweep.drift", object=name, listed=listed))
        for key in FOUND:
            if count := getattr(found, key):
                terminal.write(f"  {number(count):>8}  {terminal.say(f'drift.{key}')}")
    if calls is not None:
        terminal.talk(terminal.say("cli.sweep.calls", calls=number(calls)))


def line(terminal: Terminal, run: "RunRecord") -> str:
    """In one line; nothing of a run that compared nothing."""
    from sync.views.phrases import number

    objects = _objects(run.figures)
    if not objects:
        return ""
    listed = number(sum(found.listed for found in objects.values()))
    mended = [f"{name} {number(count)}" for name, found in objects.items() if (count := _mended(found))]
    if not mended:
        return terminal.say("cli.sweep.line.same", listed=listed)
    return terminal.say("cli.sweep.line.drift", listed=listed, objects=", ".join(mended))


def _mended(found: "Drift") -> int:
    return sum(getattr(found, key) for key in FOUND)


def _objects(figures: "Figures") -> dict[str, "Drift"]:
    """By name: the store does not keep the order of the map."""
    return dict(sorted(figures.sweep.drift.items())) if figures.sweep else {}
