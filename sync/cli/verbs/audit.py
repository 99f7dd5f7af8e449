"""`leadsync audit`: take the record of everything that was done away, and check that nobody touched it."""

from pathlib import Path

import typer

from engine.errors import UsageError
from sync.cli import options
from sync.cli.exit_codes import Code
from sync.cli.terminal import Terminal


def add(app: typer.Typer, terminal: Terminal) -> None:
    words = terminal.words
    group = typer.Typer()
    app.add_typer(group, name="audit", help=words.say("cli.audit"))
    folder_option, json_option = options.folder(words), options.as_json(words)
    to_option = options.option(words, "audit_to", "--to", default=None, metavar="FILE")
    head_option = options.option(words, "head", "--expect-head", default=None, metavar="HASH")
    file_argument = options.argument(words, "audit_file", default=None, metavar="[FILE]")

    @group.command("export", help=words.say("cli.audit.export"))
    def export(*, to: Path | None = to_option, folder: Path = folder_option, json: bool = json_option) -> int:
        from sync.audit.export import export as write
        from sync.audit.verify import verify_store

        with terminal.worker(folder) as worker:
            target = to or worker.settings.data_folder / "audit.jsonl"
            with worker.store.read() as tx:
                verify_store(tx)  # a broken chain must not take the place of an export that was good
                head = write(tx, target)
        if json:
            terminal.document("audit export", {"file": str(target), "entries": head.count, "head": head.hash})
        else:
            terminal.write(terminal.say("cli.audit.exported", file=str(target), entries=head.count, head=head.hash))
        return Code.DONE

    @group.command("verify", help=words.say("cli.audit.verify"))
    def verify(
        *,
        file: Path | None = file_argument,
        expect_head: str | None = head_option,
        folder: Path = folder_option,
        json: bool = json_option,
    ) -> int:
        from sync.audit.verify import verify_export, verify_store

        if file is not None:
            if not file.is_file():
                raise UsageError.of("CL-123", str(file))  # there is no such file
            head = verify_export(file, expect_head=expect_head)
        else:
            with terminal.worker(folder) as worker, worker.store.read() as tx:
                head = verify_store(tx, expect_head=expect_head)
        if json:
            terminal.document("audit verification", {"is_intact": True, "entries": head.count, "head": head.hash})
        else:
            terminal.write(terminal.say("cli.audit.intact", entries=head.count, head=head.hash))
        return Code.DONE
