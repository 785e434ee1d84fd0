"""One number, its cells and its text: the exact cells of arithmetic sampling, drawn."""

import math
from fractions import Fraction

import numpy as np
import pytest
from mlph_lib.decoding import arithmetic_code, arithmetic_sample, token_law
from mlph_lib.page.live import CodedText, code_live, coded_texts

VOCABULARY = ["</s>", "<0x0A>", "▁$key", "▁<b>", "&"] + [f"▁w{i}" for i in range(35)]


def next_logits(prefix):
    """Any law will do; the end comes soon enough to be seen."""
    rng = np.random.default_rng([11, *prefix])
    return 2.0 * rng.gumbel(size=len(VOCABULARY)) + 2.0 * np.eye(len(VOCABULARY))[0]


def law(prefix):
    return token_law(next_logits(prefix))


CODES = [Fraction(2 * i + 1, 64) for i in range(32)]
IDS = [arithmetic_sample(next_logits, u, 8, eos=0) for u in CODES]


@pytest.fixture(scope="module")
def texts_and_cuts():
    return coded_texts(CODES, IDS, law, VOCABULARY.__getitem__)


def test_cells_are_those_of_exact_arithmetic(texts_and_cuts):
    texts, _ = texts_and_cuts
    lengths = set()
    for text, u, ids in zip(texts, CODES, IDS, strict=True):
        assert text.u == u and len(text.cells) == min(4, len(ids))
        for t, (low, high) in enumerate(text.cells, 1):
            exact_low, exact_width = arithmetic_code(next_logits, ids[:t])
            assert high - low == pytest.approx(exact_width, rel=1e-12)
            assert abs(low - exact_low) < 1e-12 * exact_width
        lengths.add(len(text.cells))
    assert {1, 4} <= lengths, "texts that end early and texts that go on"


def test_cuts_are_the_wide_neighbours_and_tile_with_the_rest(texts_and_cuts):
    _, cuts = texts_and_cuts
    p = law([])
    names = [piece for piece, _, _ in cuts[()]]
    assert names == [VOCABULARY[i] for i in np.flatnonzero(p >= 0.02)]
    for row in cuts.values():
        assert all(a[2] <= b[1] for a, b in zip(row, row[1:]))


def test_every_stop_of_the_slider_draws_its_cells_and_tells_its_text(
    texts_and_cuts, played
):
    texts, cuts = texts_and_cuts
    states = played(code_live("k", texts, cuts), [{"u": i} for i in range(len(texts))])
    for text, page in zip(texts, states[1:], strict=True):
        parent = (Fraction(0), Fraction(1))
        for r in range(4):
            if r < len(text.cells):
                drawn_as(page, r, parent, text.cells[r], text.u)
                parent = text.cells[r]
            else:
                assert page[f"k-c{r}"]["attributes"]["width"] == "0.0"
                assert page[f"k-h{r}"]["textContent"].endswith("the text has ended")
        spoken = page["k-head"]["textContent"] + page["k-rest"]["textContent"]
        shown = "".join(text.pieces).replace("▁", "␣").replace("<0x0A>", "↵")
        assert spoken == shown
        bits = -math.log2(parent[1] - parent[0])
        assert f", {bits:.1f} bits." in page["k-say"]["textContent"]
        assert page["k-u"]["attributes"]["aria-valuetext"] == f"{float(text.u):.4f}"


def drawn_as(page, r, parent, cell, u):
    """Row ``r`` shows ``cell`` and u where they lie in ``parent``, in 344 units."""
    scale = 344 / (parent[1] - parent[0])
    chosen = page[f"k-c{r}"]["attributes"]
    left = float(8 + (cell[0] - parent[0]) * scale)
    assert float(chosen["x"]) == pytest.approx(left, abs=0.11)
    wide = max((cell[1] - cell[0]) * scale, 2)
    assert float(chosen["width"]) == pytest.approx(float(wide), abs=0.11)
    at = float(page[f"k-a{r}"]["attributes"]["d"].split()[0].removeprefix("M"))
    assert at == pytest.approx(float(8 + (u - parent[0]) * scale), abs=0.11)
    width, bits = page[f"k-w{r}"]["textContent"].removeprefix("width ").split(" = ")
    exact = float(cell[1] - cell[0])
    plain = width.replace(" × 10", "e").translate(
        str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    )
    assert float(plain) == pytest.approx(exact, rel=6e-3)
    assert bits == f"{round(-math.log2(exact), 3):.1f} bits"


def test_names_stand_inside_their_cells(texts_and_cuts, taken_apart):
    texts, cuts = texts_and_cuts
    page = taken_apart(code_live("k", texts, cuts))
    edges = sorted(
        float(part.split()[0])
        for part in page.by_id["k-d0"]["d"].split("M")[2:]
    )
    named = 0
    for j in range(14):
        name = page.text_of[f"k-n0x{j}"]
        middle = float(page.by_id[f"k-n0x{j}"]["x"])
        if name:
            left = max(x for x in edges if x <= middle)
            right = min(x for x in edges if x > middle)
            assert 6.1 * len(name) <= right - left, name
            named += 1
    assert named >= 3


def test_texts_alone_draw_the_cells_that_they_visit(taken_apart):
    texts = [
        CodedText(0.25, ["▁long", "▁a"], [(0, 0.5), (0.1, 0.3)]),
        CodedText(0.75, ["▁word"], [(0.5, 1.0)]),
    ]
    page = taken_apart(code_live("k", texts, start=0))
    assert [page.text_of[f"k-n0x{j}"] for j in range(2)] == ["␣long", "␣word"]


def test_a_row_without_a_cell_says_why(taken_apart):
    texts = [CodedText(0.2, ["a"], [(0, 0.5)]), CodedText(0.7, "bcd", [(0.5, 1)])]
    for start, said in enumerate(["the text has ended", "not shown"]):
        page = taken_apart(code_live("k", texts, start=start))
        assert [page.text_of[f"k-h{r}"] for r in (1, 2, 3)] == [
            f"{r}  {said}" for r in (2, 3, 4)
        ]


def test_256_texts_of_24_tokens_fit():
    codes = [Fraction(2 * i + 1, 512) for i in range(256)]
    ids = [arithmetic_sample(next_logits, u, 24, eos=None) for u in codes]
    texts, cuts = coded_texts(codes, ids, law, VOCABULARY.__getitem__)
    assert len(code_live("k", texts, cuts).encode()) <= 120_000


def test_a_markup_that_is_too_long_is_refused():
    texts = [CodedText(i / 40, ["▁x" * 2_000], [(0, 1)]) for i in range(40)]
    with pytest.raises(ValueError, match=r"120,000 bytes or less, got \d+,\d+ for 40"):
        code_live("k", texts)


GOOD = [CodedText(0.25, ["a", "b"], [(0, 0.5)]), CodedText(0.75, ["c"], [(0.5, 1)])]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([], "two codes or more"),
        (GOOD[:1], "two codes or more"),
        (GOOD[::-1], "rise within"),
        ([GOOD[0], GOOD[0]], "rise within"),
        ([GOOD[0], GOOD[1]._replace(u=1.0, cells=[(0.5, 2)])], "rise within"),
        ([GOOD[0]._replace(u=-0.1), GOOD[1]], "rise within"),
        ([GOOD[0]._replace(u=float("nan")), GOOD[1]], "rise within"),
        ([GOOD[0]._replace(cells=[]), GOOD[1]], "one token or more"),
        ([GOOD[0]._replace(cells=[(0, 0.5)] * 3), GOOD[1]], "no more cells than"),
        ([GOOD[0]._replace(cells=[(0.3, 0.5)]), GOOD[1]], "low <= u < high"),
        ([GOOD[0]._replace(cells=[(0.25, 0.25)]), GOOD[1]], "low <= u < high"),
        ([GOOD[0]._replace(cells=[(0, math.nan)]), GOOD[1]], "low <= u < high"),
        ([GOOD[0]._replace(cells=[(0, math.inf)]), GOOD[1]], "low <= u < high"),
        ([GOOD[0]._replace(cells=[(0.2, 0.3), (0.1, 0.3)]), GOOD[1]], "in the one"),
        ([GOOD[0]._replace(cells=[(0, 1.5)]), GOOD[1]], "in the one before"),
    ],
)
def test_texts_that_cannot_be_drawn(texts, words):
    with pytest.raises(ValueError, match=words):
        code_live("k", texts)


@pytest.mark.parametrize("start", [-1, 2])
def test_a_start_that_is_no_text(start):
    with pytest.raises(ValueError, match="start from 0 to 1"):
        code_live("k", GOOD, start=start)


def test_as_many_texts_as_codes():
    with pytest.raises(ValueError, match="got 1 for 2 codes"):
        coded_texts([0.1, 0.2], [[0]], law, VOCABULARY.__getitem__)


@pytest.mark.parametrize("row", [[0, 1, 2], [0.5, math.nan], [[0.5, 0.5]], [-1, 2]])
def test_what_is_no_law(row):
    with pytest.raises(ValueError, match="probabilities, not logits"):
        coded_texts([0.1], [[0]], lambda prefix: row, VOCABULARY.__getitem__)
