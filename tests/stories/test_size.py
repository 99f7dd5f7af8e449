"""However large the org: what is held in memory is one range of it. Measured of real processes over real HTTP."""

from pathlib import Path

import pytest

from tests.bench.worker import org_of, step

RANGE = "\nrange_records: 2000\n"


def peak_mib_of_a_first_plan(folder: Path, *, leads: int) -> int:
    """The most memory the worker's process held from first pull to baseline plan."""
    with org_of(folder, leads=leads, activities=2) as org:
        settings = folder / "settings.yaml"
        settings.write_text(settings.read_text(encoding="utf-8") + RANGE, encoding="utf-8")
        return step(org, folder, "plan", "plan", "--json").peak_mib


@pytest.mark.long
def test_an_org_six_times_as_large_is_planned_in_little_more_memory(tmp_path: Path) -> None:
    small = peak_mib_of_a_first_plan(tmp_path / "small", leads=4_000)
    large = peak_mib_of_a_first_plan(tmp_path / "large", leads=24_000)

    assert large < 1.3 * small
