"""A new chapter: linted clean, named in the contents, never over another page."""

from __future__ import annotations

import pytest
import yaml
from mlph_lib import cli
from mlph_lib.page.lint import lint
from mlph_lib.page.new_chapter import new_chapter

TOC = """format: jb-book
root: index
parts:
  - caption: Flows
    chapters:
      - file: flows/one
      - file: flows/two
  - caption: Appendix
    chapters:
      - file: appendix/symbols
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "_toc.yml").write_text(TOC)
    return tmp_path


def test_it_has_no_findings_and_its_own_names(root):
    page = new_chapter("flows/what-no-copula-says", "Laws that hang together", root)
    assert lint(page) == []
    text = page.read_text()
    assert "(what-no-copula-says)=\n# Laws that hang together\n" in text
    assert "@" not in text


def test_it_stands_last_in_its_part(root):
    new_chapter("flows/copulas", "Copulas", root)
    parts = yaml.safe_load((root / "_toc.yml").read_text())["parts"]
    files = [[chapter["file"] for chapter in part["chapters"]] for part in parts]
    assert files == [["flows/one", "flows/two", "flows/copulas"], ["appendix/symbols"]]


@pytest.mark.parametrize(
    ("place", "title"),
    [
        ("copulas", "T"), ("Flows/copulas", "T"), ("flows/a/b", "T"), ("../x/y", "T"),
        ("flows/copulas", "  "), ("flows/copulas", "a\nb"), ("chaos/copulas", "T"),
    ],
)  # fmt: skip
def test_nothing_is_written_for_what_cannot_be(root, place, title):
    with pytest.raises(ValueError):
        new_chapter(place, title, root)
    assert (root / "_toc.yml").read_text() == TOC
    assert [path.name for path in root.rglob("*")] == ["_toc.yml"]


def test_a_page_that_is_there_is_left_alone(root):
    page = new_chapter("flows/copulas", "Copulas", root)
    page.write_text("mine")
    contents = (root / "_toc.yml").read_text()
    with pytest.raises(FileExistsError):
        new_chapter("flows/copulas", "Copulas", root)
    assert page.read_text() == "mine"
    assert (root / "_toc.yml").read_text() == contents


def test_the_command_says_what_it_wrote(root, monkeypatch, capsys):
    monkeypatch.setattr("mlph_lib.page.results.project_root", lambda: root)
    assert cli.main(["new-chapter", "flows/copulas", "--title", "Copulas"]) == 0
    assert "wrote book/flows/copulas.md" in capsys.readouterr().out
