"""The JSON report is for programs: a schema version, codes that do not depend on the language, counts that add up."""

from json import loads

import pytest

from config.words.catalogue import Language, Words
from sync.reports.document import SCHEMA_VERSION, json
from sync.views.report import RunReport


def test_it_says_its_schema_version(report: RunReport) -> None:
    assert loads(json(report, Words(Language.ENGLISH)))["schema_version"] == SCHEMA_VERSION == 1


def test_only_texts_differ_between_the_languages(report: RunReport) -> None:
    english, japanese = (loads(json(report, Words(language))) for language in Language)

    assert _without_texts(english) == _without_texts(japanese)
    assert english != japanese


@pytest.mark.parametrize("language", list(Language))
def test_states_add_up_to_the_changes(report: RunReport, language: Language) -> None:
    told = loads(json(report, Words(language)))

    assert told["states"] == {"planned": 1, "applied": 2, "conflict": 1}
    assert sum(told["states"].values()) == len(told["changes"])


def test_a_change_tells_record_owners_fields_and_why(report: RunReport) -> None:
    change = loads(json(report, Words(Language.ENGLISH)))["changes"][0]

    assert change["record"] == "00Q000000000000001"
    assert change["owner"]["after"] == {"id": "005000000000001AAA", "name": "鈴木 一郎", "kind": "user"}
    assert change["fields"]["grade"] == {"before": "D", "after": "B+"}
    assert change["because"][-1] == {"key": "reason.owner.queue", "params": {}, "text": "waiting in the intake queue"}


def _without_texts(told: object) -> object:
    match told:
        case dict():
            return {key: _without_texts(held) for key, held in told.items() if key not in {"text", "language"}}
        case list():
            return [_without_texts(held) for held in told]
        case _:
            return told
