"""The course's notebook is filled in only if it is the course's."""

from __future__ import annotations

import hashlib

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mlph_lib.handin.skeleton import commented, filled, open_skeleton

# The last cell is one that the course leaves to the students to fill in.
COURSE = ["model = load(name)", "table(3)", "q = softmax(z)", "for i in x:\n    draw(i)",
          "plot(samples)", "# TODO"]


@pytest.fixture
def course(tmp_path):
    """A notebook of the same shape, with code of its own, and its digest."""
    cells = [new_markdown_cell("# theirs"), *map(new_code_cell, COURSE)]
    for index, cell in enumerate(cells):
        cell["id"] = str(index)
    path = tmp_path / "sheet09.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def ours():
    def text(words, task):
        return new_markdown_cell(words, metadata={"task": task})

    def code(words, task, **marks):
        return new_code_cell(words, metadata={"task": task, **marks})

    return new_notebook(cells=[
        text("# Names", ""), code("tools = 1", ""), text("### 2a", "2a"),
        text("#### Cell 1: load", "2a"), code("import that", "2a", needs=True),
        code("m = load(f)  # weights", "2a"), text("What they do.", "2a"),
        text("#### Cell 2", "2a"), code("# 7B: more\ntable(1)", "2a"),
        text("#### Cell 3", "2a"), code("# to a law; 7B: in half\np = softmax(y)", "2a"),
        text("#### Cell 4", "2a"), code("draw(1)  # one\ndraw(2)  # two", "2a"),
        text("### 3b", "3b"), code("answer = 1", "3b"),
    ])


def test_only_the_courses_own_file_is_taken(course, tmp_path):
    path, digest = course
    with pytest.raises(ValueError, match="untouched copy"):
        open_skeleton(path)
    with pytest.raises(FileNotFoundError):
        open_skeleton(tmp_path / "none.ipynb", digest)
    assert open_skeleton(path, digest).cells[0].source == "# theirs"


def test_other_cells_than_the_courses_are_refused(tmp_path):
    path = tmp_path / "x.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), path)
    with pytest.raises(ValueError, match="6 code cells, got 1"):
        open_skeleton(path, hashlib.sha256(path.read_bytes()).hexdigest())


def test_comments_and_answers_come_to_their_cells(course):
    path, digest = course
    before = path.read_bytes()
    whole = filled(open_skeleton(path, digest), ours())
    sources = [cell.source for cell in whole.cells]
    assert sources == [
        "# Names", "# theirs", "tools = 1", "import that",
        "# weights\nmodel = load(name)",
        "**Our comments on cell 1**; its steps run on a small model.",
        "#### Cell 1: load", "m = load(f)  # weights", "What they do.",
        "table(3)", "**Our comments on cell 2**; its steps run on a small model.",
        "#### Cell 2", "# 7B: more\ntable(1)",
        "# to a law\nq = softmax(z)",
        "**Our comments on cell 3**; its steps run on a small model.",
        "#### Cell 3", "# to a law; 7B: in half\np = softmax(y)",
        "for i in x:\n    draw(i)",  # two calls of ours: neither comment is sure
        "**Our comments on cell 4**; its steps run on a small model.",
        "#### Cell 4", "draw(1)  # one\ndraw(2)  # two",
        "plot(samples)", "**Our answer to 3b.**", "### 3b", "answer = 1",
    ]
    nbformat.validate(whole)
    assert path.read_bytes() == before


def test_a_comment_has_the_indent_of_its_line():
    assert commented("with a:\n    f(1)", ["f(2)  # why"]) == (
        "with a:\n    # why\n    f(1)"
    )
    assert commented("%%bash\nls -l", ["f(2)  # why"]) == "%%bash\nls -l"
