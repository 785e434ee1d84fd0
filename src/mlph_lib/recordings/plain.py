"""What a recording may hold: JSON values and arrays, nothing that can run."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mlph_lib.recordings.errors import RecordingError

__all__ = ["as_json", "declared", "dump", "full_request", "split"]


def as_json(value: Any, what: str = "value") -> Any:
    """``value`` as JSON gives it back: lists for tuples, plain for NumPy numbers.

    Raises:
        RecordingError: for anything that JSON would lose: NaN, bytes, keys that are
            not strings, objects.

    Example:
        >>> as_json({"ids": (1, np.int64(2))})
        {'ids': [1, 2]}
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (list, tuple)):
        return [as_json(item, what) for item in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: as_json(item, f"{what}.{key}") for key, item in value.items()}
    if isinstance(value, float) and not np.isfinite(value):
        raise RecordingError(f"{what}: expected a finite number, got {value}")
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise RecordingError(
        f"{what}: expected JSON (text, numbers, lists, dictionaries with text as keys) "
        f"or a NumPy array, got {type(value).__name__}"
    )


def dump(value: Any) -> bytes:
    """``value`` as readable JSON, its bytes a function of the value alone."""
    layout = {"indent": 1, "sort_keys": True, "ensure_ascii": False}
    return (json.dumps(value, allow_nan=False, **layout) + "\n").encode()


def full_request(question: Callable, request: Mapping[str, Any]) -> dict[str, Any]:
    """The request as JSON, the defaults of the question written out.

    Example:
        >>> def greedy(lm, prompt="", max_new_tokens=30): ...
        >>> full_request(greedy, {"prompt": "Bach"})
        {'prompt': 'Bach', 'max_new_tokens': 30}
    """
    try:
        bound = inspect.signature(question).bind(None, **request)
    except TypeError as error:
        raise RecordingError(f"{question.__name__}: {error}") from error
    bound.apply_defaults()
    return as_json(dict(list(bound.arguments.items())[1:]), question.__name__)


def split(answer: Mapping[str, Any]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays of an answer, and the rest of it as JSON.

    Raises:
        RecordingError: for arrays of objects or text, which would need pickle.
    """
    arrays = {key: a for key, a in answer.items() if isinstance(a, np.ndarray)}
    for key, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise RecordingError(
                f"{key}: expected an array of numbers, got dtype {array.dtype}: "
                "hand texts over as a list"
            )
    rest = {key: value for key, value in answer.items() if key not in arrays}
    return arrays, as_json(rest, "answer")


def declared(arrays: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """What a manifest says of arrays: their dtypes and shapes.

    Example:
        >>> declared({"ids": np.zeros((2, 3), dtype=np.int64)})
        {'ids': {'dtype': 'int64', 'shape': [2, 3]}}
    """
    return {
        key: {"dtype": str(array.dtype), "shape": list(array.shape)}
        for key, array in arrays.items()
    }
