"""The machine: clock, log, shutdown, processes, crash points."""
