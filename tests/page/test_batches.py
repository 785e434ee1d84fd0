"""Every kind of batch is drawn: its words, its squares, and nothing off the page."""

from types import SimpleNamespace as Made

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from mlph_lib.page import batch_figure
from mlph_lib.page.batches import SEEN
from mlph_lib.page.samples import sample_of
from mlph_lib.pretraining import corruptions
from mlph_lib.pretraining.attention import Attention
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.tasks import TASKS
from mlph_lib.pretraining.vocabulary import Vocabulary

WORDS = ["the", "cat", "sat", "on", "a", "mat", "and", "ran"]
VOCAB = Vocabulary(8)
NAMES = VOCAB.names(WORDS)
TEXTS = np.stack([np.arange(8), np.arange(8)[::-1]])


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def batch_of(name: str) -> Batch:
    rng = np.random.default_rng(1)
    if name == "span-boundary":  # spans of ten do not fit into eight words
        return corruptions.span_boundary(TEXTS, VOCAB, rng, 0.4, 0.2, 4)
    return TASKS[name].corrupt(TEXTS, VOCAB, rng)


def strips(name: str, **options) -> dict[str, list[str]]:
    sample = sample_of(batch_of(name), NAMES, **options)
    return {s.label: list(s.cells) for s in (*sample.source, *sample.strips)}


def words_of(fig) -> list[str]:
    return [text.get_text() for text in fig.axes[0].texts]


def full_squares(fig) -> int:
    patches = [p for p in fig.axes[0].patches if isinstance(p, Rectangle)]
    return sum(p.get_fill() and to_hex(p.get_facecolor()) == SEEN
               and p.get_facecolor()[3] == 1 for p in patches)  # fmt: skip


@pytest.mark.parametrize("row", [0, 1])
@pytest.mark.parametrize("name", TASKS)
def test_all_words_and_squares_are_drawn_on_the_page(name, row):
    batch = batch_of(name)
    sample = sample_of(batch, NAMES, row)
    fig = batch_figure(batch, NAMES, row)
    drawn = words_of(fig)
    for strip in (*sample.source, *sample.strips):
        assert strip.label in drawn
        assert set(strip.cells) - {""} <= set(drawn)
    assert full_squares(fig) == sum(int(g.seen.sum()) for g in sample.grids)
    assert [g.title for g in sample.grids if g.title not in drawn] == []
    fig.canvas.draw()
    page = fig.bbox
    for shape in (*fig.axes[0].texts, *fig.axes[0].patches):
        box = shape.get_window_extent()
        assert page.x0 - 1 <= box.x0 and box.x1 <= page.x1 + 1, shape
        assert page.y0 - 1 <= box.y0 and box.y1 <= page.y1 + 1, shape


@pytest.mark.parametrize("name", TASKS)
def test_the_letters_can_be_read(name):
    sizes = [text.get_fontsize() for text in batch_figure(batch_of(name), NAMES)
             .axes[0].texts]  # fmt: skip
    assert min(sizes) >= 7.5


def test_fourteen_tokens_can_be_read():
    texts = np.arange(28).reshape(2, 14) % 8
    batch = corruptions.masked_lm(texts, VOCAB, np.random.default_rng(0), rate=0.5)
    fig = batch_figure(batch, NAMES)
    assert "[MASK]" in words_of(fig)
    assert min(text.get_fontsize() for text in fig.axes[0].texts) >= 7


def test_masked_words_alone_are_targets():
    assert strips("mlm") == {
        "input": [*WORDS[:2], "[MASK]", *WORDS[3:]],
        "target": ["", "", "sat", "", "", "", "", ""],
    }


def test_targets_of_a_causal_model_stand_one_ahead():
    assert strips("clm") == {"input": ["[BOS]", *WORDS[:7]], "target": WORDS}


def test_several_predictions_a_position_are_several_strips():
    got = strips("mtp")
    assert got["target 1"] == WORDS and got["target 4"] == [*WORDS[3:], "", "", ""]


def test_one_target_stands_at_the_front():
    got = strips("nsp")
    assert got["target"] == ["0", *[""] * 10]
    assert got["segment"] == list("AAAAAABBBBB")
    assert sample_of(batch_of("nsp"), NAMES).single
    got = strips("nsp", answers=("next", "random"))
    assert got["target"][0] == "next"


def test_yes_and_no_are_no_words():
    assert strips("rtd")["target"] == list("00100000")
    got = strips("rtd", answers=("kept", "new"))["target"]
    assert got == ["kept", "kept", "new", *["kept"] * 5]


def test_words_0_and_1_stay_words_where_a_text_has_no_others():
    batch = corruptions.masked_lm(TEXTS % 2, VOCAB, np.random.default_rng(1))
    assert "the" in sample_of(batch, NAMES).strips[1].cells


def test_weights_other_than_one_are_told():
    got = strips("diffusion")
    assert [bool(w) for w in got["weight"]] == [bool(w) for w in got["target"]]
    assert "2" in got["weight"] and "weight" not in strips("mlm40")


def test_boundaries_name_the_tokens_beside_a_span():
    got = strips("span-boundary")
    assert got["left"] == ["", "", "", "sat", "sat", "sat", "sat", ""]
    assert got["right"] == ["", "", "", "ran", "ran", "ran", "ran", ""]


def test_encoder_and_decoder_have_three_masks():
    encoder, decoder, cross = sample_of(batch_of("bart"), NAMES).grids
    assert encoder.keys == cross.keys and cross.queries == decoder.queries
    assert encoder.keys[-1] == "[PAD]" and not cross.seen[:, -1].any()
    assert cross.seen[:, :-1].all()
    assert (decoder.seen == np.tri(8, dtype=bool)).all()


def test_two_texts_do_not_see_each_other():
    first, second = sample_of(batch_of("contrastive"), NAMES).grids
    assert first.keys == tuple(WORDS[:4]) and second.keys == tuple(WORDS[4:])


@pytest.mark.parametrize("name, rows", [("plm", 8), ("plm-partial", 1)])
def test_a_query_is_a_row_that_has_a_target(name, rows):
    batch = batch_of(name)
    content, query = sample_of(batch, NAMES).grids
    asked = batch.weights[0] > 0
    assert len(query.queries) == rows and content.seen.shape == (9, 9)
    assert (query.seen == batch.query.mask(9)[0][asked]).all()
    own = np.flatnonzero(asked)
    assert not query.seen[np.arange(rows), own].any()  # knows its place alone


@pytest.mark.parametrize("row", [-1, 2])
def test_a_row_that_is_not_there(row):
    with pytest.raises(ValueError, match=f"row from 0 to 1 .* got {row}"):
        batch_figure(batch_of("mlm"), NAMES, row)


def test_an_id_without_a_spelling():
    with pytest.raises(ValueError, match="id 9 has no spelling: there are 8"):
        batch_figure(batch_of("mlm"), WORDS)
    with pytest.raises(ValueError, match="id 1 has no spelling: there are 1"):
        batch_figure(batch_of("rtd"), NAMES, answers=["kept"])


def test_no_batch():
    with pytest.raises(TypeError, match="ndarray has no 'inputs'"):
        batch_figure(TEXTS, NAMES)


def test_a_word_that_would_hide_a_letter_is_made_visible():
    full = Attention("full")
    batch = Made(inputs=TEXTS, targets=TEXTS, weights=TEXTS * 0.0, attention=full)
    names = ["$x$", "▁a", "\n", *"abcde"]
    assert {"$x$", "␣a", "↵"} <= set(words_of(batch_figure(batch, names)))


def test_a_full_mask_can_be_left_out():
    batch = batch_of("span-boundary")
    whole, short = batch_figure(batch, NAMES), batch_figure(batch, NAMES, mask=False)
    assert full_squares(whole) == 64 and full_squares(short) == 0
    assert short.get_figheight() < 0.4 * whole.get_figheight()
    assert words_of(short) == words_of(whole)[: len(words_of(short))]
    assert {"input", "target", "left", "right"} < set(words_of(short))


def test_a_mask_that_hides_something_is_not_left_out():
    with pytest.raises(ValueError, match="hides something"):
        batch_figure(batch_of("clm"), NAMES, mask=False)
