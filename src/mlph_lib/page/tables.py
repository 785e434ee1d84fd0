"""Tables that a cell computes, in Markdown, so that page and print set them alike."""

from __future__ import annotations

from collections.abc import Sequence

from myst_nb import glue

from mlph_lib.page.numbers import pretty

__all__ = ["Grid", "table"]


class Grid:
    """Rows of text in the forms of a cell's output."""

    def __init__(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.columns, self.rows = list(columns), [list(row) for row in rows]

    def __repr__(self) -> str:
        return "\n".join("  ".join(row) for row in (self.columns, *self.rows))

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        numeric = [is_numeric(column) for column in zip(*self.rows, strict=True)]
        rule = ["--:" if right else ":--" for right in numeric]
        lines = (self.columns, rule, *self.rows)
        return {
            "text/markdown": "\n".join(f"| {' | '.join(cells)} |" for cells in lines),
            "text/plain": repr(self),
        }


def table(key: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Glue a table under ``key``; the page gives it a caption and a place.

    In the page::

        :::{table} Caption.
        ```{glue:md} key
        :format: gfm
        ```
        :::

    Every cell is Markdown, formatted where it was computed. A column with a number in
    it is set flush right.

    Args:
        key: unique name over the whole book.
        columns: the headings.
        rows: of as many cells each.

    Raises:
        ValueError: if there is no row, a row has another number of cells than there
            are columns, or a cell would break its row.

    Example:
        >>> table("doc-table", ["n", "square"], [["two", "4"], ["three", "9"]])
    """
    if wrong := [row for row in rows if len(row) != len(columns)] or not rows:
        raise ValueError(
            f"expected rows of {len(columns)} cells, as there are columns; got "
            f"{len(rows)} rows, of them wrong: {wrong}"
        )
    cells = [str(cell) for row in (columns, *rows) for cell in row]
    if broken := [cell for cell in cells if "|" in cell or "\n" in cell]:
        raise ValueError(
            f"expected cells of one line without |, got {broken}: write \\vert in "
            "formulas"
        )
    shown = [[pretty(str(cell)) for cell in row] for row in rows]
    glue(key, Grid(columns, shown), display=False)


def is_numeric(column: Sequence[str]) -> bool:
    """Whether a cell begins as a number does.

    Example:
        >>> is_numeric(["", "(1.2 %)"]), is_numeric(["A", "B"])
        (True, False)
    """
    return any(cell.lstrip("(−<≈")[:1].isdigit() for cell in column)
