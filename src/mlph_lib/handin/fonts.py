"""A font for each name, asked of fontconfig before anything is built."""

from __future__ import annotations

import functools
import subprocess
import unicodedata

from mlph_lib.handin.names import GroupError, in_tex

__all__ = ["font_for", "printed"]

# in this order where they cover a name; then any other installed one
PREFERRED = ("TeX Gyre Pagella", "DejaVu Serif", "DejaVu Sans", "Noto Serif")
CJK = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC"}
NEUTRAL = {"DIGIT", "COMBINING", "SPACE"}


def font_for(name: str) -> str:
    """The family of an installed font that has every sign of ``name``.

    Raises:
        GroupError: if there is none; it names the package to install.
    """
    families = _families(frozenset(name) - {" "})
    for family in PREFERRED:
        if family in families:
            return family
    if families:
        return min(families)
    missing = [sign for sign in name if not _families(frozenset(sign)) and sign != " "]
    told = ", ".join(f"{sign} (U+{ord(sign):04X})" for sign in missing) or "all of it"
    raise GroupError(
        f"no installed font can print {name!r}: missing {told}. Install the package "
        f"{_package(missing or name)} (apt-get install {_package(missing or name)}) "
        "and run the command again"
    )


@functools.cache
def _families(signs: frozenset[str]) -> frozenset[str]:
    """Families of outline fonts that have all the signs."""
    charset = " ".join(f"{ord(sign):x}" for sign in sorted(signs))
    pattern = f":charset={charset}:scalable=true:color=false"
    try:
        asked = subprocess.run(
            ["fc-list", pattern, "family"], capture_output=True, text=True, check=True
        )
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise GroupError(
            "fontconfig's fc-list did not answer: install the package fontconfig"
        ) from error
    return frozenset(line.split(",")[0] for line in asked.stdout.splitlines() if line)


def _package(signs) -> str:
    return "fonts-noto-cjk" if {_script(s) for s in signs} & CJK else "fonts-noto-core"


def _script(sign: str) -> str:
    """The first word of a letter's Unicode name, which is its script's."""
    return unicodedata.name(sign, "UNKNOWN").split()[0].partition("-")[0]


def printed(name: str) -> str:
    """A name in TeX, in its font; written from the right where its script is."""
    letters = [s for s in name if unicodedata.category(s)[0] == "L"]
    scripts = {_script(letter) for letter in letters} - NEUTRAL
    option = f"[Script={scripts.pop().title()}]" if _needs_script(scripts) else ""
    text = in_tex(name)
    if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in letters):
        text = rf"\TeXXeTstate=1 \beginR {text}\endR"
    return rf"{{\fontspec{{{font_for(name)}}}{option}{text}}}"


def _needs_script(scripts: set[str]) -> bool:
    """Latin, Greek, Cyrillic and the like are printed right without being told."""
    return len(scripts) == 1 and not scripts & (CJK | {"LATIN", "GREEK", "CYRILLIC"})
