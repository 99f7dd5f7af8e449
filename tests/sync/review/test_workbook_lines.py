"""What people wrote into a workbook, read from the file they hand in."""

from pathlib import Path

import pytest

from engine.errors import UsageError
from sync.review.workbook_lines import read_decisions


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig", "utf-16"])
def test_a_csv_under_the_name_of_a_workbook_is_called_one(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "plan.xlsx").write_text("判断,変更 ID\r\n承認,1\r\n", encoding=encoding)

    with pytest.raises(UsageError, match="CL-120"):
        read_decisions(tmp_path / "plan.xlsx")


def test_a_file_that_is_no_workbook_is_named(tmp_path: Path) -> None:
    (tmp_path / "plan.xlsx").write_text("not a workbook", encoding="utf-8")

    with pytest.raises(UsageError, match="CL-111"):
        read_decisions(tmp_path / "plan.xlsx")
