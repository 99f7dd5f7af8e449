"""What crosses the wire, as values: requests, responses and refusals."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Request:
    """`target` is path and query as sent; header names are lower case.

    `arrived` is the host's clock: a client dates its JWT by that one, since the org's own may run ahead.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    arrived: datetime | None = None


class Door(StrEnum):
    """What the door does with a response."""

    ANSWER = "answer"
    RESET = "reset"  # closes the connection without a word
    CUT = "cut"  # closes it after `sent_bytes` of the body
    HANG = "hang"  # keeps the client waiting until it gives up


@dataclass(frozen=True, slots=True)
class Response:
    """`body` is JSON, or text as it stands (HTML), or None for no body."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    door: Door = Door.ANSWER
    sent_bytes: int = 0

    @property
    def content(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


class RefusalError(Exception):
    """The org says no: to a row, or to a whole request when it reaches the top. `status` counts there only.

    `told` is what it says besides to a request of its own, and to nobody else.
    """

    def __init__(
        self, code: str, message: str, fields: tuple[str, ...] = (), *, status: int = 400,
        told: Mapping[str, object] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(code, message)
        self.code, self.message, self.fields, self.status, self.told = code, message, fields, status, told or {}

    @property
    def response(self) -> Response:
        """As the body of a request of its own: the key is `errorCode`."""
        fields = {"fields": list(self.fields)} if self.fields else {}
        return Response(self.status, [{"message": self.message, "errorCode": self.code, **self.told, **fields}])

    @property
    def row(self) -> dict[str, object]:
        """As one error of a row in a collection: the key is `statusCode`."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}


def not_there() -> RefusalError:
    return RefusalError("NOT_FOUND", "The requested resource does not exist", status=404)
