"""Read the mirror as the engine's values: now, as of an earlier run, and after compaction."""

from dataclasses import replace

import pytest

from engine.conditions.fields import Kind
from mapping.field_map.field_map import ActivitySource, MappedField
from sync.cycle import propose
from sync.pull.pull import mirror_writer
from sync.pull.staging import compact
from sync.run import Run, begin
from sync.store.leases import LeasedStore
from sync.store.vocabulary import LeaseName, RunVerb
from tests.stage import Stage, snapshot

# record -> its owner and company, and when something happened to it, oldest first
Seen = dict[str, tuple[str, str, list[str]]]


def _seen(run: Run, *, as_of: str | None = None) -> Seen:
    found: Seen = {}
    for part in snapshot(run, as_of=as_of).ranges:
        happened = part.activities.sort("at").to_dict(as_series=False)
        for row in part.prospects.select("id", "owner_id", "company").iter_rows():
            kinds = [kind for who, kind in zip(happened["prospect_id"], happened["kind"], strict=True) if who == row[0]]
            found[str(row[0])] = (str(row[1]), str(row[2]), kinds)
    return found


def _looked(stage: Stage, *, as_of: str | None = None, compacts: bool = False) -> Seen:
    """What a run sees after its pull."""
    stage.advance(120)
    with begin(stage.worker, RunVerb.PLAN) as run:
        propose(run)
        stage.run_id = run.run_id
        if compacts:
            with stage.worker.hold(LeaseName.PULL) as lease:
                leased, percent = LeasedStore(run.worker.store, lease), run.worker.settings.compact_percent
                assert compact(leased, mirror_writer(run), run.worker.field_map, run.worker.points, percent=percent)
        return _seen(run, as_of=as_of)


@pytest.mark.long
def test_a_snapshot_as_of_a_run_is_what_its_pull_left(stage: Stage) -> None:
    lead = stage.add_lead(owner="suzuki", Company="旧社名")
    before = _looked(stage)
    first = stage.run_id
    stage.edit("tanaka", lead, Company="新社名")
    stage.add_lead(owner="ito")
    after = _looked(stage)
    assert after[lead][1] == "新社名"
    assert len(after) == 2
    assert _looked(stage, as_of=first) == before


@pytest.mark.long
def test_compaction_changes_nothing_of_what_is_seen_now_or_as_of_then(stage: Stage) -> None:
    lead = stage.add_lead(owner="suzuki", Company="旧社名")
    before = _looked(stage)
    first = stage.run_id
    stage.edit("tanaka", lead, Company="新社名")
    after = _looked(stage)
    assert _looked(stage, compacts=True) == after
    assert _looked(stage, as_of=first) == before


def test_what_the_map_did_not_name_then_is_empty_as_of_then(stage: Stage) -> None:
    lead = stage.add_lead(owner="suzuki")
    _looked(stage)
    with begin(stage.worker, RunVerb.PLAN) as run:
        known = run.worker.field_map
        first, *others = known.objects
        wider = replace(first, fields=(*first.fields, MappedField("notes", "Notes__c", Kind.TEXT)))
        calls = ActivitySource("Task", ("Caller__c",), "Called_At__c", kind="call")
        field_map = replace(known, objects=(wider, *others), activities=(*known.activities, calls))
        later = replace(run, worker=replace(run.worker, read_map=lambda: field_map))
        (part,) = snapshot(later, as_of=stage.run_id).ranges
    assert part.prospects.select("id", "notes").rows() == [(lead, None)]
