"""The sandbox org with somebody beside it who notes all that it is asked."""

from sync.sandbox.clock import OrgClock
from sync.sandbox.exchange import Request, Response
from sync.sandbox.server import SandboxServer
from sync.sandbox.worlds import World


class ListeningServer(SandboxServer):
    """What it refuses was asked nevertheless."""

    def __init__(self, world: World, clock: OrgClock) -> None:
        super().__init__(world, clock)
        self.heard: list[Request] = []

    def respond(self, request: Request) -> Response:
        self.heard.append(request)
        return super().respond(request)
