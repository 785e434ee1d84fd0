"""What an objective costs: a formula for every matmul."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from torch import nn

from mlph_lib.pretraining.detection import LearnedDetection
from mlph_lib.pretraining.network import EncoderDecoder, Transformer
from mlph_lib.pretraining.objectives import (
    BinaryObjective,
    ContrastiveObjective,
    MultiTokenObjective,
    SpanBoundaryObjective,
    TokenObjective,
)
from mlph_lib.pretraining.shapes import Shape

__all__ = ["Linear", "Stack", "Work", "activation_floats", "flops", "work"]

@dataclass(frozen=True)
class Linear:
    """rows x inputs times inputs x outputs: 2 rows inputs outputs, thrice to train.

    Backward is two such products, for the gradient of the rows and of the weights.

    Example:
        >>> Linear(10, 4, 3).forward, Linear(10, 4, 3).training
        (240, 720)
    """

    rows: int
    inputs: int
    outputs: int

    @property
    def forward(self) -> int:
        return 2 * self.rows * self.inputs * self.outputs

    @property
    def training(self) -> int:
        return 3 * self.forward


@dataclass(frozen=True)
class Stack:
    """L blocks of width d, for Q rows that look at K keys and at S states of a memory.

    projections  2 d^2 (10 Q + 2 K), and 2 d^2 (2 Q + 2 S) where there is a memory
    attention    4 d Q (K + S), whether or not the mask hides half of it

    With Q = K = T and no memory: 24 T d^2 + 4 T^2 d a block. Backward costs twice the
    projections; of the attention, 8 / 4 as much as forward where the probabilities
    were kept, 10 / 4 where q k^T is computed anew, as fused kernels do.

    Example:
        >>> Stack(2, 64, 32, 32).forward == 2 * (24 * 32 * 64**2 + 4 * 32**2 * 64)
        True
    """

    layers: int
    width: int
    rows: int
    keys: int
    memory: int = 0
    samples: int = 1
    fused: bool = True

    @property
    def projections(self) -> int:
        cross = 2 * self.rows + 2 * self.memory if self.memory else 0
        per_block = 2 * self.width**2 * (10 * self.rows + 2 * self.keys + cross)
        return self.samples * self.layers * per_block

    @property
    def attention(self) -> int:
        seen = self.keys + self.memory
        return self.samples * self.layers * 4 * self.width * self.rows * seen

    @property
    def forward(self) -> int:
        return self.projections + self.attention

    @property
    def training(self) -> int:
        return 3 * self.projections + self.attention * (14 if self.fused else 12) // 4


Work = list[Linear | Stack]


def flops(parts: Work, training: bool = True) -> int:
    """The floating-point operations of a list of parts, a multiply-add as two."""
    return sum(p.training if training else p.forward for p in parts)


def body(net: nn.Module, shape: Shape, fused: bool) -> Work:
    """The blocks that a batch passes through."""
    half = net.decoder if isinstance(net, EncoderDecoder) else net
    layers, d, n = len(half.blocks), net.config.hidden_size, shape.samples
    rows = shape.rows + shape.queries
    if half is net:
        return [Stack(layers, d, rows, shape.rows, 0, n, fused)]
    encoder = Stack(layers, d, shape.source, shape.source, 0, n, fused)
    return [encoder, Stack(layers, d, rows, rows, shape.source, n, fused)]


@singledispatch
def work(objective: nn.Module, shape: Shape, fused: bool = True) -> Work:
    """The matmuls of one forward pass of an objective on a batch of this shape.

    Softmax, norms, activations, sums and look-ups count nothing, as in the counter.

    Args:
        objective: one of this package's.
        shape: of the batch, `Shape.of(x)` or an expected one.
        fused: whether attention recomputes q k^T in backward (CPU and GPU kernels)
            or keeps the probabilities (the meta device).

    Raises:
        TypeError: if the objective has no formula.
    """
    raise TypeError(f"no formula for a {type(objective).__name__}")


@work.register
def _(objective: TokenObjective, shape: Shape, fused: bool = True) -> Work:
    head = Linear(shape.targets, *_sizes(objective.head))
    return [*body(objective.net, shape, fused), head]


@work.register
def _(objective: BinaryObjective, shape: Shape, fused: bool = True) -> Work:
    head = Linear(shape.targets, *_sizes(objective.head))
    return [*body(objective.net, shape, fused), head]


@work.register
def _(objective: SpanBoundaryObjective, shape: Shape, fused: bool = True) -> Work:
    both = Linear(shape.targets + shape.boundaries, *_sizes(objective.head))
    maps = [m for m in objective.mlp if isinstance(m, nn.Linear)]
    mlp = [Linear(shape.boundaries, *_sizes(m)) for m in maps]
    return [*body(objective.net, shape, fused), *mlp, both]


@work.register
def _(objective: MultiTokenObjective, shape: Shape, fused: bool = True) -> Work:
    d, heads = objective.net.config.hidden_size, len(objective.blocks)
    blocks = Stack(heads, d, shape.rows, shape.rows, 0, shape.samples, fused)
    rows = shape.targets * (objective.k if heads else 1)
    head = Linear(rows, *_sizes(objective.head))
    return [*body(objective.net, shape, fused), blocks, head]


@work.register
def _(objective: ContrastiveObjective, shape: Shape, fused: bool = True) -> Work:
    d, n = objective.net.config.hidden_size, shape.samples
    views = [
        Stack(len(objective.net.blocks), d, rows, rows, 0, n, fused)
        for rows in (shape.rows, shape.source)
    ]
    return [*views, Linear(n, d, d), Linear(n, d, n)]


@work.register
def _(objective: LearnedDetection, shape: Shape, fused: bool = True) -> Work:
    guess = Linear(shape.targets, *_sizes(objective.generator_head))
    ask = Linear(shape.samples * shape.rows, *_sizes(objective.head))
    generator = body(objective.generator, shape, fused)
    return [*generator, guess, *body(objective.net, shape, fused), ask]


def _sizes(linear: nn.Linear) -> tuple[int, int]:
    return linear.in_features, linear.out_features


def activation_floats(net: Transformer, shape: Shape, masks: int = 1) -> int:
    """L (n T (13 d + h + 4) + m T^2) + n T (d + 2) + P d: what backward needs.

    A block keeps 13 d numbers a token: the inputs of both norms (2 d) and what comes
    out (2 d), q and k turned and the pair k, v before (4 d), the attention's answer
    (d), and the inner layer behind ReLU (4 d). Two norms keep mean and deviation
    (4), each of h heads the logarithm of its normalizer, and the kernel a float copy
    of each mask. There is no T^2 for probabilities: they are computed anew.

    Args:
        net: an encoder or decoder.
        shape: of the batch, without queries.
        masks: m, the number of different masks: 1, or n.

    Returns:
        float32 numbers, up to the P states that a head reads. Weights, gradients and
        AdamW's two moments take 4 more a parameter.
    """
    d, heads = net.config.hidden_size, net.config.num_attention_heads
    tokens = shape.samples * shape.rows
    block = tokens * (13 * d + heads + 4) + masks * shape.rows**2
    return len(net.blocks) * block + tokens * (d + 2) + shape.targets * d
