"""Counters that watch a computation run: operations, and bytes kept for later."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import (
    FlopCounterMode,
    sdpa_backward_flop_count,
    sdpa_flop_count,
)

__all__ = ["CPU_ATTENTION", "activation_bytes", "counted_flops"]

aten = torch.ops.aten
# The counter of torch 2.13 knows no attention on a CPU and counts it as nothing.
CPU_ATTENTION = {
    aten._scaled_dot_product_flash_attention_for_cpu: (
        lambda q, k, v, *args, out_shape=None, **kwargs: sdpa_flop_count(q, k, v)
    ),
    aten._scaled_dot_product_flash_attention_for_cpu_backward: (
        lambda g, q, k, v, *args, out_shape=None, **kwargs: sdpa_backward_flop_count(
            g, q, k, v
        )
    ),
}


def counted_flops(run: Callable[[], Tensor], training: bool = True) -> int:
    """The operations that `run`, and the backward pass of its result, set off.

    Args:
        run: computes a scalar, on any device; on "meta" nothing is computed.
        training: whether to count the backward pass, too.

    Example:
        >>> a = torch.ones(3, 4, requires_grad=True)
        >>> b = torch.ones(4, 5, requires_grad=True)
        >>> counted_flops(lambda: (a @ b).sum())  # 2 * 3 * 4 * 5, thrice
        360
    """
    with FlopCounterMode(display=False, custom_mapping=CPU_ATTENTION) as counter:
        result = run()
        if training:
            result.backward()
    return counter.get_total_flops()


def activation_bytes(run: Callable[[], Tensor], module: nn.Module) -> int:
    """Bytes of floats that the forward pass keeps for the backward one.

    Parameters are left out. A storage counts once, whole, however many views of it
    are kept.

    Args:
        run: computes the scalar.
        module: whose parameters do not count.

    Example:
        >>> net = nn.Linear(4, 2)
        >>> x = torch.ones(3, 4)
        >>> activation_bytes(lambda: net(x).square().sum(), net)  # 4 (3 * 4 + 3 * 2)
        72
    """
    own = {p.untyped_storage()._cdata for p in module.parameters()}
    kept = {}

    def keep(t: Tensor) -> Tensor:
        storage = t.untyped_storage()
        if t.is_floating_point() and storage._cdata not in own:
            kept[storage._cdata] = storage
        return t

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        run()
    return sum(storage.nbytes() for storage in kept.values())
