"""The report as one HTML page that needs nothing else: no script, no outside address, readable in print and in the dark."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from config.words.catalogue import Words
from engine.changes.states import State
from engine.messages import Message
from engine.values import Scalar
from sync.views import overview, phrases
from sync.views.listing import ATTENTION, UPDATES_SHOWN_MAX
from sync.views.overview import FieldSummary, Why
from sync.views.report import OPEN_COUNTS, Load, RunReport
from sync.views.rows import Owner

_TEMPLATES = Path(__file__).parent / "templates"
_BAR_WIDTH = 100  # the bars' own unit, stretched to the column


def html(report: RunReport, words: Words) -> str:
    """Every value is escaped; the policy in the page allows its own stylesheet and nothing else."""
    style = (_TEMPLATES / "run.css").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("run.html.jinja").render(
        report=report,
        head=report.heading,
        listing=report.listing,
        style=style,
        style_digest=b64encode(sha256(style.encode()).digest()).decode(),
        tell=_Teller(report, words),
        views=overview,
        seen=report.overview,
        updates_max=UPDATES_SHOWN_MAX,
    )


class _Teller:
    """What the template asks in the reader's language. It decides nothing; `sync.views` did."""

    def __init__(self, report: RunReport, words: Words) -> None:
        self.words = words
        self.report = report
        self.language = words.language.value
        self._most = max((max(load.before, load.after) for load in report.loads), default=0)

    def say(self, key: str, **params: str | int) -> str:
        return self.words.say(f"report.{key}", **params)

    def state(self, state: State) -> str:
        return phrases.state(state, is_shadow=self.report.heading.is_shadow, words=self.words)

    def number(self, count: int) -> str:
        return phrases.number(count)

    def difference(self, load: Load) -> str:
        return phrases.difference(load.after - load.before)

    def time(self) -> str:
        return phrases.time(self.report.heading.at, zone=self.report.heading.zone, words=self.words)

    def value(self, held: Scalar) -> str:
        return phrases.value(held, words=self.words)

    def label(self, name: str) -> str:
        return phrases.label(name, self.report.heading.labels, words=self.words)

    def messages(self, messages: Iterable[Message]) -> str:
        return phrases.sentences(messages, self.report.heading.labels, words=self.words)

    def reasons(self, why: Why) -> list[str]:
        return phrases.reasons(why, self.report.heading.labels, words=self.words)

    def kind(self, owner: Owner) -> str:
        return self.say(f"kind.{owner.kind}")

    def bar(self, count: int) -> float:
        """A bar's length; anything above zero can be seen."""
        return round(max(count / self._most * _BAR_WIDTH, 0.6), 2) if count > 0 else 0

    def nothing(self) -> str:
        """What is said where there is no change to show; of what is still open, how much."""
        head = self.report.heading
        if head.plan is None:
            return self.say("nothing_sent")
        if head.is_settled:
            return self.say("nothing")
        counts = ((name, head.plan.counts.get(name, 0)) for name in OPEN_COUNTS)
        told = [
            f"{phrases.count(name, head, words=self.words)}: {self.number(count)}" for name, count in counts if count
        ]
        return f"{self.say('nothing_new')} {self.say('join').join(told)}"

    def ended(self) -> str:
        """What run this was, and how it ended."""
        head = self.report.heading
        codes = f" [{', '.join(head.codes)}]" if head.codes else ""
        verb, outcome = self.words.say(f"verb.{head.verb}"), self.words.say(f"outcome.{head.outcome}")
        return self.say("ended", verb=verb, outcome=outcome + codes)

    def look(self) -> int:
        """How many changes people should look at."""
        return sum(self.report.heading.states.get(state, 0) for state in ATTENTION)

    def share(self, count: int) -> float:
        """A part of all changes, for the bar of states."""
        return round(count / max(self.report.heading.total, 1) * _BAR_WIDTH, 3)

    def summary(self, summary: FieldSummary) -> list[str]:
        return phrases.summary(summary, words=self.words)
