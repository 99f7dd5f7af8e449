"""Record ids of 15 and 18 characters."""

import re
from pathlib import Path

import pytest

from mapping.ids import id18, is_id


def test_fifteen_characters_become_eighteen() -> None:
    assert id18("00Q000000000001") == "00Q000000000001EAA"


def test_eighteen_characters_stay() -> None:
    assert id18("00Q000000000001EAA") == "00Q000000000001EAA"


@pytest.mark.parametrize(
    "text", ["00Q", "00Q00000000000'", "00Q000000000001AAA", "00Q000000000001eaa", "００Q000000000001"]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    assert not is_id(text)
    with pytest.raises(ValueError, match=re.escape(text)):
        id18(text)


def test_every_recorded_id_checks(shared: Path) -> None:
    cassettes = (shared / "fixtures/cumulusci").rglob("*.yaml")
    texts = [path.read_text(encoding="utf-8") for path in cassettes]
    recorded = {found for text in texts for found in re.findall(r'"(?:id|Id)": ?"(0[0-9A-Za-z]{17})"', text)}
    assert recorded
    assert {one for one in recorded if not is_id(one)} == set()
