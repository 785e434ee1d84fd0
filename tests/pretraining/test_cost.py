"""Costs: the formula and the counter agree to the last operation, everywhere."""

import numpy as np
import pytest
import torch

from mlph_lib.pretraining.cost import Linear, Stack, activation_floats, flops, work
from mlph_lib.pretraining.counting import activation_bytes, counted_flops
from mlph_lib.pretraining.live import build
from mlph_lib.pretraining.losses import mean_loss
from mlph_lib.pretraining.network import TransformerConfig
from mlph_lib.pretraining.shapes import Shape, blank
from mlph_lib.pretraining.tasks import TASKS, task
from mlph_lib.pretraining.tensors import Tensors
from mlph_lib.pretraining.vocabulary import Vocabulary

VOCAB = Vocabulary(3)
SIZES = TransformerConfig(VOCAB.size, 32, 3, 2)
BERT_BASE = TransformerConfig(30522, 768, 12, 12)
SEVEN_B = TransformerConfig(32000, 4096, 32, 32)


def case(name, sizes=SIZES, n=3, length=12):
    ids = np.random.default_rng(0).integers(0, 3, (n, length))
    batch = TASKS[name].corrupt(ids, VOCAB, np.random.default_rng(1))
    noise = np.random.default_rng(2).random(batch.weights.shape[:2])
    return build(task(name), sizes, VOCAB, 0), Tensors.of(batch, noise)


def loss(objective, x):
    return lambda: mean_loss(objective(x), objective.coefficients)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", TASKS)
def test_the_counter_counts_what_the_formula_says(name, training):
    objective, x = case(name)
    counted = counted_flops(loss(objective, x), training)
    assert counted == flops(work(objective, Shape.of(x)), training)


@pytest.mark.parametrize("name", TASKS)
def test_the_meta_device_counts_the_same_but_for_one_product(name):
    """It keeps the probabilities, so backward has 4 products of attention, not 5."""
    objective, x = case(name)
    shape = Shape.of(x)
    counted = counted_flops(loss(objective.to("meta"), blank(shape)))
    assert counted == flops(work(objective, shape, fused=False))
    assert counted < flops(work(objective, shape))


def on_meta(name, sizes):
    with torch.device("meta"):
        return TASKS[name].wrap(sizes, VOCAB)


@pytest.mark.parametrize(
    ("sizes", "length"), [(BERT_BASE, 512), (SEVEN_B, 4096)], ids=["bert-base", "7b"]
)
def test_large_shapes_are_counted_without_a_number(sizes, length):
    objective, shape = on_meta("clm", sizes), Shape(1, length, length)
    counted = counted_flops(loss(objective, blank(shape)))
    layers, d, v = sizes.num_hidden_layers, sizes.hidden_size, sizes.vocab_size
    matmul_weights = 12 * layers * d**2 + v * d
    attention = 12 * layers * length**2 * d
    assert counted == 6 * matmul_weights * length + attention
    assert counted == flops(work(objective, shape, fused=False))


def test_the_counter_without_our_mapping_sees_no_attention_on_a_cpu():
    """When this fails torch has learnt to count it, and the mapping can go."""
    from torch.utils.flop_counter import FlopCounterMode

    objective, x = case("clm")
    with FlopCounterMode(display=False) as counter:
        loss(objective, x)()
    parts = work(objective, Shape.of(x))
    seen = sum(p.projections if isinstance(p, Stack) else p.forward for p in parts)
    assert counter.get_total_flops() == seen < flops(parts, training=False)


def test_a_wrong_formula_would_be_seen():
    objective, x = case("clm")
    shape = Shape.of(x)
    one_more = Shape(shape.samples, shape.rows, shape.targets + 1)
    assert counted_flops(loss(objective, x)) != flops(work(objective, one_more))


def test_permutation_costs_22_twelfths_of_a_block():
    """The query stream has no keys and values of its own: 12 + 10 for 12."""
    one, two = (Stack(1, 64, rows, 32).projections for rows in (32, 64))
    assert two / one == 22 / 12


def test_what_has_no_formula_is_refused():
    with pytest.raises(TypeError, match="no formula for a Linear"):
        work(torch.nn.Linear(2, 2), Shape(1, 1, 1))


@pytest.mark.parametrize("name", ["clm", "mlm40", "prefix"])
@pytest.mark.parametrize(("layers", "width"), [(1, 16), (3, 32)])
def test_backward_keeps_what_the_formula_says(name, layers, width):
    """Beside the stack: probabilities and weights of the targets, two scalars."""
    objective, x = case(name, TransformerConfig(VOCAB.size, width, layers, 2))
    shape, masks = Shape.of(x), x.mask.shape[0]
    stack = activation_floats(objective.net, shape, masks)
    head = shape.targets * (VOCAB.size + 1) + 2
    assert activation_bytes(loss(objective, x), objective) == 4 * (stack + head)


@pytest.mark.parametrize("name", TASKS)
def test_a_blank_batch_has_the_shape_it_is_given(name):
    shape = Shape.of(case(name)[1])
    assert Shape.of(blank(shape)) == shape


def test_flops_of_a_list_add_up():
    parts = [Linear(2, 3, 4), Stack(1, 8, 4, 4, fused=False)]
    assert flops(parts, training=False) == sum(p.forward for p in parts)
    assert flops(parts) == 3 * flops(parts, training=False)  # 12 / 4 for attention
