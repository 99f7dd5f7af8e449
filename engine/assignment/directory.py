"""Who may own a prospect: the org's users and queues, found by the names rule files use."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.actions.registry import kind_of
from engine.conditions.conditions import Leaf, leaves
from engine.conditions.operators import OPERATORS
from engine.errors import Problem
from engine.names import folded
from engine.rulebook.rulebook import Reference, Rulebook
from engine.snapshots import Queue, User
from engine.verdicts.registry import asked

ACTIVE, INACTIVE, QUEUE, UNKNOWN = "user", "inactive user", "queue", "nobody"
OWNER_KINDS = (ACTIVE, INACTIVE, QUEUE, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Directory:
    """Users by id and by username (however typed), queues by id and DeveloperName, and what the rulebook makes of them."""

    users: Mapping[str, User]
    queues: Mapping[str, Queue]
    usernames: Mapping[str, str]
    queue_names: Mapping[str, str]
    intake: frozenset[str]
    pools: Mapping[str, tuple[str, ...]]  # pool id -> user ids, in listed order

    @classmethod
    def of(cls, users: Iterable[User], queues: Iterable[Queue], rulebook: Rulebook) -> "Directory":
        """Names that the org does not have are left out here; `dangling` names them."""
        by_id = {user.id: user for user in users}
        queue_by_id = {queue.id: queue for queue in queues}
        usernames = {folded(user.username): user.id for user in by_id.values()}
        queue_names = {folded(queue.developer_name): queue.id for queue in queue_by_id.values()}
        return cls(
            users=by_id,
            queues=queue_by_id,
            usernames=usernames,
            queue_names=queue_names,
            intake=frozenset(_found(rulebook.assignment.intake, queue_names)),
            pools={pool.id: tuple(_found(pool.members, usernames)) for pool in rulebook.assignment.pools},
        )

    def owner_kind(self, owner_id: str | None) -> str:
        """One of user, inactive user, queue, nobody (a user whom we may not see)."""
        if owner_id in self.queues:
            return QUEUE
        user = self.users.get(owner_id or "")
        if user is None:
            return UNKNOWN
        return ACTIVE if user.is_active else INACTIVE

    def owner_columns(self, owner_ids: Sequence[str | None]) -> dict[str, list[str | None]]:
        """What rules may ask of owners, with its keys: the kind, the name of the role and the manager's username."""
        owners = [self.users.get(owner_id or "") for owner_id in owner_ids]
        managers = [self.users.get(user.manager_id or "") if user else None for user in owners]
        columns: dict[str, list[str | None]] = {
            "owner_kind": [self.owner_kind(owner_id) for owner_id in owner_ids],
            "owner_role": [user.role if user else None for user in owners],
            "owner_manager": [manager.username if manager else None for manager in managers],
        }
        keys = {name: [folded(one) if one else None for one in values] for name, values in columns.items()}
        return columns | {f"{name}__key": values for name, values in keys.items()}

    def may_receive(self, owner_id: str, object_name: str) -> bool:
        """Whether a record of the object may be given to this owner now: an active standard user, or a queue for it."""
        user, queue = self.users.get(owner_id), self.queues.get(owner_id)
        return bool(user and user.can_own) or bool(queue and object_name in queue.objects)

    def user_id(self, reference: Reference) -> str | None:
        return self.usernames.get(folded(reference.name))

    def queue_id(self, reference: Reference) -> str | None:
        return self.queue_names.get(folded(reference.name))


def dangling(rulebook: Rulebook, directory: Directory, roles: Iterable[str] = ()) -> tuple[Problem, ...]:
    """Users, queues and roles the rulebook names and the org does not have: nothing may run until they are mended.

    `roles` are the names of all roles of the org.
    """
    problems = [
        Problem("RB-301", reference.where, {"username": reference.name, "pool": pool.name})  # the org has no user {use…
        for pool in rulebook.assignment.pools
        for reference in pool.members
        if directory.user_id(reference) is None
    ]
    actions = [action for rule in rulebook.rules for action in rule.then]
    problems += [
        Problem("RB-302", reference.where, {"username": reference.name})  # the org has no user {username!r}
        for action in actions
        for reference in kind_of(action).users(action)
        if directory.user_id(reference) is None
    ]
    queues = [*rulebook.assignment.intake, *(named for action in actions for named in kind_of(action).queues(action))]
    known = ", ".join(sorted(queue.developer_name for queue in directory.queues.values())) or "-"
    problems += [
        Problem("RB-303", reference.where, {"queue": reference.name, "known": known})  # the org has no queue…
        for reference in queues
        if directory.queue_id(reference) is None
    ]
    known_roles = {folded(role): role for role in roles}
    listed = ", ".join(sorted(known_roles.values())) or "-"
    for where, field, name in dict.fromkeys(_owners_named(rulebook)):
        if field == "owner_role" and name not in known_roles:
            problems.append(Problem("RB-304", where, {"role": name, "known": listed}))  # the org has no role {role!r}
        if field == "owner_manager" and name not in directory.usernames:
            problems.append(Problem("RB-302", where, {"username": name}))  # the org has no user {username!r}
    return tuple(problems)


def _owners_named(rulebook: Rulebook) -> Iterator[tuple[str, str, str]]:
    """Where a condition stands, the field of the owner it asks, and whom or what it names."""
    for each in asked(rulebook):
        for leaf in leaves(each.condition):
            if (
                isinstance(leaf, Leaf)
                and leaf.field.name in {"owner_role", "owner_manager"}
                and OPERATORS[leaf.operator].names_whole
            ):
                named = leaf.operand if isinstance(leaf.operand, tuple) else (leaf.operand,)
                yield from ((each.where, leaf.field.name, str(one)) for one in named)


def _found(references: Iterable[Reference], ids: Mapping[str, str]) -> list[str]:
    names = (folded(reference.name) for reference in references)
    return [ids[name] for name in names if name in ids]
