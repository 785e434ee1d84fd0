"""What every language answers: all of it follows from two sums over hidden parts."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.pretraining.arguments import as_masked, as_tokens

__all__ = ["Language"]


class Language(ABC):
    """A law on texts with exact answers, all from soft evidence.

    Evidence is an array e of shape (n, T, V), none negative: e[., t, a] is the
    likelihood of what was seen at t if the token there is a. A seen token is one-hot,
    a masked one all ones, a noisy one a column of the channel. The weight of a text x
    is then p(x) prod_t e[t, x_t].

    Attributes:
        words: V, the tokens are 0, ..., V - 1.
    """

    words: int

    @abstractmethod
    def sample(self, n: int, length: int, rng: np.random.Generator) -> np.ndarray:
        """n independent texts, int64 of shape (n, length)."""

    @abstractmethod
    def log_evidence(self, evidence: np.ndarray) -> np.ndarray:
        """log sum_x p(x) prod_t e[t, x_t], shape (n,); -inf where it is impossible."""

    @abstractmethod
    def leave_out(self, evidence: np.ndarray) -> np.ndarray:
        """p(x_i = a | evidence at all j != i), shape (n, T, V), for every i at once."""

    def one_hot(self, tokens: ArrayLike, masked: np.ndarray | None = None):
        """Evidence of a text: 1 at the token, and ones throughout where masked."""
        tokens = as_tokens(tokens, self.words)
        evidence = np.eye(self.words)[tokens]
        if masked is not None:
            evidence[as_masked(masked, tokens.shape)] = 1.0
        return evidence

    def log_prob(self, tokens: ArrayLike) -> np.ndarray:
        """log p(x_1, ..., x_T), shape (n,).

        Args:
            tokens: integers, shape (n, T).
        """
        return self.log_evidence(self.one_hot(tokens))

    def leave_one_out(self, tokens: ArrayLike, masked: np.ndarray) -> np.ndarray:
        """p(x_i = a | the x_j with j != i that are not masked), shape (n, T, V).

        The row of i leaves x_i out whether it is masked or not.

        Args:
            tokens: integers, shape (n, T).
            masked: boolean, shape (n, T).
        """
        return self.leave_out(self.one_hot(tokens, masked))

    def next_token(self, tokens: ArrayLike) -> np.ndarray:
        """p(x_t = a | x_1, ..., x_{t-1}), shape (n, T, V).

        Args:
            tokens: integers, shape (n, T).
        """
        return self.ahead(tokens, 1)

    def ahead(self, tokens: ArrayLike, k: int) -> np.ndarray:
        """p(x_{t+k-1} = a | x_1, ..., x_{t-1}), shape (n, T - k + 1, V).

        k = 1 is the next token. Everything from t on is masked, so this takes one
        pass for each t.

        Args:
            tokens: integers, shape (n, T).
            k: how far ahead, 1 <= k <= T.
        """
        evidence = self.one_hot(tokens)
        length = evidence.shape[1]
        check_ahead(k, length)
        laws = []
        for t in reversed(range(length)):
            evidence[:, t] = 1.0
            if t + k <= length:
                laws.append(self.leave_out(evidence)[:, t + k - 1])
        return np.stack(laws[::-1], axis=1)


def check_ahead(k: int, length: int) -> None:
    if not 1 <= k <= length:
        raise ValueError(f"k must lie in 1, ..., {length} (the length), got {k}")
