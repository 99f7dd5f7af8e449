"""What `leadsync init` writes: settings, a field map and a rulebook that run on the sandbox org as they are."""
