"""An answer means what it says: its parts agree, checked without any model.

Each rule applies to every answer that has the keys it needs, whatever was asked: a
new question is checked as far as it uses the same words.
"""

from __future__ import annotations

# each registers its rules
from mlph_lib.recordings import chosen, inside, measured, trained, written  # noqa: F401
from mlph_lib.recordings.errors import WrongMeaningError
from mlph_lib.recordings.rules import RULES, Answer, Request

__all__ = ["check_meaning"]

# what NumPy and Python raise when shapes, keys or types do not fit
MISFITS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def check_meaning(request: Request, answer: Answer, file: str) -> None:
    """Every rule holds whose keys the answer has.

    Raises:
        WrongMeaningError: naming the file and the claim that is false.

    Example:
        >>> import numpy as np
        >>> check_meaning({}, {"top_probabilities": np.array([0.9, 0.2])}, "a.json")
        Traceback (most recent call last):
        ...
        mlph_lib.recordings.errors.WrongMeaningError: a.json: this does not hold: ...
    """
    for claim, keys, holds in RULES:
        if not keys <= answer.keys():
            continue
        try:
            right = holds(request, answer)
        except MISFITS as error:
            raise WrongMeaningError(f"{file}: {claim}: {error!r}") from error
        if not right:
            raise WrongMeaningError(f"{file}: this does not hold: {claim}")
