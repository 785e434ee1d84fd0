"""Pick an objective: what the script draws is the batch, square by square."""

import re
import warnings
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from mlph_lib.page.live import objectives_figure, objectives_live
from mlph_lib.page.live.panels import drawings
from mlph_lib.page.samples import sample_of
from mlph_lib.pretraining import corruptions
from mlph_lib.pretraining.vocabulary import Vocabulary

WORDS = ["the", "cat", "sat", "on", "a", "mat", "and", "ran"]
VOCAB = Vocabulary(8)
NAMES = VOCAB.names(WORDS)
TEXTS = {"forwards": np.arange(8), "backwards": np.arange(8)[::-1]}
TASKS = {
    "masked": partial(corruptions.masked_lm, rate=0.3),
    "causal": corruptions.causal_lm,
    "pairs": corruptions.next_sentence,
    "replaced": corruptions.replaced_tokens,
    "spans": partial(corruptions.span_boundary, rate=0.4, longest=4),
    "denoising": corruptions.denoising,
    "prefix": corruptions.prefix_lm,
    "middle": corruptions.fill_in_the_middle,
    "permuted": corruptions.permutation_lm,
    "several": partial(corruptions.multi_token, k=3),
    "diffused": corruptions.masked_diffusion,
    "contrast": corruptions.contrastive,
}
ANSWERS = {"pairs": ("next", "random"), "replaced": ("kept", "new")}
ROWS = np.stack(list(TEXTS.values()))
BATCHES = {
    task: {
        text: corrupt(ROWS[[i, 1 - i]], VOCAB, np.random.default_rng(3 + i))
        for i, text in enumerate(TEXTS)
    }
    for task, corrupt in TASKS.items()
}
MARKUP = objectives_live("k", BATCHES, NAMES, answers=ANSWERS)


@pytest.fixture(scope="module")
def states(played):
    """The page after each objective and each sentence was picked."""
    moves = [
        {"task": str(t), "text": str(s)}
        for t in range(len(TASKS))
        for s in range(len(TEXTS))
    ]
    pages = iter(played(MARKUP, moves)[1:])
    return {task: {text: next(pages) for text in TEXTS} for task in TASKS}


every_batch = pytest.mark.parametrize(
    "task, text", [(task, text) for task in TASKS for text in TEXTS]
)


def sample(task, text):
    return sample_of(BATCHES[task][text], NAMES, 0, ANSWERS.get(task))


def told(page, name):
    """(x, y, words) of the texts of one pool that are not empty."""
    texts = []
    for ident, e in page.items():
        if re.fullmatch(rf"k-{name}\d+", ident) and e.get("textContent"):
            at = e["attributes"]
            place = (at["x"], at["y"]) if name == "t" else at["transform"]
            texts.append((place, e["textContent"]))
    return texts


def corners(page, name):
    return {
        tuple(map(float, at))
        for at in re.findall(
            r"M([\d.]+) ([\d.]+)h", page[f"k-{name}"]["attributes"]["d"]
        )
    }


@every_batch
def test_the_squares_are_the_masks(states, task, text):
    page, drawn = states[task][text], drawings(BATCHES, NAMES, ANSWERS)[task][text]
    full, hollow = corners(page, "full"), corners(page, "hollow")
    grids = sample(task, text).grids
    assert len(full) == sum(int(grid.seen.sum()) for grid in grids)
    assert not full & hollow
    for line in drawn.lines:
        for _, _, x, bits in line.grids:
            for s, bit in enumerate(bits):
                at = (x + s * drawn.side + 1, line.y + 1)
                assert (at in full) == (bit == "1") and (at in hollow) == (bit == "0")


@every_batch
def test_all_words_are_told_and_no_others(states, task, text):
    shown = sample(task, text)
    words = [word for _, word in told(states[task][text], "t")]
    strips = (*shown.source, *shown.strips)
    expected = [cell for strip in strips for cell in strip.cells if cell]
    titles = [grid.title for grid in shown.grids] if len(shown.grids) > 1 else []
    assert sorted(words) == sorted(expected + titles)
    upright = [word for _, word in told(states[task][text], "v")]
    labels = [strip.label for strip in shown.strips[1:]]
    keys = [key for grid in shown.grids for key in grid.keys]
    assert sorted(upright) == sorted(keys + labels)


@every_batch
def test_nothing_stands_outside_the_drawing_or_on_another_word(states, task, text):
    high = float(re.search(r'viewBox="0 0 360 (\d+)"', MARKUP)[1])
    titles, rows = {grid.title for grid in sample(task, text).grids}, {}
    for (x, y), word in told(states[task][text], "t"):
        x, y, wide = float(x), float(y), 6 * len(word)
        if word not in titles:
            rows.setdefault(y, []).append((x, wide))
        assert 0 < x < 360 and 0 < y < high and x + wide / 2 <= 360
    for row in rows.values():
        (name, letters), *cells = sorted(row)
        assert name - letters > 0
        ends = [(x - wide / 2, x + wide / 2) for x, wide in cells]
        assert all(a[1] <= b[0] for a, b in pairwise(ends))


def test_live_text_counts_targets_and_says_who_sees_whom(states):
    said = {task: states[task]["forwards"]["k-say"]["textContent"] for task in TASKS}
    masked = int((BATCHES["masked"]["forwards"].weights[0] > 0).sum())
    assert said["masked"] == (
        f"masked: {masked} of 8 positions have a target; every token sees every token."
    )
    assert said["causal"] == (
        "causal: 8 of 8 positions have a target; every token sees itself and what "
        "stands before it."
    )
    assert said["pairs"].startswith("pairs: one target for the whole text;")
    assert said["several"].startswith("several: 21 targets at 8 positions;")
    prefix = BATCHES["prefix"]["forwards"].attention.prefix[0]
    assert f"the first {prefix} tokens see one another" in said["prefix"]
    assert (
        "the decoder sees what stands before, and the whole source"
        in (said["denoising"])
    )
    assert "not itself" in said["permuted"] and "itself alone" in said["contrast"]


def test_one_target_has_a_verb_of_its_own():
    batch = BATCHES["masked"]["forwards"]
    one = replace(batch, weights=(batch.targets == 2).astype(float))
    assert "1 of 8 positions has a target" in (
        objectives_live("k", {"one": {"a": one}}, NAMES)
    )


def test_a_row_says_whom_it_sees_and_what_it_is_asked(played):
    moves = [{"task": "1", "row": str(row)} for row in (0, 2, 7)]
    _, *pages = played(MARKUP, moves)
    assert [page["k-told"]["textContent"] for page in pages] == [
        "Row 1, [BOS]: it sees [BOS]; target: the.",
        "Row 3, cat: it sees [BOS] the cat; target: sat.",
        "Row 8, and: it sees every token; target: ran.",
    ]
    assert pages[1]["k-row"]["attributes"]["aria-valuetext"] == "3, cat"


def test_a_row_of_two_grids_tells_both(played):
    ranks = BATCHES["permuted"]["forwards"].query.mask(9)[0].sum(1)
    first = int(np.flatnonzero(ranks == 1)[-1])  # it sees BOS alone
    page = played(MARKUP, [{"task": str(list(TASKS).index("permuted"))},
                           {"row": str(first)}])[-1]  # fmt: skip
    name = WORDS[first - 1]
    assert page["k-told"]["textContent"] == (
        f"Row {first + 1}, {name}: the content stream sees [BOS] {name}; "
        f"the query stream sees [BOS]; target: {name}."
    )


def test_the_pointer_chooses_a_row(played):
    point = "elements['k-h6'].onpointerenter();"
    script = MARKUP.replace(
        'el("controls").hidden = false;\n  update();',
        'el("controls").hidden = false;\n  update();' + point,
    )
    assert script != MARKUP
    page = played(script, [])[0]
    assert page["k-row"]["value"] == "6"
    assert page["k-told"]["textContent"].startswith("Row 7, ")


def test_the_chosen_row_is_marked_and_stays_in_a_shorter_text(played):
    last = {"task": str(list(TASKS).index("middle")), "row": "10"}
    long, short = played(MARKUP, [last, {"task": "0"}])[1:]
    drawn = drawings(BATCHES, NAMES, ANSWERS)
    for page, task in ((long, "middle"), (short, "masked")):
        line = drawn[task]["forwards"].lines[-1]
        assert float(page["k-here"]["attributes"]["y"]) == line.y
        assert page["k-row"]["attributes"]["max"] == str(
            len(drawn[task]["forwards"].lines) - 1
        )


def test_the_figure_and_its_text_keep_their_size(taken_apart):
    drawn = drawings(BATCHES, NAMES, ANSWERS)
    highest = max(each.height for texts in drawn.values() for each in texts.values())
    page = taken_apart(MARKUP)
    svg = next(a for tag, a in page.tags if tag == "svg")
    assert svg["viewbox"] == f"0 0 360 {highest}"
    room = float(re.search(r"min-height:([\d.]+)em", MARKUP)[1])
    assert room > 6


def test_lists_are_native_and_named(taken_apart):
    page = taken_apart(MARKUP)
    assert page.texts["option"] == [*TASKS, *TEXTS]
    assert sum(tag == "select" for tag, _ in page.tags) == 2
    assert len(MARKUP) < 60_000


def test_longer_words_make_smaller_squares():
    longer = [word + "▁long" for word in WORDS] + NAMES[8:]
    permuted = {"permuted": BATCHES["permuted"]}
    (small,), (usual,) = (
        {each.side for each in drawings(permuted, names)["permuted"].values()}
        for names in (longer, NAMES)
    )
    assert 11 <= small < usual == 14
    for each in drawings(permuted, longer)["permuted"].values():
        for _, y, kind, word in each.words:
            assert kind != "key" or y - 6 * len(word) > 11, "under the title"


def test_data_stay_data():
    names = [*WORDS[:6], "</script>", "$key"]
    batch = BATCHES["masked"]["forwards"]
    nasty = {"<script>": {'"//x"': batch}}
    markup = objectives_live("k", nasty, [*names, *NAMES[8:]])
    assert markup.count("<script>") == markup.count("</script>") == 1
    assert "$key" in markup.split("<script>")[1]


def test_bad_input():
    masked, causal = BATCHES["masked"], BATCHES["causal"]
    with pytest.raises(ValueError, match="same sentences .* got none"):
        objectives_live("k", {}, NAMES)
    with pytest.raises(ValueError, match="same sentences .* got none"):
        objectives_live("k", {"a": {}}, NAMES)
    with pytest.raises(ValueError, match="got 2 different lists"):
        objectives_live("k", {"a": masked, "b": {"x": causal["forwards"]}}, NAMES)
    with pytest.raises(ValueError, match="answers of 'x', but .* are a"):
        objectives_live("k", {"a": masked}, NAMES, answers={"x": ["0"]})
    with pytest.raises(TypeError, match="list has no 'inputs'"):
        objectives_live("k", {"a": {"x": []}}, NAMES)
    with pytest.raises(ValueError, match="has no spelling"):
        objectives_live("k", {"a": masked}, WORDS)
    long = corruptions.causal_lm(np.arange(32)[None] % 8, VOCAB)
    with pytest.raises(ValueError, match="squares of 9 units, .* give shorter texts"):
        objectives_live("k", {"a": {"x": long}}, NAMES)
    many = {f"task {i}": masked for i in range(200)}
    with pytest.raises(ValueError, match="expected markup of 120,000 bytes or less"):
        objectives_live("k", many, NAMES)


@pytest.fixture
def strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    plt.close("all")


@pytest.mark.parametrize("picked", [None, list(TASKS)])
def test_the_printed_twin_shows_the_same_squares_inside_its_borders(strict, picked):
    fig = objectives_figure(BATCHES, NAMES, answers=ANSWERS, shown=picked)
    (ax,) = fig.axes
    tasks = picked or list(TASKS)[:4]
    words = [text.get_text() for text in ax.texts]
    assert all(task in words for task in tasks)
    blue = plt.rcParams["axes.prop_cycle"].by_key()["color"][0]
    full = [p for p in ax.patches if to_hex(p.get_facecolor()) == blue]
    grids = [grid for task in tasks for grid in sample(task, "forwards").grids]
    assert len(full) == sum(int(grid.seen.sum()) for grid in grids)
    fig.canvas.draw()
    for each in (*ax.texts, *ax.patches):
        box = each.get_window_extent()
        assert fig.bbox.x0 - 1 <= box.x0 and box.x1 <= fig.bbox.x1 + 1, each
        assert fig.bbox.y0 - 1 <= box.y0 and box.y1 <= fig.bbox.y1 + 1, each


@pytest.mark.parametrize("picked", [[], ["nothing"]])
def test_an_objective_that_is_not_there(picked):
    with pytest.raises(ValueError, match="one or more of the objectives masked, .*"):
        objectives_figure(BATCHES, NAMES, answers=ANSWERS, shown=picked)
