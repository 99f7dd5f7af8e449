"""A rulebook's folder: which files count, how they are read, and what gives the rulebook its version."""

from pathlib import Path

import pytest

from config.field_map.load import map_from_text
from config.rulebook.folder import load_rulebook, rulebook_from, texts_of
from engine.errors import Problem, RulebookError
from mapping.field_map.field_map import FieldMap


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rulebook.yaml").write_text("name: 試験\n", encoding="utf-8")
    return tmp_path


def test_a_folder_and_its_texts_give_the_same_rulebook(folder: Path, field_map: FieldMap) -> None:
    assert load_rulebook(folder, field_map) == rulebook_from(texts_of(folder), field_map, folder=folder.name)


def test_line_ends_and_a_byte_order_mark_make_no_other_version(folder: Path, field_map: FieldMap) -> None:
    before = load_rulebook(folder, field_map).digest
    (folder / "rulebook.yaml").write_bytes(b"\xef\xbb\xbf" + "name: 試験\r\n".encode())
    assert load_rulebook(folder, field_map).digest == before


def test_another_word_makes_another_version(folder: Path, field_map: FieldMap) -> None:
    before = load_rulebook(folder, field_map).digest
    (folder / "rulebook.yaml").write_text("name: 試験2\n", encoding="utf-8")
    assert load_rulebook(folder, field_map).digest != before


def test_notes_and_hidden_files_are_no_rules(folder: Path) -> None:
    for name in ("README.md", ".hidden.yaml"):
        (folder / name).write_text("x", encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / ".git" / "x.yaml").write_text("x", encoding="utf-8")
    assert list(texts_of(folder)) == ["rulebook.yaml"]


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        pytest.param("name: a\ndescription: 試験\n".encode("cp932"), "Shift_JIS", id="Shift_JIS"),
        pytest.param("\ufeffname: 試験\n".encode("utf-16-le"), "UTF-16", id="UTF-16"),
    ],
)
def test_a_file_in_another_encoding_is_named(folder: Path, field_map: FieldMap, raw: bytes, encoding: str) -> None:
    (folder / "automation").mkdir()
    (folder / "automation" / "a.yaml").write_bytes(raw)
    with pytest.raises(RulebookError) as caught:
        load_rulebook(folder, field_map)
    (problem,) = caught.value.problems
    assert (problem.code, problem.params) == ("RB-140", {"encoding": encoding})


def test_a_folder_without_rulebook_yaml_is_none(tmp_path: Path, field_map: FieldMap) -> None:
    with pytest.raises(RulebookError) as caught:
        load_rulebook(tmp_path, field_map)
    assert caught.value.problems == (Problem("RB-141", str(tmp_path), {"file": "rulebook.yaml"}),)


def test_a_field_of_two_kinds_is_named_where_the_map_has_it() -> None:
    two = map_from_text("prospects: {Lead: {fields: {size: NumberOfEmployees}}, Contact: {fields: {size: Title}}}\n")
    with pytest.raises(RulebookError) as caught:
        rulebook_from({"rulebook.yaml": "name: x\n"}, two)
    assert caught.value.problems == (Problem("RB-144", "map.yaml:1:81", {"field": "size"}),)
