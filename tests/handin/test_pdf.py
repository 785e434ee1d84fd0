"""The print: theory without code, captions at figures, tags that TeX takes."""

from __future__ import annotations

import nbformat
import pytest

from mlph_lib.handin import latex
from mlph_lib.handin.draft import Cell, draft, tools_cell
from mlph_lib.handin.notebook import executed
from mlph_lib.handin.pdf import for_print, write_tex
from mlph_lib.handin.sections import find_sections


@pytest.fixture
def notebook(book, tmp_path):
    page = book / "book" / "theory.md"
    cell = '```{code-cell} ipython3\nhidden = 1\nprint("hidden too")\n```\n\n% hand-in: no'
    page.write_text(page.read_text().replace("% hand-in: no", cell))
    answers = draft(book, find_sections(book / "book"))
    cells = [Cell("text", "# Title"), tools_cell(answers), *answers]
    return executed(cells, tmp_path, ("A", "B"))


def test_theory_is_printed_without_its_code(notebook):
    text = "\n".join(cell.source for cell in for_print(notebook).cells)
    assert "hidden" not in text
    assert "u = rng.random(n)" in text


def test_captions_and_functions_move(notebook):
    cells = for_print(notebook).cells
    shown, = [c for c in cells if "mystnb" in c.metadata]
    assert shown.metadata["mystnb"]["figure"]["caption"] == "The sorted draws, 0.33."
    order = [c.source.split("\n")[0] for c in cells]
    assert order.index("## References") < order.index(
        "## Appendix: functions that the cells use"
    )
    assert "def dkw_epsilon" in cells[-1].source and "raise" not in cells[-1].source
    assert not any("def figure" in cell.source for cell in cells)
    assert [c.source for c in notebook.cells if "mystnb" in c.metadata] == []  # a copy


def test_a_caption_without_a_figure_is_refused(notebook):
    notebook.cells = [c for c in notebook.cells if "figure(" not in c.source
                      or c is notebook.cells[1]]
    with pytest.raises(ValueError, match="makes the figure"):
        for_print(notebook)


@pytest.fixture
def tex_of(notebook, book, tmp_path, monkeypatch):
    """The source for TeX as a function of the names."""
    monkeypatch.setattr(latex, "printed", lambda name: f"[{name}]")

    def made(*names):
        look = latex.settings(book, names, "20 December 2024", "A note.")
        return write_tex(notebook, look, tmp_path / "print").read_text()

    return made


def test_code_stays_with_its_output(tex_of):
    tex = tex_of("A", "B")
    start, code, output = map(tex.index, ("Cell 1: draw", "uniform numbers", "mean: 0."))
    assert "\\keepwhole{" in tex[start - 100 : code]
    assert "\\keepwhole{" not in tex[code:output]


def test_code_that_fills_a_page_may_leave_its_output(tex_of, monkeypatch):
    monkeypatch.setattr(latex, "MOST_LINES", 2)
    tex = tex_of("A", "B")
    code, output = map(tex.index, ("uniform numbers", "mean: 0."))
    assert "\\keepwhole{" in tex[code:output]


@pytest.mark.parametrize(("second", "head"), [("B", "[A], [B]"), ("B" * 60, "")])
def test_the_names_are_in_the_head_where_they_fit(tex_of, second, head):
    assert f"\\newcommand{{\\groupnames}}{{{head}}}" in tex_of("A", second)


def test_the_appendix_says_what_it_leaves_out(notebook):
    notebook.cells.append(nbformat.v4.new_code_cell(
        "from os import getcwd\n\n\ndef _hidden():\n    return getcwd()\n\n\n"
        "def shown():\n    return _hidden(), getcwd(), _Far(len('x'))",
        metadata={"task": "2a", "library": True},
    ))
    last = for_print(notebook).cells[-1].source
    assert "not printed: `_Far`, `_hidden`." in last
    assert "def shown" in last and "def _hidden" not in last


def test_the_source_for_tex(tex_of):
    tex = tex_of("Zoë & A", "B")
    assert "[Zoë & A]" in tex and "20 December 2024" in tex
    assert "\\begin{equation*}\nF_n \\le \\varepsilon \\tag{1}\n\\end{equation*}" in tex
    assert "\\subsection{2a (4 points)}" in tex
    assert "TeX Gyre Pagella" in tex  # the book's own fonts


def test_a_warning_of_sphinx_stops_the_print(notebook, book, tmp_path, monkeypatch):
    monkeypatch.setattr(latex, "printed", str)
    look = latex.settings(book, ("A", "B"), "today", "A note.")
    notebook.cells[-1].source += "\n\n[gone](#nowhere)"
    with pytest.raises(ValueError, match="nowhere"):
        write_tex(notebook, look, tmp_path / "print")
