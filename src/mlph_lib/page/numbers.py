"""Claims and numbers of a page: checked where they are computed, formatted once."""

from __future__ import annotations

import math

from myst_nb import glue

__all__ = ["CheckError", "Text", "check", "number", "pretty"]

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class CheckError(AssertionError):
    """A claim of a page does not hold; the build stops at the cell that made it."""


class Text:
    """A formatted number that glue shows as it is.

    Glue evaluates the plain text as a Python literal: a bare 0.0040 would lose its
    last zero, so the number goes in quotes, which glue takes off.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return repr(self.text)


def check(claim: str, holds: bool) -> None:
    """Stop the page unless ``holds``, naming the ``claim`` in words.

    Raises:
        CheckError: if the claim is false. A NumPy boolean will do, an array will not.

    Example:
        >>> check("two is even", 2 % 2 == 0)
    """
    if not bool(holds):
        raise CheckError(f"this claim of the page does not hold: {claim}")


def pretty(text: str) -> str:
    """``1.5e-12`` as ``1.5 × 10⁻¹²``, and a proper minus sign.

    Example:
        >>> pretty("1.5e-12"), pretty("-0.25")
        ('1.5 × 10⁻¹²', '−0.25')
    """
    mantissa, e, exponent = text.partition("e")
    if e and exponent.lstrip("+-").isdigit():
        text = f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    return "−" + text[1:] if text.startswith("-") else text


def number(
    key: str,
    value: float,
    fmt: str = "{}",
    *,
    below: float | None = None,
    above: float | None = None,
    equals: float | None = None,
    tol: float = 0.0,
) -> None:
    """Check ``value``, format it once and glue it under ``key`` for the prose.

    Args:
        key: unique name over the whole book; prose shows it by ``{glue:text}``.
        value: the computed number (a string is glued as it is, and takes no bound).
        fmt: a format string such as ``"{:.2e}"``; exponents become powers of ten.
        below: strict upper bound, or None.
        above: strict lower bound, or None.
        equals: the value must lie within ``tol`` of it, or None.
        tol: largest allowed distance from ``equals``.

    Raises:
        CheckError: if the value is not finite or breaks a bound; nothing is glued.

    Example:
        >>> number("doc-half", 0.5, "{:.1f}", equals=0.5)
    """
    if not isinstance(value, str):
        _bounded(key, value, below, above, equals, tol)
    elif any(bound is not None for bound in (below, above, equals)):
        raise CheckError(f"number {key!r}: a bound needs a number, got {value!r}")
    glue(key, Text(pretty(fmt.format(value))), display=False)


def _bounded(key, value, below, above, equals, tol) -> None:
    if not math.isfinite(value):
        raise CheckError(f"number {key!r}: expected a finite value, got {value}")
    if below is not None and not value < below:
        raise CheckError(f"number {key!r}: expected below {below}, got {value}")
    if above is not None and not value > above:
        raise CheckError(f"number {key!r}: expected above {above}, got {value}")
    if equals is not None and not abs(value - equals) <= tol:
        raise CheckError(
            f"number {key!r}: expected {equals} within {tol}, got {value}"
        )
