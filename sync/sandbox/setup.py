"""How the sandbox org is set up: who works there, queues, roles, what an update sets off (setup.toml, made in its order)."""

import tomllib
from pathlib import Path
from typing import Any

from sync.sandbox import people_names as cast
from sync.sandbox.prospects import Maker
from sync.sandbox.schema import schema

_SETUP: dict[str, Any] = tomllib.loads(Path(__file__).with_name("setup.toml").read_text(encoding="utf-8"))


def add_people(maker: Maker) -> None:
    """The cast and the queues, which may own records."""
    for stem, last, first, boss, _, zone, locale in _SETUP["users"]:
        maker.named[stem] = maker.add(
            "User", maker.named.get(cast.INTEGRATION, ""), Username=cast.username(stem), LastName=last, FirstName=first,
            Email=cast.username(stem), Alias=stem[:8], IsActive=stem != cast.LEAVER,
            UserType="CloudIntegrationUser" if stem == cast.CONNECTOR else "Standard", ManagerId=maker.named.get(boss),
            TimeZoneSidKey=zone, LocaleSidKey=locale, Title="Sales Manager" if stem in cast.MANAGERS else None,
            LanguageLocaleKey="ja" if locale == "ja_JP" else "en_US",
        )  # fmt: skip
    _add(maker, "queues")


def add_setup(maker: Maker) -> None:
    """What an administrator has made, long ago."""
    _add(maker, "setup")
    for stem, _, _, _, role, *_ in _SETUP["users"]:
        maker.amend("User", maker.named[stem], UserRoleId=maker.named.get(role))
    admin, held = maker.named[cast.INTEGRATION], maker.named["held"]
    maker.put("AssignmentRule", {"Id": cast.ASSIGNMENT_RULE, **_SETUP["assignment_rule"]}, admin)
    for name in ("Lead", "Contact"):
        maker.add("ObjectPermissions", admin, ParentId=held, SobjectType=name, **_SETUP["object_permissions"])
        for field in schema()[name].fields.values():
            if field.permissionable:
                maker.add("FieldPermissions", admin, ParentId=held, SobjectType=name, Field=f"{name}.{field.name}",
                          PermissionsRead=True, PermissionsEdit=field.updateable)  # fmt: skip


def _add(maker: Maker, rows: str) -> None:
    for row in _SETUP[rows]:
        values: dict[str, Any] = {
            name: maker.named[value[1:]] if str(value).startswith("@") else value for name, value in row.items()
        }
        called = values.pop("as", None)
        made = maker.add(values.pop("object"), maker.named[cast.INTEGRATION], **values)
        if called:
            maker.named[called] = made
