"""What a page costs its reader: bytes, waiting, text that moves, missing glyphs.

Every function returns the problems of one page in words, as in ``checks.browser``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from playwright.sync_api import Browser, BrowserContext, CDPSession

from checks.browser import DESKTOP, DRAWN, PHONE, Problem, context

__all__ = ["fonts", "shifts", "waiting", "weights"]

FIRST_KB, NEXT_KB, BLOCKING_KB = 600, 150, 60  # of 1000 bytes, as Lighthouse counts
SHIFT = 0.02
USED_RULES = 0.2  # a page uses at least so much of its stylesheet


def weights(browser: Browser, origin: str, first: str, path: str) -> list[Problem]:
    """Bytes over the line for the page at ``path``: as the first one, and after ``first``."""
    problems = []
    for before, limit in ((None, FIRST_KB), (first, NEXT_KB)):
        with context(browser, viewport=PHONE) as opened:
            if before:
                _transferred(opened, f"{origin}/{before}")
            size = _transferred(opened, f"{origin}/{path}") / 1000
        if size > limit:
            told = f"{size:.0f} kB transferred as the {'next' if before else 'first'} page"
            problems.append(Problem("weight", f"{told}, expected {limit} at most"))
    return problems


def _transferred(opened: BrowserContext, address: str) -> float:
    """Bytes that come over the line, heads included; from the cache there are none."""
    page = opened.new_page()
    asked: dict[str, str] = {}
    sizes: Counter[str] = Counter()
    line = opened.new_cdp_session(page)
    line.send("Network.enable")
    line.on("Network.requestWillBeSent",
            lambda event: asked.update({event["requestId"]: event["request"]["url"]}))
    line.on("Network.loadingFinished",
            lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(address, wait_until="networkidle")
    page.close()
    # what lies in the stylesheet came with it
    return sum(size for one, size in sizes.items() if not asked[one].startswith("data:"))


SHIFTED = """() => new Promise(resolve => {
  const found = []
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) found.push({
      value: entry.value,
      who: entry.sources.map(s => s.node?.outerHTML ?? s.node?.textContent ?? '?')
        .map(text => text.slice(0, 80)),
    })
  }).observe({ type: 'layout-shift', buffered: true })
  setTimeout(() => resolve(found), 300)
})"""


def shifts(browser: Browser, origin: str, path: str) -> list[Problem]:
    """What moves under the reader's eyes while the page arrives."""
    problems = []
    for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
        with context(browser, viewport=size) as opened:
            page = opened.new_page()
            page.goto(f"{origin}/{path}", wait_until="networkidle")
            found = page.evaluate(SHIFTED)
        total = sum(shift["value"] for shift in found)
        if total > SHIFT:
            worst = max(found, key=lambda shift: shift["value"])
            told = f"{total:.3f} ({name}), expected {SHIFT} at most: {worst['who']}"
            problems.append(Problem("shift", told))
    return problems


BLOCKING = """() => performance.getEntriesByType('resource')
  .filter(entry => entry.renderBlockingStatus === 'blocking')
  .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
# The parser waits for these, and with it whatever stands below them.
SCRIPTS = """() => [...document.querySelectorAll(
    'script[src]:not([defer], [async], [type=module])')].map(script => script.src)"""
# [address, rules, rules that an element of the page matches] of each stylesheet
SHEETS = """() => [...document.styleSheets].filter(sheet => sheet.href).map(sheet => {
  const inner = rule => rule.selectorText ? [rule] : [...rule.cssRules ?? []].flatMap(inner)
  const rules = [...sheet.cssRules].flatMap(inner)
  const states = /::?[\\w-]+(\\([^)]*\\))?/g
  const matches = rule => {
    try { return document.querySelector(rule.selectorText.replace(states, '') || '*') }
    catch { return true }
  }
  return [sheet.href, rules.length, rules.filter(matches).length]
})"""


def waiting(browser: Browser, origin: str, path: str) -> list[Problem]:
    """What the first screen waits for: one stylesheet that the page uses, no script."""
    with context(browser) as opened:
        page = opened.new_page()
        page.goto(f"{origin}/{path}", wait_until="load")
        blocking = page.evaluate(BLOCKING)
        scripts, sheets = page.evaluate(SCRIPTS), page.evaluate(SHEETS)
    told = [f"waits for the script {name}" for name in scripts]
    if blocking > 1000 * BLOCKING_KB:
        told.append(f"waits for {blocking / 1000:.0f} kB, expected {BLOCKING_KB} at most")
    told += _idle(sheets)
    return [Problem("waiting", one) for one in told]


def _idle(sheets: list[tuple[str, int, int]]) -> Iterator[str]:
    if len(sheets) > 1:
        yield f"{len(sheets)} stylesheets, expected one"
    for name, count, used in sheets:
        if used < USED_RULES * count:
            yield f"uses {used} of the {count} rules of {name}"


def fonts(browser: Browser, origin: str, path: str) -> list[Problem]:
    """No formula is drawn in a font of the system: its glyph would be missing in ours."""
    strange: dict[str, str] = {}
    with context(browser) as opened:
        page = opened.new_page()
        page.goto(f"{origin}/{path}", wait_until="load")
        page.add_style_tag(content=DRAWN)
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        page.evaluate("document.fonts.ready")
        line = opened.new_cdp_session(page)
        for formula in _nodes(line, ".katex-html"):
            drawn = line.send("CSS.getPlatformFontsForNode", {"nodeId": formula})["fonts"]
            for name in {f["familyName"] for f in drawn if not f["isCustomFont"]} - strange.keys():
                strange[name] = line.send("DOM.getOuterHTML", {"nodeId": formula})["outerHTML"]
    return [Problem("fonts", f"a formula in {name}: {m[:400]}") for name, m in strange.items()]


def _nodes(line: CDPSession, selector: str) -> list[int]:
    for domain in ("DOM", "CSS"):
        line.send(f"{domain}.enable")
    root = line.send("DOM.getDocument")["root"]["nodeId"]
    return line.send("DOM.querySelectorAll", {"nodeId": root, "selector": selector})["nodeIds"]
