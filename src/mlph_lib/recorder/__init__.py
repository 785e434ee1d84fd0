"""Putting the book's questions to Llama 2 7B on a GPU, and keeping the answers.

`mlph record llama-2-7b-chat --weights FOLDER` checks that the weights are what they
are said to be, asks the whole plan, and stores each answer with everything that is
known of its making. It needs the weights, which are not ours to hand out.
"""

from mlph_lib.recorder.command import dry_run, record
from mlph_lib.recorder.compare import TOLERANCES, differences
from mlph_lib.recorder.cost import cost, estimate
from mlph_lib.recorder.identity import Identity, Known, identify
from mlph_lib.recorder.plan import PLAN, Ask
from mlph_lib.recorder.run import Making, compare_all, record_all

__all__ = [
    "PLAN",
    "TOLERANCES",
    "Ask",
    "Identity",
    "Known",
    "Making",
    "compare_all",
    "cost",
    "differences",
    "dry_run",
    "estimate",
    "identify",
    "record",
    "record_all",
]
