"""What happens inside a forward pass: logit lens, residual norms, attention maps.

`new_tokens` lets the model first continue the prompt greedily, so that a map covers
what it says, too, and the request names no id.
"""

from __future__ import annotations

from typing import Any

from mlph_lib.questions.model import LanguageModel

__all__ = ["attention", "logit_lens", "residual_norms"]


def logit_lens(
    lm: LanguageModel, prompt: str = "", top: int = 5, new_tokens: int = 0
) -> dict[str, Any]:
    """softmax(W_lm norm(h_l)) for the residual stream h_l after each of L layers.

    Returns:
        prompt, ids: (T,), pieces, text; top_ids: (L + 1, T, top) int64;
        top_pieces: nested lists of that shape; top_probabilities: float64;
        entropies, divergences: (L + 1, T) float64, nats, KL(last layer | layer l).
        Row 0 is the embedding, row L the model's own prediction.
    """
    raise NotImplementedError


def residual_norms(
    lm: LanguageModel, prompt: str = "", new_tokens: int = 0
) -> dict[str, Any]:
    """|h_l| of the residual stream at each layer and position.

    Returns:
        prompt, ids: (T,), pieces, text; norms: (L + 1, T) float64, row 0 the
        embedding, row L before the last norm.
    """
    raise NotImplementedError


def attention(
    lm: LanguageModel, prompt: str = "", new_tokens: int = 0
) -> dict[str, Any]:
    """softmax(q k^T / sqrt(d)) of every head: who looks at whom.

    Returns:
        prompt, ids: (T,), pieces, text; weights: (L, H, T, T) float16, row = the
        position that looks, upper triangle 0.
    """
    raise NotImplementedError
