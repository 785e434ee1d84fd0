"""What a training needs on a fast device: data in time, operations, noise scales."""

from mlph_lib.pretraining.scale.ahead import Ahead, Source, process_pool
from mlph_lib.pretraining.scale.gradients import group_gradients
from mlph_lib.pretraining.scale.noise import NoiseScale, noise_scale
from mlph_lib.pretraining.scale.timed import TimedTrainer

__all__ = [
    "Ahead",
    "NoiseScale",
    "Source",
    "TimedTrainer",
    "group_gradients",
    "noise_scale",
    "process_pool",
]
