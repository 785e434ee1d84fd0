"""Where to look at a density first: panels that crowd at ends and named points.

A panel lies at signed offsets [low, high] from an anchor (an end of the support or
a named point). Offsets keep their relative accuracy where x itself has none left:
1e-200 beside an anchor at 0 is as good a place as any other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Mesh", "initial_mesh"]

UNIFORM = 1024  # panels across a finite support: eight nodes each see 1/1000 of it
BETWEEN = 64  # panels between two named points of an infinite support
PER_OCTAVE = 32  # panels an octave away from an anchor, for a support without end
FINE = (-10, 20)  # the octaves 2^k that get so many; the others get one panel
FARTHEST = 2.0**1000
CAP = 2.0**-44  # next to an anchor c, offsets below |c| * CAP drown in rounding
SMALLEST = 2.0**-990


@dataclass(frozen=True)
class Mesh:
    """Panels ordered by x: offsets `low < high` from `anchor`, arrays of one length.

    Attributes:
        cap: +1 for the innermost panel right of an anchor (low = 0), -1 for the one
            left of it (high = 0), 0 for all others.
    """

    anchor: np.ndarray
    low: np.ndarray
    high: np.ndarray
    cap: np.ndarray


def initial_mesh(support: tuple[float, float], points: tuple[float, ...]) -> Mesh:
    """Panels over the support, graded towards its finite ends and the points.

    On a finite support no panel is wider than 1/1024 of it. On an infinite one,
    panels are no wider than 1/32 of their distance from the closest anchor, for
    distances between 2^-10 and 2^20; 0 is an anchor when both ends are infinite.

    Args:
        support: (low, high), low < high, each end finite or infinite.
        points: finite numbers strictly inside.

    Example:
        >>> mesh = initial_mesh((0.0, 1.0), ())
        >>> bool(mesh.low[0] == 0.0), int(mesh.cap[0]), int(mesh.cap[-1])
        (True, 1, -1)
    """
    low, high = support
    extra = (0.0,) if np.isinf(low) and np.isinf(high) else ()
    cuts = np.unique([low, *points, *extra, high])
    width = high - low
    parts = []
    for left, right in zip(cuts[:-1], cuts[1:], strict=True):
        half = (right - left) / 2  # infinite as soon as one end is
        step = width / UNIFORM if np.isfinite(width) else half / BETWEEN * 2
        if np.isfinite(left):
            parts.append(_beside(left, half, step))
        if np.isfinite(right):
            parts.append(_mirrored(_beside(right, half, step)))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Mesh(*columns)


def _beside(anchor: float, reach: float, step: float) -> tuple[np.ndarray, ...]:
    """Panels at the offsets [0, reach] right of the anchor."""
    if np.isfinite(reach):
        count = max(1, int(np.ceil(reach / step)))
        outer = np.linspace(0.0, reach, count + 1)[1:]
    else:
        octaves = np.arange(*FINE)
        steps = 2.0 ** (np.arange(PER_OCTAVE) / PER_OCTAVE)
        outer = np.concatenate(
            [
                (2.0**octaves[:, None] * steps).ravel(),
                2.0 ** np.arange(FINE[1], np.log2(FARTHEST) + 1),
            ]
        )
    first = min(max(abs(anchor) * CAP, SMALLEST), outer[0] / 2)
    octaves = int(np.log2(outer[0]) - np.log2(first))
    inner = np.ldexp(outer[0], -np.arange(octaves, 0, -1))
    edges = np.concatenate([[0.0], inner, outer])
    cap = np.zeros(edges.size - 1, dtype=int)
    cap[0] = 1
    return np.full(cap.size, anchor), edges[:-1], edges[1:], cap


def _mirrored(part: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    anchor, low, high, cap = part
    return anchor, -high[::-1], -low[::-1], -cap[::-1]
