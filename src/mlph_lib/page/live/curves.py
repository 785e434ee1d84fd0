"""A density over an axis, shaded up to a place: in Python, and again in script."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mlph_lib.page.live.frame import text

__all__ = ["SHADE", "Panel", "shaded_density"]

STEPS = 48  # corners of a curve; the eye sees no polygon at this size


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


def shaded_density(
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
        *(text(panel.x(s), foot + 16, t, "middle") for s, t in zip(spaced, ticks)),
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


# The formulas repeat those of _area and _marker; a test runs the script and compares
# the shapes that it draws with the ones written above.
SHADE = """\
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
