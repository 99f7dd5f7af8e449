"""What a change was made by reads the same in lists, files and the store, and comes back as it was."""

import pytest

from engine.changes.change import RuleRef

REFS = [
    (RuleRef("rule", "to kansai"), "rule/to kansai"),
    (RuleRef("scoring"), "scoring"),
    (RuleRef("rule", "a/b"), "rule/a/b"),
    (RuleRef("revert", "0" * 32), f"revert/{'0' * 32}"),
]


@pytest.mark.parametrize(("ref", "text"), REFS)
def test_a_reference_is_told_by_kind_and_id_and_comes_back(ref: RuleRef, text: str) -> None:
    assert (str(ref), RuleRef.read(text)) == (text, ref)
