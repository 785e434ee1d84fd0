"""Two processes beside one: which objectives need more than a sum of gradients."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook
from torch.nn.parallel import DistributedDataParallel

from mlph_lib.pretraining.languages import mess3
from mlph_lib.pretraining.live import build
from mlph_lib.pretraining.losses import mean_loss
from mlph_lib.pretraining.network import TransformerConfig
from mlph_lib.pretraining.objectives import ContrastiveObjective, Objective
from mlph_lib.pretraining.parallel import own_rows, shared_loss
from mlph_lib.pretraining.tasks import task
from mlph_lib.pretraining.tensors import Tensors, part
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["Coupling", "couplings"]

VOCAB = Vocabulary(3)
SIZES = TransformerConfig(VOCAB.size, 32, 2, 4)


@dataclass(frozen=True)
class Coupling:
    """Gradients of several processes against that of one, |g - g_1| / |g_1|.

    Attributes:
        right: with what the class of the objective asks for: counts added up, and
            for class C the samples gathered.
        naive: each process its own mean over its own samples, gradients averaged.
        reduced_bytes: what the processes added up, 4 bytes a parameter.
    """

    right: float
    naive: float
    reduced_bytes: int


def couplings(
    names: Sequence[str], processes: int = 2, samples: int = 8, length: int = 24
) -> dict[str, Coupling]:
    """Train one step of each task in several processes, compare the gradients.

    The processes are started anew and talk through gloo; it takes some seconds.

    Args:
        names: keys of `TASKS`.
        processes: how many.
        samples: of the whole batch, a multiple of `processes`.
        length: tokens a text.

    Returns:
        {name: its coupling}.

    Raises:
        ValueError: for an unknown name or samples that cannot be shared alike.
    """
    if samples % processes:
        raise ValueError(f"{processes} processes cannot share {samples} samples alike")
    with tempfile.TemporaryDirectory() as folder:
        alone = {name: _alone(name, samples, length) for name in names}
        torch.save(alone, Path(folder, "alone.pt"))
        mp.spawn(_process, (processes, folder, samples, length), nprocs=processes)
        found = json.loads(Path(folder, "found.json").read_text())
    return {name: Coupling(**fields) for name, fields in found.items()}


def _alone(name: str, samples: int, length: int) -> Tensor:
    objective = build(task(name), SIZES, VOCAB, seed=0)
    x = _batch(name, samples, length, slice(None))
    mean_loss(objective(x), objective.coefficients).backward()
    return _gradient(objective)


def _process(rank: int, size: int, folder: str, samples: int, length: int) -> None:
    torch.set_num_threads(1)
    at = f"file://{folder}/rendezvous"
    dist.init_process_group("gloo", init_method=at, rank=rank, world_size=size)
    alone = torch.load(Path(folder, "alone.pt"), weights_only=True)
    found = {name: _errors(name, g, samples, length) for name, g in alone.items()}
    if rank == 0:
        Path(folder, "found.json").write_text(json.dumps(found))
    dist.barrier()
    dist.destroy_process_group()


def _errors(name: str, alone: Tensor, samples: int, length: int) -> dict:
    rows = own_rows(samples)
    x = _batch(name, samples, length, rows)
    right, sizes = _together(build(task(name), SIZES, VOCAB, 0), x, shared_loss)
    objective = build(task(name), SIZES, VOCAB, 0)
    if isinstance(objective, ContrastiveObjective):
        objective.gather = torch.nn.Identity()  # each its own samples as negatives
        x = _batch(name, samples, length, rows, local=True)
    naive, _ = _together(objective, x, mean_loss)
    return {
        "right": float((right - alone).norm() / alone.norm()),
        "naive": float((naive - alone).norm() / alone.norm()),
        "reduced_bytes": sum(sizes),
    }


def _together(objective: Objective, x: Tensors, loss) -> tuple[Tensor, list[int]]:
    """The gradient after all averaged theirs, and the bytes of each bucket."""
    model, sizes = DistributedDataParallel(objective), []

    def count(sizes: list[int], bucket):
        sizes.append(bucket.buffer().nbytes)
        return allreduce_hook(dist.group.WORLD, bucket)

    model.register_comm_hook(sizes, count)
    loss(model(x), objective.coefficients).backward()
    return _gradient(objective), sizes


def _batch(
    name: str, samples: int, length: int, rows: slice, local: bool = False
) -> Tensors:
    tokens = mess3().sample(samples, length, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    batch = task(name).corrupt(tokens, VOCAB, rng)
    noise = rng.random(batch.weights.shape[:2])
    x = part(batch, rows)
    if local:
        x.targets[:] -= rows.start
    return Tensors.of(x, noise[rows])


def _gradient(objective: Objective) -> Tensor:
    return torch.cat([p.grad.flatten() for p in objective.parameters()])
