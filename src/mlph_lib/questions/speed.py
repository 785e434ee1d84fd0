"""How fast tokens come, and how many bytes each had to read."""

from __future__ import annotations

from typing import Any

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
    raise NotImplementedError
