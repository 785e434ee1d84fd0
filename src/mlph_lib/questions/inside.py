"""What happens inside a forward pass: logit lens, residual norms, attention maps.

`new_tokens` lets the model first continue the prompt greedily, so that a map covers
what it says, too, and the request names no id.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlph_lib.decoding import token_law
from mlph_lib.questions.asked import check_count, continued
from mlph_lib.questions.law import best, entropy, log_law
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
    check_count("top", top)
    ids, shown = continued(lm, prompt, new_tokens)
    logits = lm.inside("lens", ids)
    p, log_p = token_law(logits), log_law(logits)
    top_ids = best(logits, top)
    return shown | {
        "top_ids": top_ids,
        "top_pieces": [[lm.pieces(cell) for cell in layer] for layer in top_ids],
        "top_probabilities": np.take_along_axis(p, top_ids, -1),
        "entropies": entropy(p),
        "divergences": (p[-1] * (log_p[-1] - log_p)).sum(axis=-1),
    }


def residual_norms(
    lm: LanguageModel, prompt: str = "", new_tokens: int = 0
) -> dict[str, Any]:
    """|h_l| of the residual stream at each layer and position.

    Returns:
        prompt, ids: (T,), pieces, text; norms: (L + 1, T) float64, row 0 the
        embedding, row L before the last norm.
    """
    ids, shown = continued(lm, prompt, new_tokens)
    residuals = lm.inside("residuals", ids).astype(float)
    return shown | {"norms": np.linalg.norm(residuals, axis=-1)}


def attention(
    lm: LanguageModel, prompt: str = "", new_tokens: int = 0
) -> dict[str, Any]:
    """softmax(q k^T / sqrt(d)) of every head: who looks at whom.

    Returns:
        prompt, ids: (T,), pieces, text; weights: (L, H, T, T) float16, row = the
        position that looks, upper triangle 0.
    """
    ids, shown = continued(lm, prompt, new_tokens)
    return shown | {"weights": lm.inside("attention", ids).astype(np.float16)}
