"""The forms a report is kept in. To add one, name it here and write it in `files.py`: it is removed in time like the others."""

from enum import StrEnum


class Form(StrEnum):
    """The value is the ending of a file."""

    HTML = "html"
    CSV = "csv"
    JSON = "json"

    @classmethod
    def of(cls, ending: str) -> "Form | None":
        """What a file's ending asks for, if anything; with its dot or without, in any case."""
        given = ending.removeprefix(".").lower()
        return next((form for form in cls if given in form.endings), None)

    @property
    def endings(self) -> tuple[str, ...]:
        """All that people may write for it."""
        return (self.value, "htm") if self is Form.HTML else (self.value,)
