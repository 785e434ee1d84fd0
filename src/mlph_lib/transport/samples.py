"""The samples of exercise 3b: the course's file where given, else our own draws."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import numpy as np

__all__ = ["COURSE_DIGEST", "COURSE_SIZE", "load_samples"]

COURSE_DIGEST = "0ee26e5ee9693c9f935764e8d61245dae39a61282f6244f52d64dfa037c27922"
COURSE_SIZE = 10_000


def load_samples(
    path: str | os.PathLike[str] | None,
    rng: np.random.Generator,
    *,
    digest: str = COURSE_DIGEST,
) -> tuple[np.ndarray, str]:
    """10,000 samples of p(x) = x/2 on [0, 2], and a sentence on where they are from.

    Args:
        path: the course's `samples_1d.npy`. None or an empty string: draw
            x = 2 sqrt(u) from `rng` instead, by the quantile function of x^2/4.
        rng: used only where no path is given.
        digest: the SHA-256 digest that the file must have, in hexadecimal.

    Returns:
        (samples, provenance): float64 array of shape (10000,) with values in
        [0, 2], and a sentence that says where they are from.

    Raises:
        FileNotFoundError: if `path` names no file.
        ValueError: if the file has another digest, is no `.npy` array of plain
            numbers, or has another shape or type, a value that is not finite, or
            one outside [0, 2].

    Source: sheet 9 of the lecture Machine Learning and Physics, file
    sheet09/data/samples_1d.npy of https://github.com/sciai-lab/mlph_w24.

    Example:
        >>> samples, provenance = load_samples(None, np.random.default_rng(9))
        >>> samples.shape, bool(samples.min() >= 0), bool(samples.max() <= 2)
        ((10000,), True, True)
        >>> provenance
        'The samples are 10,000 own draws from the same law, not the course file.'
    """
    if path is None or os.fspath(path) == "":
        text = "own draws from the same law, not the course file."
        samples = 2 * np.sqrt(rng.random(COURSE_SIZE))
        return samples, f"The samples are {COURSE_SIZE:,} {text}"
    samples = _validated(_array(_verified_bytes(Path(path), digest), path), path)
    name = Path(path).name
    return samples, (
        f"The samples are the {samples.size:,} values of the course's file {name}, "
        "whose SHA-256 digest was checked."
    )


def _verified_bytes(path: Path, digest: str) -> bytes:
    if not path.is_file():
        raise FileNotFoundError(
            f"expected the course's samples_1d.npy, found no file at {path}: correct "
            "the path, or give none to use own draws from the same law"
        )
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != digest.lower():
        raise ValueError(
            f"{path}: expected the SHA-256 digest {digest}, got {found}: fetch the "
            "file again (a Git LFS pointer or an edited copy looks like this)"
        )
    return data


def _array(data: bytes, path: str | os.PathLike[str]) -> np.ndarray:
    # read from the bytes whose digest was checked; a pickle could run code
    try:
        return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except ValueError as error:
        raise ValueError(
            f"{path}: expected a .npy file that holds plain numbers ({error}); save "
            "the samples as float64 with numpy.save"
        ) from error


def _validated(samples: np.ndarray, path: str | os.PathLike[str]) -> np.ndarray:
    if samples.shape != (COURSE_SIZE,) or samples.dtype != np.float64:
        raise ValueError(
            f"{path}: expected shape ({COURSE_SIZE},) and type float64, got shape "
            f"{samples.shape} and type {samples.dtype}: use the file as supplied"
        )
    if not np.isfinite(samples).all():
        raise ValueError(
            f"{path}: expected finite values only, got "
            f"{np.count_nonzero(~np.isfinite(samples))} that are not: use the file "
            "as supplied"
        )
    low, high = samples.min(), samples.max()
    if low < 0 or high > 2:
        raise ValueError(
            f"{path}: expected values in [0, 2], the support of x/2, got values from "
            f"{low} to {high}: use the file as supplied"
        )
    return samples
