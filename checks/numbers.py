"""The number of every chapter, section, figure, equation and theorem, twice.

Site and print count by themselves: Sphinx numbers the one, LaTeX the other. Both are
read here as ``{(page, label): number}``, from the HTML and from LaTeX's ``.aux`` and
``.tex`` files, so that a reader who is told "equation (2.3)" finds the same one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup, Tag

__all__ = ["differences", "of_print", "of_site", "stray_references"]

Numbers = dict[tuple[str, str], str]
NUMBER = re.compile(r"\d+(?:\.\d+)*")


def _first_number(text: str) -> str:
    found = NUMBER.search(text)
    return found[0] if found else ""


# The site.


def of_site(folder: Path) -> Numbers:
    """Numbers on the built pages; an empty one where the site shows none."""
    numbers: Numbers = {}
    for page in sorted(folder.rglob("*.html")):
        name = page.relative_to(folder).with_suffix("").as_posix()
        if not name.startswith("_"):
            soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
            numbers |= {(name, label): number for label, number in _on_page(soup)}
    return numbers


def _on_page(soup: BeautifulSoup) -> Iterator[tuple[str, str]]:
    for box in soup.select("figure[id], div.proof[id], div.exercise[id]"):
        if caption := box.select_one(".caption-number"):
            yield str(box["id"]), _first_number(caption.text)
    for formula in soup.select("[id^=equation-]"):
        if number := formula.select_one(".eqno"):
            label = str(formula["id"]).removeprefix("equation-")
            yield label, _first_number(number.text)
    for section in soup.select("article section[id]"):
        yield from _section(section)


def _section(section: Tag) -> Iterator[tuple[str, str]]:
    """A heading's number under each of its labels: its own and the written ones."""
    heading = section.find(re.compile("^h[1-6]$"), recursive=False)
    if heading is None:
        return
    number = heading.select_one(".section-number")
    labels = [section["id"]]
    marks = section.find_all("span", id=True, recursive=False)
    labels += [mark["id"] for mark in marks]
    for label in labels:
        if not re.fullmatch(r"id\d+|index-\d+", str(label)):  # made up by Sphinx
            yield str(label), _first_number(number.text) if number else ""


# The print.

NEWLABEL = re.compile(
    r"^\\newlabel\{([^{}]+)\}\{\{([^{}]*)\}.*\{([\w*]+[.\w*-]*)\}\{\}\}$"
)
BOXED = re.compile(
    r"\\label\{(?:\\detokenize\{)?([^{}]+?)\}?\}\s*"
    r"\\begin\{sphinxadmonition\}\{note\}\{([A-Z]\w+ [\d.]+)"
)


def of_print(aux: str, tex: str) -> Numbers:
    """Numbers in print: LaTeX's own, and those that theorems have in their titles."""
    numbers: Numbers = {}
    for line in aux.splitlines():
        if found := NEWLABEL.match(line):
            label, number, anchor = found.groups()
            numbers[_split(label)] = "" if "*" in anchor else number
    for label, title in BOXED.findall(tex):
        numbers[_split(label)] = _first_number(title)
    return numbers


def _split(label: str) -> tuple[str, str]:
    """``equation:flows/quantile:eq-a`` as page and label; exercises name no page."""
    kind, _, rest = label.partition(":")
    if kind == "exercise":
        return "", rest
    page, _, name = (rest if kind == "equation" else label).partition(":")
    return page, name


# The comparison.


def differences(site: Numbers, printed: Numbers) -> list[str]:
    """Labels that have another number, or none at all, on the other side.

    Only labels of pages that are printed count: the site has some pages more.
    """
    pages = {page for page, _ in printed}
    told = []
    for (page, label), number in sorted(site.items()):
        other = printed.get((page, label), printed.get(("", label)))
        if page in pages and number and other is None:
            told.append(f"{page}: {label} is {number} on the site, not in print")
        elif other is not None and other != number:
            shown = number or "without a number"
            told.append(f"{page}: {label} is {shown} on the site, {other} in print")
    return told


def stray_references(folder: Path, numbers: Numbers) -> list[str]:
    """References on the site whose text shows another number than their target."""
    told = []
    for page in sorted({page for page, _ in numbers}):
        path = folder / f"{page}.html"
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for link in soup.select("article a.reference.internal[href*='#']"):
            target = _target(page, str(link["href"]))
            wanted, shown = numbers.get(target, ""), link.get_text()
            if _counts(shown) and wanted and wanted != _first_number(shown):
                told.append(f"{page}: {shown.strip()!r} leads to number {wanted}")
    return told


def _counts(text: str) -> bool:
    """Whether a link's text is a number with or without its kind before it."""
    return bool(re.match(r"\s*(?:[A-Z][a-z]+\.?\s)?\(?\d+(?:\.\d+)*\b", text))


def _target(page: str, address: str) -> tuple[str, str]:
    path, _, label = address.partition("#")
    folder = Path("/", page).parent
    name = (folder / path).resolve().with_suffix("") if path else Path("/", page)
    return name.as_posix().lstrip("/"), label.removeprefix("equation-")
