"""Drawings in half the bytes: coordinates no finer than an eye, clouds as one path."""

from __future__ import annotations

import re

__all__ = ["slim"]

DRAWING = re.compile(r'<svg class="figure".*?</svg>', re.S)
# Points of a drawing are points of print: a hundredth of one is not to be seen.
FINE = re.compile(r"-?\d*\.\d{3,}(?![\d.])")
PLACES = re.compile(r'(\s(?:d|x|y|points|x1|x2|y1|y2)=")([^"]*)"|(translate\()([^)]*)\)')
ID = re.compile(r'\sid="([^"]*)"')
REFERENCE = re.compile(r'href="#([^"]*)"|url\(#([^)]*)\)')
COMMENT = re.compile(r"<!--.*?-->\s*", re.S)
BARE_GROUP = re.compile(r"<g>\s*(<use [^>]*/>)\s*</g>")

POINT = r'<use xlink:href="#([^"]+)" x="([^"]+)" y="([^"]+)" style="([^"]+)"/>\s*'
CLOUD = re.compile(rf"(?:{POINT}){{8,}}")
DISC = re.compile(r"M 0 ([\d.]+) C [\d. -]+(?: C [\d. -]+){7} z\s*$")
SOLID = re.compile(r"fill: ([^;]+); stroke: \1(?:; stroke-width: ([\d.]+))?$")


def slim(page: str) -> str:
    """The page with each drawing of a cell made smaller and none the worse."""
    return DRAWING.sub(lambda match: _slim(match[0]), page)


def _slim(svg: str) -> str:
    svg = COMMENT.sub("", svg)
    svg = CLOUD.sub(lambda match: _cloud(match[0], svg), svg)
    svg = PLACES.sub(_rounded, svg)
    asked = {name for pair in REFERENCE.findall(svg) for name in pair}
    svg = ID.sub(lambda match: match[0] if match[1] in asked else "", svg)
    while (less := BARE_GROUP.sub(r"\1", svg)) != svg:
        svg = less
    return re.sub(r">\s+<", "><", svg)


def _cloud(points: str, svg: str) -> str:
    """Many equal discs as one path of round dots: a thousandth of the elements."""
    drawn = re.findall(POINT, points)
    marker, style = drawn[0][0], drawn[0][3]
    shape = re.search(rf'<path id="{re.escape(marker)}" d="([^"]*)"', svg)
    disc, solid = DISC.match(shape[1]) if shape else None, SOLID.match(style)
    same = all((name, look) == (marker, style) for name, _, _, look in drawn)
    if not (disc and solid and same):  # dots that are see-through add up: keep each
        return points
    width = 2 * float(disc[1]) + float(solid[2] or 1)
    dots = "".join(f"M {x} {y} h 0 " for _, x, y, _ in drawn)
    return (f'<path d="{dots}" style="fill: none; stroke: {solid[1]}; '
            f'stroke-width: {width:g}; stroke-linecap: round"/>')


def _rounded(match: re.Match) -> str:
    if match[1]:
        return f'{match[1]}{FINE.sub(_short, match[2]).strip()}"'
    return f"{match[3]}{FINE.sub(_short, match[4])})"


def _short(number: re.Match) -> str:
    text = f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
