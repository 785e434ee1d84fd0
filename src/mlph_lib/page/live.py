"""Live figures: inline SVG, native sliders and a few lines of script, no library.

Each builder returns markup that already shows a sensible state, so it reads without
scripts; the script unhides the sliders and redraws the same shapes as they move.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from string import Template
from typing import NamedTuple

__all__ = ["box_muller_live", "transport_live"]

STEPS = 48  # corners of a curve; the eye sees no polygon at this size
A, B = "var(--live-a, #2a7ab9)", "var(--live-b, #c2571a)"


def transport_live(key: str) -> str:
    """One u, two quantiles: x = 2 sqrt(u) and y = 2 - 2 sqrt(1 - u), areas shaded.

    The densities are x / 2 and 1 - y / 2 on [0, 2]. A check box turns to the
    decreasing map, y = 2 - 2 sqrt(u).

    Args:
        key: name of the figure; every id of the markup begins with it.

    Returns:
        Markup for ``interactive(key, markup, fig, alt=...)``.

    Raises:
        ValueError: if ``key`` could not begin an id (small letters, digits, hyphens).

    Example:
        >>> markup = transport_live("demo")
        >>> 'id="demo-u"' in markup, "http" in markup
        (True, False)
    """
    u = 0.4
    x, y = 2 * math.sqrt(u), 2 - 2 * math.sqrt(1 - u)
    left, right = Panel(24, 65, 196, 130), Panel(206, 65, 196, 130)
    shapes = [
        _text(24, 26, "u"),
        _rect(40, 15, 296, 14),
        f'<rect id="$key-bar" x="40" y="15" width="{296 * u:.1f}" height="14" '
        f'style="fill:{A}" fill-opacity="0.45"/>',
        _text(24, 56, "density of X"),
        _text(336, 56, "density of Y", "end"),
        *_panel(left, lambda s: s / 2, 2, "px", x, A, ["0", "1", "2"]),
        *_panel(right, lambda s: 1 - s / 2, 2, "py", y, B, ["0", "1", "2"]),
        _text(left.x(x), 228, "x", "middle", "$key-x"),
        _text(right.x(y), 228, "y", "middle", "$key-y"),
    ]
    controls = [
        _slider("u", "u", u, 1, 0.01),
        '<label><input type="checkbox" id="$key-down"> decreasing map</label>',
    ]
    label = (
        "The unit interval filled up to u, and below it the density of X, shaded up "
        "to x, and the density of Y, shaded up to y; both shaded areas equal u."
    )
    readout = f"u = {u:.2f}: x = {x:.3f}, y = {y:.3f}, each area {u:.2f}"
    return _assemble(key, label, 240, shapes, controls, readout, TRANSPORT)


def box_muller_live(key: str) -> str:
    """u1 sets the radius sqrt(-2 log(1 - u1)), u2 the angle 2 pi u2 of a point.

    Beside the plane stand the density r exp(-r^2 / 2) with the area u1 shaded, and
    the flat density of the angle with the area u2 shaded.

    Args:
        key: name of the figure; every id of the markup begins with it.

    Returns:
        Markup for ``interactive(key, markup, fig, alt=...)``.

    Raises:
        ValueError: if ``key`` could not begin an id (small letters, digits, hyphens).

    Example:
        >>> markup = box_muller_live("demo")
        >>> 'id="demo-u1"' in markup, 'id="demo-u2"' in markup
        (True, True)
    """
    u1, u2 = 0.75, 0.15
    r, phi = math.sqrt(-2 * math.log1p(-u1)), 2 * math.pi * u2
    plane, radius = Panel(104, 24, 120, 24), Panel(222, 32, 106, 130)
    angle = Panel(222, 128 / (2 * math.pi), 206, 40 * 2 * math.pi)
    z1, z2 = r * math.cos(phi), r * math.sin(phi)
    shapes = [
        *_plane(plane, r, phi),
        _text(222, 16, "density of r"),
        *_panel(radius, lambda s: s * math.exp(-s * s / 2), 4, "pr", r, A, "024"),
        _text(222, 156, "density of φ"),
        *_panel(
            angle, lambda s: 0.5 / math.pi, 2 * math.pi, "pp", phi, B, ["0", "π", "2π"]
        ),
    ]
    controls = [
        _slider("u1", "u₁ (radius)", u1, 0.999, 0.001),
        _slider("u2", "u₂ (angle)", u2, 0.99, 0.01),
    ]
    label = (
        "A point of the plane on a circle of radius r at angle φ. Beside it the "
        "density of the radius, shaded up to r with area u1, and the flat density "
        "of the angle, shaded up to φ with area u2."
    )
    readout = f"r = {r:.3f}, φ = {phi:.3f}: z₁ = {z1:.3f}, z₂ = {z2:.3f}"
    return _assemble(key, label, 240, shapes, controls, readout, BOX_MULLER)


class Panel(NamedTuple):
    """An axis on the page: origin and pixels a unit, both ways."""

    left: float
    across: float
    base: float
    up: float

    def x(self, value: float) -> float:
        return self.left + self.across * value

    def y(self, value: float) -> float:
        return self.base - self.up * value


def _panel(
    panel: Panel,
    density: Callable[[float], float],
    end: float,
    name: str,
    at: float,
    colour: str,
    ticks: list[str] | str,
) -> list[str]:
    """A density on [0, end], shaded from 0 to ``at``, with a marker there."""
    spaced = [end * i / (len(ticks) - 1) for i in range(len(ticks))]
    right, foot = panel.x(end), panel.base
    return [
        f'<path id="$key-{name}" d="{_area(panel, density, 0, at)}" '
        f'style="fill:{colour}" fill-opacity="0.45"/>',
        f'<path d="{_line(panel, density, 0, end)}" style="fill:none;stroke:{colour}" '
        'stroke-width="2"/>',
        f'<path d="M{panel.left} {foot}H{right:.1f}" stroke="currentColor"/>',
        f'<path id="$key-{name}-at" d="{_marker(panel, density, at)}" '
        'stroke="currentColor" stroke-width="2"/>',
        *(_text(panel.x(s), foot + 16, t, "middle") for s, t in zip(spaced, ticks)),
    ]


def _plane(plane: Panel, r: float, phi: float) -> list[str]:
    """Axes and rings of the plane, the circle of radius r, the point at angle phi."""
    cx, cy = plane.left, plane.base
    x, y = plane.x(r * math.cos(phi)), plane.y(r * math.sin(phi))
    rings = [
        f'<circle cx="{cx}" cy="{cy}" r="{plane.across * k:.1f}" fill="none" '
        'stroke="currentColor" stroke-opacity="0.25"/>'
        for k in (1, 2, 3)
    ]
    return [
        *rings,
        f'<path d="M8 {cy}H200M{cx} 24V216" stroke="currentColor" '
        'stroke-opacity="0.5"/>',
        _text(200, cy - 6, "z₁", "end"),
        _text(cx + 6, 34, "z₂"),
        f'<circle id="$key-ring" cx="{cx}" cy="{cy}" r="{plane.across * r:.1f}" '
        f'style="fill:none;stroke:{A}" stroke-width="2"/>',
        f'<path id="$key-arc" d="{_arc(plane, phi)}" style="fill:none;stroke:{B}" '
        'stroke-width="3"/>',
        f'<path id="$key-ray" d="M{cx} {cy}L{x:.1f} {y:.1f}" style="stroke:{B}" '
        'stroke-width="2"/>',
        f'<circle id="$key-dot" cx="{x:.1f}" cy="{y:.1f}" r="5" fill="currentColor"/>',
    ]


def _points(panel: Panel, density: Callable, start: float, end: float) -> list[str]:
    at = [start + (end - start) * i / STEPS for i in range(STEPS + 1)]
    return [f"{panel.x(s):.1f} {panel.y(density(s)):.1f}" for s in at]


def _line(panel: Panel, density: Callable, start: float, end: float) -> str:
    return "M" + "L".join(_points(panel, density, start, end))


def _area(panel: Panel, density: Callable, start: float, end: float) -> str:
    corners = "L".join(_points(panel, density, start, end))
    first, last = f"M{panel.x(start):.1f} ", f"L{panel.x(end):.1f} "
    return f"{first}{panel.base:.1f}L{corners}{last}{panel.base:.1f}Z"


def _marker(panel: Panel, density: Callable, at: float) -> str:
    foot, top = panel.base + 4, panel.y(density(at))
    return f"M{panel.x(at):.1f} {foot:.1f}V{top:.1f}"


def _arc(plane: Panel, phi: float) -> str:
    x, y = plane.left + 16 * math.cos(phi), plane.base - 16 * math.sin(phi)
    large = int(phi > math.pi)
    start = f"M{plane.left + 16:.1f} {plane.base:.1f}"
    return f"{start}A16 16 0 {large} 0 {x:.1f} {y:.1f}"


def _text(x: float, y: float, text: str, anchor: str = "start", ident: str = "") -> str:
    name = f' id="{ident}"' if ident else ""
    return f'<text{name} x="{x:.1f}" y="{y:g}" text-anchor="{anchor}">{text}</text>'


def _rect(x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="none" '
        'stroke="currentColor"/>'
    )


def _slider(name: str, label: str, value: float, end: float, step: float) -> str:
    return (
        f'<label for="$key-{name}">{label}</label>'
        f'<input type="range" id="$key-{name}" min="0" max="{end}" step="{step}" '
        f'value="{value}" style="flex:1 1 8rem">'
    )


def _assemble(
    key: str,
    label: str,
    height: int,
    shapes: list[str],
    controls: list[str],
    readout: str,
    script: str,
) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]*", key):
        raise ValueError(
            f"expected a key of small letters, digits and hyphens that can begin an "
            f"id, got {key!r}: use the page's name, as in 'box-muller-live'"
        )
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


# The formulas of the script repeat those of _area, _line, _marker and _arc; a test
# runs it and compares the shapes that it draws with the ones written above.
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
  var shade = function (name, p, density, from, to, at) {
    var d = "M" + f(p[0] + p[1] * from) + " " + f(p[2]), n = 48, i, s;
    for (i = 0; i <= n; i++) {
      s = from + (to - from) * i / n;
      d += "L" + f(p[0] + p[1] * s) + " " + f(p[2] - p[3] * density(s));
    }
    set(name, {d: d + "L" + f(p[0] + p[1] * to) + " " + f(p[2]) + "Z"});
    set(name + "-at", {d: "M" + f(p[0] + p[1] * at) + " " + f(p[2] + 4) +
                          "V" + f(p[2] - p[3] * density(at))});
  };
"""

TRANSPORT = """
  var left = [24, 65, 196, 130], right = [206, 65, 196, 130];
  var update = function () {
    var u = Number(el("u").value), down = el("down").checked;
    var v = down ? 1 - u : u;
    var x = 2 * Math.sqrt(u), y = 2 - 2 * Math.sqrt(1 - v);
    set("bar", {width: f(296 * u)});
    shade("px", left, function (s) { return s / 2; }, 0, x, x);
    shade("py", right, function (s) { return 1 - s / 2; },
          down ? y : 0, down ? 2 : y, y);
    set("x", {x: f(left[0] + left[1] * x)});
    set("y", {x: f(right[0] + right[1] * y)});
    el("out").textContent = "u = " + u.toFixed(2) + ": x = " + x.toFixed(3) +
      ", y = " + y.toFixed(3) + ", each area " + u.toFixed(2);
  };
  el("u").addEventListener("input", update);
  el("down").addEventListener("change", update);
  el("controls").hidden = false;
  update();
}());
"""

BOX_MULLER = """
  var radius = [222, 32, 106, 130];
  var angle = [222, 64 / Math.PI, 206, 80 * Math.PI];
  var update = function () {
    var u1 = Number(el("u1").value), u2 = Number(el("u2").value);
    var r = Math.sqrt(-2 * Math.log1p(-u1)), phi = 2 * Math.PI * u2;
    var z1 = r * Math.cos(phi), z2 = r * Math.sin(phi);
    var x = f(104 + 24 * z1), y = f(120 - 24 * z2);
    shade("pr", radius, function (s) { return s * Math.exp(-s * s / 2); }, 0, r, r);
    shade("pp", angle, function () { return 0.5 / Math.PI; }, 0, phi, phi);
    set("ring", {r: f(24 * r)});
    set("ray", {d: "M104 120L" + x + " " + y});
    set("dot", {cx: x, cy: y});
    set("arc", {d: "M120.0 120.0A16 16 0 " + (phi > Math.PI ? 1 : 0) + " 0 " +
                   f(104 + 16 * Math.cos(phi)) + " " +
                   f(120 - 16 * Math.sin(phi))});
    el("out").textContent = "r = " + r.toFixed(3) + ", φ = " + phi.toFixed(3) +
      ": z₁ = " + z1.toFixed(3) + ", z₂ = " + z2.toFixed(3);
  };
  el("u1").addEventListener("input", update);
  el("u2").addEventListener("input", update);
  el("controls").hidden = false;
  update();
}());
"""
