"""Every action a rule may do, by the key a rule file uses for it."""

from typing import Any

from engine.actions.action_kind import ActionKind
from engine.actions.add_tag import TAG
from engine.actions.assign import ASSIGN
from engine.actions.set_field import SET
from engine.rulebook.rulebook import Action

KINDS: tuple[ActionKind[Any], ...] = (SET, TAG, ASSIGN)
ACTIONS: dict[str, ActionKind[Any]] = {kind.name: kind for kind in KINDS}
_KIND_OF: dict[type[Action], ActionKind[Any]] = {kind.action: kind for kind in KINDS}


def kind_of(action: Action) -> ActionKind[Any]:
    return _KIND_OF[type(action)]
