"""Live figures: self-contained markup whose script draws what it already shows."""

import re
from types import SimpleNamespace as Made

import numpy as np
import pytest

from mlph_lib.page.live import (
    CodedText,
    box_muller_live,
    code_live,
    decoding_live,
    objectives_live,
    transport_live,
)

PIECES = ["▁a", "<0x0A>", "$key", "</script>", "▁thirteen-letters", 'href="//x"']
LOGITS = np.linspace(3, -4, 40)
TEXTS = [
    CodedText(0.125, ["▁a", "▁b", "$"], [(0, 0.5), (0.1, 0.2), (0.11, 0.2)]),
    CodedText(0.25, ["▁a", "</s>"], [(0, 0.5), (0.2, 0.5)]),
    CodedText(0.75, ["<0x0A>", "<b>"] + ["&"] * 4, [(0.5, 1), (0.6, 1), (0.7, 0.8)]),
]
FULL = Made(mask=lambda length: np.ones((1, length, length), dtype=bool))
IDS = np.array([[0, 1, 2, 3, 4, 5]])
BATCH = Made(inputs=IDS, targets=IDS, weights=IDS % 2, attention=FULL)
BUILDERS = {
    "transport": transport_live,
    "box-muller": box_muller_live,
    "decoding": lambda key: decoding_live(key, PIECES, LOGITS),
    "decoding-set": lambda key: decoding_live(
        key, PIECES, LOGITS, temperature=0.6, top_k=4, top_p=0.8
    ),
    "objectives": lambda key: objectives_live(key, {"$key": {"<b>": BATCH}}, PIECES),
    "code": lambda key: code_live(key, TEXTS),
    "code-ended": lambda key: code_live(key, TEXTS, start=1),
    "code-short": lambda key: code_live(key, TEXTS, start=2),
    "code-cuts": lambda key: code_live(
        key, TEXTS, {(): [("▁c", 0, 0.1)], ("▁a",): [("▁d", 0.1, 0.2)]}, start=0
    ),
}
every_builder = pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
LENGTHS = ("x", "cx", "cy", "r", "width")


def shape(path: str) -> tuple[str, list[float]]:
    """Letters and numbers of a path."""
    letters = re.sub(r"[\d.\s-]+", " ", path)
    return letters, [float(n) for n in re.findall(r"-?\d+\.?\d*", path)]


@every_builder
def test_static_state_and_script_draw_the_same(build, taken_apart, drawn):
    page, after = taken_apart(build("k")), drawn(build("k"))
    moved, told = 0, 0
    for ident, attributes in page.by_id.items():
        for name, value in attributes.items():
            new = after[ident]["attributes"][name]
            if name == "d":
                assert shape(new)[0] == shape(value)[0], ident
                assert shape(new)[1] == pytest.approx(shape(value)[1], abs=0.11)
                moved += 1
            elif name in LENGTHS and value != "100%":
                assert float(new) == pytest.approx(float(value), abs=0.11), ident
                moved += 1
            else:
                assert new == value, (ident, name)
        if "textContent" in after[ident]:
            assert after[ident]["textContent"] == page.text_of[ident], ident
            told += 1
    assert moved >= 4 and told >= 1


@every_builder
def test_controls_are_hidden_until_the_script_runs(build, taken_apart, drawn):
    assert "hidden" in taken_apart(build("k")).by_id["k-controls"]
    assert drawn(build("k"))["k-controls"]["hidden"] is False


@every_builder
def test_markup_is_accessible_and_alone(build, taken_apart):
    markup = build("k")
    page = taken_apart(markup)
    assert not page.open, "every element is closed"
    svg = next(a for tag, a in page.tags if tag == "svg")
    assert svg["role"] == "img" and len(svg["aria-label"].split()) > 8
    assert svg["width"] == "100%" and svg["viewbox"].startswith("0 0 360 ")
    assert page.by_id["k-out"]["aria-live"] == "polite"
    labels = {a["for"] for tag, a in page.tags if tag == "label" and "for" in a}
    sliders = {a["id"] for tag, a in page.tags if a.get("type") == "range"}
    lists = {a["id"] for tag, a in page.tags if tag == "select"}
    assert sliders and sliders | lists == labels
    assert set(page.by_id["k-out"]["for"].split()) <= page.by_id.keys()
    assert all(ident == "k" or ident.startswith("k-") for ident in page.by_id)
    alone = markup.replace('href=\\"\\/\\/x', "")  # a piece of text
    alone = alone.replace("&quot;//x", "").replace("\\/\\/x", "")
    assert not re.search(
        r"//|url\(|@import|\bsrc=|\bhref=|#000|black|white(?!-space)", alone
    )


@every_builder
def test_two_figures_share_no_id(build, taken_apart):
    first, second = taken_apart(build("one")), taken_apart(build("two"))
    assert not first.by_id.keys() & second.by_id.keys()


@pytest.mark.parametrize("key", ["", "1st", "Box", "a b", 'a"', "a_b"])
@every_builder
def test_keys_that_cannot_begin_an_id(build, key):
    with pytest.raises(ValueError, match="small letters, digits and hyphens"):
        build(key)
