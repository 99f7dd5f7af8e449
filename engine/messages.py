"""What the engine says to people: a key of the catalogue with its parameters; `config/words` turns it into a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from engine.errors import Parameter


@dataclass(frozen=True, slots=True)
class Message:
    """A key of the message catalogue (`reason.persona`, ...) and the values its sentence shows."""

    key: str
    params: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, key: str, **params: Parameter) -> "Message":
        return cls(key, params)
