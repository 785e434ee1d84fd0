"""Drawings in half the bytes: coordinates no finer than an eye, clouds as one path,
the letters of all drawings of a page once."""

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
SHAPE = re.compile(r'<path id="([^"]+)" (d="[^"]*"(?: transform="[^"]*")?)/>')
USE = re.compile(r'xlink:href="#([^"]+)"')

POINT = r'<use xlink:href="#([^"]+)" x="([^"]+)" y="([^"]+)" style="([^"]+)"/>\s*'
CLOUD = re.compile(rf"(?:{POINT}){{8,}}")
DISC = re.compile(r"M 0 ([\d.]+) C [\d. -]+(?: C [\d. -]+){7} z\s*$")
ROUND = re.compile(r'<path d="(M [\d.-]+ [\d.-]+ (?:C (?:[\d.-]+ ){6}){8})z\s*"')
LETTER = re.compile(r"\s*([A-Za-z])\s*")  # of a path: it needs no space around it
SOLID = re.compile(r"fill: ([^;]+); stroke: \1(?:; stroke-width: ([\d.]+))?$")


def slim(page: str) -> str:
    """The page with each drawing of a cell made smaller and none the worse."""
    first: dict[str, str] = {}
    return DRAWING.sub(lambda match: _shared(_slim(match[0]), first), page)


def _shared(svg: str, first: dict[str, str]) -> str:
    """``svg`` without the shapes that a drawing above it has; ``first`` is their names."""
    moved: dict[str, str] = {}

    def once(match: re.Match) -> str:
        name = moved[match[1]] = first.setdefault(match[2], match[1])
        return match[0] if name == match[1] else ""

    svg = SHAPE.sub(once, svg)
    return USE.sub(lambda match: f'xlink:href="#{moved.get(match[1], match[1])}"', svg)


def _slim(svg: str) -> str:
    svg = COMMENT.sub("", svg)
    svg = CLOUD.sub(lambda match: _cloud(match[0], svg), svg)
    svg = ROUND.sub(_circle, svg)
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


def _circle(match: re.Match) -> str:
    """A circle of eight curves in three numbers; another shape of eight is kept."""
    points = [tuple(map(float, part.split()[-2:])) for part in match[1].split("C")]
    (x, low), (right, side), (_, high), (left, _) = points[0], points[2], points[4], points[6]
    r = (low - high) / 2
    wrong = (points[4][0] - x, side - low + r, right - x - r, x - left - r)
    if max(map(abs, wrong)) > 0.01:
        return match[0]
    return f'<circle cx="{x:.2f}" cy="{low - r:.2f}" r="{r:.2f}"'


def _rounded(match: re.Match) -> str:
    if match[1]:
        numbers = FINE.sub(_short, match[2]).strip()
        if match[1] == ' d="':
            numbers = LETTER.sub(r"\1", numbers)
        return f'{match[1]}{numbers}"'
    return f"{match[3]}{FINE.sub(_short, match[4])})"


def _short(number: re.Match) -> str:
    text = f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
