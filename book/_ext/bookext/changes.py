"""Build, and list what the pages say otherwise than after the last build."""

from __future__ import annotations

import difflib
import hashlib
import subprocess
import sys
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from bookext.build import EXTENSION

__all__ = ["main", "report", "said"]

BLOCKS = ["h1", "h2", "h3", "h4", "p", "li", "dt", "dd", "td", "th", "pre", "figcaption",
          "caption", "summary", "figure", "legend", "label"]
SILENT = ["script", "style", "button", ".headerlink", ".prev-next-area"]
TIMED = {"appendix/status"}  # its seconds change with every build


def said(page: str) -> list[str]:
    """What a built page says, a line for each paragraph, cell, formula and figure."""
    article = BeautifulSoup(page, "html.parser").find("article")
    if article is None:
        return []
    for tag in article.select(", ".join(SILENT)):
        tag.decompose()
    for formula in article.select(".katex"):
        formula.replace_with(f"${formula.find('annotation').get_text()}$")
    shapes = {f"#{path['id']}": path["d"] for path in article.find_all("path", id=True, d=True)}
    for drawing in article.find_all("svg"):
        name = drawing.get("aria-label", "drawing")
        drawing.replace_with(f"[{name} {_digest(drawing, shapes)}]")
    leaves = [b for b in article.find_all(BLOCKS) if not b.find(BLOCKS)]
    lines = (" ".join(leaf.get_text().split()) for leaf in leaves)
    return [line for line in lines if line]


def _digest(drawing: Tag, shapes: dict[str, str]) -> str:
    """The same, whichever drawing of the page holds the letters that it shows."""
    for letter in drawing.find_all("use"):
        letter["xlink:href"] = shapes.get(letter["xlink:href"], letter["xlink:href"])
    for shape in drawing.find_all("path", id=True):
        shape.decompose()
    return hashlib.sha256(str(drawing).encode()).hexdigest()[:8]


def pages_of(site: Path) -> dict[str, list[str]]:
    """{page: what it says} of a built site, the timings left out."""
    pages = {
        path.relative_to(site).with_suffix("").as_posix(): path
        for path in sorted(site.rglob("*.html"))
    }
    return {
        name: said(path.read_text(encoding="utf-8"))
        for name, path in pages.items()
        if name not in TIMED and not name.startswith("_")
    }


def report(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """Lines of the pages that differ: "-" as it was, "+" as it is."""
    lines = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, []), after.get(name, [])
        changed = [
            line
            for line in difflib.unified_diff(old, new, lineterm="", n=0)
            if not line.startswith(("---", "+++", "@@"))
        ]
        if changed:
            lines += ["", f"{name}:", *(f"  {line[0]} {line[1:]}" for line in changed)]
    return lines or ["the pages say what they said after the last build"]


def main(argv: list[str]) -> int:
    """Build the site and print the report; the build's code if it fails."""
    root = Path(argv[argv.index("--root") + 1]) if "--root" in argv else None
    site = (root or EXTENSION.parents[1]) / "_build" / "html"
    before = pages_of(site) if site.is_dir() else {}
    if not before:
        print("no last build to compare with: run `make book` before you change it")
        return 1
    done = subprocess.run([sys.executable, "-m", "bookext.build", "html", *argv])
    if done.returncode == 0:
        print("\n".join(report(before, pages_of(site))))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
