"""Record ids as the sandbox org gives them out: prefix, pod, serial number, three letters that carry the case."""

from string import ascii_lowercase, ascii_uppercase, digits

_SIXTY_TWO = digits + ascii_uppercase + ascii_lowercase
_PAIRS = tuple(one + two for one in _SIXTY_TWO for two in _SIXTY_TWO)
_CHECK = ascii_uppercase + "012345"
_CASES = str.maketrans({letter: "01"[letter in ascii_uppercase] for letter in _SIXTY_TWO})


def record_id(prefix: str, serial: int) -> str:
    """The 18-character id of the n-th record of the org."""
    tail = ""
    while serial:
        serial, two = divmod(serial, len(_PAIRS))
        tail = _PAIRS[two] + tail
    return full(f"{prefix}5j{tail:0>10}")


def full(given: str) -> str:
    """18 characters from 15 or 18, which must be letters and digits."""
    short = given[:15]
    cases = short.translate(_CASES)[::-1]
    # Bit i of a block is the case of its i-th letter; reversed, the blocks come from the last to the first.
    return f"{short}{_CHECK[int(cases[10:], 2)]}{_CHECK[int(cases[5:10], 2)]}{_CHECK[int(cases[:5], 2)]}"


def is_id(given: object) -> bool:
    """Whether this is an id at all: 15 characters, or 18 with the right last three (in any case)."""
    if not isinstance(given, str) or len(given) not in {15, 18} or not (given.isascii() and given.isalnum()):
        return False
    return len(given) == 15 or full(given).upper() == given.upper()
