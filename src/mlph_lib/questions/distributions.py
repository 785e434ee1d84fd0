"""What may come next: the law of the next token, and the tree of the next few."""

from __future__ import annotations

from typing import Any

from mlph_lib.questions.model import LanguageModel

__all__ = ["next_tokens", "tree"]


def next_tokens(lm: LanguageModel, prompt: str = "", top: int = 7) -> dict[str, Any]:
    """p(v | prompt) = softmax(logits)_v over the vocabulary, most probable first.

    Returns:
        prompt; prompt_ids: (T,) int64; prompt_pieces: T strings; prompt_text: decoded;
        top_ids: (top,) int64, ties to the lowest id; top_pieces: strings;
        top_probabilities: (top,) float64; logits: (V,) of the last position in the
        model's dtype (bfloat16 as float32); entropy: in nats.
    """
    raise NotImplementedError


def tree(
    lm: LanguageModel, prompt: str = "", depth: int = 3, width: int = 3
) -> dict[str, Any]:
    """The `width` most probable tokens, and theirs, down to `depth` tokens.

    Returns:
        prompt, prompt_ids, prompt_pieces, prompt_text; nodes in breadth-first order:
        parent: (N,) int64, -1 for children of the prompt; depth: (N,) from 1;
        ids: (N,); pieces: N strings; texts: N strings, prompt and path decoded;
        probabilities: (N,) float64 given the parent; log_probabilities: (N,) of the
        whole path, in nats. After EOS nothing grows.
    """
    raise NotImplementedError
