"""What a browser sees of the built site: requests, errors, formulas, axe, overflow.

Every function returns the problems of one page in words, so that the tests print
all of them at once, and a little broken page can show that each is found.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tools.serve import Site

__all__ = [
    "DESKTOP",
    "DRAWN",
    "PHONE",
    "Problem",
    "context",
    "desktop_and_phone",
    "find_chromium",
    "launched",
    "opened_as_file",
    "pages_of",
    "search_hits",
    "served",
    "without_scripts",
]

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # an unforeseen request is seen, but goes nowhere
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
AXE_OPTIONS = {
    "runOnly": [
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice",
    ],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
    "preload": False,  # it would ask for imported styles by wrong addresses
}


class Problem(NamedTuple):
    """What one gate found on one page."""

    gate: str
    message: str

    def __str__(self) -> str:
        return f"{self.gate}: {self.message}"


def find_chromium() -> str:
    """The browser's path: ``MLPH_CHROMIUM``, or the first one found on PATH."""
    named = os.environ.get("MLPH_CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    for name in names:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError(
        f"no browser: looked for {', '.join(names)}; install Chromium (Debian: "
        f"apt-get install chromium) or set MLPH_CHROMIUM to its path"
    )


@contextmanager
def launched() -> Iterator[Browser]:
    """One headless Chromium with a fresh profile."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class _Quiet(Site):
    def log_message(self, *_: object) -> None:
        """Keep the test output to the findings."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve ``folder`` on a free port of localhost; gives its address."""
    if not folder.is_dir():
        raise FileNotFoundError(f"no site in {folder}: run `make book` first")
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def pages_of(folder: Path) -> list[str]:
    """The pages of the site, relative to it; sources and assets left out."""
    pages = (page.relative_to(folder) for page in sorted(folder.rglob("*.html")))
    return [page.as_posix() for page in pages if not page.parts[0].startswith("_")]


def _axe() -> str:
    package = resources.files("axe_playwright_python")
    return (package / "axe.min.js").read_text(encoding="utf-8")


def context(browser: Browser, theme: str = "light", **options) -> BrowserContext:
    made = browser.new_context(
        **{
            "viewport": DESKTOP,
            "color_scheme": theme,
            "reduced_motion": "reduce",
            "service_workers": "block",
            **options,
        }
    )
    made.add_init_script(
        f"for (const key of ['mode', 'theme']) "
        f"try {{ localStorage.setItem(key, '{theme}') }} catch (error) {{ }}"
    )
    return made


class _Watch:
    """Collects what a page asks for and complains about while it is open."""

    def __init__(self, page: Page, home: str) -> None:
        self.problems: list[Problem] = []
        self.home = home
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", lambda socket: self._asked(socket.url))
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._add("page-error", str(error)))

    def _add(self, gate: str, message: str) -> None:
        problem = Problem(gate, message)
        if problem not in self.problems:
            self.problems.append(problem)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.home, "data:", "blob:", "about:")):
            self._add("foreign-request", url)

    def _said(self, message) -> None:
        if message.type in ("error", "assert"):
            place = (message.location or {}).get("url", "")
            self._add("console-error", f"{message.text} ({place})")


# Folded solutions are part of the page: axe sees only what is open. They are opened
# as a reader would, by a click, so that the scripts of the page see it.
UNFOLD = """() => {
  for (const fold of document.querySelectorAll('details:not([open]) > summary'))
    fold.click()
  for (const fold of document.querySelectorAll('.toggle-hidden')) {
    const button = fold.querySelector('button.toggle-button')
    if (button) button.click()
    fold.classList.remove('toggle-hidden')
  }
}"""
# Hints that open a connection without a request that the browser reports.
FOREIGN_HINTS = """() => [...document.querySelectorAll(
    'link[rel~=preconnect], link[rel~=dns-prefetch], link[rel~=prefetch]')]
  .map(link => link.href).filter(address => !address.startsWith(location.origin))"""
# Who makes the page too wide: walk down to the innermost element without which the
# page would be narrower. Positions mislead here, for some descendants are clipped.
OVERFLOW = """() => {
  const root = document.documentElement
  const width = () => Math.max(root.scrollWidth, document.body.scrollWidth)
  const wide = width(), path = []
  if (wide <= root.clientWidth + 1) return []
  const without = (element, ask) => {
    const [before, rank] = ['display', 'important']
    const kept = [element.style.getPropertyValue(before),
                  element.style.getPropertyPriority(before)]
    element.style.setProperty(before, 'none', rank)
    const answer = ask()
    element.style.setProperty(before, ...kept)
    return answer
  }
  for (let at = document.body; at;) {
    at = [...at.children].find(child => without(child, width) < wide)
    if (at) path.push(at.tagName.toLowerCase() + (at.id ? '#' + at.id : '') +
                      [...at.classList].map(name => '.' + name).join(''))
  }
  return [`${wide} px wide: ${path.slice(-6).join(' > ')}`]
}"""
# axe walks every node, and nine of ten are spans of formulas or strokes of drawings,
# without meaning to it but for the colour: of the formulas one a colour pair stays.
THIN = """() => {
  const ground = element => {
    const colour = getComputedStyle(element).backgroundColor
    const clear = colour === 'transparent' || colour === 'rgba(0, 0, 0, 0)'
    return clear && element.parentElement ? ground(element.parentElement) : colour
  }
  const seen = new Set()
  for (const formula of document.querySelectorAll('.katex')) {
    const pair = getComputedStyle(formula).color + ' on ' + ground(formula)
    if (seen.has(pair)) formula.textContent = 'formula'
    seen.add(pair)
  }
  for (const drawing of document.querySelectorAll('svg[role=img]'))
    if (!drawing.querySelector('text, a, button, [tabindex]'))
      drawing.replaceChildren()
}"""
# A reader who scrolls sees every part; so do the gates, all of them at once.
DRAWN = "section { content-visibility: visible !important; }"
# A page looks at its boxes again a moment after a change of size.
SETTLE_MS = 500


def desktop_and_phone(
    browser: Browser, origin: str, path: str, theme: str
) -> list[Problem]:
    """One load of a page in one theme: errors, requests, axe twice, overflow."""
    with context(browser, theme) as opened:
        page = opened.new_page()
        watch = _Watch(page, origin)
        page.set_viewport_size(PHONE)
        page.goto(f"{origin}/{path}", wait_until="load")
        problems = _hints(page) + _theme(page, theme)
        page.add_style_tag(content=DRAWN)
        page.evaluate(UNFOLD)
        page.wait_for_timeout(SETTLE_MS)
        problems += [Problem("overflow", told) for told in page.evaluate(OVERFLOW)]
        page.evaluate(THIN)
        page.evaluate(_axe())  # not a script tag: those a page's policy may refuse
        problems += _violations(page, "phone")
        page.set_viewport_size(DESKTOP)
        page.wait_for_timeout(SETTLE_MS)
        problems += _violations(page, "desktop")
        return watch.problems + problems


def _hints(page: Page) -> list[Problem]:
    return [Problem("foreign-request", url) for url in page.evaluate(FOREIGN_HINTS)]


def _theme(page: Page, theme: str) -> list[Problem]:
    """A site that ignores the theme would be checked twice in the same colours."""
    shown = page.evaluate("() => document.documentElement.dataset.theme")
    if shown in (None, theme):
        return []
    return [Problem("theme", f"asked for {theme}, got {shown}")]


def _violations(page: Page, where: str) -> list[Problem]:
    """Everything axe objects to: the rule, how often, the first element, and why."""
    found = page.evaluate("options => axe.run(document, options)", AXE_OPTIONS)
    problems = []
    for violation in found["violations"]:
        nodes = violation["nodes"]
        why = " ".join(nodes[0]["failureSummary"].split())
        first = f"{nodes[0]['target']} {' '.join(nodes[0]['html'].split())[:160]}"
        told = f"{violation['id']} ({where}, {len(nodes)} times) {first} {why}"
        problems.append(Problem("axe", told))
    return problems


# All text a reader sees, without code and without what only machines read.
PLAIN_TEXT = """() => {
  const copy = document.body.cloneNode(true)
  const silent = 'pre, code, script, style, annotation, noscript, template'
  for (const element of copy.querySelectorAll(silent)) element.remove()
  return copy.textContent
}"""
# The innermost problems of formulas: [what is wrong, with which]
FORMULAS = """() => {
  const all = selector => [...document.querySelectorAll(selector)]
  const short = element => element.outerHTML.slice(0, 120)
  return {
    count: all('.katex').length,
    empty: all('.katex').filter(f => !f.textContent.trim()).map(short),
    bad: all('.katex-error').map(short),
    raw: all('.math').filter(f => !f.closest('.katex') &&
                                  !f.querySelector('.katex')).map(short),
  }
}"""
RAW_TEX = re.compile(r"\\[(\[]|\$\$|\\(?:frac|begin|int|sum|mathbb|operatorname)\b")


def without_scripts(
    browser: Browser, origin: str, path: str, at_least: int = 0
) -> list[Problem]:
    """Formulas are there, drawn and readable, before any script runs.

    ``at_least`` is how many formulas the page's source holds.
    """
    with context(browser, java_script_enabled=False) as opened:
        page = opened.new_page()
        page.goto(f"{origin}/{path}", wait_until="load")
        found = page.evaluate(FORMULAS)
        text = page.evaluate(PLAIN_TEXT)
    problems = [f"no text in {one}" for one in found["empty"]]
    problems += [f"error {one}" for one in found["bad"]]
    problems += [f"not rendered {one}" for one in found["raw"]]
    problems += list(_raw_tex(text))
    if found["count"] < at_least:
        problems.append(f"{found['count']} shown, {at_least} in the source")
    return [Problem("formulas", problem) for problem in problems]


def _raw_tex(text: str) -> Iterator[str]:
    for hit in RAW_TEX.finditer(text):
        near = " ".join(text[max(hit.start() - 30, 0) : hit.end() + 30].split())
        yield f"raw TeX in {near!r}"


def opened_as_file(browser: Browser, folder: Path, path: str) -> list[Problem]:
    """The page opened from disk: no other host, no error."""
    home = folder.resolve().as_uri()
    with context(browser) as opened:
        page = opened.new_page()
        watch = _Watch(page, home)
        page.goto(f"{home}/{path}", wait_until="load")
        return watch.problems + _hints_of_file(page)


def _hints_of_file(page: Page) -> list[Problem]:
    return [hint for hint in _hints(page) if not hint.message.startswith("file:")]


def search_hits(browser: Browser, address: str, word: str) -> list[str]:
    """Titles that the search page at ``address`` lists for ``word``, typed there."""
    with context(browser) as opened:
        page = opened.new_page()
        page.goto(address, wait_until="load")
        field = page.locator("input[name=q]:visible").first
        field.fill(word)
        field.press("Enter")
        page.wait_for_function(SEARCH_DONE, timeout=20_000)
        return page.locator("#search-results ul.search > li > a").all_inner_texts()


# Sphinx writes "Search finished, ..." or "Your search did not match ..." at the end.
SEARCH_DONE = """() => /finished|did not match/.test(
  (document.querySelector('#search-results p.search-summary') || {}).textContent)"""
