"""All objectives in one table: supervised positions, cost at any size, depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from mlph_lib.pretraining.corruptions.denoising import hidden_tokens, poisson
from mlph_lib.pretraining.corruptions.mixture import DENOISERS
from mlph_lib.pretraining.corruptions.span_corruption import noise
from mlph_lib.pretraining.cost import flops, work
from mlph_lib.pretraining.depth import sequential_depth
from mlph_lib.pretraining.live import build
from mlph_lib.pretraining.losses import mean_loss
from mlph_lib.pretraining.network import TransformerConfig
from mlph_lib.pretraining.objectives import Objective
from mlph_lib.pretraining.shapes import Shape
from mlph_lib.pretraining.tasks import TASKS, task
from mlph_lib.pretraining.tensors import Tensors
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = [
    "BERT_BASE",
    "SEVEN_B",
    "TOY",
    "Row",
    "cost",
    "expected_shapes",
    "row",
    "supervised",
]

TOY = (TransformerConfig(64, 64, 2, 4), 64)
BERT_BASE = (TransformerConfig(30_522, 768, 12, 12), 512)
SEVEN_B = (TransformerConfig(32_000, 4096, 32, 32), 4096)
TEXTS = 120  # so many texts have whole numbers of targets where one has not
Expected = Callable[[int], list[Shape]]


def expected_shapes(name: str, length: int) -> list[Shape]:
    """Mean counts of 120 texts of `length` tokens, for each kind of batch of a task.

    One kind, but for the mixture, which has seven alike. Padding is left out, as if
    texts were packed; all spans are taken to have two neighbours.

    Args:
        name: a key of `TASKS`.
        length: T, of the raw text.

    Example:
        >>> expected_shapes("mlm", 64)[0].targets / 120  # 15 %
        9.6
    """
    task(name)
    return _EXPECTED[name](length)


def _stack(
    rows: int, targets: float, boundaries: int = 0, **counts: int
) -> list[Shape]:
    total = round(TEXTS * targets)
    return [Shape(TEXTS, rows, total, boundaries=TEXTS * boundaries, **counts)]


def _spans(length: int, rate: float, mean: float, mode: int = 0) -> list[Shape]:
    """Sentinels and an EOS on either side; in a mixture a mode token, too."""
    hidden, spans = noise(length, rate, min(mean, length))
    target = hidden + spans + 1
    source = length - hidden + spans + 1 + mode
    return _stack(target, target, source=source)


def _mixture(length: int) -> list[Shape]:
    settings = [(rate, mean or length) for _, mean, rate in DENOISERS]
    return [_spans(length, rate, mean, mode=1)[0] for rate, mean in settings]


def _denoising(length: int) -> list[Shape]:
    hidden = hidden_tokens(length, 0.3)
    source = length - hidden + mean_spans(hidden)
    return _stack(length, length, source=round(source))


def mean_spans(hidden: int) -> float:
    """m_h = (1 + sum_{l >= 1} p_l m_{h-l}) / (1 - p_0): how many Poisson spans hide h.

    Example:
        >>> mean_spans(1)  # 1 / (1 - exp(-3)): until one is not empty
        1.0523...
    """
    p, _ = poisson(3.0, min(hidden, 40))
    spans = np.zeros(hidden + 1)
    for h in range(1, hidden + 1):
        sizes = np.arange(1, min(h, len(p) - 1) + 1)
        spans[h] = (1 + p[sizes] @ spans[h - sizes]) / (1 - p[0])
    return float(spans[hidden])


def _boundary(length: int) -> list[Shape]:
    hidden = int(np.ceil(0.15 * length))
    return _stack(length, hidden, boundaries=hidden)


_EXPECTED: dict[str, Expected] = {
    "clm": lambda t: _stack(t, t),
    "mlm": lambda t: _stack(t, 0.15 * t),
    "mlm40": lambda t: _stack(t, 0.4 * t),
    "bert": lambda t: _stack(t, 0.15 * t),
    "whole-word": lambda t: _stack(t, 0.15 * t),
    "span-boundary": _boundary,
    "nsp": lambda t: _stack(t + 3, 1),
    "sop": lambda t: _stack(t + 3, 1),
    "rtd": lambda t: _stack(t, t),
    "electra": lambda t: _stack(t, 0.15 * t),
    "bart": _denoising,
    "prefix": lambda t: _stack(t, 0.5 * t),
    "t5": lambda t: _spans(t, 0.15, 3.0),
    "ul2": _mixture,
    "fim": lambda t: _stack(t + 3, t + 3),
    "plm": lambda t: _stack(t + 1, t, queries=t),
    "plm-partial": lambda t: _stack(t + 1, round(t / 6), queries=round(t / 6)),
    "mtp": lambda t: _stack(t, t, ahead=4),
    "mtp-blocks": lambda t: _stack(t, t, ahead=4),
    "diffusion": lambda t: _stack(t, (t + 1) / 2),
    "contrastive": lambda t: _stack(t // 2, 1, source=t // 2),
}


def cost(name: str, sizes: TransformerConfig, length: int) -> float:
    """Operations to train on one text of `length` raw tokens, attention fused.

    Args:
        name: a key of `TASKS`.
        sizes: of the network, or of each half of two.
        length: T.

    Example:
        >>> round(cost("plm", *SEVEN_B) / cost("clm", *SEVEN_B), 2)
        1.85
    """
    with torch.device("meta"):
        objective = _built(name, sizes)
    shapes = expected_shapes(name, length)
    each = [flops(work(objective, shape)) / shape.samples for shape in shapes]
    return float(np.mean(each))


def supervised(name: str, length: int = 32, texts: int = 1000) -> float:
    """Losses with a weight, per raw token, counted over drawn texts.

    Example:
        >>> supervised("clm"), supervised("mtp", length=64, texts=8)
        (1.0, 3.90625)
    """
    x = _drawn(name, length, texts)
    with torch.no_grad():
        terms = _built(name, _SMALL).terms(x).values()
    return sum(int((weights > 0).sum()) for _, weights in terms) / (texts * length)


def depth(name: str, layers: int = 4) -> tuple[int, int]:
    """(forward, forward and backward) chain of matmuls with so many blocks.

    Example:
        >>> depth("clm"), depth("electra")
        ((21, 42), (42, 63))
    """
    sizes = TransformerConfig(_SMALL.vocab_size, 16, layers, 2)
    objective, x = _built(name, sizes), _drawn(name, 16, 8)
    return sequential_depth(lambda: mean_loss(objective(x), objective.coefficients))


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        supervised: losses per raw token.
        toy, bert_base, seven_b: cost over that of the causal model, at three sizes.
        depth: of the forward pass, 4 blocks.
        coupling: "A", "B" or "C".
    """

    supervised: float
    toy: float
    bert_base: float
    seven_b: float
    depth: int
    coupling: str


def row(name: str) -> Row:
    """The line of a task.

    Raises:
        ValueError: if there is no such task.
    """
    ratios = [
        cost(name, *shape) / cost("clm", *shape) for shape in (TOY, BERT_BASE, SEVEN_B)
    ]
    return Row(supervised(name), *ratios, depth(name)[0], task(name).coupling)


_SPECIAL = Vocabulary(2).size - 2
_SMALL = TransformerConfig(_SPECIAL + 3, 16, 1, 2)


def _built(name: str, sizes: TransformerConfig) -> Objective:
    vocab = Vocabulary(sizes.vocab_size - _SPECIAL)
    return build(task(name), sizes, vocab, seed=0)


def _drawn(name: str, length: int, texts: int) -> Tensors:
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, 3, (texts, length))
    batch = TASKS[name].corrupt(tokens, Vocabulary(3), rng)
    return Tensors.of(batch, rng.random(batch.weights.shape[:2]))
