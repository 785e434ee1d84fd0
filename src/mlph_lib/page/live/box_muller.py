"""Two uniform numbers, a radius and an angle: a point of the plane."""

from __future__ import annotations

import math

from mlph_lib.page.live.curves import SHADE, Panel, shaded_density
from mlph_lib.page.live.frame import A, B, assemble, slider, text

__all__ = ["box_muller_live"]


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
    density, flat = (lambda s: s * math.exp(-s * s / 2)), (lambda s: 0.5 / math.pi)
    shapes = [
        *_plane(plane, r, phi),
        text(222, 16, "density of r"),
        *shaded_density(radius, density, 4, "pr", r, A, "024"),
        text(222, 156, "density of φ"),
        *shaded_density(angle, flat, 2 * math.pi, "pp", phi, B, ["0", "π", "2π"]),
    ]
    controls = [
        slider("u1", "u₁ (radius)", u1, 0.999, 0.001),
        slider("u2", "u₂ (angle)", u2, 0.99, 0.01),
    ]
    label = (
        "A point of the plane on a circle of radius r at angle φ. Beside it the "
        "density of the radius, shaded up to r with area u1, and the flat density "
        "of the angle, shaded up to φ with area u2."
    )
    readout = f"r = {r:.3f}, φ = {phi:.3f}: z₁ = {z1:.3f}, z₂ = {z2:.3f}"
    return assemble(key, label, 240, shapes, controls, readout, SHADE + BOX_MULLER)


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
        text(200, cy - 6, "z₁", "end"),
        text(cx + 6, 34, "z₂"),
        f'<circle id="$key-ring" cx="{cx}" cy="{cy}" r="{plane.across * r:.1f}" '
        f'style="fill:none;stroke:{A}" stroke-width="2"/>',
        f'<path id="$key-arc" d="{_arc(plane, phi)}" style="fill:none;stroke:{B}" '
        'stroke-width="3"/>',
        f'<path id="$key-ray" d="M{cx} {cy}L{x:.1f} {y:.1f}" style="stroke:{B}" '
        'stroke-width="2"/>',
        f'<circle id="$key-dot" cx="{x:.1f}" cy="{y:.1f}" r="5" fill="currentColor"/>',
    ]


def _arc(plane: Panel, phi: float) -> str:
    x, y = plane.left + 16 * math.cos(phi), plane.base - 16 * math.sin(phi)
    large = int(phi > math.pi)
    start = f"M{plane.left + 16:.1f} {plane.base:.1f}"
    return f"{start}A16 16 0 {large} 0 {x:.1f} {y:.1f}"


# The formulas of the script repeat those of _plane and _arc.
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
