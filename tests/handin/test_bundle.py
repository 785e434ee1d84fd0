"""One folder and one zip, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import date

import pytest

from mlph_lib.handin import bundle

NAMES = "Zoë O'Neill; Łukasz B"
STEM = "sheet09_Zoë-O-Neill_Łukasz-B"


@pytest.fixture
def make(book, tmp_path, monkeypatch):
    """`hand_in` of the little book; TeX and fontconfig are tested by `make check`."""

    def pdf(notebook, look, folder, stamp):
        folder.mkdir()
        (folder / "x.pdf").write_bytes(f"%PDF {stamp}".encode())
        return folder / "x.pdf"

    monkeypatch.setattr(bundle.pdf, "make_pdf", pdf)
    monkeypatch.setattr(bundle.pdf, "need_xelatex", lambda: None)
    monkeypatch.setattr(bundle, "font_for", lambda name: "Font")
    monkeypatch.setattr("mlph_lib.handin.latex.printed", str)
    monkeypatch.setenv("SAMPLES", "")

    def make(names=NAMES, **given):
        given = {"date": "2024-12-20", "say": lambda text: None} | given
        return bundle.hand_in(book, names, out=tmp_path / "handin", **given)

    make.out = tmp_path / "handin"
    return make


def test_the_bundle_and_its_manifest(make):
    said = []
    archive = make(say=said.append)
    assert archive.name == f"{STEM}.zip"
    folder = make.out / STEM
    assert sorted(f.name for f in make.out.iterdir()) == [STEM, f"{STEM}.zip"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["names"] == ["Zoë O'Neill", "Łukasz B"]
    assert manifest["date"] == "2024-12-20"
    assert manifest["answers"] == {"2a": "book/practice.md", "3a": "book/theory.md"}
    assert manifest["not_answered"] == ["1a", "1b", "2b", "3b", "3c", "3d", "3e"]
    assert manifest["samples"].startswith("own draws")
    assert manifest["model"] == "docstrings"
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        assert sorted(opened.namelist()) == [
            f"{STEM}/{name}" for name in ("manifest.json", "sheet09.ipynb", "sheet09.pdf")
        ]
    notebook = json.loads((folder / "sheet09.ipynb").read_text())
    first = "".join(notebook["cells"][0]["source"])
    assert "**Zoë O'Neill** and **Łukasz B**" in first and "20 December 2024" in first
    assert "Not answered: 1a" in first
    assert any("1a" in line for line in said)


def test_same_inputs_same_bytes(make):
    first = make().read_bytes()
    assert make().read_bytes() == first


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"names": "Alone"}, ValueError, "groups of two"),
        ({"names": "A B; a  b"}, ValueError, "different"),
        ({"date": "20.12.2024"}, ValueError, "2024-12-20"),
        ({"date": "1979-01-01"}, ValueError, "1980"),
        ({"samples": "/no/such.npy"}, FileNotFoundError, "samples"),
        ({"skeleton": "/no/such.ipynb"}, FileNotFoundError, "sheet09.ipynb"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_built(
    make, monkeypatch, given, error, told
):
    monkeypatch.setattr(bundle, "find_sections", None)  # the build would begin there
    with pytest.raises(error, match=told):
        make(**given)
    assert not make.out.exists()


def test_a_name_without_a_font_is_refused_first(make, monkeypatch):
    def none(name):
        raise ValueError("install fonts-noto-core")

    monkeypatch.setattr(bundle, "font_for", none)
    with pytest.raises(ValueError, match="fonts-noto-core"):
        make()
    assert not make.out.exists()


@pytest.mark.parametrize("trouble", [ValueError("stopped"), KeyboardInterrupt()])
def test_trouble_leaves_the_last_bundle_as_it_was(make, monkeypatch, trouble):
    before = make().read_bytes()

    def fails(*args):
        raise trouble

    monkeypatch.setattr(bundle.pdf, "make_pdf", fails)
    with pytest.raises(type(trouble)):
        make()
    assert sorted(f.name for f in make.out.iterdir()) == [STEM, f"{STEM}.zip"]
    assert (make.out / f"{STEM}.zip").read_bytes() == before


def test_trouble_while_moving_undoes_the_move(tmp_path):
    out, aside = tmp_path / "out", tmp_path / "aside"
    out.mkdir(), aside.mkdir()
    (out / "a").write_text("old")
    (aside / "a").write_text("new")
    with pytest.raises(FileNotFoundError):
        bundle.move_together(aside, out, ["a", "missing"])
    assert (out / "a").read_text() == "old"
    (aside / "a").write_text("new"), (aside / "b").write_text("b")
    (aside / "before").rmdir()
    bundle.move_together(aside, out, ["a", "b"])
    assert (out / "a").read_text() == "new" and (out / "b").read_text() == "b"


def test_the_zips_bytes_depend_on_contents_and_the_day(tmp_path):
    folder = tmp_path / "ä"
    folder.mkdir()
    (folder / "x").write_text("1")
    for name, day in (("1", 1), ("2", 1), ("3", 2)):
        bundle.write_zip(folder, tmp_path / name, date(2024, 1, day))
    one, two, three = ((tmp_path / name).read_bytes() for name in "123")
    assert one == two != three
