"""Coloured samples: the words and every number are in the markup, as text."""

import re

import numpy as np
import pytest
from matplotlib import pyplot as plt
from mlph_lib.page import Token, coloured_text, figures
from mlph_lib.page.tokens import level_of

ALT = "Two short samples, most tokens pale and a few dark."
SAMPLES = [
    [Token("▁Return", 0.2), Token("▁the", 1.5), Token("<0x0A>", 9.25), Token("s", 3.0)],
    [Token("<b>&", 13.0), Token('href="//x"', 5.0), Token("</s>", -1e-9)],
]


@pytest.fixture
def glued(monkeypatch):
    seen = {}
    monkeypatch.setattr(
        figures, "glue", lambda key, value, display: seen.update({key: value})
    )
    yield seen
    plt.close("all")


def test_it_comes_as_html_and_pdf_with_words(glued):
    coloured_text("k", SAMPLES, alt=ALT)
    bundle = glued["k"]._repr_mimebundle_()
    assert bundle["application/pdf"].startswith(b"%PDF")
    assert bundle["text/plain"] == f"[Figure: {ALT}]"
    assert not plt.get_fignums()


def test_words_numbers_and_levels_of_every_token(glued, taken_apart):
    coloured_text("k", SAMPLES, alt=ALT)
    page = taken_apart(glued["k"].markup)
    assert not page.open
    tokens = [a for tag, a in page.tags if tag == "i" and "title" in a]
    wanted = [token for sample in SAMPLES for token in sample]
    assert [a["title"] for a in tokens] == [f"{abs(bits):.1f}" for _, bits in wanted]
    assert [a["class"] for a in tokens] == [f"b{level_of(b)}" for _, b in wanted]
    words = page.texts["i"][-len(wanted) :]
    assert words == [" Return", " the", "↵", "s", "<b>&", 'href="//x"', "</s>"]
    assert page.texts["small"] == ["(4 tokens, 13.9 bits)", "(3 tokens, 18.0 bits)"]


def test_numbers_are_text_at_a_box_that_needs_no_script(glued, taken_apart):
    coloured_text("k", SAMPLES, alt=ALT)
    page = taken_apart(glued["k"].markup)
    assert page.by_id["k-n"]["type"] == "checkbox"
    assert ("label", {"for": "k-n"}) in page.tags
    assert "#k-n:checked~div i::after{content:attr(title)" in page.texts["style"][0]
    assert "script" not in page.texts
    (region,) = [a for _, a in page.tags if a.get("role") == "region"]
    assert region["tabindex"] == "0" and region["aria-label"] == f"2 samples: {ALT}"


def test_the_legend_shows_each_level_as_tokens_look(glued, taken_apart):
    coloured_text("k", SAMPLES, alt=ALT)
    page = taken_apart(glued["k"].markup)
    legend = [a["class"] for tag, a in page.tags if tag == "i" and "title" not in a]
    assert legend == [f"b{i}" for i in range(6)]
    (style,) = page.texts["style"]
    for i in range(1, 6):
        assert re.search(rf"^#k \.b{i}\{{background:#\w+;color:#\w+;", style, re.M)
        assert f'html[data-theme="dark"] #k .b{i}{{' in style


def test_64_samples_of_64_tokens_stay_small(glued):
    bits = np.random.default_rng(2).gamma(1, 3, (64, 64))
    samples = [[Token("▁word", b) for b in row] for row in bits]
    coloured_text("k", samples, alt=ALT)
    assert len(glued["k"].markup) < 160_000
    assert len(glued["k"].pdf) < 100_000


@pytest.mark.parametrize(
    ("key", "samples", "alt", "words"),
    [
        ("A b", SAMPLES, ALT, "small letters"),
        ("k", SAMPLES, "Coloured.", "alt text"),
        ("k", SAMPLES, None, "alt text"),
        ("k", [], ALT, "one token or more"),
        ("k", [[]], ALT, "one token or more"),
        ("k", [[Token("a", float("nan"))]], ALT, "surprise"),
    ],
)
def test_what_is_refused_is_not_glued(glued, key, samples, alt, words):
    with pytest.raises(ValueError, match=words):
        coloured_text(key, samples, alt=alt)
    assert not glued and not plt.get_fignums()
