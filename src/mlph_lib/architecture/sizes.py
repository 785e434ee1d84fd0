"""Bytes: of the files on disk, of the weights in memory, of a full cache."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import torch
from safetensors import safe_open

from mlph_lib.architecture.layout import INDEX, WIDTH
from mlph_lib.architecture.speed import some_ids
from mlph_lib.architecture.subject import Untrained, check_among

__all__ = ["files", "memory"]

CHUNK = 256  # tokens that fill a cache at once


def files(subject: Untrained) -> dict[str, Any]:
    """What lies on disk: bytes of each file, tensors, parameters, digest of the index.

    Returns:
        files: name -> bytes, of the shards and the index; index_sha256; tensors: how
        many are stored; parameters: numbers in them, stored rotary frequencies left
        out; total_size: bytes of all tensors.
    """
    sizes, tensors, parameters, total = {}, 0, 0, 0
    for file in sorted(subject.folder.glob("*.safetensors")):
        sizes[file.name] = file.stat().st_size
        with safe_open(file, "pt") as stored:
            for name in stored.keys():
                count = math.prod(stored.get_slice(name).get_shape())
                tensors, total = tensors + 1, total + WIDTH * count
                parameters += 0 if name.endswith("inv_freq") else count
    index = (subject.folder / INDEX).read_bytes()
    return {
        "files": sizes | {INDEX: len(index)},
        "index_sha256": hashlib.sha256(index).hexdigest(),
        "tensors": tensors,
        "parameters": parameters,
        "total_size": total,
    }


@torch.inference_mode()
def memory(subject: Untrained, code: str, tokens: int = 4096) -> dict[str, Any]:
    """Memory after loading, and when the cache holds a text of so many tokens.

    Args:
        code: "ours" or "transformers".
        tokens: are read in pieces of 256, their keys and values kept.

    Returns:
        code, tokens; weights_bytes: of parameters and buffers; cache_bytes: of keys
        and values; loaded_bytes, filled_bytes, peak_bytes: what the device's
        allocator had given out after loading, after filling and at most in between
        (None on a CPU, which does not say); device_bytes: what the device has.
    """
    check_among("code", code, _CACHES)
    subject.free()
    before = _allocated(subject)
    model = subject.loaded(code)
    loaded = _allocated(subject)
    cache, fill = _CACHES[code](model, tokens)
    ids = torch.from_numpy(some_ids(subject, tokens)[None]).to(subject.device)
    if loaded is not None:
        torch.cuda.reset_peak_memory_stats(subject.device)
    for start in range(0, tokens, CHUNK):
        fill(ids[:, start : start + CHUNK])
    filled = _allocated(subject)
    held = [*model.parameters(), *model.buffers()]
    return {
        "code": code,
        "tokens": tokens,
        "weights_bytes": sum(t.nbytes for t in held),
        "cache_bytes": _cache_bytes(cache),
        "loaded_bytes": None if loaded is None else loaded - before,
        "filled_bytes": None if filled is None else filled - before,
        "peak_bytes": None if filled is None else _peak(subject) - before,
        "device_bytes": _device_bytes(subject),
    }


def _our_cache(model: Any, tokens: int) -> tuple[Any, Any]:
    cache = model.new_cache(1, tokens)
    return cache, lambda ids: model(ids, cache)


def _their_cache(model: Any, tokens: int) -> tuple[Any, Any]:
    from transformers import StaticCache

    cache = StaticCache(config=model.config, max_cache_len=tokens)
    return cache, lambda ids: model(ids, past_key_values=cache, use_cache=True)


_CACHES = {"ours": _our_cache, "transformers": _their_cache}


def _cache_bytes(cache: Any) -> int:
    layers = getattr(cache, "layers", [cache])
    return sum(layer.keys.nbytes + layer.values.nbytes for layer in layers)


def _allocated(subject: Untrained) -> int | None:
    if subject.device.type != "cuda":
        return None
    subject.wait()
    return torch.cuda.memory_allocated(subject.device)


def _peak(subject: Untrained) -> int:
    return torch.cuda.max_memory_allocated(subject.device)


def _device_bytes(subject: Untrained) -> int | None:
    if subject.device.type != "cuda":
        return None
    return torch.cuda.get_device_properties(subject.device).total_memory
