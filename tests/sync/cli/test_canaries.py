"""What people type, and what records hold, is found in no audit, no log and no metrics: canaries through real verbs.

Ids are no canaries: those the rulebook gives its items, names of objects and fields, and a sync's name in log and metrics,
which is a lower-case word by its very shape; the audit does without it too.
"""

import json
import os
import typing
from collections.abc import Callable, Iterator
from contextlib import chdir, nullcontext
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
import typer
from openpyxl import load_workbook

from config.settings.settings import FILE
from config.starters.start import start_folder
from config.words.catalogue import Language, Words
from sync.app import open_worker
from sync.cli.main import build
from sync.cli.terminal import Terminal
from sync.run import begin
from sync.sandbox.generate import generate
from sync.sandbox.saved_org import SavedWorld
from sync.schedule.health import answering, listen
from sync.schedule.serve import Server
from sync.store import audit
from tests.sandbox_org import with_rows
from tests.stage import RULEBOOK, START, write_rulebook

CANARY = "canary"
SYNC = "canary_sync"
MAP = """
prospects:
  Lead:
    fields: {title: Title, employees: NumberOfEmployees, prefecture: State, rating: Rating, email: Email}
activities:
  - {files: "canary exports/*.csv", prospect: Email, match: email, at: at, kind: {field: kind, values: {seen: page view}}}
"""
RULES = {
    **RULEBOOK,
    "scoring.yaml": "points: {page view: 1}\n",
    "rulebook.yaml": RULEBOOK["rulebook.yaml"]
    .replace("name: story", "name: canary book\ndescription: canary note")
    .replace("fields: policy", "fields: person"),
    "automation/rules.yaml": RULEBOOK["automation/rules.yaml"].replace(
        "- name: rate\n", "- name: canary rule\n  id: rate\n  description: canary why\n"
    ),
}
SETTINGS = f"org: sandbox\nlanguage: en\nsyncs: {{{SYNC}: {{verb: plan, cron: '5 * * * *'}}}}\n"

# Texts that stay with what they are typed for; a call that succeeds is made with each of them below.
KEPT = {("approve", "reason"), ("reject", "reason"), ("pause", "reason"), ("pause", "sync"), ("approve", "sheet")}
# Texts that name what is there, or where a file is to go: what they do not find is refused. Each is tried with a canary.
NAMES = {
    ("approve", "plan"), ("approve", "changes"), ("approve", "owner"), ("approve", "to_owner"), ("approve", "from_owner"),
    ("approve", "rule"), ("approve", "where"), ("reject", "plan"), ("reject", "changes"), ("reject", "owner"),
    ("reject", "to_owner"), ("reject", "from_owner"), ("reject", "rule"), ("reject", "where"), ("pause", "until"),
    ("resume", "sync"), ("lift", "records"), ("give-back", "records"), ("give-back", "fields"), ("explain", "record"),
    ("explain", "as_of"), ("revert", "run"), ("report", "plan"), ("report", "to"), ("show", "plan"),
    ("audit export", "to"), ("audit verify", "file"), ("audit verify", "expect_head"), ("plan export", "plan"),
    ("plan export", "to"), ("fields export", "to"), ("fields export", "objects"), ("init", "org"), ("init", "starter"),
}  # fmt: skip
# Where a server listens: an address of this machine.
ADDRESSES = {("demo", "host"), ("serve", "host")}


def verbs(app: typer.Typer, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Callable[..., Any]]]:
    for command in app.registered_commands:
        assert command.name
        assert command.callback
        yield " ".join((*path, command.name)), command.callback
    for group in app.registered_groups:
        assert group.typer_instance
        assert isinstance(group.name, str)
        yield from verbs(group.typer_instance, (*path, group.name))


def kinds_in(kind: Any) -> Iterator[Any]:
    yield kind
    for inner in typing.get_args(kind):
        yield from kinds_in(inner)


def texts() -> dict[tuple[str, str], Any]:
    """Every parameter of the command line in which a person can write what they like, and how it is declared."""
    app = build(Terminal(Words(Language.ENGLISH), StringIO(), StringIO()))
    found = {}
    for verb, callback in verbs(app):
        for name, kind in typing.get_type_hints(callback).items():
            if name not in {"return", "folder"} and {str, Path} & set(kinds_in(kind)):
                found[verb, name] = (callback.__kwdefaults__ or {})[name]
    return found


def test_every_text_of_the_command_line_is_covered() -> None:
    assert set(texts()) == KEPT | NAMES | ADDRESSES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in whose org and files everything a person can name is a canary."""
    folder = tmp_path / "canary folder"
    start_folder(folder)
    write_rulebook(folder, RULES)
    (folder / "map.yaml").write_text(MAP, encoding="utf-8")
    (folder / FILE).write_text(SETTINGS, encoding="utf-8")
    drops = folder / "canary exports"
    drops.mkdir()
    (drops / "canary good.csv").write_text("at,Email,kind\n2026-11-02,canary@example.jp,seen\n2026-11-02,,seen\n")
    (drops / "canary bad.csv").write_text("canary\n1\n")
    for path in drops.iterdir():
        os.utime(path, (START.timestamp() - 86_400,) * 2)
    world = generate(leads=12, seed=1, now=datetime(2026, 11, 20, tzinfo=UTC))
    (company,) = world.tables["Organization"].values()
    world = with_rows(world, Organization=[{**company, "Name": "canary company"}])
    users = [
        {**row, "LastName": "canarylast", "FirstName": "canaryfirst", "Name": "canarylast canaryfirst"}
        for row in world.tables["User"].values()
    ]
    leads = [
        {**row, "LastName": f"canary{number}", "Company": "canary firm", "Email": f"canary{number}@example.jp",
         "Title": "canary 部長"}
        for number, row in enumerate(world.tables["Lead"].values())
    ]  # fmt: skip
    SavedWorld(folder / "data" / "sandbox").save(with_rows(world, User=users, Lead=leads))
    return folder


class Calls:
    """Calls of the command line on the folder. `lines` is what they logged."""

    def __init__(self, call: Any, folder: Path) -> None:
        self._call, self._folder, self.lines = call, folder, list[str]()

    def __call__(self, *arguments: object, code: int | None = None) -> Any:
        told = self._call(*arguments, "--folder", self._folder)
        self.lines += [line for line in told.err.splitlines() if line.startswith("{")]
        assert code is None or told.code == code, told.err
        return told


def named(verb: str, name: str, declared: Any) -> list[str]:
    """A call with a canary in this place, and in any other without which there is no call."""
    given: list[str] = []
    for (of, other), option in texts().items():
        if of == verb and (other == name or option.default is ...):
            names = list(getattr(option, "param_decls", None) or ())
            given += [*names[:1], f"canary {other}"] if names else [f"canary {other}"]
    assert declared
    return [*verb.split(), *given]


def metrics(folder: Path) -> str:
    with open_worker(folder) as worker:
        server = Server(worker, lambda: nullcontext(worker), begin, lambda *_: None)
        door = listen(0, host="127.0.0.1")
        with answering(server, door):
            return requests.get(f"http://127.0.0.1:{door.getsockname()[1]}/metrics", timeout=10).text


@pytest.mark.long
def test_nothing_that_was_typed_gets_out(call: Any, folder: Path, tmp_path: Path) -> None:
    said = Calls(call, folder)
    first = said("plan", "--owners", "--json", code=0).document["run"]
    said("pause", "--reason", "canary everything")
    said("apply")
    said("resume")
    said("pause", SYNC, "--reason", "canary pause", code=0)
    said("approve", first, "--all", "--reason", "canary approval", code=0)
    said("apply", code=0)
    # Other rules want something else, of everybody.
    rules = {
        **RULES,
        "automation/rules.yaml": RULES["automation/rules.yaml"].replace("1000", "1").replace("Warm", "Hot"),
    }
    write_rulebook(folder, rules)
    second = said("plan", "--json", code=0).document["run"]
    turned, *left = (each["change"] for each in said("show", second, "--json", code=0).document["changes"])
    said("reject", second, turned, "--reason", "canary rejection", code=0)
    assert len(left) > 2
    sheet = tmp_path / "canary sheet.xlsx"
    said("plan", "export", second, "--xlsx", sheet, code=0)
    book = load_workbook(sheet)
    page = book.worksheets[0]
    words = Words(Language.ENGLISH)
    places = {cell.value: number for number, cell in enumerate(page[1], start=1)}
    for line in range(2, page.max_row + 1):
        page.cell(line, places[words.say("workbook.decision")], "approve" if line % 2 else "reject")
        page.cell(line, places[words.say("workbook.reason")], "canary cell")
    book.save(sheet)
    said("approve", "--from", sheet, code=0)
    for (verb, name), declared in texts().items():
        if (verb, name) in NAMES:
            with chdir(tmp_path):  # where a file is named, one may be written
                said(*named(verb, name, declared))
    said("apply", code=0)
    said("sweep", code=0)
    said("lift", "--all")
    said("plan")
    said("run", "--once")
    exported = tmp_path / "audit.jsonl"
    said("audit", "export", "--to", exported, code=0)
    said("audit", "verify", code=0)

    with open_worker(folder) as worker, worker.store.read() as tx:
        stored = [link.body.decode() for link in audit.links(tx)]
    chain, log = exported.read_text(encoding="utf-8"), "\n".join(said.lines)
    assert "canary pause" in said("status").out
    assert all(word in chain for word in ("paused", "change approved", "run finished", "pulled"))
    assert CANARY not in chain.casefold()
    assert CANARY not in "\n".join(stored).casefold()
    assert [json.loads(line)["event"] for line in said.lines].count("run finished") >= 4
    assert CANARY not in log.replace(SYNC, "").casefold()
    assert CANARY not in metrics(folder).replace(SYNC, "").casefold()
