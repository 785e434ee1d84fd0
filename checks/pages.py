"""What a reader of one printed page would stumble over: gaps, empty boxes, dead links."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pymupdf

__all__ = ["late_solutions", "page_problems"]

HEAD_AND_FOOT = 68.0  # points: head and foot lines stand within, text does not
MARGIN = 72.0  # points left and right of the text
PROTRUDING = 6.0  # points: the ground of code reaches out by three
LEAST_LINES = 4  # fewer on the last page of a chapter look like a mistake
LEAST_DEPTH = 0.08  # of the body's height: text that ends above leaves a white page
HEADINGS = "Heros-Bold"  # the font that nothing but headings has
WIDE = 0.9  # of the text's width: the ground of a cell, an output, a theorem


def page_problems(book: pymupdf.Document, *, first: int = 1) -> list[str]:
    """Pages nearly blank, boxes without content, headings left alone, dead links ...

    ``first`` is the count of pages that may be bare: the title page.
    """
    found = []
    for page in book:
        told = [*_margin(page), *_empty_boxes(page), *_stranded(page)]
        told += _links(page, len(book))
        if page.number >= first:
            told += _nearly_blank(page)
        found += [f"page {page.number + 1}: {problem}" for problem in told]
    return found + _bookmarks(book)


def _body(page: pymupdf.Page) -> pymupdf.Rect:
    return page.rect + (0, HEAD_AND_FOOT, 0, -HEAD_AND_FOOT)


def _lines(page: pymupdf.Page) -> list[tuple[pymupdf.Rect, list[dict]]]:
    """The lines of text between head and foot: place and spans of one font each."""
    blocks = page.get_text("dict", clip=_body(page))["blocks"]
    return [
        (pymupdf.Rect(line["bbox"]), line["spans"])
        for block in blocks
        for line in block.get("lines", ())
        if _words(line["spans"])
    ]


def _words(spans: list[dict]) -> str:
    return "".join(span["text"] for span in spans).strip()


def _nearly_blank(page: pymupdf.Page) -> Iterator[str]:
    body, lines = _body(page), [box for box, _ in _lines(page)]
    drawn = [pymupdf.Rect(image["bbox"]) for image in page.get_image_info()]
    drawn += [path["rect"] for path in page.get_drawings() if path["rect"].height > 1]
    ends = [box.y1 for box in lines + drawn if box.y1 <= body.y1]
    depth = (max(ends, default=body.y0) - body.y0) / body.height
    if depth < LEAST_DEPTH or (len(lines) < LEAST_LINES and not drawn):
        yield f"nearly blank: {len(lines)} lines, down to {depth:.0%} of the page"


def _stranded(page: pymupdf.Page) -> Iterator[str]:
    """A heading, or the coloured title of a box, as the last line of a page."""
    box, spans = max(_lines(page), key=lambda line: line[0].y1, default=(None, []))
    if not spans:
        return
    heading = all(HEADINGS in span["font"] for span in spans)
    titled = all("Bold" in span["font"] for span in spans) and any(
        path["rect"].contains(box) and len(set(path["fill"])) > 1
        for path in page.get_drawings()
        if path.get("fill")
    )
    if heading or titled:
        yield f"the heading {_words(spans)!r} is left alone at the foot"


def _empty_boxes(page: pymupdf.Page) -> Iterator[str]:
    wide = WIDE * (page.rect.width - 2 * MARGIN)
    words = [pymupdf.Rect(word[:4]) for word in page.get_text("words")]
    words += [pymupdf.Rect(image["bbox"]) for image in page.get_image_info()]
    for path in page.get_drawings():
        box = path["rect"]
        filled = path.get("fill") is not None and box.width > wide and box.height > 4
        if filled and not any(box.intersects(word) for word in words):
            yield f"a box without content at height {box.y0:.0f}"


def _margin(page: pymupdf.Page) -> Iterator[str]:
    left, right = MARGIN - PROTRUDING, page.rect.width - MARGIN + PROTRUDING
    for x0, y0, x1, _, word, *_ in page.get_text("words"):
        if x0 < left or x1 > right:
            yield f"{word!r} stands in the margin at height {y0:.0f}"
    for image in page.get_image_info():
        x0, y0, x1, _ = image["bbox"]
        if x0 < left or x1 > right:
            yield f"a picture stands in the margin at height {y0:.0f}"


def _links(page: pymupdf.Page, pages: int) -> Iterator[str]:
    for link in page.get_links():
        if link["kind"] == pymupdf.LINK_URI:
            if not re.match(r"(https?|mailto):.", link["uri"]):
                yield f"a link to {link['uri']!r}, which no reader has"
        elif not 0 <= link.get("page", -1) < pages:
            yield f"a link to {link.get('nameddest', link.get('name'))!r}, which is nowhere"


def _bookmarks(book: pymupdf.Document) -> list[str]:
    return [
        f"the bookmark {title!r} leads nowhere"
        for _, title, page in book.get_toc()
        if not 1 <= page <= len(book)
    ]


LABEL = re.compile(r"\\newlabel\{([^{}]+)\}\{\{[^{}]*\}\{([^{}]*)\}")


def late_solutions(aux: str, labels: list[str], chapter: str) -> list[str]:
    """Solutions that do not stand in the appendix: ``labels``, "page:label" each.

    ``aux`` is LaTeX's list of labels, ``chapter`` the label of the appendix.
    """
    pages = dict(LABEL.findall(aux))
    if chapter not in pages:
        return [f"no appendix of solutions: no label {chapter!r}"]
    told = []
    for label in labels:
        if label not in pages:
            told.append(f"the solution {label} is not in print")
        elif int(pages[label]) < int(pages[chapter]):
            told.append(f"the solution {label} stands on page {pages[label]}, "
                        f"before the appendix on {pages[chapter]}")
    return told
