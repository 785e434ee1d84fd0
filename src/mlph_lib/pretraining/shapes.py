"""What one batch puts through a network, as a handful of counts."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from mlph_lib.pretraining.tensors import Tensors

__all__ = ["Shape", "blank"]


@dataclass(frozen=True)
class Shape:
    """Counts that decide the cost of a batch.

    Attributes:
        samples: number n of samples.
        rows: tokens a sample in the only stack, or in the decoder.
        targets: positions with a target, over all samples.
        source: tokens a sample that an encoder, or the second view, reads.
        queries: rows a sample of the query stream.
        boundaries: targets of the span-boundary objective, over all samples.
        ahead: predictions at a position.
    """

    samples: int
    rows: int
    targets: int
    source: int = 0
    queries: int = 0
    boundaries: int = 0
    ahead: int = 1

    @classmethod
    def of(cls, x: Tensors) -> Shape:
        """The shape of a batch."""
        return cls(
            samples=x.ids.shape[0],
            rows=x.ids.shape[1],
            targets=len(x.keep),
            source=0 if x.source is None else x.source.shape[1],
            queries=0 if x.queries is None else x.queries.shape[1],
            boundaries=0 if x.left is None else len(x.left),
            ahead=x.targets.shape[1] if x.targets.ndim == 2 else 1,
        )


def blank(shape: Shape, device: str = "meta") -> Tensors:
    """A batch of this shape without numbers in it, for counting at any size.

    Args:
        shape: what it is to have.
        device: "meta" holds no memory at all.

    Example:
        >>> huge = Shape(samples=1, rows=4096, targets=4096)
        >>> Shape.of(blank(huge)) == huge
        True
    """
    n, rows, source, queries = shape.samples, shape.rows, shape.source, shape.queries

    def ids(*size: int) -> torch.Tensor:
        return torch.zeros(size, dtype=torch.long, device=device)

    def mask(*size: int) -> torch.Tensor:
        return torch.ones(size, dtype=torch.bool, device=device)

    def ones(*size: int) -> torch.Tensor:
        return torch.ones(size, device=device)

    ahead = (shape.ahead,) if shape.ahead > 1 else ()
    found = {
        "ids": ids(n, rows),
        "mask": mask(1, rows, rows),
        "types": ids(n, rows),
        "words": ones(n, rows),
        "keep": ids(shape.targets),
        "place": ids(shape.targets),
        "targets": ids(shape.targets, *ahead),
        "weights": ones(shape.targets, *ahead),
        "noise": ones(shape.targets),
    }
    if source:
        found |= {"source": ids(n, source), "source_mask": mask(1, source, source)}
        found |= {"source_words": ones(n, source), "cross_mask": mask(1, rows, source)}
    if queries:
        found |= {"queries": ids(n, queries), "query_mask": mask(n, queries, rows)}
    if shape.boundaries:
        for name in ("left", "right", "offset", "boundary_targets"):
            found[name] = ids(shape.boundaries)
        found["boundary_weights"] = ones(shape.boundaries)
    return Tensors(**found)
