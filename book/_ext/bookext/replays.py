"""No recording without a cell that asks for it.

The build looks at what the executed pages show; `unasked` reads the sources alone,
in no time, and takes an argument that is no literal for any value.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from bookext.inputs import code_of

__all__ = ["setup", "unasked"]

logger = logging.getLogger(__name__)
KEY = "mlph_replays"
SHOWN = re.compile(r'data-recording="([^"]+)"')
REMEDY = "ask for it in a cell, or remove its files and its entry in recordings/lock.json"


def _collect(app: Sphinx, doctree: nodes.document) -> None:
    """Remember what a page replays: its outputs, fresh or cached, name each."""
    shown = {
        name for raw in doctree.findall(nodes.raw) for name in SHOWN.findall(raw.astext())
    }
    if shown:
        app.env.metadata[app.env.docname][KEY] = sorted(shown)


def _refuse_unasked(app: Sphinx, env: BuildEnvironment) -> None:
    """Pages that were not read again count by what they showed when they were."""
    shown = {name for page in env.found_docs for name in env.metadata[page].get(KEY, ())}
    for name in sorted(_locked(Path(app.config.mlph_root)).keys() - shown):
        logger.warning("no cell of the book shows the recording %s: %s", name, REMEDY)


def unasked(root: Path) -> list[str]:
    """The locked recordings that no code cell under ``root/book`` can ask for."""
    pages = [page.read_text(encoding="utf-8") for page in (root / "book").rglob("*.md")]
    asked = [ask for page in pages for ask in _asks(code_of(page))]
    return [name for name in sorted(_locked(root)) if not _is_asked(root, name, asked)]


def _locked(root: Path) -> dict[str, Any]:
    lock = root / "recordings" / "lock.json"
    return json.loads(lock.read_text(encoding="utf-8")) if lock.is_file() else {}


def _is_asked(root: Path, name: str, asked: list[tuple]) -> bool:
    manifest = root / "recordings" / f"{name}.json"
    fields = json.loads(manifest.read_text(encoding="utf-8"))["predicate"]
    request, source = fields["request"], name.partition("/")[0]
    return any(
        source in sources
        and question == fields["question"]
        and all(key in request and request[key] == value for key, value in given.items())
        for sources, question, given in asked
    )


def _asks(code: str) -> Iterator[tuple[set[str], str, dict[str, Any]]]:
    """(sources the page replays, question, literal arguments) of each ask(...)."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    sources = {
        _literal(call.args[0]) for call in calls
        if _name(call.func) == "Recordings" and call.args
    }
    for call in calls:
        if _name(call.func) == "ask" and len(call.args) == 2:
            given = {each.arg: _literal(each.value) for each in call.keywords}
            known = {key: v for key, v in given.items() if v is not ... and key}
            yield sources, _name(call.args[0]), known


def _name(node: ast.expr) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))


def _literal(node: ast.expr) -> Any:
    """The value of a literal, as JSON has it; ``...`` for what only running tells."""
    try:
        return json.loads(json.dumps(ast.literal_eval(node)))
    except (TypeError, ValueError):
        return ...


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", _collect)
    app.connect("env-updated", _refuse_unasked)
