"""Live figures under a reader's hands: by keyboard, on a phone, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from checks import browser as chromium
from mlph_lib.page import Token, coloured, live, quiz
from mlph_lib.pretraining.tasks import task
from mlph_lib.pretraining.vocabulary import Vocabulary

STYLE = Path(__file__).resolve().parents[1] / "book" / "_assets" / "book.css"
PAGE = """<!doctype html>
<html lang="en" data-theme="THEME"><head><meta charset="utf-8"><title>A figure</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><style>STYLE
html { color: #222832; background: #fff }
html[data-theme="dark"] { color: #ced6dd; background: #121212; color-scheme: dark }
</style></head><body><main><h1>A figure</h1>
FIGURE
</main></body></html>
"""
PIECES = [f"▁piece{i}" for i in range(24)]
LAW = np.repeat(0.25, 4)


def code(key: str) -> str:
    codes = [(2 * i + 1) / 16 for i in range(8)]
    ids = [[i // 2, (2 * i + 1) % 4, 0, 0, 3] for i in range(8)]  # digits of base 4
    texts, cuts = live.coded_texts(codes, ids, lambda x: LAW, PIECES.__getitem__)
    return live.code_live(key, texts, cuts)


def objectives(key: str) -> str:
    texts = np.stack([np.arange(8), np.arange(8)[::-1]])
    vocab, rng = Vocabulary(8), np.random.default_rng(0)
    made = {
        name: {f"text {i}": task(name).corrupt(texts[[i, 1 - i]], vocab, rng)
               for i in range(2)}
        for name in ("mlm40", "clm", "nsp", "bart", "plm", "mtp")
    }  # fmt: skip
    return live.objectives_live(key, made, vocab.names(PIECES[:8]))


def boxes(key: str) -> str:
    """A box for a number and one for a choice."""
    made: list[quiz.Box] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quiz, "display", made.append)
        quiz.try_number(f"{key}-half", 0.5, within=0.01, label="Half of 1 is")
        quiz.choose(f"{key}-which", ["one", "two", "three"], 1, label="1 + 1 is")
    return "\n".join(box.markup for box in made)


def samples(key: str) -> str:
    bits = np.random.default_rng(0).gamma(1, 4, (64, 30))
    texts = [[Token("▁word", b) for b in row] for row in bits]
    return coloured.markup(key, texts, "Words, pale and dark.")


SLIDING = {
    "transport": live.transport_live,
    "box-muller": live.box_muller_live,
    "decoding": lambda key: live.decoding_live(key, PIECES, np.linspace(4, -6, 500)),
    "code": code,
    "objectives": objectives,
}
FIGURES = {**SLIDING, "samples": samples, "boxes": boxes}


@pytest.fixture(params=["light", "dark"])
def theme(request) -> str:
    return request.param


@pytest.fixture
def shown(browser, tmp_path) -> Iterator:
    """A page with one figure, opened; what it complained about is empty at the end."""
    opened, errors = [], []

    def show(markup: str, **options) -> Page:
        written = page_of(markup)
        (tmp_path / "page.html").write_text(written, "utf-8")
        context = browser.new_context(**options)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((tmp_path / "page.html").as_uri(), wait_until="load")
        return page

    yield show
    for context in opened:
        context.close()
    assert not errors


def page_of(markup: str, theme: str = "light") -> str:
    page = PAGE.replace("THEME", theme).replace("STYLE", STYLE.read_text("utf-8"))
    return page.replace("FIGURE", markup)


@pytest.mark.parametrize("build", FIGURES.values(), ids=FIGURES)
def test_a_figure_is_sound(browser, tmp_path, monkeypatch, build, theme):
    """No error, no foreign request, no axe violation, no overflow on a phone."""
    monkeypatch.setattr(chromium, "SETTLE_MS", 50)
    monkeypatch.setattr(chromium, "PHONE", {"width": 360, "height": 740})
    (tmp_path / "page.html").write_text(page_of(build("k"), theme), "utf-8")
    with chromium.served(tmp_path) as origin:
        found = chromium.desktop_and_phone(browser, origin, "page.html", theme)
        found += chromium.without_scripts(browser, origin, "page.html")
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("build", SLIDING.values(), ids=SLIDING)
def test_every_slider_moves_by_keyboard_and_tells_it(shown, build):
    page = shown(build("k"))
    sliders = page.locator("input[type=range]")
    assert sliders.count() >= 1
    for i in range(sliders.count()):
        reach(page, sliders.nth(i))
        assert all([moves(page, key) for key in ("ArrowLeft", "Home", "End")]), i


def test_a_slider_without_its_listener_is_found_dead(shown):
    page = shown(live.transport_live("k").replace("addEventListener", "toString"))
    reach(page, page.locator("input[type=range]"))
    assert not moves(page, "ArrowLeft")


def test_lists_are_picked_by_keyboard_and_nothing_below_moves(shown):
    page = shown(objectives("k"), viewport={"width": 390, "height": 844})
    high = page.evaluate("document.documentElement.scrollHeight")
    for name, count in (("task", 6), ("text", 2)):
        picked = page.locator(f"#k-{name}")
        reach(page, picked)
        for _ in range(count - 1):
            assert moves(page, "ArrowDown")
            assert page.evaluate("document.documentElement.scrollHeight") == high
        assert picked.input_value() == str(count - 1)


def moves(page: Page, key: str) -> bool:
    """Whether the drawing and the live text change when ``key`` is pressed."""
    before = page.inner_html("svg"), page.inner_text("#k-out")
    page.keyboard.press(key)
    drawn, told = page.inner_html("svg"), page.inner_text("#k-out")
    return drawn != before[0] and told != before[1]


def reach(page: Page, element) -> None:
    """Tab until ``element`` has the focus: a reader without a mouse does no other."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if element.evaluate("one => one === document.activeElement"):
            return
    pytest.fail("the slider is not reached by Tab")


@pytest.mark.parametrize("build", SLIDING.values(), ids=SLIDING)
def test_without_scripts_a_state_is_shown_and_no_dead_slider(shown, build):
    page = shown(build("k"), java_script_enabled=False)
    assert page.locator("svg").is_visible()
    assert len(page.locator("#k-out").inner_text()) > 20
    assert not page.locator("#k-controls").is_visible()


def test_samples_scroll_and_tell_their_numbers_by_keyboard(shown):
    page = shown(samples("k"))
    reach(page, page.locator("#k-n"))
    content = "getComputedStyle(document.querySelector('li i'), '::after').content"
    bits = page.locator("li i").first.get_attribute("title")
    assert page.evaluate(content) == "none"
    page.keyboard.press("Space")
    assert bits in page.evaluate(content)
    region = page.locator("[role=region]")
    reach(page, region)
    page.keyboard.press("End")
    page.wait_for_function("document.querySelector('[role=region]').scrollTop > 100")
    assert region.bounding_box()["height"] < 500


def test_a_number_is_tried_by_keyboard(shown):
    page = shown(boxes("k"))
    reach(page, page.locator("#k-half-x"))
    tries = {"half": "write a number", "0,7": "Not this", "1/2": "Right"}
    for typed, told in tries.items():
        page.keyboard.press("Control+A")
        page.keyboard.type(typed)
        assert page.inner_text("#k-half-out") == ""  # what stood there is past
        page.keyboard.press("Enter")
        assert told in page.inner_text("#k-half-out")
    assert page.locator("#k-half-out").get_attribute("aria-live") == "polite"


def test_a_choice_is_tried_by_keyboard(shown):
    page = shown(boxes("k"))
    reach(page, page.locator("#k-which-0"))
    page.keyboard.press("Enter")
    assert "choose one" in page.inner_text("#k-which-out")
    for key, told in [("Space", "Not this"), ("ArrowDown", "Right")]:
        page.keyboard.press(key)
        assert page.inner_text("#k-which-out") == ""
        page.keyboard.press("Enter")
        assert told in page.inner_text("#k-which-out")
    group = page.get_by_role("group", name="1 + 1 is")
    assert group.get_by_role("radio", name="two").is_checked()


def test_a_box_is_read_without_scripts_and_hides_its_answer(shown):
    page = shown(boxes("k"), java_script_enabled=False)
    for words in ("Half of 1 is", "1 + 1 is", "three"):
        assert page.get_by_text(words, exact=True).is_visible()
    assert page.locator("input:visible, button:visible").count() == 0
    folded = page.locator("#k-half details")
    assert folded.get_attribute("open") is None
    folded.locator("summary").click()
    assert "0.5" in folded.inner_text()
