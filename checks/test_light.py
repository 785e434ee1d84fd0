"""Every page opens at once, for every reader: bytes, shifts, keys, no scripts, calm."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks import access, light
from checks import browser as chromium

BOOK = Path(__file__).resolve().parents[1] / "book"


def told(problems: list) -> str:
    return "\n" + "\n".join(map(str, problems))


def of_the_book(page: str) -> bool:
    """Whether a page has a source; the index of terms and the search have none."""
    return (BOOK / page).with_suffix(".md").is_file()


def test_page_is_light(browser, origin, page):
    first = "index.html" if page != "index.html" else "search.html"
    problems = light.weights(browser, origin, first, page)
    assert not problems, told(problems)


def test_page_stands_still(browser, origin, page):
    problems = light.shifts(browser, origin, page)
    assert not problems, told(problems)


def test_page_waits_for_nothing(browser, origin, page):
    problems = light.waiting(browser, origin, page)
    assert not problems, told(problems)


def test_page_is_calm(browser, origin, page):
    problems = access.calm(browser, origin, page)
    assert not problems, told(problems)


def test_page_is_reached_by_keyboard(browser, origin, page):
    problems = access.keyboard(browser, origin, page)
    assert not problems, told(problems)


def test_boxes_and_sliders_answer(browser, origin, page):
    problems = access.answering(browser, origin, page)
    assert not problems, told(problems)


def test_page_leads_on_without_scripts_and_on_a_phone(browser, origin, page):
    problems = access.navigation(browser, origin, page)
    assert not problems, told(problems)


def test_formulas_have_their_glyphs(browser, origin, page):
    problems = light.fonts(browser, origin, page)
    assert not problems, told(problems)


def test_page_of_the_book_offers_what_it_owes(browser, origin, page):
    problems = access.links(browser, origin, page) if of_the_book(page) else []
    assert not problems, told(problems)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_is_white_and_everything_on_it_is_open(browser, origin, site, theme):
    """A chapter printed: black on white, folds open, no navigation."""
    page = next(p for p in chromium.pages_of(site) if p.startswith("flows/"))
    problems = access.paper(browser, origin, page, theme)
    assert not problems, told(problems)
