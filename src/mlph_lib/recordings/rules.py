"""Rules between the parts of an answer, each told by the keys that it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

__all__ = ["NEAR", "RULES", "SLACK", "Answer", "Request", "Rule", "rule"]

Answer = Mapping[str, Any]
Request = Mapping[str, Any]
NEAR = {"rtol": 1e-6, "atol": 1e-9}  # float64 sums over a vocabulary, in any order
SLACK = 1e-9  # of sums that are 1 but for rounding


class Rule(NamedTuple):
    """A claim in words, the keys it needs, and a function of request and answer."""

    claim: str
    keys: frozenset[str]
    holds: Callable[[Request, Answer], bool]


RULES: list[Rule] = []


def rule(claim: str, *keys: str) -> Callable:
    """Register a function of (request, answer): what must hold where the keys are."""

    def register(holds: Callable[[Request, Answer], bool]) -> Callable:
        RULES.append(Rule(claim, frozenset(keys), holds))
        return holds

    return register
