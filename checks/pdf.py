"""What a reader of the printed book would stumble over: boxes, glyphs, pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pymupdf

__all__ = ["log_problems", "pdf_problems", "unwrapped"]

OVERFULL_POINTS = 5.0
LOG_COLUMNS = 79  # TeX breaks the lines of its log here, inside words
MARGIN_POINTS = 68.0  # head and foot lines stand within, text does not


def unwrapped(log: str) -> str:
    """The log with TeX's own line breaks taken out again."""
    lines = log.splitlines()
    ends = ["" if len(line.encode()) == LOG_COLUMNS else "\n" for line in lines]
    return "".join(line + end for line, end in zip(lines, ends, strict=True))


OVERFULL = re.compile(r"^Overfull \\[hv]box \(([\d.]+)pt too (?:wide|high)\).*", re.M)
COMPLAINTS = re.compile(
    r"^(?:Missing character: .*"
    r"|! .*"
    r"|(?:LaTeX|Package \w+|Class \w+) Warning: .*(?:undefined|multiply.defined"
    r"|[Rr]erun|may have changed).*"
    r"|LaTeX Warning: (?:Reference|Citation|Hyper reference) .*)",
    re.M,
)


def log_problems(log: str) -> list[str]:
    """Overfull boxes beyond 5 pt, missing glyphs, undefined references, errors."""
    wide = [hit for hit in OVERFULL.finditer(log) if float(hit[1]) > OVERFULL_POINTS]
    found = wide + list(COMPLAINTS.finditer(log))
    return [hit[0].strip() for hit in sorted(found, key=lambda hit: hit.start())]


def pdf_problems(
    path: Path, *, title: str, author: str, chapters: list[str], pages: tuple[int, int]
) -> list[str]:
    """Fonts not embedded, chapters without bookmark, blank pages, wrong metadata.

    ``pages`` holds the least and the greatest count of pages that make sense.
    """
    with pymupdf.open(path) as book:
        return [
            *_metadata(book, title, author),
            *_count(book, pages),
            *_fonts(book),
            *_bookmarks(book, chapters),
            *_blank(book),
        ]


def _metadata(book: pymupdf.Document, title: str, author: str) -> Iterator[str]:
    for key, wanted in (("title", title), ("author", author)):
        found = (book.metadata or {}).get(key) or ""
        if wanted not in found:
            yield f"{key} of the PDF is {found!r}, expected {wanted!r}"


def _count(book: pymupdf.Document, pages: tuple[int, int]) -> Iterator[str]:
    least, most = pages
    if not least <= len(book) <= most:
        yield f"{len(book)} pages, expected {least} to {most}"


def _fonts(book: pymupdf.Document) -> Iterator[str]:
    fonts = {font for page in book for font in book.get_page_fonts(page.number, True)}
    if not fonts:
        yield "no font at all: no text"
    for xref, _, kind, name, *_ in sorted(fonts):
        # the glyphs of Type 3 fonts are drawings in the file itself
        embedded = kind == "Type3" or book.extract_font(xref)[3]
        if not embedded:
            yield f"font {name} ({kind}) is not embedded"


def _bookmarks(book: pymupdf.Document, chapters: list[str]) -> Iterator[str]:
    marked = [_plain(title) for _, title, _ in book.get_toc()]
    for chapter in chapters:
        if not any(_plain(chapter) in title for title in marked):
            yield f"no bookmark for the chapter {chapter!r}"


def _plain(text: str) -> str:
    """Letters and digits alone: quotes, dashes and spaces differ between outputs."""
    return re.sub(r"\W+", "", text).lower()


def _blank(book: pymupdf.Document) -> Iterator[str]:
    for page in book:
        box = page.rect + (0, MARGIN_POINTS, 0, -MARGIN_POINTS)
        drawn = [path["rect"] for path in page.get_drawings()]
        drawn += [pymupdf.Rect(image["bbox"]) for image in page.get_image_info()]
        if not page.get_text(clip=box).strip() and not any(map(box.intersects, drawn)):
            yield f"page {page.number + 1} is blank"
