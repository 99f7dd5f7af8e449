"""What the demo prints at the end: who moved where and why, what it cost, and that every write is accounted for."""

from sync.cli.output.plan import write_states
from sync.cli.output.tables import flows_table
from sync.cli.terminal import Terminal
from sync.demo import DemoRun, DemoSummary
from sync.views import phrases


def document(summary: DemoSummary) -> dict[str, object]:
    """The demo as JSON. `states` of a run say where the changes its plan first proposed stand now; they add up to it."""
    return {
        "folder": str(summary.folder),
        "leads": summary.leads,
        "runs": [_run(run) for run in summary.runs],
        "idle_plan_changes": summary.idle_plan_changes,
        "unexplained_writes": summary.unexplained_writes,
        "report": str(summary.report),
        "audit": str(summary.audit),
        "audit_entries": summary.audit_entries,
        "audit_ok": summary.audit_ok,
    }


def write_summary(terminal: Terminal, summary: DemoSummary) -> None:
    console = terminal.console()
    for number, (run, report) in enumerate(zip(summary.runs, summary.reports, strict=True), start=1):
        console.rule(terminal.say("cli.demo.run", number=number, run=run.run), align="left")
        if not run.proposed:
            terminal.write(terminal.say("cli.demo.idle"))
        else:
            pulled = sum(run.pulled.values())
            terminal.write(terminal.say("cli.demo.proposed", pulled=phrases.number(pulled),
                                      proposed=phrases.number(run.proposed), owners=phrases.number(run.owners)))  # fmt: skip
            if table := flows_table(report.overview, report.heading.labels, terminal.words):
                console.print(table)
            write_states(terminal, run.states)
        if run.rebased:
            terminal.write(terminal.say("cli.demo.rebased", count=phrases.number(run.rebased)))
        terminal.write(terminal.say("cli.demo.cost", calls=phrases.number(run.api_calls), seconds=f"{run.seconds:.1f}"))
    console.rule(align="left")
    calls = phrases.number(sum(run.api_calls for run in summary.runs))
    terminal.write(terminal.say("cli.demo.total", leads=phrases.number(summary.leads), calls=calls))
    key = "cli.demo.explained" if not summary.unexplained_writes else "cli.demo.unexplained"
    terminal.write(terminal.say(key, count=phrases.number(summary.unexplained_writes)))
    key = "cli.demo.intact" if summary.audit_ok else "cli.demo.broken"
    terminal.write(terminal.say(key, entries=phrases.number(summary.audit_entries)))
    terminal.write(terminal.say("cli.demo.left", report=str(summary.report), audit=str(summary.audit)))
    terminal.talk(terminal.say("cli.demo.next", folder=str(summary.folder), plan=summary.runs[1].run))


def log_runs(terminal: Terminal, summary: DemoSummary) -> None:
    """Off a terminal, one canonical line for each run."""
    from sync.app import host_time
    from sync.host.log import open_log

    log = open_log(terminal.err, now=host_time)
    for run in summary.runs:
        states = {state.value: count for state, count in run.states.items()}
        log.info("run finished", run=run.run, verb="demo", proposed=run.proposed, states=states,
                 api_calls=run.api_calls, seconds=run.seconds)  # fmt: skip


def _run(run: DemoRun) -> dict[str, object]:
    return {
        "run": run.run,
        "pulled": dict(run.pulled),
        "proposed": run.proposed,
        "owners": run.owners,
        "states": {state.value: count for state, count in run.states.items()},
        "rebased": run.rebased,
        "api_calls": run.api_calls,
        "seconds": round(run.seconds, 3),
    }
