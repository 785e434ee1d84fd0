import re

import pytest
from matplotlib import pyplot as plt
from mlph_lib.page import figure, figures, interactive, subplots

ALT = "A line that rises from zero to one."


@pytest.fixture
def glued(monkeypatch):
    seen = {}
    monkeypatch.setattr(
        figures, "glue", lambda key, value, display: seen.update({key: value})
    )
    yield seen
    plt.close("all")


def line():
    fig, ax = subplots(height=1.5)
    ax.plot([0, 1], [0, 1], label="$F$")
    ax.legend()
    return fig


def test_a_figure_is_svg_pdf_and_words(glued):
    figure("demo", line(), ALT)
    bundle = glued["demo"]._repr_mimebundle_()
    svg = bundle["text/html"]
    assert svg.startswith("<svg ") and f'aria-label="{ALT}"' in svg
    assert bundle["application/pdf"].startswith(b"%PDF")
    assert bundle["text/plain"] == f"[Figure: {ALT}]"
    assert not plt.get_fignums()


def test_ids_are_unique_to_the_figure_and_every_reference_lands(glued):
    figure("demo", line(), ALT)
    svg = glued["demo"].markup
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert ids and all(name.startswith("demo-") for name in ids)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'(?:url\(#|href="#)([^")]+)', svg):
        assert target in ids


def test_black_takes_the_colour_of_the_page(glued):
    figure("demo", line(), ALT)
    assert "#000000" not in glued["demo"].markup
    assert "currentColor" in glued["demo"].markup


def test_the_same_drawing_gives_the_same_bytes(glued):
    figure("a", line(), ALT)
    first = glued["a"]
    figure("a", line(), ALT)
    assert (first.markup, first.pdf) == (glued["a"].markup, glued["a"].pdf)


@pytest.mark.parametrize("alt", ["", "A plot", None])
def test_alt_text_is_demanded(glued, alt):
    with pytest.raises(ValueError, match="alt text"):
        figure("demo", line(), alt)
    with pytest.raises(ValueError, match="alt text"):
        interactive("demo", "<svg></svg>", line(), alt)
    assert not glued


def test_alt_text_with_quotes_stays_inside_its_attribute(glued):
    figure("demo", line(), 'A "line" that rises & falls.')
    assert 'aria-label="A &quot;line&quot; that rises &amp; falls."' in (
        glued["demo"].markup
    )


def test_an_interactive_figure_has_its_static_twin(glued):
    interactive("live", "<svg></svg><script>1</script>", line(), ALT)
    assert glued["live"].markup.startswith("<svg>")
    assert glued["live"].pdf.startswith(b"%PDF")


@pytest.mark.parametrize("tag", ['src="https://x.org/a.js"', "href='//x.org/a'"])
def test_an_interactive_figure_asks_no_other_host(glued, tag):
    with pytest.raises(ValueError, match="no other host"):
        interactive("live", f"<script {tag}></script>", line(), ALT)
