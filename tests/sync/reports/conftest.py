"""The small run that views and reports are tested with."""

from tests.sync.small_report import cast, of_rows, report

__all__ = ["cast", "of_rows", "report"]
