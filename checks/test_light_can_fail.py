"""Each look at what a page costs and owes refuses something broken, and nothing sound."""

from __future__ import annotations

import random
import string

import pytest

from checks import access, light
from checks import browser as chromium

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A little page</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="site.css">
<noscript><style>button { display: none }</style></noscript>
</head><body><button class="primary-toggle">Contents</button>
<dialog><a href="page.html">Here</a></dialog>
<nav><a href="page.html">Here</a></nav>
<main><article><section id="top"><h1>A little page<a class="headerlink" href="#top">#</a></h1>
<p>Words.</p><details><summary>Fold</summary><p>Folded.</p></details>
BODY
<section id="part"><h2>A part<a class="headerlink" href="#part">#</a></h2></section>
</section></article></main>
<div class="prev-next-area"><a href="page.html">Next</a></div>
<a class="page-file" href="_sources/page.md">Source</a>
<div class="page-facts"><details><summary>Cite</summary><pre>@misc{}</pre></details>FACTS</div>
<script>
const dialog = document.querySelector('dialog')
document.querySelector('.primary-toggle').onclick = () => dialog.showModal()
addEventListener('beforeprint', () => {
  for (const fold of document.querySelectorAll('details')) fold.open = true
})
</script></body></html>
"""
STYLE = """p { color: #222; background: #fff }
:focus-visible { outline: 2px solid }
@media print { nav, button { display: none } }
"""
CELL = '<div class="cell_input">x</div><div class="cell_output">1</div>'
QUIZ = """<form class="quiz"><button>Check</button><output></output></form><script>
document.querySelector('form').addEventListener('submit', event => {
  event.preventDefault(); document.querySelector('output').textContent = 'Please answer.'
})</script>"""
SLIDER = """<div class="live"><svg></svg>
<input type="range" aria-label="x" oninput="this.closest('div').querySelector('svg').append(1)">
</div>"""
NOISE = "".join(random.Random(0).choices(string.ascii_letters + string.digits, k=900_000))
LOOKS = {
    "weight": lambda *page: light.weights(*page[:2], "other.html", page[2]),
    "shift": light.shifts,
    "waiting": light.waiting,
    "fonts": light.fonts,
    "calm": access.calm,
    "keyboard": access.keyboard,
    "navigation": access.navigation,
    "links": access.links,
    "answering": access.answering,
    "paper": lambda *page: access.paper(*page, "light"),
}


@pytest.fixture
def look(browser, tmp_path):
    """What one gate says of the little page after changes that must apply."""

    def run(gate: str, *changes: tuple[str, str]) -> list[str]:
        page, style = PAGE, STYLE
        for old, new in changes:
            assert old in page + style
            page, style = page.replace(old, new, 1), style.replace(old, new, 1)
        (tmp_path / "_sources").mkdir()
        written = {"page.html": page, "site.css": style, "_sources/page.md": "# Words\n",
                   "other.html": "<title>Other</title>", "empty.js": "", "empty.css": ""}
        for name, text in written.items():
            text = text.replace("BODY", "").replace("FACTS", "")
            (tmp_path / name).write_text(text, "utf-8")
        with chromium.served(tmp_path) as origin:
            found = LOOKS[gate](browser, origin, "page.html")
        assert all(problem.gate == gate for problem in found)
        return [problem.message for problem in found]

    return run


@pytest.mark.parametrize("gate", LOOKS)
def test_a_sound_page_passes(look, gate):
    facts = "Its output was made by Python 3.11.7, NumPy 2.4 on Linux x86_64."
    notebook = '<a class="page-file" href="_sources/page.md?.ipynb">Notebook</a>'
    assert look(gate, ("BODY", CELL + QUIZ + SLIDER), ("FACTS", facts + notebook)) == []


@pytest.mark.parametrize(
    ("gate", "old", "new", "told"),
    [
        ("weight", "BODY", f"<!-- {NOISE} -->", "as the first page"),
        ("weight", "BODY", f"<!-- {NOISE[:250_000]} -->", "as the next page"),
        ("waiting", "<main>", '<script src="empty.js"></script><main>', "empty.js"),
        ("waiting", "</head>", '<link rel="stylesheet" href="empty.css"></head>', "2 styles"),
        ("waiting", "p {", ".a { b: c }" * 30 + "p {", "of the 3"),
        ("waiting", "p {", f"/* {NOISE[:90_000]} */ p {{", "kB, expected 60"),
        ("fonts", "BODY", '<p><i class="katex-html">x</i></p>', "a formula in "),
        ("calm", "p {", "p { transition: color 1s;", "would move: <p"),
        ("calm", "p {", "@keyframes a { to { opacity: 0 } } p { animation: a 9s;", "moves: <p"),
        ("calm", "p {", "button { forced-color-adjust: none; color: #000 } p {", "forced"),
        ("keyboard", "BODY", '<a href="#top" tabindex="-1">Top</a>', "not reached: <a"),
        ("keyboard", "BODY", '<div onclick="1">Press</div>', "not reached: <div"),
        ("keyboard", ":focus-visible { outline: 2px solid }", ":focus { outline: none }", "focus"),
        ("navigation", "dialog.showModal()", "0", "do not open"),
        ("navigation", "<dialog>", '<dialog closedby="none" oncancel="return false">', "Escape"),
        ("navigation", "primary-toggle", "other", "no button"),
        ("navigation", "button { display: none }", "", "1 buttons that do nothing"),
        ("navigation", '<nav><a href="page.html">Here</a></nav>', "", "no link of the contents"),
        ("navigation", "BODY", "<figure></figure>", "1 figures that are empty"),
        ("links", "BODY", '<figure id="fig"></figure>', "no link of its own: <figure"),
        ("links", "BODY", '<span class="eqno">(1)</span>', "no link of its own: <span"),
        ("links", '<a class="headerlink" href="#part">#</a>', "", "no link of its own: <h2"),
        ("links", '"#part"', '"#elsewhere"', "leads nowhere: #elsewhere"),
        ("links", '_sources/page.md"', '_sources/none.md"', "leads nowhere: http"),
        ("links", "prev-next-area", "other", "no previous or next"),
        ("links", 'href="_sources/page.md"', 'href="page.html"', "no link to its source"),
        ("links", "page-facts", "other", "no citation"),
        ("links", "BODY", CELL, "no link to its notebook"),
        ("links", "BODY", CELL, "not said what made"),
        ("links", "BODY", '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', "no size"),
        ("answering", "BODY", QUIZ.replace("submit", "never"), "a box says nothing"),
        ("answering", "BODY", QUIZ.replace("<button>", "<button hidden>"), "a box says nothing"),
        ("answering", "BODY", SLIDER.replace("oninput", "onpaste"), "moves nothing"),
        ("paper", "beforeprint", "never", "folded on paper"),
        ("paper", "nav, button", "button", "printed: <nav"),
        ("paper", "color: #222", "color: #ccc", "pale"),
        ("paper", "p {", "section { content-visibility: auto } p {", "perhaps not laid out"),
    ],
)
def test_a_broken_page_is_refused(look, gate, old, new, told):
    found = look(gate, (old, new))
    assert any(told in message for message in found), found


def test_text_that_moves_when_something_comes_late_is_refused(look):
    late = """<div id="late"></div><p style="height: 600px">Words.</p><script>
    setTimeout(() => { document.querySelector('#late').style.height = '200px' }, 100)
    </script>"""
    (phone, desktop) = look("shift", ("BODY", late))
    assert "(phone), expected 0.02" in phone and "(desktop)" in desktop
