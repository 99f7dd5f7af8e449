"""The rulebook's files as typed values: one module for each kind of file, and every mistake named with its place."""
