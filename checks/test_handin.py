"""The hand-in as it is given away: real answers, real fonts, hard names."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from pathlib import Path

import nbformat
import pymupdf
import pytest

from mlph_lib.handin import hand_in
from mlph_lib.handin.fonts import font_for
from mlph_lib.handin.notebook import run
from mlph_lib.handin.sections import TASKS

ROOT = Path(__file__).resolve().parents[1]
NAMES = (
    "Zoë Ångström-O'Neill & $x_1$ #%{}~^\\",
    "Ольга Щёголева-Παπαδοπούλου `rm -rf` \"$HOME\" --",
)
MOST_PAGES = 18  # what a tutor marks in half an hour


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Path:
    """The zip of a hand-in, made and opened far from the checkout."""
    place = tmp_path_factory.mktemp("handin")
    archive = hand_in(ROOT, ";".join(NAMES), date="2024-12-20", out=place / "out")
    with zipfile.ZipFile(archive) as zipped:
        assert zipped.testzip() is None
        zipped.extractall(place / "opened")
    (folder,) = (place / "opened").iterdir()
    assert folder.name == (
        "sheet09_Zoë-Ångström-O-Neill-x-1_Ольга-Щёголева-Παπαδοπούλου-rm-rf-HOME"
    )
    return folder


@pytest.fixture(scope="module")
def document(opened) -> pymupdf.Document:
    return pymupdf.open(opened / "sheet09.pdf")


def words(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))


def test_the_title_page_has_both_names_as_typed(document):
    first = words(document[0].get_text())
    for name in NAMES:
        assert name in first
    assert "20 December 2024" in first and "Sheet 9" in first
    assert document.metadata["author"] == ", ".join(NAMES)


def test_every_task_stands_in_its_order_with_its_points(document):
    titles = [title for _, title, _ in document.get_toc()]
    found = [title.split()[0] for title in titles if re.match(r"\d[a-e] \(", title)]
    assert found == list(TASKS)
    assert all("points" in title for title in titles if re.match(r"\d[a-e]", title))


def test_the_print_is_whole_and_short_enough(document):
    text = words("".join(page.get_text() for page in document))
    assert 12 <= document.page_count <= MOST_PAGES
    assert "??" not in text and "{ref}" not in text and "⟦" not in text
    assert not re.search(r"\[Figure: \w", text)  # words in the place of a figure
    fonts = {font for page in document for font in page.get_fonts(full=True)}
    assert fonts and all(font[1] != "n/a" for font in fonts), "a font is not embedded"


def test_the_notebook_runs_again_by_itself(opened):
    given = nbformat.read(opened / "sheet09.ipynb", as_version=4)
    again = nbformat.read(opened / "sheet09.ipynb", as_version=4)
    nbformat.validate(given)
    for cell in again.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    run(again, opened)
    for before, after in zip(given.cells, again.cells, strict=True):
        assert before.get("outputs") == after.get("outputs")


@pytest.mark.parametrize("name", ["Nguyễn Thị Hằng", "Łukasz Żółć", "Ελένη", "Ђорђе"])
def test_european_names_have_a_font(name):
    assert font_for(name)
