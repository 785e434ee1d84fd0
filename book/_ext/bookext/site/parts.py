"""Room for what is not on the screen: a browser lays a part out when it comes near.

Each part (the sections of a chapter) gets the height it will need on a phone, a
little too much rather than too little; once shown it keeps its own.
"""

from __future__ import annotations

import re
from itertools import pairwise

__all__ = ["reachable", "reserve"]

TAG = re.compile(r"<(/?)section\b([^>]*)>")
SILENT = re.compile(r"<(?:svg|style|script|annotation|math)\b.*?</(?:svg|style|script|"
                    r"annotation|math)>", re.S)
PRE = re.compile(r"<pre>(.*?)</pre>", re.S)
FOLD = re.compile(r'<details(?! [^>]*open)[^>]*>.*?</details>', re.S)
DISPLAY = re.compile(r'<span class="katex-display">.*?(?=</div>)', re.S)
MARKUP = re.compile(r"<[^>]*>")
BLOCK = re.compile(r"<(?:p|li|tr|h\d|dt|dd|figure|figcaption|summary)\b")
PHONE = 38  # characters in a line of text or code on a phone of 390 px
NARROW = 30  # the same in a fold on a phone of 360 px
TABLE = '<div class="pst-scrollable-table-container">'


def reserve(page: str) -> str:
    """The page with a height for each section below the chapter, until it is shown."""
    found, room = [], {}
    for tag in TAG.finditer(page, page.find("<article")):
        if not tag[1]:
            found.append(tag)
        elif (start := found.pop()) and found and "style=" not in start[2]:
            height = _height(page[start.end() : tag.start()])
            room[start.end() - 1] = f' style="contain-intrinsic-size:auto {height}px"'
    cuts = [0, *sorted(room), len(page)]
    return "".join(room.get(i, "") + page[i:j] for i, j in pairwise(cuts))


def _height(part: str) -> int:
    """Pixels on a phone: lines of text and code, formulas and drawings, rounded up."""
    part = FOLD.sub("<p>" + "a folded title, " * 7, part)
    drawings = part.count('<svg class="figure"') + part.count('role="group"') // 4
    formulas = len(DISPLAY.findall(part))
    part = DISPLAY.sub("", SILENT.sub("", part))
    code = sum(match[1].count("\n") + 3 for match in PRE.findall(part))
    text = MARKUP.sub("", PRE.sub("", part))
    lines = len(" ".join(text.split())) / PHONE + code
    high = 27 * lines + 20 * len(BLOCK.findall(part)) + 100 * formulas + 330 * drawings
    return -(-int(1.15 * high + 100) // 100) * 100


def reachable(page: str) -> str:
    """Code and tables that a phone must scroll can be reached by keyboard.

    ``page.js`` passes over those that fit.
    """
    def marked(match: re.Match) -> str:
        lines = MARKUP.sub("", match[1]).split("\n")
        wide = max(map(len, lines)) > NARROW
        return f'<pre tabindex="0">{match[1]}</pre>' if wide else match[0]
    return PRE.sub(marked, page).replace(TABLE, f'{TABLE[:-1]} tabindex="0">')
