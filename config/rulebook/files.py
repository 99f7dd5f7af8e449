"""Map and rulebook as the worker reads them: when a verb first asks, the rules again when the org tells of other picklists."""

from collections.abc import Callable, Mapping
from pathlib import Path

from config.field_map.load import load_map
from config.rulebook.folder import texts_of, whole_rulebook_from
from engine.digests import canonical
from engine.errors import Problem
from engine.rulebook.rulebook import Rulebook
from mapping.field_map.field_map import FieldMap
from mapping.field_map.labels import Picklist, picklists_of

Described = Mapping[str, Mapping[str, object]]


class MapFile:
    """Called, it gives the map. MapError with every problem of the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: FieldMap | None = None

    def __call__(self) -> FieldMap:
        if self._read is None:
            self._read = load_map(self._path)
        return self._read


class RulebookFiles:
    """Called, it gives the rulebook and its canonical text. `describes` is what the org told last, asked at first need."""

    def __init__(self, folder: Path, read_map: Callable[[], FieldMap], describes: Callable[[], Described]) -> None:
        self._folder = folder
        self._read_map = read_map
        self._describes = describes
        self._picklists: Mapping[str, Picklist] | None = None
        self._read: tuple[Rulebook, str] | None = None
        self._unknown: tuple[Problem, ...] = ()

    def __call__(self) -> tuple[Rulebook, str]:
        """RulebookError with every problem of every file."""
        if self._read is None:
            if self._picklists is None:
                self._picklists = picklists_of(self._read_map(), self._describes())
            rulebook, texts, self._unknown = whole_rulebook_from(
                texts_of(self._folder), self._read_map(), folder=self._folder.name, picklists=self._picklists
            )
            self._read = rulebook, canonical(texts)
        return self._read

    def learn(self, described: Described) -> tuple[Problem, ...]:
        """Read the files anew if the org tells of other picklists now; the values in them that it lacks."""
        told = picklists_of(self._read_map(), described)
        if told != self._picklists:
            self._picklists, self._read = told, None
        self()
        return self._unknown
