"""Each executed page as a notebook beside the site, its bytes a function of its text."""

from __future__ import annotations

from pathlib import Path

import nbformat
from sphinx.application import Sphinx

__all__ = ["setup"]


def _write(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    executed = Path(app.outdir).parent / "jupyter_execute"
    for name in sorted(app.env.found_docs):
        source = executed / f"{name}.ipynb"
        if "kernelspec" in app.env.metadata[name] and source.is_file():
            target = Path(app.outdir) / "_notebooks" / f"{name}.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(clean(source, name), encoding="utf-8")


def clean(source: Path, name: str) -> str:
    """The notebook without times and with cell ids from page and index."""
    notebook = nbformat.read(source, as_version=4)
    slug = name.replace("/", "-")[:48]
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"{slug}-{index}"
        cell.metadata.pop("execution", None)
    notebook.nbformat_minor = 5
    notebook.metadata.pop("source_map", None)
    return nbformat.writes(notebook) + "\n"


def setup(app: Sphinx) -> None:
    app.connect("build-finished", _write)
