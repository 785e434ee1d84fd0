"""The pretraining laboratory at scale: trainings that a GPU runs, and recordings keep.

`mlph record pretraining-laboratory` trains every task on every language from several
seeds, measures how far samples share a device, and how noisy gradients are. It is cut
into shards of some minutes; what is finished is kept, what was stopped goes on.
"""

from mlph_lib.trainings.batches import batch_scaling
from mlph_lib.trainings.bench import Bench, OutOfTime, small_bench
from mlph_lib.trainings.command import dry_run, record
from mlph_lib.trainings.compare import differences
from mlph_lib.trainings.gaps import gap_curve
from mlph_lib.trainings.noises import noise_scales
from mlph_lib.trainings.plan import PLAN, Shard, reduced, selected

__all__ = [
    "PLAN",
    "Bench",
    "OutOfTime",
    "Shard",
    "batch_scaling",
    "differences",
    "dry_run",
    "gap_curve",
    "noise_scales",
    "record",
    "reduced",
    "selected",
    "small_bench",
]
