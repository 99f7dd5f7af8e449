"""Record ids as the sandbox org gives them out: prefix, pod, serial number, three letters that carry the case."""

from string import ascii_lowercase, ascii_uppercase, digits

_SIXTY_TWO = digits + ascii_uppercase + ascii_lowercase
_CHECK = ascii_uppercase + "012345"


def record_id(prefix: str, serial: int) -> str:
    """The 18-character id of the n-th record of the org."""
    tail = ""
    while serial:
        serial, digit = divmod(serial, 62)
        tail = _SIXTY_TWO[digit] + tail
    return full(f"{prefix}5j{tail:0>10}")


def full(given: str) -> str:
    """18 characters from 15 or 18."""
    short = given[:15]
    blocks = (short[start : start + 5] for start in (0, 5, 10))
    return short + "".join(
        _CHECK[sum(1 << bit for bit, c in enumerate(block) if c in ascii_uppercase)] for block in blocks
    )


def is_id(given: object) -> bool:
    """Whether this is an id at all: 15 characters, or 18 with the right last three (in any case)."""
    if not isinstance(given, str) or len(given) not in {15, 18} or not (given.isascii() and given.isalnum()):
        return False
    return len(given) == 15 or full(given).upper() == given.upper()
