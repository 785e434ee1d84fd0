"""Mess3: three words, three hidden states, beliefs that fill a triangle."""

from __future__ import annotations

import numpy as np

from mlph_lib.pretraining.languages.hidden_markov import HiddenMarkov

__all__ = ["mess3"]


def mess3(x: float = 0.05, a: float = 0.85) -> HiddenMarkov:
    """P(token v, next r | state s) = P(r | s) P(v | r), both nearly the identity.

    P(r | s) is 1 - 2x for r = s and x for each other state; P(v | r) is a for v = r
    and (1 - a) / 2 for each other word. The chain starts in its stationary law, the
    uniform one. Its entropy rate at x = 0.05, a = 0.85 is 0.7934576 nats a token.

    Args:
        x: probability of each move to another state, in (0, 1/2).
        a: probability that the token names the new state, in (0, 1).

    Raises:
        ValueError: if a parameter lies outside its interval.

    Source: A. Shai, S. Marzen, L. Teixeira, A. Gietelink Oldenziel, P. Riechers,
    Transformers represent belief state geometry in their residual stream, NeurIPS
    2024, arXiv:2405.15943.

    Example:
        >>> language = mess3(0.05, 0.85)
        >>> language.next_token([[0, 0]]).round(3)
        array([[[0.333, 0.333, 0.333],
                [0.674, 0.163, 0.163]]])
    """
    if not 0.0 < x < 0.5 or not 0.0 < a < 1.0:
        raise ValueError(f"mess3 needs 0 < x < 1/2 and 0 < a < 1, got x={x}, a={a}")
    move = np.full((3, 3), x) + (1 - 3 * x) * np.eye(3)
    word = np.full((3, 3), (1 - a) / 2) + (a - (1 - a) / 2) * np.eye(3)
    return HiddenMarkov(np.full(3, 1 / 3), np.einsum("sr,rv->vsr", move, word))
