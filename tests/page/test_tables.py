"""A table that a cell computes: every cell there, numbers flush right."""

import pytest

from mlph_lib.page import table, tables

COLUMNS = ["task", "cost", "class"]
ROWS = [["clm", "1.00", "A"], ["mlm", "", "B"], ["sop", "-0.5", "A"]]


@pytest.fixture
def glued(monkeypatch):
    seen = {}
    monkeypatch.setattr(
        tables, "glue", lambda key, value, display: seen.update({key: value})
    )
    return seen


def test_a_table_is_markdown_and_words(glued):
    table("demo", COLUMNS, ROWS)
    bundle = glued["demo"]._repr_mimebundle_()
    assert bundle["text/markdown"].splitlines() == [
        "| task | cost | class |",
        "| :-- | --: | :-- |",
        "| clm | 1.00 | A |",
        "| mlm |  | B |",
        "| sop | −0.5 | A |",
    ]
    assert bundle["text/plain"].splitlines()[1] == "clm  1.00  A"


@pytest.mark.parametrize(
    ("column", "numeric"),
    [
        (["1"], True),
        (["−2"], True),
        (["(3 %)"], True),
        (["", "< 4"], False),
        (["<4"], True),
        (["A", ""], False),
        (["x1"], False),
    ],
)
def test_what_begins_as_a_number_is_one(column, numeric):
    assert tables.is_numeric(column) is numeric


@pytest.mark.parametrize("rows", [[], [["clm", "1.00"]], [*ROWS, ["a", "b", "c", "d"]]])
def test_rows_that_do_not_fit_are_refused(glued, rows):
    with pytest.raises(ValueError, match="expected rows of 3 cells"):
        table("demo", COLUMNS, rows)
    assert not glued


@pytest.mark.parametrize("cell", ["a|b", "a\nb"])
def test_a_cell_that_breaks_its_row_is_refused(glued, cell):
    with pytest.raises(ValueError, match="of one line without"):
        table("demo", COLUMNS, [[cell, "1", "A"]])
    assert not glued
