"""The outside world: the cycle, Salesforce, the mirror, the store, outbox, audit, reports, sandbox org, command line."""
