"""How fast tokens come, and how many bytes each had to read."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

from mlph_lib.llama.cost import decoded_bytes
from mlph_lib.questions.asked import asked, check_count
from mlph_lib.questions.model import LanguageModel

__all__ = ["decode_speed"]


def decode_speed(
    lm: LanguageModel, prompt: str = "", new_tokens: int = 64, repeats: int = 5
) -> dict[str, Any]:
    """tokens/s at batch 1 with a key-value cache, and bytes read per second.

    Returns:
        prompt, prompt_ids; new_tokens; seconds: (repeats,) float64 of the whole greedy
        run, prefill included, after one to warm up; tokens_per_second: of the median;
        bytes_per_token: weights that a step reads (all but the input embedding) and
        the mean key-value cache; gigabytes_per_second: their product / 1e9.
    """
    check_count("new_tokens", new_tokens)
    check_count("repeats", repeats)
    ids, shown = asked(lm, prompt)
    _run(lm, ids, new_tokens)
    seconds = np.array([_run(lm, ids, new_tokens) for _ in range(repeats)])
    speed = new_tokens / float(np.median(seconds))
    cached = len(ids) + new_tokens // 2  # on average
    read = decoded_bytes(lm.model.config, cached, lm.dtype.itemsize)
    return shown | {
        "new_tokens": new_tokens,
        "seconds": seconds,
        "tokens_per_second": speed,
        "bytes_per_token": read,
        "gigabytes_per_second": speed * read / 1e9,
    }


def _run(lm: LanguageModel, ids: list[int], new_tokens: int) -> float:
    """Seconds for a greedy run that never waits for the host before its end."""
    decoder = lm.decoder(1, len(ids) + new_tokens)
    new = torch.tensor([ids], device=lm.model.device)
    _wait(lm)
    started = time.perf_counter()
    with torch.inference_mode():
        for _ in range(new_tokens):
            new = decoder.step(new).argmax(dim=-1, keepdim=True)
    _wait(lm)
    return time.perf_counter() - started


def _wait(lm: LanguageModel) -> None:
    if torch.device(lm.model.device).type == "cuda":  # kernels run on after the call
        torch.cuda.synchronize(lm.model.device)
