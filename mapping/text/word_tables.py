"""The tables behind the text keys: one .toml file beside this one for each subject, read once."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """What `mapping/<name>.toml` says."""
    return tomllib.loads((files("mapping.text") / f"{name}.toml").read_text(encoding="utf-8"))
