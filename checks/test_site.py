"""The built site in a browser: every page, light and dark, wide and phone."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks import browser as chromium
from mlph_lib.page.lint import read

BOOK = Path(__file__).resolve().parents[1] / "book"


def told(problems: list) -> str:
    return "\n" + "\n".join(map(str, problems))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_page_is_sound(browser, origin, page, theme):
    """No foreign request, no error, no axe violation, nothing too wide."""
    problems = chromium.desktop_and_phone(browser, origin, page, theme)
    assert not problems, told(problems)


def test_formulas_need_no_script(browser, origin, page):
    """Every formula of the source is on the page when it arrives."""
    source = BOOK / Path(page).with_suffix(".md")
    written = formulas_of(source) if source.is_file() else 0
    problems = chromium.without_scripts(browser, origin, page, written)
    assert not problems, told(problems)


def test_page_opens_from_disk(browser, site, page):
    problems = chromium.opened_as_file(browser, site, page)
    assert not problems, told(problems)


def formulas_of(source: Path) -> int:
    """Formulas of a page, in text and on lines of their own."""
    count = 0
    for located in read(source.read_text(encoding="utf-8"), str(source)).tokens:
        count += located.token.type.startswith("math_block")
        children = located.token.children or []
        count += sum(child.type.startswith("math_inline") for child in children)
    return count


def test_the_site_has_its_pages(site):
    pages = chromium.pages_of(site)
    sources = [path.relative_to(BOOK) for path in BOOK.rglob("*.md")]
    wanted = {str(s.with_suffix(".html")) for s in sources if s.parts[0][0] != "_"}
    assert wanted and not wanted - set(pages), f"missing: {wanted - set(pages)}"
    assert {"index.html", "search.html"} <= set(pages)


@pytest.mark.parametrize("opened", ["served", "from disk"])
def test_search_finds_a_word_and_not_any_word(browser, origin, site, opened):
    home = origin if opened == "served" else site.resolve().as_uri()
    address = f"{home}/search.html"
    assert chromium.search_hits(browser, address, "uniform")
    assert not chromium.search_hits(browser, address, "zzyzxqwv")
