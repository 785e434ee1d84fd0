"""A little printed book, sound or broken, that the gates of print are tried on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib
import pymupdf

__all__ = ["print_book"]

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
PAGES = 4


def print_book(
    path: Path,
    *,
    toc=("One", "Two"),
    title="A Title",
    language="en",
    head="Two",
    embed=True,
    lines=8,
    last: Callable[[pymupdf.Page], object] = lambda page: None,
) -> Path:
    """A title page, a chapter of one page, and one of two with a running head.

    ``lines`` of text on the last page, which ``last`` may spoil otherwise.
    """
    font = {"fontname": "dejavu", "fontfile": str(FONT)} if embed else {}
    with pymupdf.open() as book:
        for number in range(PAGES):
            page = book.new_page()
            page.insert_text((300, page.rect.height - 30), str(number + 1), **font)
            for line in range(lines if number == PAGES - 1 else 8):
                page.insert_text((72, 120 + 20 * line), "Words of a page.", **font)
        page.insert_text((72, 40), head, **font)
        last(page)
        book.set_toc([[1, name, number + 2] for number, name in enumerate(toc)])
        book.set_metadata({"title": title, "author": "the authors"})
        if language:
            book.set_language(language)
        book.save(path)
    return path
