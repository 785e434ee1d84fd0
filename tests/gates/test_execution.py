"""The build stops for what it must stop for, and says where."""

from __future__ import annotations

import pytest


def _line(book, words: str) -> int:
    lines = book.page.read_text().splitlines()
    return next(i for i, line in enumerate(lines, 1) if words in line)


def test_a_sound_book_builds_and_an_unchanged_one_runs_nothing(little):
    first = little.build()
    assert first.returncode == 0, first.stdout + first.stderr
    page = little.html()
    assert "The answer is <span class=\"pasted-text\">42.00</span>" in page
    assert 'class="katex"' in page and "(1.1)" in page
    assert 'aria-label="A straight line that rises from zero."' in page
    again = little.build()
    assert again.returncode == 0
    assert "Executing notebook" not in again.stdout


def test_a_changed_function_changes_the_page_without_cleaning(little):
    assert little.build().returncode == 0
    little.idea.write_text(little.idea.read_text().replace("42.0", "43.0"))
    done = little.build()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "43.0" in little.html() and "42.0" not in little.html()


def test_a_function_that_the_page_does_not_reach_runs_nothing(little):
    other = little.idea.with_name("other.py")
    other.write_text("x = 1\n")
    assert little.build().returncode == 0
    other.write_text("x = 2\n")
    assert "Executing notebook" not in little.build().stdout


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ("fig, ax", "1 / 0\nfig, ax", None, "ZeroDivisionError"),
        ("fig, ax", "import warnings; warnings.warn('careful')\nfig, ax", None,
         "stderr"),
        ('"{:.2f}")', '"{:.2f}", below=1)', None, "expected below 1, got 42.0"),
        ("{glue:text}`little-answer`", "{glue:text}`no-key`", "no-key", "no-key"),
        ("{numref}`fig-little`", "{numref}`no-fig`", "no-fig", "no-fig"),
        (r"\int", r"\notamacro", "A formula", "bad formula"),
        ("{eq}`eq-little`", "{ref}`nowhere`", "nowhere", "nowhere"),
    ],
    ids=["raise", "warning", "bound", "glue", "numref", "formula", "reference"],
)
def test_a_broken_page_stops_the_build_and_names_its_line(little, old, new, where, says):
    little.edit(old, new)
    done = little.build()
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert says in said
    assert "first.md:" in said
    if where and where != "A formula":
        assert f"first.md:{_line(little, where)}" in said
