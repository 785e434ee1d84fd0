"""How fast tokens are said one by one, and how fast they are read all at once."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

from mlph_lib.architecture import paths
from mlph_lib.architecture.rates import copy_rate, matmul_rate, timed
from mlph_lib.architecture.subject import Untrained
from mlph_lib.llama.cost import decoded_bytes, flops

__all__ = ["decoding", "prefill"]

WARM = 2  # runs before the clock: caches, allocations, a second graph


def decoding(
    subject: Untrained, path: str, new_tokens: int = 128, repeats: int = 5
) -> dict[str, Any]:
    """tokens/s of greedy decoding from BOS alone at batch 1, beside the copy rate.

    Args:
        path: one of `paths.PATHS`.

    Returns:
        path, new_tokens; graphs: whether the device replayed recorded graphs;
        first_seconds: of the first run, compiling included; seconds: (repeats,) of
        later ones; tokens_per_second: of the median; bytes_per_token: weights that a
        step has to read and the mean of the cache so far;
        gigabytes_per_second: their product / 1e9; copy_gigabytes_per_second: read
        and written by a copy on the device, percent_of_copy: the one of the other;
        said: (new_tokens,) ids; shortfall: (new_tokens,) by how much a plain pass
        over the whole text likes each of them less than its own choice, in logits.
    """
    run = paths.path(subject, path, new_tokens)
    started = time.perf_counter()
    run()
    subject.wait()
    first = time.perf_counter() - started
    timed(subject, run, WARM)
    seconds = timed(subject, run, repeats)
    said = run()
    speed = new_tokens / float(np.median(seconds))
    read = decoded_bytes(subject.config, new_tokens // 2, subject.dtype.itemsize)
    copied = copy_rate(subject) / 1e9
    return {
        "path": path,
        "new_tokens": new_tokens,
        "graphs": subject.device.type == "cuda" and path not in ("ours", "transformers"),
        "first_seconds": first,
        "seconds": seconds,
        "tokens_per_second": speed,
        "bytes_per_token": read,
        "gigabytes_per_second": speed * read / 1e9,
        "copy_gigabytes_per_second": copied,
        "percent_of_copy": 100 * speed * read / 1e9 / copied,
        "said": said.cpu().numpy(),
        "shortfall": _shortfall(subject, path, said),
    }


def prefill(
    subject: Untrained, code: str, tokens: int = 2048, repeats: int = 5
) -> dict[str, Any]:
    """tokens/s of one pass over a text of random ids, beside the rate of a matmul.

    Args:
        code: "ours" or "transformers".

    Returns:
        code, tokens; seconds: (repeats,); tokens_per_second: of the median;
        flops: of the pass, scores in full; teraflops_per_second;
        matmul_teraflops_per_second: of a product of large square matrices;
        percent_of_matmul: the one of the other.
    """
    model = subject.loaded(code)
    ids = torch.from_numpy(some_ids(subject, tokens)[None]).to(subject.device)

    @torch.inference_mode()
    def run() -> None:
        model(ids)

    timed(subject, run, WARM)
    seconds = timed(subject, run, repeats)
    speed, work = tokens / float(np.median(seconds)), flops(subject.config, tokens)
    reached, best = speed * work / tokens / 1e12, matmul_rate(subject) / 1e12
    return {
        "code": code,
        "tokens": tokens,
        "seconds": seconds,
        "tokens_per_second": speed,
        "flops": work,
        "teraflops_per_second": reached,
        "matmul_teraflops_per_second": best,
        "percent_of_matmul": 100 * reached / best,
    }


def some_ids(subject: Untrained, tokens: int, seed: int = 0) -> np.ndarray:
    """(tokens,) int64: BOS and random ids."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(3, subject.config.vocab_size, tokens)
    ids[0] = subject.config.bos_token_id
    return ids


@torch.inference_mode()
def _shortfall(subject: Untrained, path: str, said: torch.Tensor) -> np.ndarray:
    bos = said.new_tensor([subject.config.bos_token_id])
    logits = subject.loaded(paths.code_of(path))(torch.cat((bos, said[:-1]))[None])
    logits = getattr(logits, "logits", logits)[0].float()
    chosen = logits.gather(1, said[:, None])[:, 0]
    return (logits.amax(-1) - chosen).double().cpu().numpy()
