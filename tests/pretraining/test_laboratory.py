"""The table's expectations beside what real batches hold, and published ratios."""

import numpy as np
import pytest

from mlph_lib.pretraining.laboratory import (
    BERT_BASE,
    SEVEN_B,
    TEXTS,
    TOY,
    cost,
    depth,
    expected_shapes,
    mean_spans,
    row,
    supervised,
)
from mlph_lib.pretraining.shapes import Shape
from mlph_lib.pretraining.tasks import TASKS
from mlph_lib.pretraining.tensors import Tensors
from mlph_lib.pretraining.vocabulary import Vocabulary

VOCAB = Vocabulary(3)
LENGTH, DRAWS = 48, 40


def drawn(name):
    """(targets, boundaries, source tokens, target tokens) of a text, in 40 batches."""
    rng, rows = np.random.default_rng(0), []
    for _ in range(DRAWS):
        ids = rng.integers(0, 3, (30, LENGTH))
        x = Tensors.of(TASKS[name].corrupt(ids, VOCAB, rng))
        shape = Shape.of(x)
        source = 0.0 if x.source is None else float(x.source_words.sum()) / 30
        rows.append((shape.targets / 30, shape.boundaries / 30, source))
    return np.array(rows)


@pytest.mark.parametrize("name", TASKS)
def test_expected_counts_are_those_of_real_batches(name):
    """Within five standard errors of 40 batches, or half a token where it is rounded.

    Real boundaries are fewer, because spans at an end of the text have none.
    """
    found = drawn(name)
    shapes = expected_shapes(name, LENGTH)
    expected = np.mean(
        [(s.targets / TEXTS, s.boundaries / TEXTS, s.source) for s in shapes], axis=0
    )
    error = 5 * found.std(axis=0, ddof=1) / np.sqrt(DRAWS)
    distance = np.abs(found.mean(axis=0) - expected)
    limit = error + np.array([1e-9, 0.0, 0.5 if name == "bart" else 1e-9])
    if name == "span-boundary":
        assert 0.5 * expected[1] < found[:, 1].mean() < expected[1]
        distance[1] = 0.0
    assert np.all(distance <= limit)


@pytest.mark.parametrize("name", [n for n in TASKS if n != "ul2"])
def test_expected_rows_are_those_of_real_batches(name):
    """All but the mixture's: its batches are as long as their longest text."""
    ids = np.random.default_rng(0).integers(0, 3, (30, LENGTH))
    batch = TASKS[name].corrupt(ids, VOCAB, np.random.default_rng(1))
    found, (expected,) = Shape.of(Tensors.of(batch)), expected_shapes(name, LENGTH)
    assert (found.rows, found.queries) == (expected.rows, expected.queries)
    assert found.ahead == expected.ahead


def test_the_mean_number_of_poisson_spans():
    """5,000 draws against the recursion: five standard errors, 6e-7 to fail."""
    rng, counts = np.random.default_rng(0), []
    for _ in range(5000):
        sizes = [rng.poisson(3.0)]
        while sum(sizes) < 15:
            sizes.append(rng.poisson(3.0))
        counts.append(len(sizes))
    error = np.std(counts) / np.sqrt(5000)
    assert mean_spans(15) == pytest.approx(np.mean(counts), abs=5 * error)


@pytest.mark.parametrize(
    ("name", "toy", "bert_base", "seven_b"),
    [  # counted before with another network of the same matmuls, attention unfused
        ("clm", 1.0, 1.0, 1.0),
        ("mlm", 0.972, 0.831, 0.985),
        ("prefix", 0.983, 0.901, 0.991),
        ("diffusion", 0.983, 0.901, 0.991),
        ("t5", 1.257, 1.051, 1.230),
        ("bart", 2.112, 1.909, 2.129),
        ("mtp", 1.101, 1.597, 1.051),
        ("mtp-blocks", 2.551, 1.797, 1.144),
    ],
)
def test_ratios_of_an_independent_count(name, toy, bert_base, seven_b):
    """To 2 %: whether q k^T is counted anew in backward moves them by less."""
    for shape, expected in ((TOY, toy), (BERT_BASE, bert_base), (SEVEN_B, seven_b)):
        ratio = cost(name, *shape) / cost("clm", *shape)
        assert ratio == pytest.approx(expected, rel=0.02)


def test_two_streams_cost_22_twelfths_where_attention_and_softmax_are_small():
    wide = (SEVEN_B[0], 64)
    assert cost("plm", *wide) / cost("clm", *wide) == pytest.approx(22 / 12, rel=0.02)


@pytest.mark.parametrize(
    ("name", "each"),
    [
        ("clm", 1.0),
        ("electra", 1.15),
        ("nsp", 1 / 32),
        ("fim", 35 / 32),
        ("t5", 8 / 32),
    ],
)
def test_supervised_positions(name, each):
    assert supervised(name) == pytest.approx(each, rel=0.03)


def test_depth_is_that_of_the_number_of_blocks():
    assert depth("clm", 2) == (11, 22)


def test_a_row_has_it_all():
    line = row("mlm")
    assert (line.depth, line.coupling) == (21, "B")
    assert line.bert_base < line.toy < line.seven_b < 1
    with pytest.raises(ValueError, match="no task 'gpt'"):
        row("gpt")
