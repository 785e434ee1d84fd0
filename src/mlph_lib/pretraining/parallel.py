"""Several processes, one gradient: what must be added up, and when."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor

from mlph_lib.pretraining.losses import Sum, mean_loss

__all__ = ["gather", "own_rows", "process_group", "shared_loss", "world"]


def world() -> tuple[int, int]:
    """(rank, size) of this process among those that train together; (0, 1) alone.

    Example:
        >>> world()
        (0, 1)
    """
    if not dist.is_initialized():
        return 0, 1
    return dist.get_rank(), dist.get_world_size()


@contextmanager
def process_group() -> Iterator[tuple[int, int]]:
    """The processes that torchrun started, joined through gloo; alone, nothing at all.

    Yields:
        (rank, size).
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield 0, 1
        return
    torch.set_num_threads(1)  # a thread a process: barriers of OpenMP wait otherwise
    dist.init_process_group("gloo")
    try:
        yield world()
    finally:
        dist.destroy_process_group()


def own_rows(n: int) -> slice:
    """This process's share of n rows: neighbours, in the order of the ranks.

    Raises:
        ValueError: if the processes do not divide n.

    Example:
        >>> own_rows(64)
        slice(0, 64, None)
    """
    rank, size = world()
    if n % size:
        raise ValueError(
            f"{size} processes cannot share {n} samples alike; take a multiple"
        )
    return slice(rank * (n // size), (rank + 1) * (n // size))


def shared_loss(sums: Mapping[str, Sum], coefficients: Mapping[str, float]) -> Tensor:
    """The loss whose gradient, averaged over the processes, is that of the whole batch.

    DistributedDataParallel averages gradients, so each process divides its own sum by
    the mean count of a process, which is the count of the whole batch over the number
    of processes. Dividing by its own count would give a sample with few targets more
    weight than one with many.

    Args:
        sums: this process's sums and counts.
        coefficients: what multiplies each part's mean.
    """
    _, size = world()
    if size == 1:
        return mean_loss(sums, coefficients)
    names = sorted(sums)  # every process adds up in the same order
    counts = torch.stack([sums[name].count for name in names])
    dist.all_reduce(counts)
    mean = {
        name: Sum(sums[name].total, count / size)
        for name, count in zip(names, counts, strict=True)
    }
    return mean_loss(mean, coefficients)


def gather(x: Tensor) -> Tensor:
    """The rows of all processes, in the order of the ranks; gradients flow back.

    Backward adds up what every process knows of the gradient of each row, so an
    embedding learns from the negatives it is for the others.

    Args:
        x: shape (n, d), the same on every process.

    Returns:
        shape (n * size, d).
    """
    return x if world()[1] == 1 else _Gather.apply(x)


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        rows = [torch.empty_like(x) for _ in range(world()[1])]
        dist.all_gather(rows, x.contiguous())
        return torch.cat(rows)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        gradient = gradient.clone()
        dist.all_reduce(gradient)
        return gradient[own_rows(len(gradient))]
