"""What can go wrong, on two axes: where it arose and what the reader should do about it.

    LeadsyncError
      RulebookError   a rule file cannot be used                fix the file
      MapError        the field map does not fit the org         fix the file
      SettingsError   a setting is missing or impossible         fix the settings
      LoginError      the org refuses the login                  fix the settings
      OrgError        the org cannot serve what is asked         fix the org
      OtherOrgError   this folder belongs to another org         fix the settings
      TransientError  the org or the network failed for now      try again
        BudgetError   the day's API calls are used up            try again
      PlanStaleError  what was reviewed is no longer what is     try again
      LeaseError      another run holds the lease                try again
      ShutdownError   the worker was told to end                try again
      StoreError      the store cannot be used                   stop the run
      AuditError      the audit chain is broken                  stop the run
      UsageError      the command line was used wrongly          fix the call

An error carries codes and parameters, never prose: `config/words` has a sentence and an advice for each code, in
English and Japanese. To add one, raise it with a new code and write its words; a house test compares the two.
A record the org refuses is a value of the run (`State.REFUSED`), never an exception.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, TypeAlias

Parameter: TypeAlias = str | int | float | bool | None


class Remedy(StrEnum):
    """What the reader should do."""

    FIX_FILE = "fix the file"
    FIX_SETTINGS = "fix the settings"
    FIX_ORG = "fix the org"
    FIX_CALL = "fix the call"
    TRY_AGAIN = "try again"
    STOP_RUN = "stop the run"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: a stable code, where (file:line:column, object or field), and what the words need."""

    code: str
    where: str = ""
    params: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        given = " ".join(f"{name}={value!r}" for name, value in self.params.items())
        return " ".join(part for part in (f"[{self.code}]", self.where, given) if part)


class LeadsyncError(Exception):
    """The one root. `problems` holds at least one problem; several when a whole file was checked."""

    remedy: ClassVar[Remedy] = Remedy.STOP_RUN

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    @classmethod
    def of(cls, code: str, where: str = "", **params: Parameter) -> "LeadsyncError":
        """One problem, raised at once: `raise LeaseError.of("LS-101", holder=...)`."""
        return cls(Problem(code, where, params))

    def __str__(self) -> str:
        return "; ".join(str(problem) for problem in self.problems)


class RulebookError(LeadsyncError):
    """A rule file cannot be used."""

    remedy = Remedy.FIX_FILE


class MapError(LeadsyncError):
    """The field map does not fit the org."""

    remedy = Remedy.FIX_FILE


class SettingsError(LeadsyncError):
    """A setting is missing or impossible."""

    remedy = Remedy.FIX_SETTINGS


class LoginError(LeadsyncError):
    """The org refuses the login."""

    remedy = Remedy.FIX_SETTINGS


class OrgError(LeadsyncError):
    """The org cannot serve what is asked."""

    remedy = Remedy.FIX_ORG


class OtherOrgError(LeadsyncError):
    """The folder belongs to another org."""

    remedy = Remedy.FIX_SETTINGS


class TransientError(LeadsyncError):
    """The org or the network failed for now."""

    remedy = Remedy.TRY_AGAIN


class BudgetError(TransientError):
    """The day's API calls are used up: ours, or those of everybody."""


class PlanStaleError(LeadsyncError):
    """What was reviewed is no longer what is."""

    remedy = Remedy.TRY_AGAIN


class LeaseError(LeadsyncError):
    """Another run holds the lease."""

    remedy = Remedy.TRY_AGAIN


class ShutdownError(LeadsyncError):
    """The worker was told to end and stopped at a safe point."""

    remedy = Remedy.TRY_AGAIN


class StoreError(LeadsyncError):
    """The store cannot be used."""


class AuditError(LeadsyncError):
    """The audit chain is broken."""


class UsageError(LeadsyncError):
    """The command line was used wrongly."""

    remedy = Remedy.FIX_CALL
