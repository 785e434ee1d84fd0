"""What a page owes each reader: its links, keys, paper, calm, and a way on without scripts.

Every function returns the problems of one page in words, as in ``checks.browser``.
"""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Browser, Locator, Page

from checks.browser import DRAWN, PHONE, Problem, context

__all__ = ["answering", "calm", "keyboard", "links", "navigation", "paper"]

# What moves now, and what would move when it is touched or opened
MOVING = """() => {
  const short = element => element.outerHTML.slice(0, 80)
  const lasts = times => times.split(',').some(time => parseFloat(time) > 0)
  const would = [...document.querySelectorAll('body *')].filter(element => {
    const style = getComputedStyle(element)
    return lasts(style.transitionDuration) ||
      (style.animationName !== 'none' && lasts(style.animationDuration))
  })
  return [...document.getAnimations().map(one => 'moves: ' + short(one.effect.target)),
          ...would.slice(0, 3).map(element => 'would move: ' + short(element))]
}"""
# In forced colours what can be pressed must not have the colour of the page.
FORCED = """() => {
  const probe = document.body.appendChild(document.createElement('i'))
  probe.style.background = 'Canvas'
  const ground = getComputedStyle(probe).backgroundColor
  return [...document.querySelectorAll('button, a, summary')].filter(element =>
    element.checkVisibility() && getComputedStyle(element).color === ground
  ).map(element => 'not seen in forced colours: ' + element.outerHTML.slice(0, 80))
}"""


def calm(browser: Browser, origin: str, path: str) -> list[Problem]:
    """Nothing moves for who asked for rest; all is seen in the reader's own colours."""
    with context(browser, "dark", forced_colors="active") as opened:
        page = opened.new_page()
        page.goto(f"{origin}/{path}", wait_until="load")
        told = page.evaluate(MOVING) + page.evaluate(FORCED)[:3]
    return [Problem("calm", one) for one in told]


# What a reader can act on, numbered; then every stop of the focus is noted. Of radio
# buttons the arrows reach all but one.
WATCH = """() => {
  const seen = { visibilityProperty: true }
  const acts = 'a[href], button, input:not([type=radio]), select, textarea, summary, ' +
    '[onclick], [tabindex="0"]'
  const all = [...document.querySelectorAll(acts)].filter(element =>
    element.checkVisibility(seen) && !element.disabled)
  all.forEach((element, i) => element.setAttribute('data-key', i))
  window.reached = new Set()
  window.ringless = []
  addEventListener('focusin', ({ target }) => {
    window.reached.add(target.dataset.key)
    const style = getComputedStyle(target)
    const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
    if (!ring && style.boxShadow === 'none' && target.dataset.key) window.ringless.push(target)
  })
  return all.length
}"""
# A box that turned out not to scroll has been taken out of the order: it is no stop.
TOLD = """() => {
  const short = element => element.outerHTML.slice(0, 100)
  const stops = 'a, button, input, select, textarea, summary, [onclick]'
  const missed = [...document.querySelectorAll('[data-key]')].filter(element =>
    !window.reached.has(element.dataset.key) &&
    (element.tabIndex >= 0 || element.matches(stops)))
  return [...missed.map(element => 'not reached: ' + short(element)),
          ...window.ringless.map(element => 'no sign of focus: ' + short(element))].slice(0, 5)
}"""


def keyboard(browser: Browser, origin: str, path: str) -> list[Problem]:
    """Tab alone comes to each link, button and box that scrolls, and shows where it is."""
    with context(browser) as opened:
        page = opened.new_page()
        page.goto(f"{origin}/{path}", wait_until="load")
        page.add_style_tag(content=DRAWN)
        for turn in range(2 * page.evaluate(WATCH) + 10):  # copy buttons come as we go
            page.keyboard.press("Tab")
            if turn % 20 == 0 and not page.evaluate(TOLD):
                break
        told = page.evaluate(TOLD)
    return [Problem("keyboard", one) for one in told]


def navigation(browser: Browser, origin: str, path: str) -> list[Problem]:
    """On a phone the contents open and close by key; without scripts they stand open."""
    with context(browser, viewport=PHONE) as opened:
        page = opened.new_page()
        page.goto(f"{origin}/{path}", wait_until="load")
        told = list(_dialogs(page))
    with context(browser, viewport=PHONE, java_script_enabled=False) as opened:
        page = opened.new_page()
        page.goto(f"{origin}/{path}", wait_until="load")
        told += _silent(page)
    return [Problem("navigation", one) for one in told]


def _dialogs(page: Page) -> Iterator[str]:
    if not page.locator(".primary-toggle:visible").count():
        yield "no button for the contents on a phone"
    for name in ("primary", "secondary"):
        for toggle in page.locator(f".{name}-toggle:visible").all()[:1]:
            toggle.focus()
            page.keyboard.press("Enter")
            if not page.locator("dialog[open] a:visible").count():
                yield f"the {name} contents do not open by key"
            page.keyboard.press("Escape")
            if page.locator("dialog[open]").count():
                yield f"the {name} contents do not close by Escape"


def _silent(page: Page) -> Iterator[str]:
    if not page.locator("nav a:visible").count():
        yield "no link of the contents without scripts"
    if dead := page.locator("button:visible").count():
        yield f"{dead} buttons that do nothing without scripts"
    if blank := page.locator("figure:not(:has(svg, img, table, p, div))").count():
        yield f"{blank} figures that are empty without scripts"


# What each page of the book must offer: what is missing, in words
OFFERED = """() => {
  const article = document.querySelector('article')
  const has = selector => !!document.querySelector(selector)
  const told = []
  const named = 'figure[id], .eqno, section[id] > :is(h1, h2, h3)'
  for (const one of article.querySelectorAll(named))
    if (!one.querySelector('a.headerlink[href^="#"]'))
      told.push('no link of its own: ' + one.outerHTML.slice(0, 80))
  for (const link of article.querySelectorAll('a.headerlink'))
    if (!document.getElementById(decodeURIComponent(link.hash.slice(1))))
      told.push('leads nowhere: ' + link.hash)
  if (!has('.prev-next-area a')) told.push('no previous or next page')
  if (!has('a[href*="_sources/"]')) told.push('no link to its source')
  if (!has('.page-facts details')) told.push('no citation')
  if (has('.cell_input') && !has('a[href$=".ipynb"]')) told.push('no link to its notebook')
  const made = document.querySelector('.page-facts')?.textContent ?? ''
  if (has('.cell_output') && !/made by Python [\\d.]+.* on \\w+/.test(made))
    told.push('not said what made its output')
  for (const image of document.querySelectorAll('img'))
    if (!image.getAttribute('width') || !image.getAttribute('height'))
      told.push('no size: ' + image.outerHTML.slice(0, 80))
  return told
}"""


def links(browser: Browser, origin: str, path: str) -> list[Problem]:
    """A page of the book has its neighbours, files, citation and permanent links."""
    with context(browser) as opened:
        page = opened.new_page()
        page.goto(f"{origin}/{path}", wait_until="load")
        told = page.evaluate(OFFERED)
        for link in page.locator(".page-file").all():
            address = link.evaluate("link => link.href")
            if not opened.request.get(address).ok:
                told.append(f"leads nowhere: {address}")
    return [Problem("links", one) for one in told]


def answering(browser: Browser, origin: str, path: str) -> list[Problem]:
    """Boxes for answers and sliders do something on the page as it was built."""
    with context(browser) as opened:
        page = opened.new_page()
        page.goto(f"{origin}/{path}", wait_until="load")
        boxes, sliders = page.locator("form.quiz"), page.locator(".live input[type=range]")
        told = [f"a box says nothing: {_short(box)}" for box in boxes.all() if not _says(box)]
        told += [f"moves nothing: {_short(one)}" for one in sliders.all() if not _moves(one)]
    return [Problem("answering", one) for one in told]


def _short(element: Locator) -> str:
    return element.evaluate("element => element.outerHTML.slice(0, 80)")


def _says(box: Locator) -> bool:
    """Whether a box, asked with nothing in it, asks for an answer."""
    button = box.locator("button")
    if not button.is_visible():
        return False
    button.press("Enter")
    return "Please" in box.locator("output").inner_text()


def _moves(slider: Locator) -> bool:
    """Whether one of the arrows alters the drawing."""
    drawn = "slider => slider.closest('.live').querySelector('svg').outerHTML"
    before = slider.evaluate(drawn)
    seen = []
    for key in ("ArrowLeft", "ArrowRight", "ArrowRight"):
        slider.press(key)
        seen.append(slider.evaluate(drawn))
    return any(drawing != before for drawing in seen)


PAPER = """() => {
  const short = element => element.outerHTML.slice(0, 80)
  const told = []
  for (const fold of document.querySelectorAll('article details'))
    if (!fold.open) told.push('folded on paper: ' + short(fold))
  for (const part of document.querySelectorAll('nav, button, dialog'))
    if (part.checkVisibility()) told.push('printed: ' + short(part))
  for (const part of document.querySelectorAll('article section'))
    if (getComputedStyle(part).contentVisibility !== 'visible')
      told.push('perhaps not laid out: ' + short(part))
  const ink = getComputedStyle(document.querySelector('article p')).color.match(/\\d+/g)
  if (Math.max(...ink.slice(0, 3)) > 100) told.push('pale on paper')
  return told.slice(0, 5)
}"""


def paper(browser: Browser, origin: str, path: str, theme: str) -> list[Problem]:
    """A page as it is printed: all of the text, dark on white, and nothing else."""
    with context(browser, theme) as opened:
        page = opened.new_page()
        page.goto(f"{origin}/{path}", wait_until="load")
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        told = page.evaluate(PAPER)
    return [Problem("paper", one) for one in told]
