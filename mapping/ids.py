"""Record ids: 15 case-sensitive characters, or 18 with three that check them. Inside leadsync ids have 18."""

import re

_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Z]{3})?", re.ASCII)
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_BLOCKS = (slice(0, 5), slice(5, 10), slice(10, 15))


def id18(text: str) -> str:
    """The id with 18 characters. ValueError when it is none, wrong check characters included."""
    if not _ID.fullmatch(text):
        raise ValueError(text)
    whole = text[:15] + _checksum(text[:15])
    if len(text) == len(whole) and text != whole:
        raise ValueError(text)
    return whole


def is_id(text: str) -> bool:
    try:
        id18(text)
    except ValueError:
        return False
    return True


def _checksum(id15: str) -> str:
    """For each block of five, which of them are capital letters, as one character."""
    return "".join(
        _CHECK[sum(1 << place for place, character in enumerate(id15[block]) if "A" <= character <= "Z")]
        for block in _BLOCKS
    )
