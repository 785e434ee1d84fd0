"""Coloured samples in print: all inside the figure, whatever the tokens are."""

import warnings

import numpy as np
import pytest
from matplotlib import pyplot as plt
from mlph_lib.page.tokens import LEVELS, Token
from mlph_lib.page.tokens_printed import COLUMNS, LINE, SIZE, tokens_figure

ODD = ["▁word", "<0x0A>", "数", "$x_1$", "\u0301", "▁" + "long" * 60, "∑", "</s>"]


@pytest.fixture(autouse=True)
def strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    plt.close("all")


def samples(n, length, pieces):
    rng = np.random.default_rng([n, length])
    return [
        [Token(piece, rng.gamma(1, 4)) for piece in rng.choice(pieces, length)]
        for _ in range(n)
    ]


def words(fig) -> list[str]:
    return [text.get_text() for text in fig.findobj(plt.Text) if text.get_text()]


@pytest.mark.parametrize("n", [1, 3, 64])
@pytest.mark.parametrize("length", [1, 40, 900])
def test_nothing_leaves_the_figure(n, length):
    fig = tokens_figure(samples(n, length, ODD))
    fig.canvas.draw()
    assert fig.get_size_inches()[0] == 6.4
    assert fig.get_size_inches()[1] <= 40 * SIZE * LINE / 72 + 1e-9
    things = [t for t in fig.findobj(plt.Text) if t.get_text()]
    boxes = [t.get_window_extent() for t in (*things, *fig.axes[0].patches)]
    assert boxes
    for box in boxes:
        assert box.x0 >= -1 and box.x1 <= fig.bbox.x1 + 1
        assert box.y0 >= -1 and box.y1 <= fig.bbox.y1 + 1


def test_letters_take_their_columns():
    """Light and bold letters of a line lie over each other's gaps."""
    fig = tokens_figure([[Token("▁" + "m" * (COLUMNS - 5), 0.1)]])
    fig.canvas.draw()
    longest = max(fig.findobj(plt.Text), key=lambda text: len(text.get_text()))
    line = longest.get_window_extent().width / fig.dpi * 72
    assert line == pytest.approx(99 * SIZE * 0.602, rel=0.02)


def test_the_letters_are_those_of_the_samples():
    fig = tokens_figure([[Token("▁one", 0.1), Token("▁two", 9.0), Token("<0x0A>", 3)]])
    lines = words(fig)
    assert " one    ↵" in lines and "     two" in lines, "bold words on their own"
    bold = [t for t in fig.findobj(plt.Text) if t.get_fontweight() == "bold"]
    assert any(t.get_text() == "     two" for t in bold)
    assert all(level.told in lines for level in LEVELS), "the legend"


@pytest.mark.parametrize(("n", "told"), [(64, True), (2, False)])
def test_what_does_not_fit_is_counted(n, told):
    lines = words(tokens_figure(samples(n, 60, ["▁word", "s"])))
    numbers = [line.strip() for line in lines if line.strip().isdigit()]
    last = int(numbers[-1])
    assert numbers == [str(i) for i in range(1, last + 1)]
    assert (f"{last} of {n} samples fit here." in lines) == told
    assert (last < n) == told


def test_fewer_than_four_lines():
    with pytest.raises(ValueError, match="4 lines or more"):
        tokens_figure([[Token("a", 1.0)]], lines=3)
