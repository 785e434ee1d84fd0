"""Execution that sees every input, and says page and line when a cell raises."""

from __future__ import annotations

from pathlib import Path

from jupyter_cache import get_cache
from myst_nb import sphinx_ as myst_nb_sphinx
from myst_nb.core.execute.base import ExecutionError
from myst_nb.core.execute.cache import NotebookClientCache
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

from bookext.inputs import page_digest
from bookext.made import note

__all__ = ["PageClient", "dealt", "setup"]

KEY = "mlph_inputs"


class PageClient(NotebookClientCache):
    """jupyter-cache's client with the page's inputs in the key.

    jupyter-cache hashes the code cells and the kernelspec, nothing else: a
    changed library would replay old outputs. So the digest of everything else
    is written into the kernelspec before the look-up.
    """

    root: Path
    cache: Path

    def start_client(self) -> None:
        given = self.notebook
        kernel = given.metadata.setdefault("kernelspec", {})
        digest = page_digest(self.path, self.root)
        kernel["mlph_inputs"] = digest
        try:
            super().start_client()
        except ExecutionError as exc:
            raise ExtensionError(self._failure()) from exc
        self.notebook.metadata["kernelspec"].pop("mlph_inputs", None)
        if self.notebook is not given:
            # found in the cache: myst-nb writes the given one out, without outputs
            given.update(self.notebook)
        else:
            page = self.path.relative_to(self.root / "book").with_suffix("")
            note(self.cache / "made", page.as_posix(), digest)

    def _failure(self) -> str:
        for index, cell in enumerate(self.notebook.cells):
            for output in cell.get("outputs", ()):
                if output.output_type == "error":
                    return (
                        f"{self.path}:{self.cell_line(index)}: the cell raised "
                        f"{output.ename}: {output.evalue}"
                    )
        return f"{self.path}: the notebook did not run to its end"


def _outdated(app: Sphinx, env: BuildEnvironment, added, changed, removed) -> list[str]:
    """Pages whose inputs changed: Sphinx itself looks at the page's file only."""
    stale = []
    for name in env.found_docs:
        old = env.metadata.get(name, {}).get(KEY)
        if old and old != page_digest(Path(env.doc2path(name)), PageClient.root):
            stale.append(name)
    return stale


def _remember(app: Sphinx, doctree) -> None:
    env = app.env
    if "kernelspec" in env.metadata[env.docname]:
        page = Path(env.doc2path(env.docname))
        env.metadata[env.docname][KEY] = page_digest(page, PageClient.root)


def _prepare_cache(app: Sphinx) -> None:
    """Make the cache's tables first: two readers making them at once collide."""
    PageClient.root = Path(app.config.mlph_root)
    folder = Path(app.config.nb_execution_cache_path)
    PageClient.cache = folder
    folder.mkdir(parents=True, exist_ok=True)
    get_cache(str(folder)).list_cache_records()


def dealt(pages: list[str], hands: int) -> list[str]:
    """The pages dealt to so many hands, one hand after the other.

    Each process reads the next 1 / hands of the list. In order of names one would get
    a whole part of the book, and the part that trains takes as long as all others.

    Example:
        >>> dealt(["a/1", "a/2", "b/1", "b/2"], 2)
        ['a/1', 'b/1', 'a/2', 'b/2']
    """
    return [page for hand in range(hands) for page in pages[hand::hands]]


def _deal(app: Sphinx, env, pages: list[str]) -> None:
    pages[:] = dealt(pages, app.parallel)


def setup(app: Sphinx) -> None:
    app.add_config_value("mlph_root", "", "")
    myst_nb_sphinx.create_client = _client
    app.connect("builder-inited", _prepare_cache)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-before-read-docs", _deal)
    app.connect("doctree-read", _remember)


def _client(notebook, source, nb_config, logger, read_fmt=None):
    return PageClient(notebook, Path(source), nb_config, logger, read_fmt=read_fmt)
