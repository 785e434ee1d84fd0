"""The Random Hierarchy Model: texts that grow as trees, answered by an up-down pass."""

from __future__ import annotations

import numpy as np

from mlph_lib.generators import check_generator
from mlph_lib.pretraining.languages.language import Language
from mlph_lib.pretraining.languages.messages import as_evidence, as_laws, scaled

__all__ = ["RandomHierarchy", "random_hierarchy"]


class RandomHierarchy(Language):
    """Every symbol of a level is written as s symbols of the next, in one of m ways.

    All texts have s^depth tokens and the same probability v^-1 m^-k, with
    k = (s^depth - 1) / (s - 1) symbols rewritten, so the entropy of a text is
    ln v + k ln m exactly.

    Belief propagation: messages run up the tree (evidence below a node, for each of
    its symbols) and down (evidence everywhere else); at a leaf the downward message is
    the law of the token given all the others.

    Attributes:
        rules: shape (depth, v, m, s): rules[l, x, k] writes symbol x of level l.
        words: v, for the symbols of every level.
        length: s^depth, that of every text.
    """

    def __init__(self, rules: np.ndarray) -> None:
        self.rules = rules
        depth, self.words, _, self.branching = rules.shape
        self.length = self.branching**depth

    @property
    def entropy(self) -> float:
        """ln v + (s^depth - 1) / (s - 1) ln m: the entropy of a text in nats."""
        depth, v, m, s = self.rules.shape
        return float(np.log(v) + sum(s**level for level in range(depth)) * np.log(m))

    def sample(self, n: int, length: int, rng: np.random.Generator) -> np.ndarray:
        """n texts, int64 of shape (n, length); the length must be s^depth."""
        check_generator(rng)
        self._check_length(length)
        symbols = rng.integers(self.words, size=(n, 1))
        for rule in self.rules:
            way = rng.integers(rule.shape[1], size=symbols.shape)
            symbols = rule[symbols, way].reshape(n, -1)
        return symbols

    def log_evidence(self, evidence: np.ndarray) -> np.ndarray:
        # The root is uniform and its scaled message sums to 1: the mean is 1 / v.
        return self._up(evidence)[1] - np.log(self.words)

    def leave_out(self, evidence: np.ndarray) -> np.ndarray:
        up, _ = self._up(evidence)
        down = np.full_like(up[0], 1 / self.words)
        for rule, below in zip(self.rules, up[1:], strict=True):
            down = _send_down(down, _children(below, rule), rule)
        return as_laws(down)

    def _up(self, evidence: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """The upward messages of all levels, the root's first, and log scales (n,)."""
        evidence = as_evidence(evidence, self.words)
        self._check_length(evidence.shape[1])
        message, log_scale = scaled(evidence)
        messages, total = [message], log_scale.sum(axis=1)
        for rule in self.rules[::-1]:
            ways = _children(message, rule).prod(axis=-1)  # (n, nodes, v, m)
            message, log_scale = scaled(ways.mean(axis=-1))
            messages.append(message)
            total = total + log_scale.sum(axis=1)
        return messages[::-1], total

    def _check_length(self, length: int) -> None:
        if length != self.length:
            raise ValueError(
                f"every text of this language has {self.length} tokens, got {length}"
            )


def random_hierarchy(v: int, m: int, s: int, depth: int, seed: int) -> RandomHierarchy:
    """Draw v m different s-tuples for each level: no two symbols are written alike.

    Args:
        v: symbols a level, which are also the words.
        m: ways to write each symbol.
        s: symbols in each way, at least 2.
        depth: number of levels rewritten.
        seed: of the grammar.

    Raises:
        ValueError: if v m > v^s, where tuples would have to repeat, or an argument is
            too small.

    Source: F. Cagnetta, L. Petrini, U. M. Tomasini, A. Favero, M. Wyart, How deep
    neural networks learn compositional data: the random hierarchy model, Phys. Rev. X
    14 (2024), 031001, arXiv:2307.02129.

    Example:
        >>> language = random_hierarchy(v=8, m=2, s=2, depth=6, seed=0)
        >>> text = language.sample(1, 64, np.random.default_rng(0))
        >>> round(-language.log_prob(text).item() / 64, 12)
        0.714808029952
        >>> round(language.entropy / 64, 12)
        0.714808029952
    """
    if v < 2 or m < 1 or s < 2 or depth < 1:
        raise ValueError(
            f"needs v, s >= 2 and m, depth >= 1, got {v=} {m=} {s=} {depth=}"
        )
    if v * m > v**s:
        raise ValueError(
            f"{v} symbols in {m} ways need {v * m} different tuples, but there are "
            f"only {v}^{s} = {v**s}; make m smaller or s larger"
        )
    rng = np.random.default_rng(seed)
    codes = [rng.choice(v**s, size=v * m, replace=False) for _ in range(depth)]
    digits = np.unravel_index(np.stack(codes), (v,) * s)
    return RandomHierarchy(np.stack(digits, axis=-1).reshape(depth, v, m, s))


def _children(message: np.ndarray, rule: np.ndarray) -> np.ndarray:
    """Each child's message at the symbol a rule gives it, (n, nodes, v, m, s)."""
    n, nodes, v = message.shape
    child = message.reshape(n, -1, rule.shape[-1], v)
    return np.stack(
        [child[:, :, c][..., rule[..., c]] for c in range(rule.shape[-1])], -1
    )


def _send_down(down: np.ndarray, children: np.ndarray, rule: np.ndarray) -> np.ndarray:
    """From a node to each child: the node's message times those of its siblings."""
    n, nodes, v, _, s = children.shape
    sent = np.empty((n, nodes, s, v))
    for c in range(s):
        siblings = np.delete(children, c, axis=-1).prod(axis=-1)
        ways = (down[..., None] * siblings).reshape(n, nodes, -1)
        sent[:, :, c] = ways @ np.eye(v)[rule[..., c].ravel()]
    return scaled(sent.reshape(n, nodes * s, v))[0]
