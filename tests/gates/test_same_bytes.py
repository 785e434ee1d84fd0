"""Two builds in two folders give the same site."""

from __future__ import annotations

import filecmp
import shutil
from pathlib import Path


def differences(a: Path, b: Path) -> list[str]:
    """Files that only one tree has, or whose bytes differ."""
    names = {str(f.relative_to(t)) for t in (a, b) for f in t.rglob("*") if f.is_file()}
    return sorted(
        name
        for name in names
        if not ((a / name).is_file() and (b / name).is_file())
        or not filecmp.cmp(a / name, b / name, shallow=False)
    )


def test_two_folders_give_the_same_site(little, tmp_path):
    other = type(little)(tmp_path / "second")
    shutil.copytree(little.root, other.root)
    for book in (little, other):
        done = book.build()
        assert done.returncode == 0, done.stdout + done.stderr
    one, two = (book.root / "_build" / "html" for book in (little, other))
    assert (one / "_notebooks" / "first.ipynb").is_file()
    assert differences(one, two) == []
    fresh = little.page.read_text()
    little.page.write_text(fresh.replace("The line rises.", "Nonesuch falls."))
    assert little.build().returncode == 0
    assert differences(one, two) != []
    little.page.write_text(fresh)
    assert little.build().returncode == 0
    assert differences(one, two) == []


def test_a_difference_is_seen(tmp_path):
    for name, text in (("a", "same"), ("b", "same")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page.html").write_text(text)
    assert differences(tmp_path / "a", tmp_path / "b") == []
    (tmp_path / "b" / "page.html").write_text("other")
    (tmp_path / "a" / "extra.html").write_text("")
    assert differences(tmp_path / "a", tmp_path / "b") == ["extra.html", "page.html"]
