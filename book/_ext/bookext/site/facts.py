"""The end of a page: how to cite it, and which machine and versions made its output."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from sphinx.application import Sphinx

from bookext.made import recall

__all__ = ["citation", "setup"]

ENTRY = """@incollection{{{key},
  author    = {{{{{author}}}}},
  title     = {{{{{title}}}}},
  booktitle = {{{{{book}}}}},
  year      = {{{year}}},
  note      = {{Version {version}}},
  url       = {{"""


def citation(root: Path, page: str, title: str, year: str) -> dict[str, str]:
    """The parts of a citation of ``page``, from the book's CITATION.cff."""
    path = root / "CITATION.cff"
    cff = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    authors = [a.get("name") or f"{a['given-names']} {a['family-names']}"
               for a in cff.get("authors", ())]
    parts = {
        "author": " and ".join(authors) or "unknown",
        "book": cff.get("title", "unknown"),
        "version": str(cff.get("version", "0")),
        "key": re.sub(r"\W+", "-", f"{cff.get('title', '').split(':')[0]} {page}").lower(),
        "title": title,
        "year": year,
    }
    return {**parts, "entry": ENTRY.format(**parts)}


def _tell(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """What the template ``page-facts.html`` needs; nothing for the index or search."""
    env = app.env
    if pagename not in env.found_docs:
        return
    title = env.titles[pagename].astext()
    year = app.config.copyright.split(",")[0]
    context["cited"] = citation(Path(app.config.mlph_root), pagename, title, year)
    if digest := env.metadata[pagename].get("mlph_inputs"):
        folder = Path(app.config.nb_execution_cache_path) / "made"
        context["made"] = recall(folder, pagename, digest)
    context["status_page"] = next(
        (name for name in sorted(env.found_docs)
         if env.metadata.get(name, {}).get("mlph_status")), None)


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", _tell)
