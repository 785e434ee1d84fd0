"""The longest chain of matmuls that must wait for one another."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mlph_lib.pretraining.counting import CPU_ATTENTION

__all__ = ["DepthMeter", "decoder_depth", "encoder_decoder_depth", "sequential_depth"]

aten = torch.ops.aten
MATMULS = {aten.mm, aten.addmm, aten.bmm, aten.baddbmm, *CPU_ATTENTION}


class DepthMeter(TorchDispatchMode):
    """depth(result) = max depth(arguments), + 1 for a matmul or an attention.

    Two operations of the same depth need not wait for each other, so the depth is
    the time of a step where everything else is free and done at once. Depth belongs
    to storages: views share it, and backward, which unpacks what forward packed,
    sees it, too. Storages are held, so that no address is used twice.

    Attributes:
        depth: the largest so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.depth, self.known = 0, {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        depth = max((self.of(t) for t in tensors((args, kwargs))), default=0)
        depth += func.overloadpacket in MATMULS
        for t in tensors(result):
            self.known[t.untyped_storage()._cdata] = (depth, t.untyped_storage())
        self.depth = max(self.depth, depth)
        return result

    def of(self, t: Tensor) -> int:
        """How many matmuls a tensor waited for."""
        return self.known.get(t.untyped_storage()._cdata, (0, None))[0]


def tensors(tree: object) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


def sequential_depth(run: Callable[[], Tensor]) -> tuple[int, int]:
    """(forward, forward and backward) depth of computing and differentiating a scalar.

    Args:
        run: computes the scalar.

    Example:
        >>> w = torch.eye(3, requires_grad=True)
        >>> sequential_depth(lambda: (w @ (w @ w)).sum())
        (2, 4)
    """
    with DepthMeter() as meter:
        result = run()
        forward = meter.depth
        result.backward()
    return forward, meter.depth


def decoder_depth(layers: int) -> int:
    """5 L + 1: q, k, v side by side, attention, o, up, down a block; then the head.

    Example:
        >>> decoder_depth(4)
        21
    """
    return 5 * layers + 1


def encoder_decoder_depth(layers: int) -> int:
    """13 L - 2 for L + L blocks.

    A decoder block is 8 deep: 5, and q, attention, o of the cross-attention. The first
    one's q of the cross-attention (depth 4) is ready long before the encoder is
    (depth 5 L), whose states wait for one more map, k and v; attention, o, up, down
    follow (5 L + 5); L - 1 further blocks and the head make 5 L + 5 + 8 (L - 1) + 1.

    Example:
        >>> encoder_decoder_depth(4)
        50
    """
    return 13 * layers - 2
