"""Hidden Markov languages: one forward and one backward pass answer everything."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.generators import check_generator
from mlph_lib.pretraining.languages.language import Language, check_ahead
from mlph_lib.pretraining.languages.messages import as_evidence, as_laws, scaled

__all__ = ["HiddenMarkov"]


class HiddenMarkov(Language):
    """A chain of hidden states that emits a token on every move.

    emit[a, s, r] = P(token a, next state r | state s). With evidence e the step is
    the matrix M_t = sum_a e[t, a] emit[a], and

        alpha_t = alpha_{t-1} M_t,   beta_{t-1} = M_t beta_t,
        p(x_i = a | evidence elsewhere) ~ alpha_{i-1} emit[a] beta_i.

    Attributes:
        start: law of the first state, shape (S,).
        emit: shape (V, S, S); emit[:, s, :] sums to 1 for every s.
        words: V.

    Raises:
        ValueError: if the shapes do not fit or a law does not sum to 1.

    Source: L. R. Rabiner, A tutorial on hidden Markov models and selected
    applications in speech recognition, Proc. IEEE 77 (1989), 257-286.

    Example:
        >>> coin = HiddenMarkov([1.0], [[[0.25]], [[0.75]]])
        >>> np.exp(coin.log_prob([[1, 1, 0]]))
        array([0.140625])
    """

    def __init__(self, start: ArrayLike, emit: ArrayLike) -> None:
        self.start = np.asarray(start, dtype=float)
        self.emit = np.asarray(emit, dtype=float)
        states = self.start.size
        if self.emit.ndim != 3 or self.emit.shape[1:] != (states, states):
            raise ValueError(
                f"emit must have shape (V, {states}, {states}) for {states} states, "
                f"got {self.emit.shape}"
            )
        moves = self.emit.sum(axis=(0, 2))
        if not np.allclose([self.start.sum(), *moves], 1.0, rtol=0, atol=1e-12):
            raise ValueError(
                f"start and every emit[:, s, :] must sum to 1, got {self.start.sum()} "
                f"and {moves}"
            )
        self.words = self.emit.shape[0]

    @property
    def move(self) -> np.ndarray:
        """P(next state r | state s), shape (S, S): a step whose token is not seen."""
        return self.emit.sum(axis=0)

    def sample(self, n: int, length: int, rng: np.random.Generator) -> np.ndarray:
        """n texts: one uniform number a row for the start, one for every token.

        Args:
            n: number of texts.
            length: number of tokens of each.
            rng: the generator to draw from.

        Returns:
            int64 array, shape (n, length).
        """
        check_generator(rng)
        states = self.start.size
        # A row of the table holds the CDF of (token, next state) in one state.
        table = np.cumsum(self.emit.transpose(1, 0, 2).reshape(states, -1), axis=1)
        table /= table[:, -1:]
        state = _invert(np.cumsum(self.start)[None] / self.start.sum(), rng.random(n))
        tokens = np.empty((n, length), dtype=np.int64)
        for t in range(length):
            tokens[:, t], state = np.divmod(
                _invert(table[state], rng.random(n)), states
            )
        return tokens

    def forward(self, evidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """alpha_t = alpha_{t-1} M_t, each scaled to sum 1, and the logs of the scales.

        Args:
            evidence: shape (n, T, V).

        Returns:
            (alpha, log_scale), shapes (n, T + 1, S) and (n, T): alpha[:, t] is the law
            of the state after t tokens given their evidence.
        """
        evidence = as_evidence(evidence, self.words)
        n, length, _ = evidence.shape
        alpha = np.empty((n, length + 1, self.start.size))
        log_scale = np.empty((n, length))
        alpha[:, 0] = self.start
        for t in range(length):
            joint = self._joint(alpha[:, t])  # (n, V, S)
            step = np.einsum("nv,nvs->ns", evidence[:, t], joint)
            alpha[:, t + 1], log_scale[:, t] = scaled(step)
        return alpha, log_scale

    def backward(self, evidence: np.ndarray) -> np.ndarray:
        """beta_{t-1} = M_t beta_t, each scaled to sum 1; shape (n, T + 1, S).

        beta[:, t] is the likelihood of all evidence after t tokens in each state.
        """
        evidence = as_evidence(evidence, self.words)
        n, length, _ = evidence.shape
        beta = np.empty((n, length + 1, self.start.size))
        beta[:, length] = 1.0
        for t in reversed(range(length)):
            after = beta[:, t + 1] @ self._into()  # (n, V * S)
            after = after.reshape(n, self.words, -1)
            beta[:, t], _ = scaled(np.einsum("nv,nvs->ns", evidence[:, t], after))
        return beta

    def log_evidence(self, evidence: np.ndarray) -> np.ndarray:
        return self.forward(evidence)[1].sum(axis=1)

    def leave_out(self, evidence: np.ndarray) -> np.ndarray:
        alpha, _ = self.forward(evidence)
        beta = self.backward(evidence)
        laws = np.empty(np.shape(evidence))
        for i in range(laws.shape[1]):
            joint = self._joint(alpha[:, i])
            laws[:, i] = np.einsum("nvs,ns->nv", joint, beta[:, i + 1])
        return as_laws(laws)

    def ahead(self, tokens: ArrayLike, k: int) -> np.ndarray:
        """p(x_{t+k-1} = a | x_1, ..., x_{t-1}) from alpha_{t-1} move^{k-1}."""
        alpha, log_scale = self.forward(self.one_hot(tokens))
        length = log_scale.shape[1]
        check_ahead(k, length)
        words = np.linalg.matrix_power(self.move, k - 1) @ self.emit.sum(axis=2).T
        return as_laws(alpha[:, : length - k + 1] @ words)

    def _joint(self, alpha: np.ndarray) -> np.ndarray:
        """alpha emit[a] for every a, shape (n, V, S), as one matrix product."""
        flat = self.emit.transpose(1, 0, 2).reshape(self.start.size, -1)
        return (alpha @ flat).reshape(len(alpha), self.words, -1)

    def _into(self) -> np.ndarray:
        """emit with the next state first, so that beta multiplies from the left."""
        return self.emit.transpose(2, 0, 1).reshape(self.start.size, -1)


def _invert(cdf: np.ndarray, u: np.ndarray) -> np.ndarray:
    """The first k with u < cdf[k]: a cell of probability 0 is never drawn."""
    return (cdf <= u[:, None]).sum(axis=1)
