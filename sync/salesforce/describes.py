"""What objects are made of, by the org's own word: as the store knows it for a while, and asked anew after that."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mapping.field_map.types import Record
from sync.salesforce.org import Org
from sync.store import describes
from sync.store.database import Store


@dataclass(frozen=True, slots=True)
class Describes:
    """For one run. What the store was told at or after `since` is not asked again."""

    org: Org
    store: Store
    since: datetime
    _known: dict[str, Record] = field(default_factory=dict)

    def of(self, object_name: str) -> Record:
        """OrgError SF-103 for an object that the org does not have."""
        found = self.among([object_name])
        return found[object_name] if object_name in found else self.org.describe(object_name)

    def among(self, object_names: Sequence[str]) -> dict[str, Record]:
        """Those of these objects that are there; what is not known is asked in one call."""
        unread = [name for name in object_names if name not in self._known]
        with self.store.read() as tx:
            self._known.update(describes.known(tx, unread, since=self.since))
        self.ask_again([name for name in unread if name not in self._known])
        return {name: self._known[name] for name in object_names if name in self._known}

    def anew(self, object_names: Sequence[str]) -> dict[str, Record]:
        """The same by what the org says now."""
        self.ask_again(object_names)
        return self.among(object_names)

    def ask_again(self, object_names: Sequence[str]) -> None:
        """Whatever the store knows: the org may have refused a field, or time has passed."""
        if not object_names:
            return
        told = self.org.describes(object_names)
        gone = [name for name in object_names if name not in told]
        with self.store.transaction() as tx:
            describes.forget(tx, gone)
            self._known.update(describes.keep(tx, told, at=self.org.now()))
        for name in gone:
            self._known.pop(name, None)
