"""What an objective asks of a network: inputs, targets, weights, who sees whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlph_lib.pretraining.attention import Attention

__all__ = ["Batch", "Boundaries", "Source"]


@dataclass(frozen=True)
class Source:
    """The other sequence: what an encoder reads, or the second of two views.

    Attributes:
        inputs: ids, shape (n, S).
        attention: of the source on itself. Its `keys` also hold for cross-attention,
            where every target position may look at every source key.
    """

    inputs: np.ndarray
    attention: Attention = Attention("full")


@dataclass(frozen=True)
class Boundaries:
    """For each masked token: the two positions beside its span, and its place in it.

    Attributes:
        left, right: positions, shape (n, T); valid also where the weight is zero.
        offset: 0 for the first token of a span, shape (n, T).
        weights: shape (n, T), zero where a span touches an end of the sequence.
    """

    left: np.ndarray
    right: np.ndarray
    offset: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Batch:
    """sum(weights * loss(logits, targets)) / sum(weights) is the loss of a batch.

    `targets[:, t]` belongs to position t of the network's output: nothing is shifted
    later. Where an objective has one target a row, as NSP has, the targets have shape
    (n, 1) and are read at position 0. No target is written as weight 0, never as a
    special id, and a batch without any target has the loss 0.

    Attributes:
        inputs: ids, shape (n, T), int64.
        targets: shape (n, U) or (n, U, k) for k predictions a position, U <= T,
            int64. Ids of the vocabulary, or 0 and 1 where the question is binary, or
            rows of the batch where it is contrastive.
        weights: shape of `targets`, float64, none negative.
        attention: who may look at whom among the inputs.
        source: what the encoder reads; None without an encoder.
        query: the query stream of two-stream attention, which knows its position but
            not its token; `attention` is then the content stream's.
        segments: 0 and 1, shape (n, T): which of two texts a token is from; or None.
        boundaries: for the span-boundary objective, or None.
    """

    inputs: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    attention: Attention
    source: Source | None = None
    query: Attention | None = None
    segments: np.ndarray | None = None
    boundaries: Boundaries | None = None
