"""Llama 2 7B at full size with untrained weights: what is measured, and its recordings.

`mlph record llama-2-7b-architecture` draws the weights, measures them on a CUDA
device shard by shard, and removes them. Nothing gated is needed.
"""

from mlph_lib.recorder.architecture.command import dry_run, record, selected
from mlph_lib.recorder.architecture.compare import differences
from mlph_lib.recorder.architecture.plan import SIZES, SOURCE, plan

__all__ = ["SIZES", "SOURCE", "differences", "dry_run", "plan", "record", "selected"]
