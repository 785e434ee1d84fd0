"""From logits to text, one token after the other, the past kept in a cache."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

__all__ = ["generate"]

Sampler = Callable[[np.ndarray, np.random.Generator | None], int]


@torch.inference_mode()
def generate(
    model,
    ids: Tensor,
    max_new_tokens: int,
    sampler: Sampler | None = None,
    rng: np.random.Generator | None = None,
) -> Tensor:
    """x_t = argmax_v logits_v, or sampler(logits, rng): up to max_new_tokens more.

    Args:
        model: a `Llama`.
        ids: (B, T) prompts of one length, BOS included.
        max_new_tokens: most tokens to add, at least 1.
        sampler: takes the logits (V,) of one text as float64 and the generator,
            returns an id; None is greedy, ties to the lowest id.
        rng: handed to the sampler.

    Returns:
        (B, T + n) ids. A text that has ended repeats EOS until all have ended.

    Raises:
        ValueError: if max_new_tokens is below 1, the text would outgrow
            max_position_embeddings, or the sampler returns no id of the vocabulary.

    Example:
        >>> from mlph_lib.llama import Llama, LlamaConfig
        >>> model = Llama(LlamaConfig(10, 8, 16, 1, 2, 1))
        >>> model.generate(torch.tensor([[1]]), 3, sampler=lambda z, rng: 5)
        tensor([[1, 5, 5, 5]])
    """
    if max_new_tokens < 1:
        raise ValueError(f"expected max_new_tokens of at least 1, got {max_new_tokens}")
    end, eos = ids.shape[1] + max_new_tokens, model.config.eos_token_id
    longest = model.config.max_position_embeddings
    if end > longest:
        raise ValueError(
            f"a prompt of {ids.shape[1]} and {max_new_tokens} new tokens outgrow the "
            f"model's {longest}: ask for fewer"
        )
    cache, new = model.new_cache(len(ids), end), ids
    ended = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)
    for _ in range(max_new_tokens):
        new = _choose(model(new, cache)[:, -1], sampler, rng)
        new = torch.where(ended[:, None], eos, new)
        ids = torch.cat((ids, new), dim=1)
        ended |= new[:, 0] == eos
        if ended.all():
            break
    return ids


def _choose(logits: Tensor, sampler: Sampler | None, rng) -> Tensor:
    """The next id of each text, (B, 1)."""
    if sampler is None:
        return logits.argmax(dim=-1, keepdim=True)
    rows = logits.double().cpu().numpy()
    chosen = [[int(sampler(row, rng))] for row in rows]
    for (token,) in chosen:
        if not 0 <= token < logits.shape[-1]:
            raise ValueError(
                f"the sampler returned {token}, expected 0 to {logits.shape[-1] - 1}"
            )
    return torch.tensor(chosen, device=logits.device)
