"""Alone nothing is shared; under torchrun one command line trains the same model."""

import os
import re
import subprocess
import sys

import pytest
import torch

from mlph_lib.pretraining import parallel
from mlph_lib.pretraining.losses import Sum, mean_loss
from mlph_lib.pretraining.parallel import gather, own_rows, process_group, shared_loss


def test_alone_nothing_is_shared(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    x = torch.ones(2, 3)
    assert gather(x) is x and own_rows(5) == slice(0, 5)
    sums, once = {"loss": Sum(torch.tensor(6.0), torch.tensor(4.0))}, {"loss": 1.0}
    assert shared_loss(sums, once) == mean_loss(sums, once) == 1.5
    with process_group() as (rank, size):
        assert (rank, size) == (0, 1) == parallel.world()


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_rows_are_shared_in_the_order_of_the_ranks(monkeypatch, rank):
    monkeypatch.setattr(parallel, "world", lambda: (rank, 3))
    assert list(range(6))[own_rows(6)] == [2 * rank, 2 * rank + 1]
    with pytest.raises(ValueError, match="3 processes cannot share 7 samples alike"):
        own_rows(7)


COMMAND = ["-m", "mlph_lib.cli", "train", "mlm40", "mess3", "--steps", "3"]
SIZES = ["--warmup", "1", "--width", "16", "--layers", "1", "--batch-size", "8"]


def said(*start):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *start, *COMMAND, *SIZES],
        capture_output=True, text=True, env=environment, timeout=300, check=True,
    )
    return done.stdout.splitlines()


def test_one_command_line_for_one_process_and_for_two():
    """The same samples, shares of them, the right mean: the same figures."""
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    (one,), (two,) = said(), said(*torchrun)
    assert one.endswith("of 1 process") and two.endswith("of 2 processes")
    figures = [re.findall(r"\d+\.\d+", line)[:4] for line in (one, two)]
    assert len(figures[0]) == 4 and figures[0] == figures[1]
