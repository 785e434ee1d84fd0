"""What asking costs, before anything is loaded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mlph_lib.llama import LlamaConfig
from mlph_lib.llama.cost import cache_bytes, parameters
from mlph_lib.questions.choosing import BATCH
from mlph_lib.recorder.plan import BUDGET, PLAN, Ask

__all__ = ["Cost", "cost", "estimate"]

# published for this size, without compilation: 25.5 tokens/s on an A100
STEP, STEP_BYTES = 0.04, 13.2e9
HOST = 2e-7  # seconds for softmax and quantile, for each logit of a batch


@dataclass(frozen=True)
class Cost:
    """Forward passes, bytes of the answer, and rows of the key-value cache."""

    passes: int
    size: int
    positions: int


def cost(ask: Ask, config: LlamaConfig, itemsize: int) -> Cost:
    """An upper bound on what one question costs, from the model's sizes alone.

    Args:
        config: of the model; itemsize: bytes of one weight.
    """
    request = ask.request
    layers, width = config.num_hidden_layers, config.hidden_size
    said = request.get("new_tokens", 0)
    prompt = request.get("prompt") or request.get("text", "")
    length = 2 + len(prompt) // 3 + said  # Llama's pieces hold some four characters
    more = request.get("max_new_tokens", 0)
    rows = request.get("n", len(request.get("codes", [None])))
    inner = sum(request.get("width", 0) ** d for d in range(request.get("depth", 0)))
    leaves = inner * request.get("width", 0)
    kinds = {  # passes, bytes, positions of the cache
        "module_tree": (0, 4000, 0),
        "pieces": (0, 0, 0),
        "embedding": (0, itemsize * length * width, 0),
        "next_tokens": (1, itemsize * config.vocab_size, length),
        "greedy": (more, 300 * more, length + more),
        "samples": (
            math.ceil(rows / BATCH) * more, rows * more * 80, BATCH * (length + more)
        ),
        "arithmetic": (rows * (more + length), rows * more * 250, length + more),
        "tree": (inner, 150 * leaves, length),
        "logit_lens": (1 + said, (layers + 1) * length * 250, length),
        "residual_norms": (1 + said, (layers + 1) * length * 8, length),
        "attention": (
            1 + said, 2 * layers * config.num_attention_heads * length**2, length
        ),
        "decode_speed": ((request.get("repeats", 0) + 1) * said, 0, length),
    }
    passes, size, positions = kinds[ask.question.__name__]
    return Cost(passes, size + 8000, positions)  # the manifest and its rehearsal


def estimate(config: LlamaConfig, itemsize: int) -> Iterator[str]:
    """Lines that say what the plan costs in time, memory and bytes.

    Args:
        config: of the model; itemsize: bytes of one weight.
    """
    weights = parameters(config)["total"] * itemsize
    step = STEP * weights / STEP_BYTES
    total, size, positions = 0.0, 0, 0
    for ask in PLAN:
        each = cost(ask, config, itemsize)
        rows = ask.request.get("n", 1)
        host = HOST * min(rows, BATCH) * config.vocab_size
        seconds = each.passes * (step + host)
        total, size = total + seconds, size + each.size
        positions = max(positions, each.positions)
        yield (f"  {ask.name:22} {each.passes:6} passes {seconds:8.1f} s "
               f"{each.size / 1024:8.1f} KiB at most")
    cache = cache_bytes(config, positions, itemsize)
    yield (f"time: about {total / 60:.1f} min and the loading of {weights / 1e9:.1f} GB; "
           f"memory: {(weights + cache) / 1e9:.1f} GB on the device; recordings: at most "
           f"{size / 2**20:.1f} MiB, allowed are {BUDGET / 2**20:.0f} MiB")
