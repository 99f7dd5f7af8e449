"""A world that lives: what the HTTP server and whoever speaks to it in the same thread share."""

from collections.abc import Callable
from datetime import datetime

from sync.sandbox.answers import answer
from sync.sandbox.clock import OrgClock
from sync.sandbox.exchange import Request, Response
from sync.sandbox.saved_org import keep
from sync.sandbox.worlds import World


class SandboxOrg:
    """`world` is the org as it stands. What is done to it is in its file, if it has one, before the caller hears of it."""

    def __init__(self, world: World, clock: OrgClock) -> None:
        self.world = world
        self.world.ahead_seconds = clock.ahead_seconds
        self.clock = clock

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        with self.world.db.savepoint():
            response = answer(self.world, request, self.clock.now())
            keep(self.world)
        return response

    def act(self, work: Callable[[World, datetime], World]) -> None:
        """Let other people work: `work` gets the world and the org's time and returns the world after."""
        with self.world.db.savepoint():
            now = self.clock.now()
            self.world.at(now).commit_late()
            self.world = work(self.world, now)
            keep(self.world)

    def advance(self, seconds: float) -> None:
        """Move the org's clock on."""
        with self.world.db.savepoint():
            self.clock.advance(seconds)
            self.world.ahead_seconds = self.clock.ahead_seconds
            keep(self.world)
