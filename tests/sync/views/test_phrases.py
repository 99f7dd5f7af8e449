"""Messages as people read them: fields by the name people call them, values as they are written elsewhere."""

import pytest

from config.words.catalogue import Language, Words
from engine.messages import Message
from sync.views import phrases


@pytest.mark.parametrize(
    ("field", "labels", "said"),
    [("owner", {}, "所有者 は"), ("rating", {"rating": "評価"}, "評価 は"), ("segment_x", {}, "segment_x は")],
    ids=["ours", "the org's", "nobody's"],
)
def test_a_message_names_its_field_as_people_do(field: str, labels: dict[str, str], said: str) -> None:
    told = Message.of("note.moved", field=field, planned="a", found="b")
    assert phrases.sentence(told, labels, words=Words(Language.JAPANESE)).startswith(said)


def test_an_empty_value_in_a_message_is_said() -> None:
    told = Message.of("note.moved", field="score", planned=None, found=1200)
    assert (
        phrases.sentence(told, {}, words=Words(Language.ENGLISH)) == "Score was (empty) when planned and is 1,200 now"
    )
