"""The written site made light: one stylesheet, one script, and nothing else to load.

The theme loads ten stylesheets and fourteen scripts, 3.5 MB a page, most of it to draw
icons. Here a page asks for ``site.css`` and, when it has been read, ``page.js``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pydata_sphinx_theme
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from bookext.site import fonts, styles
from bookext.site.drawings import slim
from bookext.site.folds import fold
from bookext.site.parts import reachable, reserve
from bookext.site.theme import polish

__all__ = ["light", "setup"]

LAST = "site-css/sheets.json"  # the theme's sheets as Sphinx last wrote them
THEME = "theme/pydata_sphinx_theme/static"  # where its web font lies
SHEET = re.compile(r'\s*<link\b(?=[^>]*\srel="stylesheet")[^>]*\shref="([^"?]*)[^>]*>')
LOADED = re.compile(r'\s*<link\b(?=[^>]*\srel="preload")[^>]*>')
SCRIPT = re.compile(r"\s*<script\b([^>]*)>(.*?)</script>", re.S)
KERNEL = re.compile(r"\s*<script>kernelName = [^<]*</script>")
VIEWPORT = re.compile(r'\s*<meta name="viewport"[^>]*>')
ROOT = re.compile(r'data-content_root="([^"]*)"')
# Before anything is painted: a page must not flash white in the dark.
PAINT = """<script>(d => {
      let mode = "auto";
      try { mode = localStorage.getItem("mode") || mode; } catch (error) { /* private */ }
      d.mode = mode;
      d.theme = mode !== "auto" ? mode
        : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    })(document.documentElement.dataset)</script>"""
# The fonts lie in the stylesheet, but are unpacked when the first text asks for them:
# a moment after it was painted, and lines would break anew.
FACES = "<script>document.fonts.forEach(face => face.load())</script>"
# Without scripts: no dead buttons, and on a phone the contents below the text.
SILENT = """<noscript><style>
      .pst-js-only { display: none !important; }
      @media (max-width: 959.98px) {
        .bd-container__inner { flex-direction: column; }
        .bd-sidebar-primary { order: 2; position: static; visibility: visible;
          margin: 0; width: 100%; max-width: none; height: auto; max-height: none; }
      }
      .sidebar-toggle { display: none !important; }
    </style></noscript>"""
CREDITS = """@charset "UTF-8";
/*! Icons: Font Awesome Free, SIL OFL 1.1. Fonts of formulas: KaTeX, MIT.
Styles of the Sphinx Book Theme and the PyData Sphinx Theme, BSD-3, and our own. */
"""
UNSEEN = re.compile(r"\s*<noscript>.*?</noscript>|\s*<!--.*?-->", re.S)
# Sphinx's own search runs on its page alone, after the page is there.
SEARCH = ("_static/documentation_options.js", "_static/doctools.js",
          "_static/sphinx_highlight.js", "_static/searchtools.js",
          "_static/language_data.js", "searchindex.js")
KEPT = ("site.css", "page.js", "favicon.svg",
        *(Path(name).name for name in SEARCH), "LICENSE", "LICENSE.txt")  # of fonts


def light(page: str) -> str:
    """A page that loads one stylesheet and one script, by name and without digest."""
    root = ROOT.search(page)[1]
    cut = page.index("</head>")
    head, rest = page[:cut], page[cut:]
    _all_known(head)
    for pattern in (SHEET, LOADED, SCRIPT, VIEWPORT, UNSEEN):
        head = pattern.sub("", head)
    wanted = SEARCH if 'id="search-results"' in page else ()
    scripts = [*wanted, "_static/page.js"]
    lines = "\n    ".join([
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        PAINT,
        f'<link rel="stylesheet" href="{root}_static/site.css">',
        FACES,
        *(f'<script defer src="{root}{name}"></script>' for name in scripts),
        SILENT,
    ])
    head = head.replace("</title>", f"</title>\n    {lines}", 1)
    rest = SCRIPT.sub(lambda m: "" if "src=" in m[1] else m[0], KERNEL.sub("", rest))
    return re.sub(r"\n\s*\n\s*\n+", "\n\n", head) + rest


def _all_known(head: str) -> None:
    known = (*styles.SHEETS, *styles.DROPPED, "book.css", "site.css")
    for address in SHEET.findall(head):
        name = address.rpartition("_static/")[2]
        if not any(fnmatch(name, pattern) for pattern in known):
            raise ExtensionError(
                f"a page asks for the stylesheet {name}: add it to SHEETS of "
                f"bookext/site/styles.py, or to DROPPED if nothing needs it")


def _pages(out: Path) -> Iterator[Path]:
    for path in sorted(out.rglob("*.html")):
        if "_static" not in path.relative_to(out).parts:
            yield path


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    out, build = Path(app.outdir), Path(app.config.mlph_build)
    static, own = out / "_static", Path(app.srcdir) / "_assets"
    old = {path: path.read_text(encoding="utf-8") for path in _pages(out)}
    new = {path: _mended(text) for path, text in old.items()}
    script = (own / "page.js").read_text(encoding="utf-8")
    sheets = [*_sheets(static, build), (own / "book.css").read_text(encoding="utf-8")]
    css = CREDITS + _stylesheet(sheets, list(new.values()), script, own, build)
    shared = {"site.css": css, "page.js": script}
    for name, content in shared.items():
        (static / name).write_text(content, encoding="utf-8")
    for path, text in new.items():
        if (named := _with_digests(text, shared)) != old[path]:
            path.write_text(named, encoding="utf-8")
    _sweep(static)


def _mended(page: str) -> str:
    """A page mended and made light; one that was is left as it is."""
    return reserve(reachable(slim(fold(light(polish(page))))))


def _with_digests(page: str, shared: dict[str, str]) -> str:
    """What all pages share asked for by its content: a browser may keep it for good."""
    for name, content in shared.items():
        page = page.replace(f'_static/{name}"', f'_static/{name}?v={_digest(content)}"')
    return page


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _sheets(static: Path, build: Path) -> list[str]:
    """The theme's sheets; where Sphinx wrote none this time, those of the last time."""
    kept = build / LAST
    if (static / "basic.css").is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(styles.sources(static)), encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))


def _stylesheet(
    sheets: list[str], pages: list[str], script: str, own: Path, build: Path
) -> str:
    """The bundle, made anew only when a sheet or the words of the site have changed."""
    known = styles.vocabulary(pages, [script]).known_to(sheets)
    shown = fonts.glyphs(pages)
    seen = json.dumps([sheets, sorted(known.elements), sorted(known.words), known.text,
                       {name: sorted(chars) for name, chars in sorted(shown.items())},
                       [Path(m.__file__).read_text() for m in (styles, fonts)]])
    kept = build / "site-css" / f"{_digest(seen)}.css"
    if not kept.is_file():
        folders = (own, Path(pydata_sphinx_theme.__file__).parent / THEME)
        css = fonts.embed(styles.bundle(sheets, known), folders, shown, build / "fonts")
        for old in kept.parent.glob("*.css"):
            old.unlink()
        kept.write_text(css, encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def _sweep(static: Path) -> None:
    """Remove what no page asks for any more: nine tenths of the folder."""
    for path in sorted(static.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.name not in KEPT:
            path.unlink()


def _outdated(app: Sphinx, env, added, changed, removed) -> list[str]:
    """All pages, where the theme's sheets were not kept: Sphinx must write them."""
    kept = Path(app.config.mlph_build) / LAST
    return [] if kept.is_file() else sorted(env.found_docs)


def setup(app: Sphinx) -> None:
    app.connect("env-get-outdated", _outdated)
    app.connect("build-finished", _finish, priority=900)
