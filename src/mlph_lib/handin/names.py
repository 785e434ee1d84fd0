"""The two names of a group: read, checked, and spelled for each place they go to."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["GroupError", "folder_name", "in_markdown", "in_tex", "parse_names"]

LONGEST = 80  # bytes of a name in a file name; file systems take 255 in all
TEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
    # two of them in a row would become one dash, or one quotation mark
    "-": "-{}", "'": r"\textquotesingle{}", "`": r"\textasciigrave{}",
}


class GroupError(ValueError):
    """The names are not those of a group of two, or cannot be printed."""


def parse_names(text: str) -> tuple[str, str]:
    """Two distinct names from "First Last; First Last".

    White space is tidied and letters are composed (NFC); all else stays as it is.

    Raises:
        GroupError: if there are not exactly two, one is empty, both are the same, or
            one has a character that no name has.

    Example:
        >>> parse_names(" Zoë  Ångström;José O'Neill ")
        ('Zoë Ångström', "José O'Neill")
    """
    names = [_tidy(name) for name in text.split(";")]
    if len(names) != 2 or not all(names):
        given = [name for name in names if name]
        raise GroupError(
            f"expected two names, got {len(given)} in {text!r}: the sheet is handed in "
            'by groups of two, so give NAMES="First Last; First Last"'
        )
    for name in names:
        _check(name)
    first, second = (unicodedata.normalize("NFKC", name).casefold() for name in names)
    if first == second:
        raise GroupError(
            f"expected two different names, got {names[0]!r} and {names[1]!r}: a "
            "hand-in by one person alone is not corrected"
        )
    return names[0], names[1]


def _tidy(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split()))


def _check(name: str) -> None:
    """Letters, marks, digits, punctuation and spaces; of symbols those of ASCII."""
    if not any(unicodedata.category(sign)[0] == "L" for sign in name):
        raise GroupError(f"expected a name, got {name!r}: it has no letter")
    for sign in name:
        kind = unicodedata.category(sign)
        joins = sign in "\u200c\u200d"  # between letters of some scripts
        if kind[0] not in "LMNPZ" and not sign.isascii() and not joins or kind == "Cc":
            raise GroupError(
                f"{name!r} has the character U+{ord(sign):04X}, which no name has: "
                "type the name with letters"
            )


def folder_name(names: tuple[str, str]) -> str:
    """``sheet09_First-Last_First-Last``: letters and digits of any script.

    No file system, shell or unpacker takes offence at the rest, so it becomes "-".

    Example:
        >>> folder_name(("Zoë Ångström", "José O'Neill"))
        'sheet09_Zoë-Ångström_José-O-Neill'
    """
    return "_".join(["sheet09", *map(_slug, names)])


def _slug(name: str) -> str:
    kept = (s if unicodedata.category(s)[0] in "LMN" else "-" for s in name)
    slug = re.sub("-+", "-", "".join(kept)).strip("-").encode()[:LONGEST]
    return slug.decode(errors="ignore")


def in_tex(name: str) -> str:
    r"""A name as TeX prints it, sign by sign.

    Example:
        >>> in_tex("A & B_c")
        'A \\& B\\_c'
    """
    return "".join(TEX.get(sign, sign) for sign in name)


def in_markdown(name: str) -> str:
    """A name that no reader of Markdown takes for mark-up or a formula.

    Example:
        >>> in_markdown("A*B $c$")
        'A&#42;B &#36;c&#36;'
    """
    plain = " -.,'"
    return "".join(
        s if s.isalnum() or s in plain or not s.isascii() else f"&#{ord(s)};"
        for s in name
    )
