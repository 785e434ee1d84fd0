"""Who may look at whom, as data that any network can turn into a boolean mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

__all__ = ["Attention"]


@dataclass(frozen=True)
class Attention:
    """A boolean mask (T, T): position t may attend to s where it is true.

    full      every s
    causal    s <= t
    prefix    s <= t, or s < prefix: the prefix sees itself in both directions
    explicit  as `allowed` says

    Masks are boolean because a large negative number is not minus infinity: where a
    row allows nothing, softmax turns equal numbers into equal weights and the row
    sees everything.

    Attributes:
        kind: one of the four words.
        prefix: shape (n,), length of each row's prefix; for "prefix" only.
        allowed: boolean, shape (n, T, T) or (1, T, T); for "explicit" only.
        keys: boolean, shape (n, T), false where nobody may look (padding); or None.

    Example:
        >>> Attention("prefix", prefix=np.array([2])).mask(3)[0].astype(int)
        array([[1, 1, 0],
               [1, 1, 0],
               [1, 1, 1]])
    """

    kind: Literal["full", "causal", "prefix", "explicit"]
    prefix: np.ndarray | None = None
    allowed: np.ndarray | None = None
    keys: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("full", "causal", "prefix", "explicit"):
            raise ValueError(
                f"kind must be full, causal, prefix or explicit, got {self.kind!r}"
            )
        for kind, name in (("prefix", "prefix"), ("explicit", "allowed")):
            if (getattr(self, name) is not None) != (self.kind == kind):
                raise ValueError(
                    f"attention needs {name!r} for the kind {kind!r} and for no other; "
                    f"the kind is {self.kind!r}"
                )
        for name in ("allowed", "keys"):
            array = getattr(self, name)
            if array is not None and array.dtype != bool:
                raise TypeError(f"{name} must be boolean, got {array.dtype}")

    def mask(self, length: int) -> np.ndarray:
        """The boolean mask, shape (n, T, T), or (1, T, T) if all rows share it.

        Args:
            length: T.

        Returns:
            True where row t may attend to column s.
        """
        t, s = np.arange(length)[:, None], np.arange(length)
        if self.kind == "full":
            mask = np.ones((1, length, length), dtype=bool)
        elif self.kind == "causal":
            mask = (s <= t)[None]
        elif self.kind == "prefix":
            mask = (s <= t) | (s < np.asarray(self.prefix)[:, None, None])
        else:
            mask = self.allowed
        return mask if self.keys is None else mask & self.keys[:, None, :]
