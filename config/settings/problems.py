"""What pydantic found wrong with a setting, as one of our problems: a code, where it was set, and what was meant."""

import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel
from pydantic_core import ErrorDetails, PydanticCustomError

from config.files.problems import nearest
from engine.errors import Problem

_NUMBERS = {"int_parsing", "int_type", "int_from_float"}
_OURS = "leadsync"
_BOUNDS = {"greater_than_equal": "ge", "less_than_equal": "le"}


def refused(code: str) -> PydanticCustomError:
    """For a validator of ours to raise; the words of the code know what was {given}."""
    return PydanticCustomError(_OURS, "refused", {"code": code})


def complaint(error: ErrorDetails, origins: Mapping[str, str], model: type[BaseModel]) -> Problem:
    """Never shows what was given under `login`: it may be a secret in the wrong place."""
    path = [str(part) for part in error["loc"]]
    name = ".".join(path)
    where = origins.get(name, "")
    given = "…" if path[0] == "login" else str(error["input"])
    kind, bounds = error["type"], error.get("ctx", {})
    match kind:
        case "extra_forbidden":
            known = sorted(_fields(path[:-1], model))
            spoken = ", ".join(word.replace("_", " ") for word in known)
            return Problem(
                "ST-103",  # no setting is called {given!r}
                where,
                {"given": path[-1], "meant": nearest(path[-1], known).replace("_", " "), "known": spoken},
            )
        case "missing":
            if len(path) > 1:
                at = origins.get(".".join(path[:-1])) or origins.get(path[0]) or "settings.yaml"
                return Problem("ST-142", at, {"name": _spoken(path[-1]), "of": path[-2]})  # {of!r} says no {name!r}
            return Problem("ST-108", "settings.yaml", {"name": _spoken(name)})  # the setting {name!r} is missing
        case _ if kind in _NUMBERS:
            return Problem("ST-116", where, {"name": _spoken(name), "given": given})  # {name!r} is a whole number;…
        case _ if kind in _BOUNDS:
            word = {"greater_than_equal": ">=", "less_than_equal": "<="}[kind]
            return Problem(
                # {name!r} is {given}; it must be {bound}
                "ST-117",
                where,
                {"name": _spoken(name), "given": given, "bound": f"{word} {bounds[_BOUNDS[kind]]}"},
            )
        case "enum":
            known = _listed(bounds["expected"]) + (["auto"] if name == "language" else [])
            # {name!r} cannot be {given!r}
            return Problem("ST-118", where, {"name": _spoken(name), "given": given, "known": ", ".join(known)})
        case _ if kind == _OURS:
            return Problem(bounds["code"], where, {"given": given})
    return Problem("ST-119", where, {"name": _spoken(name), "given": given})  # {given!r} does not fit the setting…


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _listed(expected: object) -> list[str]:
    """Pydantic gives the words of a choice as a sentence: `'a', 'b' or 'c'`."""
    return re.findall(r"'(.*?)'", str(expected))


def _fields(path: list[str], model: type[BaseModel]) -> set[str]:
    """The names known at a place: those of the settings, of `login`, or of one sync."""
    if not path:
        return set(model.model_fields)
    inner = model.model_fields[path[0]].annotation
    return {name for kind in _models(inner) for name in kind.model_fields}


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """The models inside an annotation such as `Login | None` or `dict[str, Sync]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)
