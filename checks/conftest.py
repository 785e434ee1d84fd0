"""Where the built book lies, and one browser for all checks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from checks import browser as chromium
from checks import pdf

ROOT = Path(__file__).resolve().parents[1]
PLACES = {
    "MLPH_SITE": "_build/html",
    "MLPH_PDF": "_build/pdf/one-uniform-number.pdf",
    "MLPH_LATEX": "_build/latex",
}


def place(variable: str) -> Path:
    """A built file or folder: named by the variable, or where `make` puts it."""
    return Path(os.environ.get(variable, ROOT / PLACES[variable]))


def existing(variable: str, command: str) -> Path:
    """The same, with the command to type where it is missing."""
    path = place(variable)
    if not path.exists():
        pytest.fail(f"nothing at {path}: run `{command}` first, or set {variable}")
    return path


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for ``page`` runs once for each page of the site.

    Without a site it runs for the index alone, and fails there: no page to check
    must not pass for a page without faults.
    """
    if "page" in metafunc.fixturenames:
        site = place("MLPH_SITE")
        pages = chromium.pages_of(site) if site.is_dir() else []
        metafunc.parametrize("page", pages or ["index.html"])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium.launched() as started:
        yield started


@pytest.fixture(scope="session")
def site() -> Path:
    return existing("MLPH_SITE", "make book")


@pytest.fixture(scope="session")
def origin(site: Path) -> Iterator[str]:
    with chromium.served(site) as address:
        yield address


@pytest.fixture(scope="session")
def pdf_file() -> Path:
    return existing("MLPH_PDF", "make pdf")


@pytest.fixture(scope="session")
def latex(pdf_file: Path) -> Path:
    return existing("MLPH_LATEX", "make pdf")


@pytest.fixture(scope="session")
def latex_log(latex: Path) -> str:
    path = latex / "one-uniform-number.log"
    assert path.is_file(), f"no LaTeX log at {path}: run `make pdf` first"
    return pdf.unwrapped(path.read_text(encoding="utf-8", errors="replace"))
