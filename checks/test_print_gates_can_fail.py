"""Each look at a printed page refuses something broken, and nothing sound."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from checks import pages
from checks.little_book import print_book
from checks.pages import late_solutions, page_problems

GREY, BLUE, TEXT = (0.96, 0.96, 0.96), (0.8, 0.87, 0.98), pymupdf.Rect(72, 300, 523, 340)


@pytest.fixture
def look(tmp_path):
    """What the gates say about a little book whose last page is spoilt."""

    def run(last=lambda page: None, lines: int = 8) -> list[str]:
        with pymupdf.open(print_book(tmp_path / "a.pdf", last=last, lines=lines)) as book:
            return page_problems(book)

    return run


def link(**target):
    return lambda page: page.insert_link({"from": TEXT, **target})


def filled_box(page: pymupdf.Page) -> None:
    page.draw_rect(TEXT, fill=GREY, color=None)


def code_in_a_box(page: pymupdf.Page) -> None:
    filled_box(page)
    page.insert_text((80, 320), "x = 1", fontname="cour")


def drawing(page: pymupdf.Page) -> None:
    page.draw_circle((300, 400), 80)


def test_a_sound_book_passes(look):
    assert look() == []


@pytest.mark.parametrize("last", [code_in_a_box, drawing])
def test_what_may_stand_on_a_page_passes(look, last):
    assert look(last) == []


@pytest.mark.parametrize("lines", [0, 1, 3])
def test_a_nearly_blank_page_is_refused(look, lines):
    (told,) = look(lines=lines)
    assert told.startswith(f"page 4: nearly blank: {lines} lines")


def test_a_page_that_ends_near_its_top_is_refused(look):
    def crowd(page: pymupdf.Page) -> None:
        for line in range(6):
            page.insert_text((72, 75 + 6 * line), "Six close lines.", fontsize=5)

    (told,) = look(crowd, lines=0)
    assert told.startswith("page 4: nearly blank: 6 lines")


def test_a_page_with_a_figure_alone_passes(look):
    assert look(drawing, lines=0) == []


def test_an_empty_box_is_refused(look):
    assert look(filled_box) == ["page 4: a box without content at height 300"]


def title_of_a_box(page: pymupdf.Page) -> None:
    page.draw_rect(TEXT, fill=BLUE, color=None)
    page.insert_text((80, 320), "Theorem 2.1", fontname="hebo")


def box_with_words(page: pymupdf.Page) -> None:
    title_of_a_box(page)
    page.insert_text((80, 360), "It holds.")


def test_a_title_alone_at_the_foot_is_refused(look, monkeypatch):
    told = ["page 4: the heading 'Theorem 2.1' is left alone at the foot"]
    assert look(box_with_words) == []
    assert look(title_of_a_box) == told
    monkeypatch.setattr(pages, "HEADINGS", "Helvetica-Bold")

    def heading(page: pymupdf.Page) -> None:
        page.insert_text((80, 320), "Theorem 2.1", fontname="hebo")

    assert look(heading) == told


@pytest.mark.parametrize("x", [20, 500])
def test_words_in_the_margin_are_refused(look, x):
    def spill(page: pymupdf.Page) -> None:
        page.insert_text((x, 320), "protruding_name")

    assert look(spill) == ["page 4: 'protruding_name' stands in the margin at height 308"]


def test_a_picture_in_the_margin_is_refused(look):
    def spill(page: pymupdf.Page) -> None:
        square = pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, 9, 9))
        page.insert_image(TEXT + (0, 0, 60, 60), pixmap=square, keep_proportion=False)

    assert look(spill) == ["page 4: a picture stands in the margin at height 300"]


@pytest.mark.parametrize("address", ["https://example.org", "mailto:a@example.org"])
def test_a_link_to_the_web_passes(look, address):
    assert look(link(kind=pymupdf.LINK_URI, uri=address)) == []


def test_a_link_inside_the_book_passes(look):
    assert look(link(kind=pymupdf.LINK_GOTO, page=0, to=pymupdf.Point(0, 0))) == []


@pytest.mark.parametrize(
    "target",
    [
        {"kind": pymupdf.LINK_URI, "uri": "flows/quantile.html"},
        {"kind": pymupdf.LINK_URI, "uri": "file:///home/somebody/a.pdf"},
        {"kind": pymupdf.LINK_NAMED, "name": "nowhere"},
    ],
)
def test_a_link_that_leads_nowhere_is_refused(look, target):
    (told,) = look(link(**target))
    assert told.startswith("page 4: a link to ")


def test_a_bookmark_that_leads_nowhere_is_refused(tmp_path):
    path: Path = print_book(tmp_path / "a.pdf")
    with pymupdf.open(path) as book:
        book.set_toc([[1, "One", 1], [1, "Gone", -1]])
        assert page_problems(book) == ["the bookmark 'Gone' leads nowhere"]


AUX = r"""\newlabel{index:solutions}{{3}{40}{Solutions}{chapter*.9}{}}
\newlabel{flows/one:sol-a}{{3}{41}{A solution of \(x\)}{section*.9}{}}
\newlabel{flows/one:sol-b}{{3}{12}{}{section*.9}{}}
"""


def test_solutions_in_the_appendix_pass():
    assert late_solutions(AUX, ["flows/one:sol-a"], "index:solutions") == []


def test_solutions_elsewhere_are_refused():
    labels = ["flows/one:sol-b", "flows/one:sol-c"]
    assert late_solutions(AUX, labels, "index:solutions") == [
        "the solution flows/one:sol-b stands on page 12, before the appendix on 40",
        "the solution flows/one:sol-c is not in print",
    ]
    assert late_solutions(AUX, labels, "index:gone") == [
        "no appendix of solutions: no label 'index:gone'"
    ]
