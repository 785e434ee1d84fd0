"""Two uniform numbers become two independent standard normals (Box and Muller)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.generators import check_generator
from mlph_lib.transport.arguments import as_shape

__all__ = ["box_muller", "polar_normal", "standard_normal"]

BLOCK = 8192  # doubles a buffer: a handful of buffers stay in the first cache levels


def box_muller(u1: ArrayLike, u2: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """z = r (cos phi, sin phi) with r = sqrt(-2 log(1 - u1)) and phi = 2 pi u2.

    r inverts the CDF 1 - exp(-r^2 / 2) of the radius of a 2D standard normal, phi
    that of a uniform angle. log1p(-u1) is finite for every u1 in [0, 1), which
    includes the 0 that generators do return, and exact for small u1.

    Args:
        u1, u2: uniforms in [0, 1), shapes that broadcast; float32 stays float32.

    Returns:
        (z1, z2), each of the broadcast shape, independent standard normals.

    Raises:
        ValueError: if a value is NaN or outside [0, 1).

    Source: G. E. P. Box and M. E. Muller, A note on the generation of random normal
    deviates, Ann. Math. Stat. 29 (1958), 610-611.

    Example:
        >>> z1, z2 = box_muller([0.0, 1 - np.exp(-2.0)], [0.5, 0.25])
        >>> np.round(z1, 12) + 0.0, np.round(z2, 12) + 0.0
        (array([0., 0.]), array([0., 2.]))
    """
    u1, u2 = _as_uniform("u1", u1), _as_uniform("u2", u2)
    r = np.sqrt(-2 * np.log1p(-u1))
    phi = 2 * np.pi * u2
    return r * np.cos(phi), r * np.sin(phi)


def standard_normal(
    size: int | tuple[int, ...], rng: np.random.Generator
) -> np.ndarray:
    """Independent N(0, 1) draws by Box-Muller, in blocks, through tan(phi / 2).

    With t = tan(phi / 2): cos phi = 2 / (1 + t^2) - 1 and sin phi = 2 t / (1 + t^2).
    NumPy computes tan and log with vector instructions, cos and sin of doubles one
    at a time; buffers of 8,192 doubles keep the whole pipeline inside the cache.
    Uniforms on the grid k 2^-53 limit |z| to sqrt(2 * 53 log 2) = 8.57.

    Args:
        size: number of draws or shape of the result; 0 is allowed.
        rng: the generator to draw from.

    Returns:
        float64 array of shape `size`.

    Raises:
        ValueError: if a length is negative.
        TypeError: if `rng` is not a `numpy.random.Generator`.

    Example:
        >>> z = standard_normal((2, 3), np.random.default_rng(0))
        >>> z.shape, bool(np.all(np.abs(z) < 8.58))
        ((2, 3), True)
    """
    shape, n = as_shape(size)
    check_generator(rng)
    z = np.empty(n)
    u, r = np.empty((2, min(BLOCK, n // 2 + 1))), np.empty(min(BLOCK, n // 2 + 1))
    for start in range(0, n, 2 * BLOCK):
        _fill(z[start : start + 2 * BLOCK], u, r, rng)
    return z.reshape(shape)


def polar_normal(size: int | tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """v sqrt(-2 log(s) / s) for v uniform in the unit disc, s its squared length.

    s is uniform on (0, 1) and independent of the angle, so it takes the place of u1
    and v / sqrt(s) that of (cos phi, sin phi): no trigonometry, but a share
    1 - pi / 4 of the pairs is thrown away.

    Args:
        size: number of draws or shape of the result; 0 is allowed.
        rng: the generator to draw from.

    Returns:
        float64 array of shape `size`.

    Raises:
        ValueError: if a length is negative.
        TypeError: if `rng` is not a `numpy.random.Generator`.

    Source: G. Marsaglia and T. A. Bray, A convenient method for generating normal
    variables, SIAM Rev. 6 (1964), 260-264.

    Example:
        >>> polar_normal(4, np.random.default_rng(0)).shape
        (4,)
    """
    shape, n = as_shape(size)
    check_generator(rng)
    z, done = np.empty(n), 0
    while done < n:
        # 4 / pi pairs are needed for each accepted one, and a few to spare.
        v = rng.uniform(-1.0, 1.0, (2, min(BLOCK, (n - done) * 2 // 3 + 8)))
        s = v[0] ** 2 + v[1] ** 2
        keep = (s > 0.0) & (s < 1.0)
        pairs = (v[:, keep] * np.sqrt(-2 * np.log(s[keep]) / s[keep])).ravel()
        z[done : done + pairs.size] = pairs[: n - done]
        done += pairs.size
    return z.reshape(shape)


def _fill(
    z: np.ndarray, u: np.ndarray, r: np.ndarray, rng: np.random.Generator
) -> None:
    """Fill z in place with normals, at most 2 * BLOCK of them."""
    m = (z.size + 1) // 2  # pairs; an odd last one loses its second half
    u, r = u.reshape(-1)[: 2 * m], r[:m]
    rng.random(out=u)
    half, t = u[:m], u[m:]
    # 1 - u is exact on the generator's grid and never 0, so log needs no log1p.
    np.subtract(1.0, half, out=r)
    np.log(r, out=r)
    np.multiply(r, -2.0, out=r)
    np.sqrt(r, out=r)
    np.multiply(t, np.pi, out=t)  # phi / 2 in [0, pi)
    np.tan(t, out=t)
    np.square(t, out=half)
    np.add(half, 1.0, out=half)
    np.divide(r, half, out=half)
    np.add(half, half, out=half)  # r (1 + cos phi)
    np.subtract(half, r, out=z[:m])
    np.multiply(half[: z.size - m], t[: z.size - m], out=z[m:])


def _as_uniform(name: str, u: ArrayLike) -> np.ndarray:
    u = np.asarray(u)
    u = u if u.dtype == np.float32 else u.astype(float)
    bad = ~((u >= 0) & (u < 1))
    if np.any(bad):
        raise ValueError(
            f"{name} must lie in [0, 1), as rng.random() does; got {u[bad].flat[0]}"
        )
    return u
