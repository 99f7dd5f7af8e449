"""Pure rules: values and dataframe expressions in, verdicts and plans out; no I/O, clock, dice or environment."""
