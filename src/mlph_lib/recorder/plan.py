"""What the book asks the 7B model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from mlph_lib import questions
from mlph_lib.decoding import lattice_codes

__all__ = ["BUDGET", "COMPOSER", "PLAN", "Ask", "within"]

BUDGET = 8 * 2**20  # bytes, of all recordings together
COMPOSER = "My favorite composer is"
SPOKEN = 16  # greedy tokens that the views of the empty prompt cover


@dataclass(frozen=True)
class Ask:
    """One question with its request, and the name of the recording that answers it."""

    name: str
    question: Callable[..., dict[str, Any]]
    request: dict[str, Any]


def _samples(name: str, n: int, length: int, **settings: float) -> Ask:
    request = {"prompt": "", "n": n, "max_new_tokens": length, "seed": 0}
    request |= {"settings": settings} if settings else {}
    return Ask(f"samples-{name}", questions.samples, request)


_CODES = [str(code) for code in lattice_codes(16, Fraction(1, 3))]

PLAN = (
    # the course's four outputs
    Ask("module-tree", questions.module_tree, {}),
    Ask("pieces", questions.pieces, {"ids": list(range(5100, 5110))}),
    Ask("embedding-sun", questions.embedding, {"text": "sun"}),
    Ask("next-composer", questions.next_tokens, {"prompt": COMPOSER, "top": 7}),
    Ask("greedy-empty", questions.greedy, {"prompt": "", "max_new_tokens": 30}),
    # asking nothing
    Ask("next-empty", questions.next_tokens, {"prompt": "", "top": 7}),
    Ask("tree-empty", questions.tree, {"prompt": "", "depth": 3, "width": 5}),
    _samples("pure", 256, 128),
    _samples("chat-defaults", 64, 64, temperature=0.6, top_p=0.9),
    _samples("hidden-default", 64, 64, top_k=50),
    _samples("nucleus", 64, 64, top_p=0.9),
    _samples("cool", 64, 64, temperature=0.6),
    _samples("hot", 64, 64, temperature=1.3),
    Ask(
        "codes", questions.arithmetic,
        {"prompt": "", "codes": _CODES, "max_new_tokens": 64},
    ),
    # Moz is not Mozart: the seven first pieces, and what may follow each
    Ask("tree-composer", questions.tree, {"prompt": COMPOSER, "depth": 3, "width": 7}),
    # inside
    *(
        Ask(f"{name}-{which}", question, {"prompt": prompt, "new_tokens": more})
        for name, question in (
            ("lens", questions.logit_lens),
            ("norms", questions.residual_norms),
            ("attention", questions.attention),
        )
        for which, prompt, more in (("composer", COMPOSER, 0), ("empty", "", SPOKEN))
    ),
    Ask(
        "speed", questions.decode_speed,
        {"prompt": "", "new_tokens": 128, "repeats": 5},
    ),
)


def within(asks: Iterable[Ask], vocabulary: int) -> list[Ask]:
    """The same asks; where one names ids that a small vocabulary has not, its last ones.

    Example:
        >>> [ask.request["ids"][0] for ask in within(PLAN, 365) if "ids" in ask.request]
        [355]
    """
    return [
        replace(ask, request=ask.request | {"ids": _last(ask, vocabulary)})
        if max(ask.request.get("ids", [0])) >= vocabulary else ask
        for ask in asks
    ]


def _last(ask: Ask, vocabulary: int) -> list[int]:
    """As many ids as are asked for, from the end of a vocabulary."""
    return list(range(vocabulary - len(ask.request["ids"]), vocabulary))
