"""The frame of a live figure: drawing, native sliders, live text, a script.

A builder hands in shapes and controls whose ids begin with ``$key-``; the frame
checks the key, puts it in and hides the controls until the script runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from string import Template
from typing import Any

from mlph_lib.page.pieces import in_markup

__all__ = [
    "A",
    "B",
    "as_data",
    "assemble",
    "check_key",
    "quoted",
    "rect",
    "select",
    "slider",
    "text",
]

A, B = "var(--live-a, #2a7ab9)", "var(--live-b, #c2571a)"


def text(x: float, y: float, words: str, anchor: str = "start", ident: str = "") -> str:
    """Words at a place of the drawing; data among them must be ``quoted``."""
    name = f' id="{ident}"' if ident else ""
    return f'<text{name} x="{x:.1f}" y="{y:g}" text-anchor="{anchor}">{words}</text>'


def rect(x: float, y: float, width: float, height: float) -> str:
    """An outlined box."""
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="none" '
        'stroke="currentColor"/>'
    )


def slider(
    name: str,
    label: str,
    value: float,
    end: float,
    step: float,
    start: float = 0,
    room: str = "",
) -> str:
    """A native range input from ``start`` to ``end``; its label takes ``room``."""
    style = f' style="min-width:{room}"' if room else ""
    return (
        f'<label for="$key-{name}"{style}>{label}</label>'
        f'<input type="range" id="$key-{name}" min="{start}" max="{end}" '
        f'step="{step}" value="{value}" style="flex:1 1 8rem;min-height:24px">'
    )


def select(name: str, label: str, options: Sequence[str], room: str = "") -> str:
    """A native list of options, the first one chosen; its values are their numbers."""
    style = f' style="min-width:{room}"' if room else ""
    listed = "".join(
        f'<option value="{i}">{quoted(option)}</option>'
        for i, option in enumerate(options)
    )
    return (
        f'<label for="$key-{name}"{style}>{label}</label>'
        f'<select id="$key-{name}" style="flex:1 1 8rem;min-width:0;min-height:24px">'
        f"{listed}</select>"
    )


def quoted(words: str) -> str:
    """Data as text of the markup: no tag, no address, no place holder of the frame.

    Example:
        >>> quoted("a < $key")
        'a &lt; $$key'
    """
    return in_markup(words).replace("$", "$$")


def as_data(value: Any) -> str:
    """A JSON value as a literal of the script that cannot end the script.

    Example:
        >>> as_data(["</script>", 0.5])
        '["\\\\u003c\\\\/script>",0.5]'
    """
    literal = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return literal.replace("<", "\\u003c").replace("/", "\\/").replace("$", "$$")


def check_key(key: str) -> None:
    """Refuse a key that could not begin an id.

    Raises:
        ValueError: if it is not of small letters, digits and hyphens.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*", key):
        raise ValueError(
            f"expected a key of small letters, digits and hyphens that can begin an "
            f"id, got {key!r}: use the page's name, as in 'box-muller-live'"
        )


def assemble(
    key: str,
    label: str,
    height: int,
    shapes: list[str],
    controls: list[str],
    readout: str,
    script: str,
) -> str:
    """The whole markup of a figure 360 wide.

    Args:
        key: name of the figure; takes the place of every ``$key``.
        label: what the drawing shows, read aloud in its place.
        height: of the drawing, in its own units.
        shapes: elements of the drawing, as they stand before the script runs.
        controls: rows of inputs, each with an id.
        readout: markup of the live text.
        script: statements in the scope that HELPERS opens; it closes the scope.

    Raises:
        ValueError: if ``key`` could not begin an id (small letters, digits, hyphens).
    """
    check_key(key)
    ids = re.findall(r'id="\$key-([a-z0-9]+)"', "".join(controls))
    rows = "".join(
        '<div style="display:flex;flex-wrap:wrap;gap:0.3rem 0.8rem">' + row + "</div>"
        for row in controls
    )
    outputs = " ".join(f"$key-{name}" for name in ids)
    parts = (
        '<div id="$key" class="live" style="max-width:36rem;margin:0 auto;'
        'text-align:left">',
        f'<svg viewBox="0 0 360 {height}" width="100%" role="img" aria-label="{label}" '
        'fill="currentColor" font-size="12" font-family="sans-serif">',
        *shapes,
        f'</svg><div id="$key-controls" hidden>{rows}</div>',
        f'<output id="$key-out" for="{outputs}" aria-live="polite" '
        f'style="display:block">{readout}</output>',
        f"<script>{HELPERS}{script}</script></div>",
    )
    return Template("\n".join(parts)).substitute(key=key)


HELPERS = """
(function () {
  "use strict";
  var el = function (name) { return document.getElementById("$key-" + name); };
  var set = function (name, values) {
    Object.keys(values).forEach(function (k) {
      el(name).setAttribute(k, values[k]);
    });
  };
  var f = function (v) { return v.toFixed(1); };
"""
