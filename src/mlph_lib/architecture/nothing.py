"""What an untrained model says when it is asked nothing: almost anything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from mlph_lib.architecture.checkpoint import STD, draw
from mlph_lib.architecture.layout import tensors
from mlph_lib.architecture.subject import Untrained
from mlph_lib.llama import Llama

__all__ = ["first_laws"]


def first_laws(
    subject: Untrained, seeds: Sequence[int] = tuple(range(8))
) -> dict[str, Any]:
    """Entropy of the law after BOS alone, over untrained models of several seeds.

    The last norm makes the stream's mean square 1, so the logits are nearly normal
    with variance d 0.02^2, and the entropy is near ln V - d 0.02^2 / 2: less than
    that of the uniform law, though nothing has been learned.

    Args:
        seeds: of the weights; each model is drawn anew, in the subject's dtype.

    Returns:
        seeds; entropies: (n,) in nats; mean, standard_error: of them; uniform: ln V;
        expected: ln V - d 0.02^2 / 2; likeliest: (n,) largest probability;
        favourites: (n,) its token.
    """
    subject.free()
    laws = [_law(subject, seed) for seed in seeds]
    entropies = np.array([-(np.exp(law) * law).sum() for law in laws])
    config, n = subject.config, len(laws)
    uniform = math.log(config.vocab_size)
    return {
        "seeds": list(seeds),
        "entropies": entropies,
        "mean": float(entropies.mean()),
        "standard_error": float(entropies.std(ddof=n > 1) / math.sqrt(n)),
        "uniform": uniform,
        "expected": uniform - config.hidden_size * STD**2 / 2,
        "likeliest": np.array([np.exp(law.max()) for law in laws]),
        "favourites": np.array([law.argmax() for law in laws]),
    }


@torch.inference_mode()
def _law(subject: Untrained, seed: int) -> np.ndarray:
    """log p(. | BOS) as (V,) float64, of a model that was never on disk."""
    config = subject.config
    with torch.device("meta"):
        model = Llama(config)
    wanted = [t for t in tensors(config) if not t.name.endswith("inv_freq")]
    drawn = draw(config, seed, subject.dtype, wanted)
    state = {tensor.name: values.to(subject.device) for tensor, values in drawn}
    if config.tie_word_embeddings:
        state["lm_head.weight"] = state["model.embed_tokens.weight"]
    model.load_state_dict(state, assign=True)
    bos = torch.tensor([[config.bos_token_id]], device=subject.device)
    return model(bos)[0, -1].double().log_softmax(-1).cpu().numpy()
