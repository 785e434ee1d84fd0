"""Densities shaded by area: the script's shapes have the areas they claim."""

import math
import re

import pytest
from mlph_lib.page.live import box_muller_live, transport_live


def numbers(path: str) -> list[float]:
    return [float(n) for n in re.findall(r"-?\d+\.?\d*", path)]


def polygon_area(path: str, panel_across: float, panel_up: float) -> float:
    """Area of a closed path in units of the panel's axes (shoelace formula)."""
    flat = numbers(path)
    xs, ys = flat[::2], flat[1::2]
    twice = sum(
        x * ys[(i + 1) % len(ys)] - xs[(i + 1) % len(xs)] * ys[i]
        for i, x in enumerate(xs)
    )
    return abs(twice) / 2 / (panel_across * panel_up)


@pytest.mark.parametrize("u", [0.0, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("down", [False, True])
def test_transport_shades_area_u_in_both_densities(drawn, u, down):
    page = drawn(transport_live("k"), u=u, **({"down": True} if down else {}))
    x, y = 2 * math.sqrt(u), 2 - 2 * math.sqrt(u if down else 1 - u)
    for name in ("px", "py"):
        area = polygon_area(page[f"k-{name}"]["attributes"]["d"], 65, 130)
        assert area == pytest.approx(u, abs=2e-3)
    assert page["k-out"]["textContent"] == (
        f"u = {u:.2f}: x = {x:.3f}, y = {y:.3f}, each area {u:.2f}"
    )
    # T(x) = 2 - sqrt(4 - x^2), or 2 - x: the markers stand at a pair of the map
    at_x = (numbers(page["k-px-at"]["attributes"]["d"])[0] - 24) / 65
    at_y = (numbers(page["k-py-at"]["attributes"]["d"])[0] - 206) / 65
    image = 2 - at_x if down else 2 - math.sqrt(max(4 - at_x**2, 0))
    # one rounded pixel of x near the end moves the increasing image by its root
    assert at_y == pytest.approx(image, abs=0.06)


@pytest.mark.parametrize(("u1", "u2"), [(0.0, 0.0), (0.5, 0.3), (0.999, 0.99)])
def test_box_muller_puts_the_point_where_the_formula_says(drawn, u1, u2):
    page = drawn(box_muller_live("k"), u1=u1, u2=u2)
    dot = page["k-dot"]["attributes"]
    z1, z2 = (float(dot["cx"]) - 104) / 24, (120 - float(dot["cy"])) / 24
    assert z1**2 + z2**2 == pytest.approx(-2 * math.log(1 - u1), abs=0.04)
    r = math.hypot(z1, z2)
    assert z1 == pytest.approx(r * math.cos(2 * math.pi * u2), abs=0.01)
    assert z2 == pytest.approx(r * math.sin(2 * math.pi * u2), abs=0.01)
    area_r = polygon_area(page["k-pr"]["attributes"]["d"], 32, 130)
    assert area_r == pytest.approx(u1, abs=4e-3)
    angle = 64 / math.pi, 80 * math.pi
    area_phi = polygon_area(page["k-pp"]["attributes"]["d"], *angle)
    assert area_phi == pytest.approx(u2, abs=2e-3)
