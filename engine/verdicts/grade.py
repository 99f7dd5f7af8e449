"""How well do they fit? The ladder of 13 grades and what criteria earn on it, in whole thirds of a letter."""

from collections.abc import Iterator, Mapping

import narwhals as nw

from engine.changes.change import RuleRef
from engine.conditions.expressions import Columns, Frame, chosen, compile_condition, whole
from engine.conditions.fields import Kind
from engine.messages import Message
from engine.moments import Moment
from engine.rulebook.rulebook import Criterion, Rulebook
from engine.values import Scalar, Values
from engine.verdicts.verdict import REASON_LENGTH_MAX, Asked, Output, Row, Verdict

LADDER = ("F", "D-", "D", "D+", "C-", "C", "C+", "B-", "B", "B+", "A-", "A", "A+")
START = LADDER.index("D")
BEST = len(LADDER) - 1


class _Grade(Verdict):
    name = "grade"
    outputs = (Output("grade", Kind.GRADE, none="reason.ungraded"), Output("grade_rank", None, ranks="grade"))
    carries = ("grade_reason",)

    def is_said(self, rulebook: Rulebook) -> bool:
        return bool(rulebook.profiles)

    def asked(self, rulebook: Rulebook) -> Iterator[Asked]:
        for profile in rulebook.profiles:
            for criterion in profile.criteria:
                yield from (Asked(profile.name, level.when, profile.where, self) for level in criterion.levels)

    def words(self, rulebook: Rulebook) -> Mapping[str, tuple[str, ...]]:
        return {"grade": LADDER}

    def made_of(self, rulebook: Rulebook) -> frozenset[str]:
        return frozenset({"profile"})

    def decide(self, frame: Frame, rulebook: Rulebook, moment: Moment, columns: Columns) -> Frame:
        """Adds `earned__<profile>__<criterion>`, `graded`, `grade_steps`, `grade_rank` and `grade` (the rank, for rules).

        The sum is clamped once, at the end. Ungraded until one criterion is known: "D" and "ungraded" differ.
        """
        earned = {
            earned_column(profile_index, index): nw.when(nw.col("profile_index") == profile_index).then(
                _earned(criterion, moment, columns)
            )
            for profile_index, profile in enumerate(rulebook.profiles)
            for index, criterion in enumerate(profile.criteria)
        }
        if not earned:
            return frame.with_columns(
                graded=nw.lit(value=False), grade_steps=whole(None), grade_rank=whole(None), grade=whole(None)
            )
        known = [~nw.col(name).is_null() for name in earned]
        total = nw.sum_horizontal(*earned).cast(nw.Int64)
        rank = (nw.col("grade_steps") + START).clip(0, BEST)
        return (
            frame.with_columns(**earned)
            .with_columns(graded=nw.any_horizontal(*known, ignore_nulls=False))
            .with_columns(grade_steps=nw.when(nw.col("graded")).then(total))
            .with_columns(grade_rank=rank, grade=rank)
        )

    def columns(self, rulebook: Rulebook) -> dict[str, nw.Expr]:
        """The grade as its letter, and what each criterion earned."""
        earned = [
            earned_column(index, number)
            for index, profile in enumerate(rulebook.profiles)
            for number in range(len(profile.criteria))
        ]
        names = ("graded", "grade_steps", "grade_rank", *earned)
        return {name: nw.col(name) for name in names} | {"grade": chosen("grade_rank", list(LADDER))}

    def cited(self, row: Row, after: Values, rulebook: Rulebook) -> Iterator[RuleRef]:
        if row["profile_index"] is not None and ("profile" in after or self.writes(after)):
            yield RuleRef("profile", rulebook.profiles[row["profile_index"]].id)

    def riders(self, row: Row, rulebook: Rulebook) -> Values:
        return {"grade_reason": grade_reason(row, rulebook)}

    def reasons(self, row: Row, after: Values, rulebook: Rulebook) -> Iterator[Message]:
        if row["grade_rank"] is None:
            yield Message.of("reason.ungraded")
        else:
            yield Message.of("reason.grade", grade=LADDER[row["grade_rank"]], reason=grade_reason(row, rulebook))

    def agrees(self, theirs: Scalar, ours: Scalar, rulebook: Rulebook, *, is_rival: bool) -> bool:
        """Another's grade agrees by its letter."""
        return _letter(theirs) == _letter(ours) if is_rival else theirs == ours

    def counted_as(self, theirs: Scalar, ours: Scalar, rulebook: Rulebook) -> tuple[Scalar, Scalar] | None:
        return _as_grade(theirs), _as_grade(ours)


GRADE = _Grade()


def earned_column(profile_index: int, criterion_index: int) -> str:
    return f"earned__{profile_index}__{criterion_index}"


def grade_reason(row: Row, rulebook: Rulebook) -> str:
    """Criterion ids and what each earned in thirds: `employees+2 industry-2 title? = D`. Empty without a profile."""
    if row["profile_index"] is None:
        return ""
    index = row["profile_index"]
    parts = []
    for number, criterion in enumerate(rulebook.profiles[index].criteria):
        earned = row[earned_column(index, number)]
        parts.append(f"{criterion.id}{earned:+d}" if earned is not None else f"{criterion.id}?")
    return _fitting(parts, f" = {row['grade'] or '-'}")


def _fitting(parts: list[str], tail: str) -> str:
    """As many parts as fit into the field, then the tail."""
    text = " ".join(parts)
    room = REASON_LENGTH_MAX - len(tail)
    return (text if len(text) <= room else text[: room - 1] + "…") + tail


def _earned(criterion: Criterion, moment: Moment, columns: Columns) -> nw.Expr:
    """The best level that holds counts once; no level holds costs the worth; else unknown (null)."""
    levels = [(level.thirds, compile_condition(level.when, moment, columns)) for level in criterion.levels]
    best = nw.max_horizontal(*(nw.when(holds).then(whole(thirds)) for thirds, holds in levels))
    missed = ~nw.any_horizontal(*(holds for _, holds in levels), ignore_nulls=False)
    return nw.coalesce(best, nw.when(missed).then(whole(-criterion.worth)))


def _as_grade(held: Scalar) -> Scalar:
    """A grade as people read it, whether a letter or a number of the ladder is held."""
    return LADDER[held] if isinstance(held, int) and 0 <= held < len(LADDER) else held


def _letter(held: Scalar) -> str:
    return str(_as_grade(held) or "").strip().upper()[:1]
