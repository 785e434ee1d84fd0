"""The entropy of a hidden Markov language, by listing every short text."""

from __future__ import annotations

import numpy as np

from mlph_lib.pretraining.languages.hidden_markov import HiddenMarkov

__all__ = ["conditional_entropies", "entropy_rate"]


def conditional_entropies(
    language: HiddenMarkov, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """H(X_t | X_1..X_{t-1}) and H(X_t | X_1..X_{t-1}, S_0) for t = 1, ..., length.

    Every text is listed, V^length of them, so this is exact. In a stationary chain
    the first falls and the second rises to the entropy rate, which lies between.

    Args:
        language: the hidden Markov language.
        length: how far, with V^length <= 10^7 texts.

    Returns:
        (upper, lower), each of shape (length,), in nats.

    Raises:
        ValueError: if there are too many texts.

    Source: J. J. Birch, Approximations for the entropy for functions of Markov
    chains, Ann. Math. Stat. 33 (1962), 930-938; T. M. Cover and J. A. Thomas,
    Elements of Information Theory, 2nd ed., section 4.5.

    Example:
        >>> from mlph_lib.pretraining.languages import mess3
        >>> upper, lower = conditional_entropies(mess3(0.05, 0.85), 8)
        >>> round(float(upper[-1]), 5), round(float(lower[-1]), 5)
        (0.79348, 0.79345)
    """
    if length < 1 or language.words**length > 10**7:
        raise ValueError(
            f"length {length} with {language.words} words means "
            f"{language.words**length} texts; at most 10^7 are listed"
        )
    states = language.start.size
    alpha = np.eye(states)[:, None]  # (S_0, texts, S), not normalised
    blocks, given = [0.0], [0.0]
    for _ in range(length):
        alpha = np.einsum("itr,ars->itas", alpha, language.emit)
        alpha = alpha.reshape(states, -1, states)
        each = alpha.sum(axis=2)  # p(text | S_0)
        blocks.append(_entropy(language.start @ each))
        given.append(float(language.start @ [_entropy(p) for p in each]))
    return np.diff(blocks), np.diff(given)


def entropy_rate(language: HiddenMarkov, length: int = 12) -> float:
    """The middle of the two bounds at `length`; their distance bounds the error.

    Example:
        >>> from mlph_lib.pretraining.languages import mess3
        >>> round(entropy_rate(mess3(0.05, 0.85)), 6)
        0.793458
    """
    upper, lower = conditional_entropies(language, length)
    return float(upper[-1] + lower[-1]) / 2


def _entropy(p: np.ndarray) -> float:
    return float(-np.sum(p * np.log(p, out=np.zeros(p.shape), where=p > 0)))
