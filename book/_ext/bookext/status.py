"""The status page: what ran, for how long, with which versions, on what."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from bookext.made import machine

__all__ = ["setup", "seconds_by_page"]

PACKAGES = ("jupyter-book", "sphinx", "myst-nb", "numpy", "scipy", "matplotlib",
            "torch", "transformers", "sympy")


class StatusNode(nodes.General, nodes.Element):
    """Filled when the page is written: all the others have run by then."""


class Status(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        self.env.metadata[self.env.docname]["mlph_status"] = True
        return [StatusNode()]


def seconds_by_page(env) -> dict[str, float]:
    """Seconds of execution by page, as measured when its cells last ran."""
    data = getattr(env, "nb_metadata", {})
    return {
        name: entry["exec_data"]["runtime"] or 0.0
        for name, entry in sorted(data.items())
        if entry.get("exec_data")
    }


def _fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(StatusNode)):
        if app.builder.format != "html":
            node.replace_self(nodes.paragraph(
                text="The table of times, versions and the machine is on the "
                     "website: it differs from build to build, print does not."))
            continue
        times = [(app.env.titles[name].astext(), f"{seconds:.1f}")
                 for name, seconds in seconds_by_page(app.env).items()]
        times.append(("All pages", f"{sum(float(s) for _, s in times):.1f}"))
        node.replace_self([
            _table(("Page", "Execution, seconds"), times),
            _table(("What", "Which"), _facts(Path(app.config.mlph_root))),
        ])


def _facts(root: Path) -> list[tuple[str, str]]:
    commit = subprocess.run(["git", "-C", root, "rev-parse", "--short=12", "HEAD"],
                            capture_output=True, text=True).stdout.strip()
    return [
        ("Commit", commit or "not recorded"),
        ("Python", platform.python_version()),
        ("Machine", machine()),
        *((name, version(name)) for name in PACKAGES),
    ]


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> nodes.table:
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *map(_row, rows))
    return nodes.table("", group)


def _row(cells: tuple[str, ...]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph(text=c)) for c in cells))


def _outdated(app: Sphinx, env, added, changed, removed) -> list[str]:
    if not (added | changed):
        return []
    return [n for n in env.found_docs if env.metadata.get(n, {}).get("mlph_status")]


def _tell(app: Sphinx, error: Exception | None) -> None:
    """Say how long each page took: whoever waited sees for what."""
    if error is None and app.builder.name == "html":
        print("\nseconds of execution by page, when its cells last ran:")
        for name, taken in seconds_by_page(app.env).items():
            print(f"  {taken:6.1f}  {name}")


def setup(app: Sphinx) -> None:
    app.add_node(StatusNode)
    app.add_directive("status", Status)
    app.connect("doctree-resolved", _fill)
    app.connect("env-get-outdated", _outdated, priority=900)
    app.connect("build-finished", _tell, priority=950)
