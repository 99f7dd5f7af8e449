"""How the worth of an activity fades with its age: whole numbers from a table of whole days, made when rules compile.

An activity's age is how many midnights of the org lie between it and now: 0 for all of today.
"""

from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

import narwhals as nw

from engine.conditions.expressions import whole
from engine.moments import Moment
from engine.rulebook.rulebook import Decay, Fading

# Half lives are told in so many parts: after ten of them nothing is left.
HALF_LIFE_PARTS = 1024
# So many steps of a table are added at once: each is a column while it is added.
_STEPS_AT_ONCE = 16


@lru_cache(maxsize=64)
def table(decay: Decay) -> tuple[int, ...]:
    """What is left at each age from 0, in parts of `parts`; nothing is left at any age behind its end."""
    match decay.fading:
        case Fading.LINEAR:
            return tuple(decay.days - age for age in range(decay.days))
        case Fading.STEP:
            return (1,) * (decay.days + 1)
        case Fading.HALF_LIFE:
            # Decimals are computed the same everywhere; binary powers are not.
            exact = Context(prec=50)
            left = [
                int(exact.multiply(HALF_LIFE_PARTS, exact.power(2, exact.divide(Decimal(-age), decay.days))))
                for age in range(10 * decay.days + 1)
            ]
            return tuple(part for part in left if part)


def parts(decay: Decay) -> int:
    """What all of it is, in the numbers of the table."""
    match decay.fading:
        case Fading.LINEAR:
            return decay.days
        case Fading.STEP:
            return 1
        case Fading.HALF_LIFE:
            return HALF_LIFE_PARTS


def with_left(frame: nw.LazyFrame[Any], decay: Decay, column: str, moment: Moment) -> nw.LazyFrame[Any]:
    """Adds what is left of each activity, by its `at`. What has no time has nothing left."""
    left = table(decay)
    drops = [(age, here - after) for age, (here, after) in enumerate(zip(left, (*left[1:], 0), strict=True))]
    steps = [
        nw.when(nw.col("at") >= moment.day_start(age)).then(whole(drop)).otherwise(whole(0))
        for age, drop in drops
        if drop
    ]
    frame = frame.with_columns(whole(0).alias(column))
    for start in range(0, len(steps), _STEPS_AT_ONCE):
        added = steps[start : start + _STEPS_AT_ONCE]
        frame = frame.with_columns(nw.sum_horizontal(nw.col(column), *added).cast(nw.Int64).alias(column))
    return frame
