"""`make diff`: the text, numbers and figures that a change alters, and no others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bookext.changes import report, said

ROOT = Path(__file__).resolve().parents[2]

PAGE = """<html><nav><p>menu</p></nav><article><h1>Title<a class="headerlink">#</a></h1>
<p>One <span class="katex"><span><annotation>x^2</annotation></span><b>x2</b></span>
 and<br> more</p><ul><li><p>item</p></li></ul><script>var a;</script>
<figure><svg aria-label="A line."><path d="{path}"/></svg></figure></article></html>"""


def test_what_a_page_says():
    title, prose, item, figure = said(PAGE.format(path="M0"))
    assert (title, prose, item) == ("Title", "One $x^2$ and more", "item")
    assert figure.startswith("[A line. ")
    assert said(PAGE.format(path="M1"))[:3] == [title, prose, item]
    assert said(PAGE.format(path="M1"))[3] != figure
    assert said("<html><p>no article</p></html>") == []


def test_a_drawing_says_the_same_with_its_letters_in_another():
    letter, shown = '<path id="a" d="M1"/>', '<use xlink:href="#a"></use>'
    told = [
        said(f"<article><figure><svg>{x}</svg></figure><figure><svg>{y}{shown}</svg></figure>")[1]
        for x, y in ((letter, ""), ("", letter), (letter.replace("M1", "M2"), ""))
    ]
    assert told[0] == told[1] != told[2]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"a": ["x"]}, {"a": ["x"]}, ["the pages say what they said after the last build"]),
        ({"a": ["x", "y"]}, {"a": ["x", "z"]}, ["", "a:", "  - y", "  + z"]),
        ({}, {"b": ["new"]}, ["", "b:", "  + new"]),
        ({"b": ["old"]}, {}, ["", "b:", "  - old"]),
    ],
)
def test_the_report(before, after, told):
    assert report(before, after) == told


def diff(little) -> subprocess.CompletedProcess:
    env = os.environ | {"PYTHONPATH": f"{little.root / 'src'}:{ROOT / 'book' / '_ext'}"}
    return subprocess.run(
        [sys.executable, "-m", "bookext.changes", "-j", "1", "--root", little.root],
        env=env, cwd=little.root, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def test_a_changed_number_is_listed_alone(little):
    first = diff(little)
    assert first.returncode == 1 and "run `make book` before" in first.stdout
    assert little.build().returncode == 0
    little.idea.write_text(little.idea.read_text().replace("42.0", "43.0"))
    done = diff(little)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "- The answer is 42.00." in done.stdout
    assert "+ The answer is 43.00." in done.stdout
    changed = [line for line in done.stdout.splitlines() if line[:4] in ("  - ", "  + ")]
    assert all("answer" in line or "A straight line" in line for line in changed)
