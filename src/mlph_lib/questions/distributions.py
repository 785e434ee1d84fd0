"""What may come next: the law of the next token, and the tree of the next few."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mlph_lib.decoding import token_law
from mlph_lib.questions.asked import asked, check_count
from mlph_lib.questions.law import best, entropy, log_law
from mlph_lib.questions.model import LanguageModel

__all__ = ["next_tokens", "tree"]


def next_tokens(lm: LanguageModel, prompt: str = "", top: int = 7) -> dict[str, Any]:
    """p(v | prompt) = softmax(logits)_v over the vocabulary, most probable first.

    Returns:
        prompt; prompt_ids: (T,) int64; prompt_pieces: T strings; prompt_text: decoded;
        top_ids: (top,) int64, ties to the lowest id; top_pieces: strings;
        top_texts: strings, each id decoded alone; top_probabilities: (top,) float64; logits: (V,) of the last position in the
        model's dtype (bfloat16 as float32); entropy: in nats.
    """
    check_count("top", top)
    ids, shown = asked(lm, prompt)
    logits = lm.logits(ids)[-1]
    p = token_law(logits)
    top_ids = best(logits, top)
    return shown | {
        "top_ids": top_ids,
        "top_pieces": lm.pieces(top_ids),
        "top_texts": [lm.text([i]) for i in top_ids],
        "top_probabilities": p[top_ids],
        "logits": logits.astype(lm.numpy_dtype),
        "entropy": float(entropy(p)),
    }


def tree(
    lm: LanguageModel, prompt: str = "", depth: int = 3, width: int = 3
) -> dict[str, Any]:
    """The `width` most probable tokens, and theirs, down to `depth` tokens.

    Returns:
        prompt, prompt_ids, prompt_pieces, prompt_text; nodes in breadth-first order:
        parent: (N,) int64, -1 for children of the prompt; depth: (N,) from 1;
        ids: (N,); pieces: N strings; texts: N strings, the path decoded after the
        prompt;
        probabilities: (N,) float64 given the parent; log_probabilities: (N,) of the
        whole path, in nats. After EOS nothing grows.
    """
    check_count("depth", depth)
    check_count("width", width)
    prompt_ids, shown = asked(lm, prompt)
    nodes: list[Node] = []
    growing = [Node(-1, (), 0.0, 0.0)]
    for _ in range(depth):
        first = len(nodes)
        places = range(first - len(growing), first) if nodes else [-1]
        for place, node in zip(places, growing, strict=True):
            nodes += _children(lm, prompt_ids, place, node, width)
        growing = nodes[first:]
    return shown | {
        "parent": np.array([node.parent for node in nodes]),
        "depth": np.array([len(node.path) for node in nodes]),
        "ids": np.array([node.path[-1] for node in nodes]),
        "pieces": lm.pieces([node.path[-1] for node in nodes]),
        "texts": [lm.continuation(prompt_ids, node.path) for node in nodes],
        "probabilities": np.exp([node.log_given for node in nodes]),
        "log_probabilities": np.array([node.log_path for node in nodes]),
    }


class Node(NamedTuple):
    """A token of the tree: its parent's place, its path, its log-probabilities."""

    parent: int
    path: tuple[int, ...]
    log_given: float  # given its parent
    log_path: float  # of the whole path


def _children(
    lm: LanguageModel, prompt_ids: list[int], place: int, node: Node, width: int
) -> list[Node]:
    """The most probable next tokens of a node; none after EOS."""
    if node.path and node.path[-1] == lm.eos:
        return []
    log_p = log_law(lm.logits([*prompt_ids, *node.path])[-1])
    return [
        Node(place, (*node.path, token), log_p[token], node.log_path + log_p[token])
        for token in best(log_p, width).tolist()
    ]
