"""Scenes: what many stories begin with is played once a session, and each goes on from there by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copytree

from sync.sandbox.worlds import World
from tests.stage import Stage, raised


@dataclass(frozen=True)
class Scene:
    """Where a stage stood when it was left."""

    folder: Path
    world: World
    now: datetime
    run_id: str

    @classmethod
    def of(cls, stage: Stage) -> "Scene":
        return cls(stage.folder, stage.server.world, stage.server.clock.now(), stage.run_id)

    @contextmanager
    def resumed(self, folder: Path) -> Iterator[Stage]:
        """The stage anew, in a new folder; the one that was left must be closed by now."""
        copytree(self.folder, folder)
        with raised(folder, self.world, self.now) as stage:
            stage.run_id = self.run_id
            yield stage
