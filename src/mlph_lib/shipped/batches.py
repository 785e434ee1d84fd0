"""Documents as batches of token ids, a pure function of seed and step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

__all__ = ["batches", "padded"]

GROUP = 1024  # documents sorted by length together, so that little is padded: so many
# at least, and one for every two ids of a batch


def batches(
    documents: Sequence[np.ndarray], tokens: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """One epoch: indices of documents of like length, about `tokens` a batch.

    Each document stands in one batch. Lengths are alike within a batch, the order
    of batches is random.

    Args:
        documents: ids of each, BOS first, EOS last.
        tokens: most ids of a batch, padding counted (a longer document stands alone).
        rng: shuffles documents and batches.

    Example:
        >>> docs = [np.arange(n) for n in (3, 9, 3, 9)]
        >>> found = batches(docs, 18, np.random.default_rng(0))
        >>> sorted(sorted(b.tolist()) for b in found)
        [[0, 2], [1, 3]]
    """
    lengths = np.array([len(d) for d in documents])
    order = rng.permutation(len(documents))
    found: list[np.ndarray] = []
    together = max(GROUP, tokens // 2)
    for start in range(0, len(order), together):
        group = order[start : start + together]
        group = group[np.argsort(lengths[group], kind="stable")]
        found.extend(_cut(group, lengths, tokens))
    return [found[i] for i in rng.permutation(len(found))]


def _cut(group: np.ndarray, lengths: np.ndarray, tokens: int) -> list[np.ndarray]:
    cuts, first = [], 0
    for i in range(1, len(group) + 1):
        full = i < len(group) and (i - first + 1) * lengths[group[i]] > tokens
        if full or i == len(group):
            cuts.append(group[first:i])
            first = i
    return cuts


def padded(documents: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Inputs (B, T) and targets (B, T), the next ids; -100 where a text has ended.

    Padding stands behind the text: with causal attention no token sees it.

    Example:
        >>> padded([np.array([1, 7, 2]), np.array([1, 2])])[1].tolist()
        [[7, 2], [2, -100]]
    """
    width = max(len(d) for d in documents) - 1
    inputs = np.zeros((len(documents), width), dtype=np.int64)
    targets = np.full((len(documents), width), -100, dtype=np.int64)
    for row, ids in enumerate(documents):
        inputs[row, : len(ids) - 1] = ids[:-1]
        targets[row, : len(ids) - 1] = ids[1:]
    return torch.from_numpy(inputs), torch.from_numpy(targets)
