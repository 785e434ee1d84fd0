"""What one batch puts through a network, as a handful of counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

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
    n, rows, ahead = shape.samples, shape.rows, (shape.ahead,) * (shape.ahead > 1)
    ids = partial(torch.zeros, dtype=torch.long, device=device)
    mask = partial(torch.ones, dtype=torch.bool, device=device)
    ones = partial(torch.ones, device=device)
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
    if shape.source:
        found["source"] = ids(n, shape.source)
        found["source_words"] = ones(n, shape.source)
        found["source_mask"] = mask(1, shape.source, shape.source)
        found["cross_mask"] = mask(1, rows, shape.source)
    if shape.queries:
        found["queries"] = ids(n, shape.queries)
        found["query_mask"] = mask(n, shape.queries, rows)
    if shape.boundaries:
        for name in ("left", "right", "offset", "boundary_targets"):
            found[name] = ids(shape.boundaries)
        found["boundary_weights"] = ones(shape.boundaries)
    return Tensors(**found)
