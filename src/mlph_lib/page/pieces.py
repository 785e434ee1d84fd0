"""Pieces of text as a tokenizer spells them, made fit to be seen on a page."""

from __future__ import annotations

import functools
import html
import re
import unicodedata

from matplotlib.font_manager import FontProperties, findfont, get_font

__all__ = ["MONO", "in_font", "in_markdown", "in_markup", "visible"]

MONO = "DejaVu Sans Mono"  # comes with matplotlib: the same widths everywhere
MARKS = str.maketrans({"\n": "↵", "\t": "⇥"})


def visible(piece: str, space: str = "␣") -> str:
    """A piece with its spaces, line breaks and control characters to be seen.

    Args:
        piece: as the vocabulary spells it: U+2581 for a space, <0x0A> for a byte.
        space: what is shown for a space.

    Example:
        >>> visible("▁the"), visible("<0x0A>"), visible("a\\tb"), visible("")
        ('␣the', '↵', 'a⇥b', '∅')
    """
    byte = re.fullmatch(r"<0x([0-7][0-9A-F])>", piece)
    words = chr(int(byte[1], 16)) if byte else piece
    words = words.replace("▁", " ").replace(" ", space).translate(MARKS)
    return "".join(map(_shown, words)) or "∅"


def _shown(letter: str) -> str:
    hidden = unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    return f"<U+{ord(letter):04X}>" if hidden else letter


def in_markup(words: str) -> str:
    """Data as text of HTML, and no address that a page could be said to ask.

    Example:
        >>> in_markup('src="//a" & b')
        'src&#61;&quot;//a&quot; &amp; b'
    """
    return html.escape(words).replace("=", "&#61;")


def in_markdown(words: str) -> str:
    r"""Text whose punctuation Markdown takes as it is.

    Example:
        >>> print(in_markdown("a_1 < 2"))
        a\_1 \< 2
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", words)


def in_font(words: str) -> str:
    """``words`` with a box for each letter that would not take one column in print.

    Example:
        >>> in_font("␣the ↵ 数")
        '␣the ↵ ▯'
    """
    return "".join(c if c in _letters() else "▯" for c in words)


@functools.cache
def _letters() -> frozenset[str]:
    """Of the monospaced font, without those drawn over the letter before."""
    codes = get_font(findfont(FontProperties(family=MONO))).get_charmap()
    return frozenset(c for c in map(chr, codes) if not unicodedata.combining(c))
