"""The first cell of the notebook: where it runs, and what a path is meant from."""

import os
from pathlib import Path

import mlph_lib
from mlph_lib.handin.draft import START, Cell, draft, tools_cell
from mlph_lib.handin.sections import find_sections


def test_a_path_to_samples_is_read_before_the_folder_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAMPLES", "mine.npy")
    exec(START, {"os": os, "Path": Path, "mlph_lib": mlph_lib})
    assert os.environ["SAMPLES"] == str(tmp_path / "mine.npy")
    assert Path.cwd() == Path(mlph_lib.__file__).parents[2]


def test_no_samples_stay_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAMPLES", "")
    exec(START, {"os": os, "Path": Path, "mlph_lib": mlph_lib})
    assert os.environ["SAMPLES"] == ""


def test_the_first_cell_has_the_tools_that_are_used():
    """And nothing else: each line of it is read by a tutor."""
    asks = tools_cell([Cell("code", "said = ask(question, course)")]).text
    assert "def ask" in asks and "TOLD" in asks and "b64encode" not in asks
    moves = tools_cell([Cell("code", "interactive(key, markup, fig, alt)")]).text
    assert "def interactive" in moves and "def figure" in moves and "TOLD" not in moves
    assert "def" not in tools_cell([Cell("text", "ask nothing, figure(it) out")]).text


def test_a_cell_says_where_its_other_names_are_defined(book):
    texts = [c.text for c in draft(book, find_sections(book / "book")) if c.kind == "needs"]
    told, = [t for t in texts if "dkw_epsilon" in t]
    assert "# (dkw_epsilon: defined above; figure: in the notebook's first cell)" in told
