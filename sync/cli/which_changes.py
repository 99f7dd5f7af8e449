"""Options that say which waiting changes are meant; `approve` and `reject` share them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.words.catalogue import Words
from engine.errors import UsageError
from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal

if TYPE_CHECKING:
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


@dataclass(frozen=True, slots=True)
class Choice:
    """What was asked for on the command line. Without any of `terms`, changes are named by id or all are meant."""

    plan: str | None
    changes: list[str]
    everything: bool
    owners: list[str]
    takers: list[str]
    givers: list[str]
    rules: list[str]
    where: list[str]

    @property
    def terms(self) -> list[str]:
        return [*self.owners, *self.takers, *self.givers, *self.rules, *self.where]

    def refuse_silence(self) -> None:
        """Something must be said: nothing is decided by forgetting an argument (UsageError CL-104)."""
        if bool(self.changes or self.terms) is self.everything:
            raise UsageError.of("CL-104")  # no changes were named

    def meant(self, worker: "Worker") -> tuple[str | None, list[str] | None]:
        """The plan, and the ids of what is meant of it; None for all that waits."""
        from sync.review.selection import Selection, chosen

        if not self.terms:
            return self.plan, self.changes or None
        selection = Selection(
            *map(tuple, (self.changes, self.owners, self.takers, self.givers, self.rules, self.where))
        )
        plan, ids = chosen(worker.store, worker.mirror, self.plan, selection)
        return plan, list(ids)


def decide_by_sheet(terminal: Terminal, worker: "Worker", sheet: Path, *, reason: str, others: bool) -> Code:
    """Carry a workbook's decisions out and say what came of them; PARTLY when lines were late.

    Nothing else may be chosen besides (CL-104).
    """
    from sync.review.workbook import decide
    from sync.review.workbook_lines import approved_lines, read_decisions

    if others:
        raise UsageError.of("CL-104")  # no changes were named
    decisions = read_decisions(sheet)
    decided = decide(worker, decisions, approver=worker.person, reason=reason, lines=approved_lines(sheet))
    terminal.write(terminal.say("cli.approved", count=decided.approved))
    terminal.write(terminal.say("cli.rejected", count=decided.rejected))
    if decided.approved:
        terminal.talk(terminal.say("cli.approved.next"))
    if not decisions:
        terminal.talk(terminal.say("cli.undecided", file=str(sheet)))
    for where in decided.late:
        terminal.talk(terminal.say("cli.decided_late", where=where))
    return Code.PARTLY if decided.late else Code.DONE


def _several(words: Words, key: str, name: str, metavar: str) -> Any:
    return options.option(words, key, name, default=[], metavar=metavar)
