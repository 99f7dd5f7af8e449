"""How much of what is approved is written in this run: all of it, or as much as today's API calls surely pay for.

In the order in which it is written, so that what goes first is never held up by what comes after it. Changes of memory
cost nothing and always go. The few calls that look at fields and owners before come out of what is kept for reading.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.settings.settings import Settings
from engine.changes.change import Reach
from engine.messages import Message
from sync.plan.cost import calls_of, mode_of, most_within
from sync.store.vocabulary import WriteMode

# What waits for an owner waits for a person; fields can wait.
_ORDER = (Reach.MEMORY, Reach.OWNER, Reach.FIELDS)


@dataclass(frozen=True, slots=True)
class Share:
    """What goes of one object and reach, and how; `left` stays approved for want of calls."""

    object: str
    reach: Reach
    mode: WriteMode
    going: int
    left: int = 0

    @property
    def is_free(self) -> bool:
        return self.reach is Reach.MEMORY


def shares(
    waiting: Mapping[tuple[str, Reach], int], settings: Settings, *, spare: int | None, room: int | None
) -> list[Share]:
    """`spare` are the calls there are, `room` is what the pace lets through; None: no limit."""
    found: list[Share] = []
    for (name, reach), number in sorted(waiting.items(), key=lambda item: (_ORDER.index(item[0][1]), item[0][0])):
        wanted = number if room is None else min(number, room)
        mode = mode_of(reach, wanted, settings)
        if reach is Reach.MEMORY or spare is None:
            found.append(Share(name, reach, mode, number))
            continue
        going = most_within(spare, mode, reach, wanted)
        spare -= calls_of(mode, reach, going)
        # What the pace does not let through, the gate stops, and says so.
        found.append(Share(name, reach, mode, number if going == wanted else going, wanted - going))
    return found


def why_left(found: Sequence[Share], *, spare: int | None) -> Message | None:
    """How much stays approved and what it takes; None when all of it goes."""
    short = [each for each in found if each.left]
    if not short or spare is None:
        return None
    calls = sum(calls_of(each.mode, each.reach, each.left) for each in short)
    return Message.of("wait.calls", count=sum(each.left for each in short), calls=calls, spare=spare)
