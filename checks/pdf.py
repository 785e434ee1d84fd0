"""What a reader of the printed book would stumble over: boxes, glyphs, pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pymupdf

from checks.pages import page_problems

__all__ = ["log_problems", "parts_of", "pdf_problems", "unwrapped"]

OVERFULL_POINTS = 5.0
LOG_COLUMNS = 79  # TeX breaks the lines of its log here, inside words
MARGIN_POINTS = 68.0  # head and foot lines stand within, text does not


def unwrapped(log: str) -> str:
    """The log with TeX's own line breaks taken out again."""
    lines = log.splitlines()
    ends = ["" if len(line.encode()) == LOG_COLUMNS else "\n" for line in lines]
    return "".join(line + end for line, end in zip(lines, ends, strict=True))


OVERFULL = re.compile(r"^Overfull \\[hv]box \(([\d.]+)pt too (?:wide|high)\).*", re.M)
PULLED = re.compile(r"^Underfull \\hbox \(badness 10000\) in paragraph", re.M)
MOST_PULLED = 80  # long names in code can break nowhere; more is a broken style
COMPLAINTS = re.compile(
    r"^(?:Missing character: .*"
    r"|! .*"
    r"|(?:LaTeX|Package \w+|Class \w+) Warning: .*(?:undefined|multiply.defined"
    r"|[Rr]erun|may have changed).*"
    r"|LaTeX Warning: (?:Reference|Citation|Hyper reference) .*)",
    re.M,
)


def log_problems(log: str) -> list[str]:
    """Overfull boxes beyond 5 pt, lines pulled apart, glyphs missing, dead references."""
    wide = [hit for hit in OVERFULL.finditer(log) if float(hit[1]) > OVERFULL_POINTS]
    found = wide + list(COMPLAINTS.finditer(log))
    told = [hit[0].strip() for hit in sorted(found, key=lambda hit: hit.start())]
    pulled = len(PULLED.findall(log))
    if pulled > MOST_PULLED:
        told.append(f"{pulled} lines pulled apart, expected {MOST_PULLED} at most")
    return told


def pdf_problems(
    path: Path,
    *,
    metadata: dict[str, str],
    chapters: list[str],
    pages: tuple[int, int],
) -> list[str]:
    """Fonts not embedded, chapters without bookmark or running head, wrong metadata.

    ``metadata`` holds words that each entry must have, and the ``language``;
    ``pages`` the least and the greatest count of pages that make sense.
    """
    with pymupdf.open(path) as book:
        return [
            *_metadata(book, metadata),
            *_count(book, pages),
            *_fonts(book),
            *_bookmarks(book, chapters),
            *_heads(book, chapters),
            *page_problems(book),
        ]


def parts_of(path: Path) -> list[str]:
    """The bookmarks of the first level: front matter and parts, their numbers left out."""
    with pymupdf.open(path) as book:
        toc = book.get_toc()
    parts = [title for level, title, _ in toc if level == 1]
    return [re.sub(r"^Part [IVX]+: ", "", title) for title in parts]


def _metadata(book: pymupdf.Document, wanted: dict[str, str]) -> Iterator[str]:
    _, language = book.xref_get_key(book.pdf_catalog(), "Lang")
    held = {**(book.metadata or {}), "language": language}
    for key, words in wanted.items():
        found = held.get(key) or ""
        if words not in found:
            yield f"{key} of the PDF is {found!r}, expected {words!r}"


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


def _heads(book: pymupdf.Document, chapters: list[str]) -> Iterator[str]:
    """Pages of a chapter, but for its first, without the chapter's name above."""
    wanted = {_plain(chapter) for chapter in chapters}
    starts = [(page, _without_number(title)) for _, title, page in book.get_toc()]
    starts = [(page, title) for page, title in starts if title in wanted]
    ends = [page for page, _ in starts[1:]] + [len(book) + 1]
    for (start, title), end in zip(starts, ends, strict=True):
        for number in range(start + 1, end):
            page = book[number - 1]
            head = page.get_text(clip=(0, 0, page.rect.width, MARGIN_POINTS))
            is_part = not head.strip() and _opens_part(book, number)
            if title not in _plain(head) and not is_part:
                yield f"page {number} has no running head of the chapter {title!r}"


def _without_number(title: str) -> str:
    return _plain(re.sub(r"^\d+\s+", "", title))


def _opens_part(book: pymupdf.Document, number: int) -> bool:
    return any(page == number and level == 1 for level, _, page in book.get_toc())
