"""Scenes: what many stories begin with is played once a session, and each goes on from there by itself."""

import atexit
import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree
from tempfile import mkdtemp
from typing import TypeAlias

from sync.sandbox.worlds import World
from tests.stage import Stage, raised, staged

Play: TypeAlias = Callable[[Stage], object]
_numbers = count(1)


@contextmanager
def begun(
    folder: Path, play: Play, *, leads: int = 0, rulebook: Mapping[str, str] | None = None, field_map: str | None = None
) -> Iterator[Stage]:
    """A stage in a new folder on which that has been played. `play` is a function of a module: by it, and by what is
    given besides as to `staged`, the scene is known again.
    """
    texts = tuple(rulebook.items()) if rulebook is not None else None
    scene = _played(play, leads, texts, field_map)
    # The org's database is open and is copied by SQLite, which alone knows what of it stands where.
    copytree(scene.folder, folder, ignore=ignore_patterns("sandbox"))
    with raised(folder, scene.world, scene.now) as stage:
        if scene.run_id:
            stage.run_id = scene.run_id
        yield stage


@dataclass(frozen=True)
class _Scene:
    """Where a stage stood when it was left. `run_id`: the last plan, if there was one."""

    folder: Path
    world: World
    now: datetime
    run_id: str | None


@cache
def _played(play: Play, leads: int, texts: tuple[tuple[str, str], ...] | None, field_map: str | None) -> _Scene:
    folder = _home() / f"scene {next(_numbers)}"
    with staged(folder, leads=leads, rulebook=dict(texts) if texts is not None else None, field_map=field_map) as stage:
        play(stage)
        return _Scene(folder, stage.server.world, stage.server.clock.now(), vars(stage).get("run_id"))


def closed(folder: Path) -> Path:
    """The folder, to be copied from now on: its org's database is closed when it is collected, and so by now."""
    gc.collect()
    return folder


@cache
def _home() -> Path:
    home = Path(mkdtemp(prefix="scenes-"))
    atexit.register(rmtree, home, ignore_errors=True)
    return home
