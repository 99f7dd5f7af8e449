"""The four rooms are ours: no installed package may shadow `engine`, `mapping`, `config` or `sync`."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("room", ["engine", "mapping", "config", "sync"])
def test_a_room_is_imported_from_this_tree(room: str) -> None:
    found = importlib.import_module(room).__file__
    assert found is not None
    assert Path(found).parent == ROOT / room


@pytest.mark.parametrize("room", ["engine", "mapping", "config", "sync", "tests"])
def test_a_room_has_its_sign(room: str) -> None:
    assert (ROOT / room / "README.md").read_text(encoding="utf-8").strip()
