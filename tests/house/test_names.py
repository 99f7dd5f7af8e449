"""The four rooms are ours: no installed package may shadow `engine`, `mapping`, `config` or `sync`."""

import importlib
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "mapping", "config", "sync")


def test_every_room_is_imported_from_this_tree() -> None:
    found = {room: importlib.import_module(room).__file__ for room in ROOMS}
    assert found == {room: str(ROOT / room / "__init__.py") for room in ROOMS}


def test_every_room_has_its_sign() -> None:
    signs = {room: ROOT / room / "README.md" for room in (*ROOMS, "tests")}
    assert [room for room, sign in signs.items() if not sign.read_text(encoding="utf-8").strip()] == []
