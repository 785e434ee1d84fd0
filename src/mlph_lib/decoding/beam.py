"""Beam search: the most likely texts, looked for with a bounded memory."""

from __future__ import annotations

import math
from itertools import islice
from typing import NamedTuple

import torch

from mlph_lib.decoding.arguments import NextLogits, check_count, check_row

__all__ = ["Hypothesis", "beam_search"]


class Hypothesis(NamedTuple):
    """A text that beam search found: its ids (eos included if it ended), its
    log-probability, and the score log_prob / len(tokens) ** length_penalty that the
    search ranks by."""

    tokens: list[int]
    log_prob: float
    score: float


def beam_search(
    next_logits: NextLogits,
    num_beams: int,
    max_new_tokens: int,
    eos: int | None = None,
    length_penalty: float = 0.0,
) -> list[Hypothesis]:
    """The num_beams best texts among those whose every prefix stayed in the beam.

    Each step extends every open text by every token. Texts that end among the
    num_beams best extensions are set aside, the num_beams best open ones live on.
    The search stops when no open text can overtake the worst one set aside: what
    transformers does with `early_stopping="never"`.

    Args:
        next_logits: maps a list of new tokens to the logits of the next, shape (V,).
        num_beams: width of the beam; at V ** max_new_tokens nothing is missed.
        max_new_tokens: texts that long end without eos.
        eos: the token that ends a text, or None if none does.
        length_penalty: a in log_prob / length ** a. 0 ranks by probability;
            transformers' default is 1, the mean per token.

    Returns:
        Hypotheses by falling score, at most num_beams; equal scores by token ids.

    Raises:
        TypeError, ValueError: if num_beams or max_new_tokens is no integer >= 1, the
            penalty is not finite, or next_logits returns what `check_row` refuses.

    Source: A. Graves, Sequence transduction with recurrent neural networks, 2012,
    arXiv 1211.3711; rules of the beam as in transformers 5.

    Example:
        >>> import numpy as np
        >>> def next_logits(tokens):  # 0 is likely first, but leads nowhere
        ...     return np.log([[0.6, 0.4], [0.5, 0.5], [0.1, 0.9]][
        ...         1 + tokens[-1] if tokens else 0])
        >>> beam_search(next_logits, num_beams=1, max_new_tokens=2)[0].tokens
        [0, 0]
        >>> beam_search(next_logits, num_beams=2, max_new_tokens=2)[0].tokens
        [1, 1]
    """
    width = check_count("num_beams", num_beams)
    last = check_count("max_new_tokens", max_new_tokens)
    if not math.isfinite(length_penalty):
        raise ValueError(f"length_penalty must be finite, got {length_penalty}")
    open_texts, ended = [([], 0.0)], []
    for length in range(1, last + 1):
        best = _extensions(next_logits, open_texts, width)
        ended += [
            Hypothesis(tokens, log_prob, log_prob / length**length_penalty)
            for tokens, log_prob in best[:width]
            if tokens[-1] == eos or length == last
        ]
        ended = sorted(ended, key=lambda h: (-h.score, h.tokens))[:width]
        open_texts = [text for text in best if text[0][-1] != eos][:width]
        if not open_texts or len(ended) == width and ended[-1].score >= (
            _highest_score(open_texts[0][1], length, last, length_penalty)
        ):
            break
    return ended


def _extensions(
    next_logits: NextLogits, texts: list[tuple[list[int], float]], width: int
) -> list[tuple[list[int], float]]:
    """The 2 width best extensions, of which at least width do not end."""
    found = []
    for tokens, log_prob in texts:
        logits = torch.from_numpy(check_row(next_logits(list(tokens))))
        step, ids = logits.log_softmax(dim=0).sort(descending=True, stable=True)
        best = zip(ids.tolist(), step.tolist(), strict=True)
        found += [([*tokens, v], log_prob + s) for v, s in islice(best, 2 * width)]
    found = [text for text in found if text[1] > -math.inf]
    return sorted(found, key=lambda text: (-text[1], text[0]))[: 2 * width]


def _highest_score(log_prob: float, length: int, last: int, penalty: float) -> float:
    """The score of an open text if all its further tokens were certain."""
    return log_prob / max(length**penalty, last**penalty)
