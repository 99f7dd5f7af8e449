"""A world that lives: what both doors share. A lock around the world, a clock and, if wanted, a journal."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Lock

from sync.sandbox.answers import answer
from sync.sandbox.clock import OrgClock
from sync.sandbox.exchange import Request, Response
from sync.sandbox.saved_org import Journal
from sync.sandbox.transaction import Draft
from sync.sandbox.worlds import World


class SandboxOrg:
    """`world` is the org as it stands; whoever reads it sees one moment."""

    def __init__(self, world: World, clock: OrgClock, journal: Journal | None = None) -> None:
        self.world = replace(world, ahead_seconds=clock.ahead_seconds)
        self.clock = clock
        self._journal = journal
        self._lock = Lock()

    def respond(self, request: Request) -> Response:
        """Answer one request; the journal has it before this returns."""
        with self._lock:
            world, response = answer(self.world, request, self.clock.now())
            self._keep(world)
            return response

    def act(self, work: Callable[[World, datetime], World]) -> None:
        """Let other people work: `work` gets the world and the org's time and returns the world after."""
        with self._lock:
            now = self.clock.now()
            draft = Draft(self.world, now)
            draft.commit_late()
            self._keep(work(draft.world, now))

    def advance(self, seconds: float) -> None:
        """Move the org's clock on."""
        with self._lock:
            self.clock.advance(seconds)
            self._keep(replace(self.world, ahead_seconds=self.clock.ahead_seconds))

    def _keep(self, world: World) -> None:
        if self._journal:
            self._journal.append(self.world, world)
        self.world = world
