"""The site in one file: complete, and the same bytes for the same site."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"index.html": "<a href='a/b.html'>b</a>", "a/b.html": "b", "z.css": "p {}"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name, text in {**PAGES, ".buildinfo": "of this build"}.items():
        path = tmp_path / "html" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "html"


def packed(site: Path, target: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, ROOT / "tools" / "zip_site.py", site, target]
    return subprocess.run(command, capture_output=True, text=True)


def test_all_files_are_inside_below_one_folder(site, tmp_path):
    done = packed(site, tmp_path / "a.zip")
    assert done.returncode == 0 and done.stdout.startswith("3 files, ")
    with zipfile.ZipFile(tmp_path / "a.zip") as opened:
        held = {name: opened.read(name).decode() for name in opened.namelist()}
    assert held == {f"one-uniform-number/{name}": text for name, text in PAGES.items()}
    assert not list(tmp_path.glob("*.part"))


def test_times_and_permissions_do_not_enter(site, tmp_path):
    packed(site, tmp_path / "a.zip")
    os.utime(site / "index.html", (1, 1))
    (site / "z.css").chmod(0o600)
    packed(site, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_another_word_gives_other_bytes(site, tmp_path):
    packed(site, tmp_path / "a.zip")
    (site / "a" / "b.html").write_text("c")
    packed(site, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() != (tmp_path / "b.zip").read_bytes()


def test_no_site_is_refused_with_the_command_to_type(tmp_path):
    done = packed(tmp_path / "none", tmp_path / "a.zip")
    assert done.returncode == 1 and "make book" in done.stderr
    assert not list(tmp_path.iterdir())
