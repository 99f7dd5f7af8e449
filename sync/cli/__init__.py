"""The command line: one file per verb, each of which reads its arguments, calls one function and prints."""
