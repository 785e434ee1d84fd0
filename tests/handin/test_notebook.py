"""The notebook runs, quotes what its cells print, and runs again by itself."""

from __future__ import annotations

import signal
import subprocess
import sys
import zipfile
from datetime import date

import nbformat
import pytest

from mlph_lib.handin.bundle import write_zip
from mlph_lib.handin.draft import Cell, draft, tools_cell
from mlph_lib.handin.notebook import executed, run
from mlph_lib.handin.plain import leftovers
from mlph_lib.handin.sections import find_sections


def cells_of(book):
    answers = draft(book, find_sections(book / "book"))
    return [Cell("text", "# Title"), tools_cell(answers), *answers]


@pytest.fixture
def notebook(book, tmp_path):
    return executed(cells_of(book), tmp_path, ("A B", "C D"))


def outputs(notebook):
    return [cell.get("outputs") for cell in notebook.cells]


def test_the_whole_as_plain_jupyter_shows_it(notebook):
    text = "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    printed = "".join(
        o.get("text", "") for c in notebook.cells for o in c.get("outputs", ())
    )
    mean = printed.partition("mean: ")[2].split()[0]
    assert f"The mean is {mean}, see Figure 1 and 3a." in text
    assert "**Figure 1.** The sorted draws, 0.33." in text
    assert "By (1) and theorem *The far one* of the book, as Massart (1990) says:" in text
    assert "F_n \\le \\varepsilon \\tag{1}" in text
    assert "\\operatorname{P}(X \\le t) = t \\tag{2}" in text
    assert "Now (2) is all." in text and "for more" not in text
    assert "- Massart (1990): *The Tight Constant" in text
    assert not leftovers(text)


def test_only_what_is_needed_is_in_it_and_functions_are_printed(notebook):
    code = "\n".join(c.source for c in notebook.cells if c.cell_type == "code")
    assert "unused" not in code
    assert "def dkw_epsilon" in code and "import dkw_epsilon" not in code
    assert "number(" not in code and "import check" not in code
    assert 'print(f"mean: {u.mean():.3f}")' in code
    figure, = [o for c in notebook.cells for o in c.get("outputs", ()) if "data" in o]
    assert set(figure.data) == {"image/png", "application/pdf", "text/plain"}


def test_it_runs_again_from_the_zip(notebook, tmp_path):
    folder = tmp_path / "sheet09_A-B_C-D"
    folder.mkdir()
    nbformat.write(notebook, folder / "sheet09.ipynb")
    write_zip(folder, tmp_path / "x.zip", date(2024, 12, 20))
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        archive.extractall(tmp_path / "opened")
    place = tmp_path / "opened" / folder.name
    again = nbformat.read(place / "sheet09.ipynb", as_version=4)
    for cell in again.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    run(again, place)
    assert outputs(again) == outputs(notebook)


SLEEPER = """
import sys
from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook

from mlph_lib.handin.notebook import run

notebook = new_notebook(cells=[new_code_cell("import time; time.sleep(300)")])
try:
    run(notebook, Path(sys.argv[1]), lambda text: print(text, flush=True))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_the_run(tmp_path, sent):
    command = [sys.executable, "-c", SLEEPER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline() == "cell 1 of 1\n"  # it has started
        running.send_signal(sent)
        assert running.communicate(timeout=60)[0] == "interrupted\n"
    assert running.returncode == 0


def broken(book, old, new):
    page = book / "book" / "practice.md"
    text = page.read_text()
    assert old in text
    page.write_text(text.replace(old, new))
    return book


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("above=0.3", "above=0.9", "mean is .* breaks its bound"),
        ("{glue:text}`mean`", "{glue:text}`median`", "quotes the number 'median'"),
        ("n = 100", "n = 1 / 0", "ZeroDivisionError"),
        ("n = 100", "n = 100; import warnings; warnings.warn('hm')", "warns"),
    ],
)
def test_a_broken_answer_is_refused(book, tmp_path, old, new, told):
    cells = cells_of(broken(book, old, new))
    with pytest.raises(ValueError, match=told):
        executed(cells, tmp_path, ("A", "B"))


def test_mystery_in_a_value_would_be_seen(book, tmp_path):
    cells = cells_of(broken(book, 'number("eps", dkw_epsilon(n), "{:.2f}")',
                            'number("eps", "`*x*` $y$")'))
    notebook = executed(cells, tmp_path, ("A", "B"))
    caption, = [c.source for c in notebook.cells if c.metadata.get("caption")]
    assert caption.endswith(r"\`\*x\*\` \$y\$.")
