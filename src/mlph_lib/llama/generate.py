"""From logits to text, one token after the other."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from mlph_lib.llama.decode import Decoder
from mlph_lib.llama.model import Llama

__all__ = ["generate"]

Sampler = Callable[[np.ndarray, np.random.Generator | None], int]


@torch.inference_mode()
def generate(
    model: Llama,
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
        TypeError: if ids are no integers, or the sampler returns none.
        ValueError: if ids are not the model's, max_new_tokens is below 1, the text
            would outgrow max_position_embeddings, or the sampler returns no id of the
            vocabulary.

    Example:
        >>> from mlph_lib.llama import Llama, LlamaConfig
        >>> model = Llama(LlamaConfig(10, 8, 16, 1, 2, 1))
        >>> model.generate(torch.tensor([[1]]), 3, sampler=lambda z, rng: 5)
        tensor([[1, 5, 5, 5]])
    """
    model.check(ids)
    end = _end(model, ids, max_new_tokens)
    decoder, eos = Decoder(model, len(ids), end), model.config.eos_token_id
    new, said = ids, []
    for _ in range(max_new_tokens):
        tokens = _choose(decoder.step(new), sampler, rng)
        if said:  # who has ended stays so
            tokens = [eos if old == eos else t for old, t in zip(said[-1], tokens)]
        said.append(tokens)
        if all(token == eos for token in tokens):
            break
        new = torch.tensor(tokens, device=ids.device)[:, None]
    return torch.cat((ids, torch.tensor(said, device=ids.device).T), dim=1)


def _end(model: Llama, ids: Tensor, max_new_tokens: int) -> int:
    """The length of the longest text that may come."""
    if max_new_tokens < 1:
        raise ValueError(f"expected max_new_tokens of at least 1, got {max_new_tokens}")
    end, longest = ids.shape[1] + max_new_tokens, model.config.max_position_embeddings
    if end > longest:
        raise ValueError(
            f"a prompt of {ids.shape[1]} and {max_new_tokens} new tokens outgrow the "
            f"model's {longest}: ask for fewer"
        )
    return end


def _choose(logits: Tensor, sampler: Sampler | None, rng) -> list[int]:
    """The next id of each text."""
    if sampler is None:
        return logits.argmax(dim=-1).tolist()
    rows = logits.double().cpu().numpy()
    tokens = [operator.index(sampler(row, rng)) for row in rows]
    for token in tokens:
        if not 0 <= token < logits.shape[-1]:
            raise ValueError(
                f"the sampler returned {token}, expected 0 to {logits.shape[-1] - 1}"
            )
    return tokens
