"""Values of a record as the engine tells them: JSON scalars by field, dates and times as ISO text."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None


Values: TypeAlias = Mapping[str, Scalar]


NOTHING: Values = MappingProxyType({})
