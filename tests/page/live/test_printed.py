"""Print twins: what they show, inside their own borders, without a warning."""

import warnings

import numpy as np
import pytest
from matplotlib import pyplot as plt
from mlph_lib.page.live import CodedText, code_figure, decoding_figure

PIECES = ["▁$x$ _", "数字", "<0x0A>", "▁" + "long" * 9, "\u0301"] + ["▁w"] * 19
TEXTS = [
    CodedText((i + 0.5) / 9, ["▁數", "$a$", *["▁very-long-piece"] * 30],
              [(i / 9, (i + 1) / 9), ((i + 0.4) / 9, (i + 0.6) / 9)])
    for i in range(9)
]  # fmt: skip


@pytest.fixture
def strict():
    """A glyph that a font lacks is a warning, which the build of the book refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    plt.close("all")


def inside(fig) -> bool:
    """Whether all that is drawn, texts included, lies within the figure's borders."""
    fig.canvas.draw()
    box, (wide, high) = fig.get_tightbbox(), fig.get_size_inches()
    return box.x0 > -0.01 and box.y0 > -0.01 and (
        box.x1 < wide + 0.01 and box.y1 < high + 0.01
    )


def test_a_text_that_reaches_outside_is_seen(strict):
    fig = plt.figure(figsize=(1, 1))
    fig.text(0.9, 0.5, "much too long")
    assert not inside(fig)


def test_decoding_shows_each_setting_and_strikes_what_is_removed(strict):
    logits = np.linspace(3, -3, 50)
    fig = decoding_figure(PIECES, logits, [{}, {"top_k": 3}])
    whole, cut = fig.axes
    assert [ax.get_title() for ax in fig.axes] == ["as it is", "top-k 3"]
    assert inside(fig)
    p = np.exp(logits) / np.exp(logits).sum()
    rows = p.size - 50 + len(PIECES) + 1
    bars = [patch.get_width() for patch in whole.patches[:rows]]
    assert bars == pytest.approx([*p[:24], p[24:].sum()])
    assert cut.get_xlabel() == "probability\n3 tokens kept"
    bars = [patch.get_width() for patch in cut.patches[:rows]]
    assert bars == pytest.approx([*p[:3] / p[:3].sum(), *[0] * 22])
    (crosses,) = cut.lines
    assert crosses.get_ydata().tolist() == list(range(3, 25))
    assert max(cut.get_xlim()) >= max(bars)


def test_the_law_below_the_bars_is_cut_without_a_warning(strict):
    assert inside(decoding_figure(PIECES, np.linspace(9, -9, 5000)))


@pytest.mark.parametrize("start", [0, 8])
def test_code_shows_rows_and_texts_inside_the_page(strict, start):
    fig = code_figure(TEXTS, start=start)
    assert inside(fig)
    words = [text.get_text() for text in fig.findobj(plt.Text)]
    assert "1  ␣▯" in words, "a letter that the font lacks is a box"
    assert "width 0.111 = 3.2 bits" in words and "width 0.0222 = 5.5 bits" in words
    assert sum(word.startswith("u = ") for word in words) == 6
    assert all(len(word) <= 76 for word in words)


def test_few_texts_are_all_told(strict):
    fig = code_figure(TEXTS[:2])
    words = [text.get_text() for text in fig.findobj(plt.Text)]
    assert {"u = 0.0556", "u = 0.1667"} <= set(words)
