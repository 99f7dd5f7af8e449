"""One call of the command line: its language, its streams, and how it speaks. Stdout is data, stderr is talk."""

import json
import logging
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from config.words.catalogue import Words
from engine.errors import LeadsyncError, Parameter
from sync.cli.exit_codes import Code, code_of

if TYPE_CHECKING:
    from rich.console import Console

    from sync.run import Run, Worker
    from sync.store.vocabulary import RunVerb

SCHEMA_VERSION = 1
# A command in a sentence that works on a folder and does not name one.
_COMMAND = re.compile(r"`(leadsync (?!init|demo)(?:(?!--folder|--help)[^`])+)`")


def labelled(kind: str) -> dict[str, object]:
    """What every JSON answer begins with."""
    return {"schema_version": SCHEMA_VERSION, "kind": kind}


@dataclass(slots=True)
class Terminal:
    """`words` begin in the terminal's language and become the folder's once its settings are read."""

    words: Words
    out: TextIO
    err: TextIO
    is_json: bool = False
    folder: Path = Path()

    def say(self, key: str, **params: Parameter) -> str:
        return self.words.say(key, **params)

    def write(self, text: str) -> None:
        """Data, or an answer."""
        self.out.write(f"{self._placed(text)}\n")

    def talk(self, text: str) -> None:
        """What is not data: hints, progress, errors."""
        self.err.write(f"{self._placed(text)}\n")

    def _placed(self, text: str) -> str:
        """With the folder in each command that is shown, where it is not the one we stand in: it can then be pasted."""
        if self.folder == Path():
            return text
        return _COMMAND.sub(lambda found: f"`{found[1]} --folder {shlex.quote(str(self.folder))}`", text)

    def progress(self, text: str) -> None:
        """What is going on, for whoever watches a terminal; nothing at all elsewhere."""
        if self.err.isatty():
            self.talk(text)

    def document(self, kind: str, content: Mapping[str, object]) -> None:
        """One JSON object with its schema version."""
        self.out.write(json.dumps({**labelled(kind), **content}, ensure_ascii=False, indent=2) + "\n")

    def console(self) -> "Console":
        """Tables on stdout: colours and width of the terminal, plain and never cut anywhere else."""
        from rich.console import Console

        return Console(file=self.out, highlight=False, width=None if self.out.isatty() else 160)

    @contextmanager
    def working(self, key: str) -> Iterator[None]:
        """Show on a terminal that something is going on; nothing at all elsewhere."""
        if not self.err.isatty():
            yield
            return
        from rich.console import Console

        with Console(file=self.err).status(self.say(key)):
            yield

    def explain(self, error: LeadsyncError) -> Code:
        """Tell an error in the reader's language; with --json also as an object on stdout."""
        code = code_of(error)
        self.talk(self.words.error(error))
        if self.is_json:
            problems = [
                {"code": problem.code, "where": problem.where, "params": dict(problem.params),
                 "text": self.words.problem(problem)}
                for problem in error.problems
            ]  # fmt: skip
            told = {
                "error": type(error).__name__,
                "remedy": error.remedy.value,
                "exit_code": code,
                "problems": problems,
            }
            self.document("error", told)
        return code

    @contextmanager
    def worker(self, folder: Path) -> Iterator["Worker"]:
        """The folder's worker; from here on its language is ours."""
        from config.settings.settings import load_settings
        from sync.app import open_worker

        self.folder = folder
        self.words = Words(load_settings(folder).language)
        with open_worker(folder) as worker:
            yield worker

    @contextmanager
    def run(self, worker: "Worker", verb: "RunVerb") -> Iterator["Run"]:
        """A run of the worker, which TERM ends in order; off a terminal it leaves one canonical line on stderr."""
        import signal

        from sync.cli.output import certificates
        from sync.host.log import adopt_libraries, open_log, unit
        from sync.host.shutdown import on_signals
        from sync.retention import retire_reports
        from sync.run import begin
        from sync.store.figures import Tidied, counts_of

        log = open_log(self.err, now=worker.clock.now, level="critical" if self.err.isatty() else "info")
        libraries = adopt_libraries(log)
        try:
            with (
                on_signals(worker.shutdown, signal.SIGTERM),
                self.working(f"cli.working.{verb}"),
                unit(log, "run finished", monotonic=worker.clock.monotonic) as figures,
                begin(worker, verb) as run,
            ):
                figures |= {"run": run.run_id, "verb": verb.value}
                if run.is_first_today:
                    certificates.warn(self, log, worker.settings, now=worker.clock.now())
                yield run
                if run.is_first_today:
                    run.tell(Tidied(retire_reports(worker.store, worker.settings, at=run.now)))
                due = {"sync": run.figures.due.sync} if run.figures.due else {}
                held = {"outcome": "held"} if run.figures.is_held else {}
                figures |= {**due, **counts_of(run.figures), **held, "api_calls": run.org.calls}
        finally:
            logging.getLogger().removeHandler(libraries)
