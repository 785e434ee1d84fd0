"""The book's own answers, without running them: all of them can be handed in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlph_lib.handin.draft import draft
from mlph_lib.handin.needs import glued
from mlph_lib.handin.plain import leftovers
from mlph_lib.handin.sections import TASKS, find_sections

ROOT = Path(__file__).resolve().parents[2]
POINTS = {"1a": 3, "1b": 3, "2a": 4, "2b": 4, "3a": 2, "3b": 4, "3c": 3, "3d": 2, "3e": 2}


@pytest.fixture(scope="module")
def sections():
    return find_sections(ROOT / "book")


@pytest.fixture(scope="module")
def cells(sections):
    return draft(ROOT, sections)


def test_every_task_is_answered_with_the_sheets_points(sections):
    assert tuple(s.task for s in sections) == TASKS
    assert {s.task: s.points for s in sections} == POINTS
    assert [s.task for s in sections if s.bonus] == ["2b"]


def test_every_quoted_number_is_noted_by_a_cell_of_its_answer(cells):
    for task in TASKS:
        own = [cell for cell in cells if cell.task == task]
        code = [c.run for c in own if c.kind in ("code", "needs")]
        for cell in own:
            for key in re.findall(r"⟦n:([^⟧]+)⟧", cell.text):
                assert any(glued(each, key) for each in code), (task, key)


def test_no_cell_shows_the_tools_of_the_pages(cells):
    for cell in cells:
        if cell.kind in ("code", "needs"):
            assert not re.search(r"\b(number|check)\(", cell.text), cell.text
            compile(cell.text, cell.task, "exec")


def test_nothing_of_myst_stays(cells):
    for cell in cells:
        if cell.kind in ("text", "caption"):
            text = re.sub(r"^```.*?^```$|⟦(?:n|eq|tag|fig|tab):[^⟧]+⟧", "", cell.text,
                          flags=re.M | re.S)
            assert not leftovers(text), cell.task


def test_no_text_speaks_of_the_chapter_around_it(cells):
    text = "\n".join(c.text for c in cells if c.kind == "text" and c.task)
    assert not re.findall(r"(?i)next section|rest of the chapter|exercise below", text)
