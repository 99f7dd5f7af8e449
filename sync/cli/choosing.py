"""Options that say which waiting changes are meant; `approve` and `reject` share them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.words.catalogue import Words
from engine.errors import UsageError
from sync.cli import options
from sync.cli.session import Session

if TYPE_CHECKING:
    from sync.review.selection import Selection
    from sync.run import Worker


class Choosing:
    """The options, to be the defaults of a command's parameters."""

    def __init__(self, words: Words) -> None:
        self.plan = options.plan(words)
        self.changes = options.argument(words, "changes", default=None, metavar="[CHANGE]...")
        self.everything = options.option(words, "all", "--all", default=False)
        self.owner = _several(words, "owner", "--owner", "NAME")
        self.taker = _several(words, "to_owner", "--to-owner", "NAME")
        self.giver = _several(words, "from_owner", "--from-owner", "NAME")
        self.rule = _several(words, "rule", "--rule", "RULE")
        self.where = _several(words, "where", "--where", "TERM")
        self.sheet = options.option(words, "from_sheet", "--from", default=None, metavar="FILE")


def selection_of(
    changes: list[str] | None,
    *,
    everything: bool,
    owner: list[str],
    taker: list[str],
    giver: list[str],
    rule: list[str],
    where: list[str],
) -> "Selection":
    """What was asked for. Something must be said: nothing is decided by forgetting an argument (UsageError CL-104)."""
    from sync.review.selection import Selection

    selection = Selection(tuple(changes or ()), tuple(owner), tuple(taker), tuple(giver), tuple(rule), tuple(where))
    if selection.is_everything is not everything:
        raise UsageError.of("CL-104")
    return selection


def decide_by_sheet(session: Session, worker: "Worker", sheet: Path, *, reason: str, others: bool) -> None:
    """Carry a workbook's decisions out and say what came of them. Nothing else may be chosen besides (CL-104)."""
    from sync.reports.decisions import read_decisions
    from sync.review.sheet import decide

    if others:
        raise UsageError.of("CL-104")
    decided = decide(worker, read_decisions(sheet), approver=worker.person, reason=reason)
    session.write(session.say("cli.approved", count=decided.approved))
    session.write(session.say("cli.rejected", count=decided.rejected))
    for where in decided.late:
        session.talk(session.say("cli.decided_late", where=where))


def _several(words: Words, key: str, name: str, metavar: str) -> Any:
    return options.option(words, key, name, default=[], metavar=metavar)
