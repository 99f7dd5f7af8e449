"""Engine source uses only the part of Narwhals that is known to mean the same on Polars and DuckDB."""

import ast
from collections.abc import Iterator
from pathlib import Path

import narwhals as nw
import pytest

ENGINE = Path(__file__).parents[2] / "engine"
# Written down in engine/README.md; whatever is added here must first agree in test_operators or test_conformance.
FUNCTIONS = {
    "col",
    "lit",
    "when",
    "coalesce",
    "all_horizontal",
    "any_horizontal",
    "max_horizontal",
    "min_horizontal",
    "sum_horizontal",
}
METHODS = {
    "alias",
    "cast",
    "clip",
    "fill_null",
    "is_in",
    "is_null",
    "max",
    "min",
    "sum",
    "contains",
    "starts_with",
    "ends_with",
    "then",
    "otherwise",
}
TYPES = {"DataFrame", "LazyFrame", "Expr", "Boolean", "Date", "Datetime", "Float64", "Int64", "String"}
# Makes columns of an eager frame from Python values; never part of a rule.
EAGER = {"new_series"}

_COLUMN = nw.col("any")
_OF_EXPRESSIONS = {
    name
    for part in (_COLUMN, _COLUMN.str, _COLUMN.dt, _COLUMN.cat, _COLUMN.list, _COLUMN.struct, _COLUMN.name)
    for name in dir(part)
    if not name.startswith("_")
}
# Names that frames and plain Python values have too say nothing about expressions.
_OF_OTHERS = {name for kind in (nw.DataFrame, nw.LazyFrame, nw.Series, str, list, dict, set) for name in dir(kind)} - {
    # Series repeats the expressions' methods; these are what a rule could be tempted by.
    *(
        name
        for name in _OF_EXPRESSIONS
        if name not in {*dir(nw.LazyFrame), *dir(str), *dir(list), *dir(dict), *dir(set)}
    )
}
BANNED = _OF_EXPRESSIONS - METHODS - _OF_OTHERS
FILES = sorted(path for path in ENGINE.rglob("*.py") if "narwhals" in path.read_text(encoding="utf-8"))


def functions_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "nw":
            yield node.attr


def methods_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_engine_source_calls_only_the_subset(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert set(functions_of(tree)) - FUNCTIONS - TYPES - EAGER == set()
    assert set(methods_of(tree)) & BANNED == set()


@pytest.mark.parametrize(
    "source",
    [
        "nw.concat_str('a', 'b')",
        "nw.col('a').dt.date()",
        "nw.col('a').dt.offset_by('1d')",
        "nw.col('a').str.to_lowercase()",
        "nw.col('a').str.to_date()",
        "nw.col('a').round(2)",
        "nw.col('a').map_batches(len)",
        "nw.col('a').replace_strict({})",
        "nw.col('a').mean()",
    ],
)
def test_what_differs_between_engines_is_caught(source: str) -> None:
    tree = ast.parse(source)
    assert (set(functions_of(tree)) - FUNCTIONS) | (set(methods_of(tree)) & BANNED)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_text_is_searched_literally(path: Path) -> None:
    searches = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "contains"
    ]
    assert [ast.unparse(node) for node in searches if "literal=True" not in ast.unparse(node)] == []


@pytest.mark.parametrize("name", sorted(FUNCTIONS | METHODS))
def test_the_readme_lists_the_subset(name: str) -> None:
    assert f"`{name}`" in (ENGINE / "README.md").read_text(encoding="utf-8")
