"""What measuring the architecture costs, before anything is drawn or written."""

from __future__ import annotations

from collections.abc import Iterator

from mlph_lib.architecture import file_sizes
from mlph_lib.llama import LlamaConfig
from mlph_lib.llama.cost import cache_bytes, parameters
from mlph_lib.recorder.architecture.plan import Shards

__all__ = ["SECONDS", "estimate"]

# rough, on a large GPU with 16 processors, for weights of 13.5 GB; others in proportion
DRAWN, WRITTEN, LOADED = 10.0, 30.0, 15.0
COMPILED = {"transformers-static": 120.0, "ours-compiled": 90.0, "ours-graph": 2.0}
FULL = 13.5e9
SECONDS = {  # beside loading
    "module_tree": 1.0,
    "files": 1.0,
    "memory": 5.0,
    "agreement": 25.0,
    "decoding": 30.0,
    "prefill": 10.0,
}
TIMES = {"agreement": 2, "module_tree": 1, "memory": 1, "decoding": 1, "prefill": 1}


def estimate(config: LlamaConfig, shards: Shards) -> Iterator[str]:
    """Lines that say what each shard costs in time, and all of it in bytes."""
    count = parameters(config)["total"]
    share, total = 2 * count / FULL, 0.0
    disk = sum(file_sizes(config).values())
    first = share * (DRAWN + WRITTEN)
    yield f"  {'the weights':28} {first:6.0f} s, once: drawn, written, their sha256"
    for name, asks in shards.items():
        seconds = sum(_seconds(a.question.__name__, a.request, share) for a in asks)
        total += seconds
        yield f"  {name:28} {seconds:6.0f} s, {len(asks)} recordings"
    held = 4 * count + cache_bytes(config, 1)
    filled = 2 * count + cache_bytes(config, config.max_position_embeddings)
    yield (
        f"time: about {(first + total) / 60:.0f} min on a large GPU; disk: "
        f"{disk / 1e9:.1f} GB for the weights, 1 GB to spare; memory of the device: "
        f"{max(held, filled) / 1e9:.1f} GB for weights and cache, a tenth to spare; "
        "recordings: less than 1 MiB"
    )


def _seconds(question: str, request: dict, share: float) -> float:
    if question == "first_laws":
        return share * DRAWN * len(request["seeds"])
    loads = share * LOADED * TIMES.get(question, 0)
    return loads + SECONDS[question] * share + COMPILED.get(request.get("path", ""), 0.0)
