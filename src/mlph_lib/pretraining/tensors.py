"""A batch as tensors: masks spelt out, and only positions that have a target kept."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from mlph_lib.pretraining.attention import Attention
from mlph_lib.pretraining.batch import Batch, Boundaries, Source

__all__ = ["Tensors", "part"]


@dataclass(frozen=True)
class Tensors:
    """What a network and its heads read; P of the n * U positions have a target.

    Which positions these are is settled here, outside the network, so that all its
    shapes are known before it runs: on a GPU nothing waits, and on the meta device
    operations are counted without any number.

    Attributes:
        ids, mask: shapes (n, T) and (n or 1, T, T).
        keep: shape (P,): the rows of hidden.flatten(0, 1) that a head reads.
        place: shape (P,): where these P stand in the batch's (n, U).
        targets, weights: shape (P,) or (P, k).
        types: shape (n, T), or None.
        source, source_mask, cross_mask: of an encoder or a second view, or None.
        queries, query_mask: positions of the query stream, shape (n, R), and whom
            they see, shape (n, R, T); or None.
        words, source_words: float, which tokens a pooled vector averages.
        left, right, offset, boundary_targets, boundary_weights: shape (Q,), of the
            span-boundary objective; `left` and `right` index hidden.flatten(0, 1).
        noise: one uniform number a target, shape (P,), for a model that samples.
    """

    ids: Tensor
    mask: Tensor
    keep: Tensor
    place: Tensor
    targets: Tensor
    weights: Tensor
    words: Tensor
    types: Tensor | None = None
    source: Tensor | None = None
    source_mask: Tensor | None = None
    source_words: Tensor | None = None
    cross_mask: Tensor | None = None
    queries: Tensor | None = None
    query_mask: Tensor | None = None
    left: Tensor | None = None
    right: Tensor | None = None
    offset: Tensor | None = None
    boundary_targets: Tensor | None = None
    boundary_weights: Tensor | None = None
    noise: Tensor | None = None

    @classmethod
    def of(cls, batch: Batch, noise: np.ndarray | None = None) -> Tensors:
        """The tensors of a batch.

        Args:
            batch: what an objective's data side returns.
            noise: uniforms in [0, 1), shape (n, U), or None.

        Raises:
            ValueError: if shapes do not belong together.
        """
        _check(batch)
        n, length = batch.inputs.shape
        arrays = {"ids": batch.inputs, "mask": batch.attention.mask(length)}
        arrays |= {"words": _words(batch.attention, batch.inputs)}
        arrays |= {"types": batch.segments}
        arrays |= _kept(batch) | _source(batch) | _boundaries(batch)
        if noise is not None:
            arrays["noise"] = noise.reshape(-1)[arrays["place"]]
        return cls(**{name: _tensor(a) for name, a in arrays.items()})

    def to(self, device: str | torch.device) -> Tensors:
        """The same on another device."""
        moved = {f.name: getattr(self, f.name) for f in fields(self)}
        return Tensors(**{
            name: None if t is None else t.to(device) for name, t in moved.items()
        })


def part(batch: Batch, rows: slice) -> Batch:
    """Some rows of a batch, as one process of several takes them.

    Targets that name rows of the batch keep naming rows of the whole.
    """

    def take(a: np.ndarray | None) -> np.ndarray | None:
        return None if a is None else a[rows]

    def attend(a: Attention | None) -> Attention | None:
        if a is None:
            return None
        shared = a.allowed is None or len(a.allowed) == 1
        allowed = a.allowed if shared else a.allowed[rows]
        return replace(a, prefix=take(a.prefix), keys=take(a.keys), allowed=allowed)

    b, s = batch.boundaries, batch.source
    return Batch(
        inputs=batch.inputs[rows],
        targets=batch.targets[rows],
        weights=batch.weights[rows],
        attention=attend(batch.attention),
        source=s and Source(s.inputs[rows], attend(s.attention)),
        query=attend(batch.query),
        segments=take(batch.segments),
        boundaries=b and Boundaries(*(getattr(b, f.name)[rows] for f in fields(b))),
    )


def _check(batch: Batch) -> None:
    n, length = batch.inputs.shape
    wrong = batch.weights.shape != batch.targets.shape
    if wrong or len(batch.targets) != n or batch.targets.shape[1] > length:
        raise ValueError(
            "targets and weights must share a shape (n, U) or (n, U, k) with U <= T; "
            f"inputs have shape {batch.inputs.shape}, targets {batch.targets.shape}, "
            f"weights {batch.weights.shape}"
        )
    if not np.all(batch.weights >= 0):
        raise ValueError(f"weights must not be negative, got {batch.weights.min()}")


def _kept(batch: Batch) -> dict[str, np.ndarray]:
    """Positions with a target; with a query stream, the rows of that stream."""
    n, length = batch.inputs.shape
    has = batch.weights.reshape(*batch.weights.shape[:2], -1).any(-1)  # (n, U)
    row, column = np.nonzero(has)
    kept = {"place": row * has.shape[1] + column, "keep": row * length + column}
    kept["targets"], kept["weights"] = batch.targets[has], batch.weights[has]
    if batch.query is None:
        return kept
    count = has.sum(1)
    # Rows with fewer targets ask about further positions, whose answers are dropped.
    queries = np.argsort(~has, axis=1, kind="stable")[:, : max(count.max(), 1)]
    mask = np.broadcast_to(batch.query.mask(length), (n, length, length))
    slot = np.concatenate([np.arange(c) for c in count])
    kept["keep"] = row * queries.shape[1] + slot
    mask = np.take_along_axis(mask, queries[:, :, None], axis=1)
    return kept | {"queries": queries, "query_mask": mask}


def _source(batch: Batch) -> dict[str, np.ndarray]:
    if batch.source is None:
        return {}
    ids, attention = batch.source.inputs, batch.source.attention
    words = _words(attention, ids)
    return {
        "source": ids,
        "source_mask": attention.mask(ids.shape[1]),
        "source_words": words,
        "cross_mask": np.repeat(words[:, None] > 0, batch.inputs.shape[1], axis=1),
    }


def _words(attention: Attention, ids: np.ndarray) -> np.ndarray:
    if attention.keys is None:
        return np.ones(ids.shape)
    return attention.keys.astype(float)


def _boundaries(batch: Batch) -> dict[str, np.ndarray]:
    b = batch.boundaries
    if b is None:
        return {}
    has = b.weights > 0
    start = np.nonzero(has)[0] * batch.inputs.shape[1]
    return {
        "left": start + b.left[has],
        "right": start + b.right[has],
        "offset": b.offset[has],
        "boundary_targets": batch.targets[has],
        "boundary_weights": b.weights[has],
    }


def _tensor(a: np.ndarray | None) -> Tensor | None:
    if a is None:
        return None
    t = torch.from_numpy(np.ascontiguousarray(a))
    return t.float() if t.is_floating_point() else t
