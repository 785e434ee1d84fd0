"""One uniform number, two quantiles: equal areas under two densities."""

from __future__ import annotations

import math

from mlph_lib.page.live.curves import SHADE, Panel, shaded_density
from mlph_lib.page.live.frame import A, B, assemble, rect, slider, text

__all__ = ["transport_live"]


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
        text(24, 26, "u"),
        rect(40, 15, 296, 14),
        f'<rect id="$key-bar" x="40" y="15" width="{296 * u:.1f}" height="14" '
        f'style="fill:{A}" fill-opacity="0.45"/>',
        text(24, 56, "density of X"),
        text(336, 56, "density of Y", "end"),
        *shaded_density(left, lambda s: s / 2, 2, "px", x, A, ["0", "1", "2"]),
        *shaded_density(right, lambda s: 1 - s / 2, 2, "py", y, B, ["0", "1", "2"]),
        text(left.x(x), 228, "x", "middle", "$key-x"),
        text(right.x(y), 228, "y", "middle", "$key-y"),
    ]
    controls = [
        slider("u", "u", u, 1, 0.01),
        '<label><input type="checkbox" id="$key-down"> decreasing map</label>',
    ]
    label = (
        "The unit interval filled up to u, and below it the density of X, shaded up "
        "to x, and the density of Y, shaded up to y; both shaded areas equal u."
    )
    readout = f"u = {u:.2f}: x = {x:.3f}, y = {y:.3f}, each area {u:.2f}"
    return assemble(key, label, 240, shapes, controls, readout, SHADE + TRANSPORT)


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
