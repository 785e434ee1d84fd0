"""Each gate refuses something broken, and nothing sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks import browser as chromium
from checks import numbers, pdf
from checks.little_book import print_book

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A little page</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"></head>
<body><main><h1>A little page</h1>
<p>A formula: <span class="math"><span class="katex">x</span></span>.</p>
BODY
</main></body></html>
"""
SOUND = "<p>Nothing is wrong here.</p>"


@pytest.fixture
def little(browser, tmp_path, monkeypatch):
    """Writes a little page and gives what all the looks at it find, by gate."""
    monkeypatch.setattr(chromium, "SETTLE_MS", 50)  # no theme that has to settle

    def look(body: str, theme: str = "light") -> set[str]:
        (tmp_path / "page.html").write_text(PAGE.replace("BODY", body), "utf-8")
        with chromium.served(tmp_path) as origin:
            found = chromium.desktop_and_phone(browser, origin, "page.html", theme)
            found += chromium.without_scripts(browser, origin, "page.html")
        found += chromium.opened_as_file(browser, tmp_path, "page.html")
        return {problem.gate for problem in found}

    return look


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_sound_page_passes(little, theme):
    assert little(SOUND, theme) == set()


@pytest.mark.parametrize(
    ("gate", "body"),
    [
        ("axe", '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'),
        ("axe", '<p style="color: #bbb; background: #fff">Pale words.</p>'),
        ("axe", "<details><summary>Fold</summary>"
                '<p style="color: #bbb">Pale words.</p></details>'),
        ("axe", "<h1>One</h1><h4>Four</h4>"),
        ("axe", "<style>button {display: block; width: 9px; height: 9px}</style>"
                '<button aria-label="a"></button><button aria-label="b"></button>'),
        ("console-error", "<script>console.error('broken')</script>"),
        ("console-error", '<script src="missing.js"></script>'),
        ("page-error", "<script>undefinedFunction()</script>"),
        ("page-error", "<script>Promise.reject(new Error('late'))</script>"),
        ("foreign-request", '<script src="http://example.invalid/x.js"></script>'),
        ("foreign-request", '<img alt="a" src="https://example.invalid/x.png">'),
        ("foreign-request", '<link rel="preconnect" href="https://example.invalid">'),
        ("foreign-request", "<script>fetch('//example.invalid/').catch(() => 0)"
                            "</script>"),
        ("foreign-request", "<style>@import url(https://example.invalid/a.css);"
                            "</style>"),
        ("foreign-request", "<script>new WebSocket('ws://example.invalid/')</script>"),
        ("overflow", '<div style="width: 700px">A wide block.</div>'),
        ("formulas", "<p>Raw $$x$$ signs.</p>"),
        ("formulas", "<p>Raw \\(x\\) signs.</p>"),
        ("formulas", "<p>Raw \\frac{1}{2}.</p>"),
        ("formulas", '<p><span class="katex"></span></p>'),
        ("formulas", '<p><span class="math">x</span></p>'),
        ("formulas", '<p><span class="katex-error">\\bad</span></p>'),
        ("theme", "<script>document.documentElement.dataset.theme = 'dark'</script>"),
    ],
)
def test_a_broken_page_is_refused(little, gate, body):
    assert gate in little(body)


def test_colours_that_fail_in_the_dark_are_refused_in_the_dark(little):
    body = (
        "<style>@media (prefers-color-scheme: dark) { p { color: #222;"
        " background: #000 } }</style><p>Words.</p>"
    )
    assert little(body, "light") == set()
    assert little(body, "dark") == {"axe"}


def test_a_formula_drawn_by_a_script_alone_is_refused(little):
    body = """<p><span class="math" id="late">x</span></p><script>
    document.getElementById('late').innerHTML = '<span class="katex">x</span>'
    </script>"""
    assert little(body) == {"formulas"}


def test_a_formula_that_is_lost_is_refused(browser, tmp_path):
    (tmp_path / "page.html").write_text(PAGE.replace("BODY", SOUND), "utf-8")
    with chromium.served(tmp_path) as origin:
        for written, problems in ((1, 0), (2, 1)):
            found = chromium.without_scripts(browser, origin, "page.html", written)
            assert len(found) == problems


def test_who_is_too_wide_is_named(browser, tmp_path):
    body = '<section id="in"><div class="wide" style="width: 700px">A</div></section>'
    (tmp_path / "page.html").write_text(PAGE.replace("BODY", body), "utf-8")
    with chromium.served(tmp_path) as origin:
        found = chromium.desktop_and_phone(browser, origin, "page.html", "light")
    (told,) = [problem.message for problem in found if problem.gate == "overflow"]
    assert told.endswith("section#in > div.wide")


def test_a_pale_formula_among_many_is_refused(little):
    formula = '<span class="katex">formula of x</span>'
    assert little(f"<p>{formula} {formula}</p>") == set()
    assert little(f'<p>{formula} <b style="color: #ccc">{formula}</b></p>') == {"axe"}


def test_what_scrolls_by_itself_is_no_overflow(little):
    body = (
        '<div style="overflow-x: auto" tabindex="0" role="group" aria-label="Wide">'
        '<div style="width: 700px">A wide block.</div></div>'
    )
    assert little(body) == set()


def test_code_may_hold_dollars(little):
    assert little("<p><code>$$ and \\( and \\frac</code></p>") == set()


@pytest.mark.parametrize("hits", [0, 2])
def test_search_counts_what_is_listed(browser, tmp_path, hits):
    found = "".join("<li><a href='#'>Page</a></li>" for _ in range(hits))
    (tmp_path / "search.html").write_text(
        "<form><input name=q></form><div id=search-results>"
        "<p class=search-summary>Search finished</p>"
        f"<ul class=search>{found}</ul></div>"
    )
    address = (tmp_path / "search.html").as_uri()
    assert len(chromium.search_hits(browser, address, "word")) == hits


def test_a_missing_browser_is_an_error_that_helps(monkeypatch):
    monkeypatch.setenv("MLPH_CHROMIUM", "no-such-browser")
    with pytest.raises(FileNotFoundError, match="set MLPH_CHROMIUM"):
        chromium.find_chromium()


def test_a_missing_site_is_an_error_that_helps(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match="make book"),
        chromium.served(tmp_path / "none"),
    ):
        pass


LOG = """This is XeTeX
Overfull \\hbox (4.9pt too wide) in paragraph at lines 1--2
Underfull \\hbox (badness 10000) in paragraph at lines 3--4
LaTeX Warning: Float too large for page by 3.0pt on input line 5.
Output written on book.xdv (20 pages).
"""


def test_a_sound_log_passes():
    assert pdf.log_problems(pdf.unwrapped(LOG)) == []


@pytest.mark.parametrize(
    "line",
    [
        "Overfull \\hbox (5.1pt too wide) in paragraph at lines 7--8",
        "Overfull \\hbox (123.0pt too wide) detected at line 9",
        "Overfull \\vbox (20.0pt too high) has occurred while \\output is active",
        "Missing character: There is no ⁻ (U+207B) in font TeXGyrePagella!",
        "LaTeX Warning: Reference `eq-a' on page 3 undefined on input line 5.",
        "LaTeX Warning: Citation `knuth' on page 3 undefined on input line 5.",
        "LaTeX Warning: There were undefined references.",
        "LaTeX Warning: Label `fig-a' multiply defined.",
        "LaTeX Warning: Label(s) may have changed. Rerun to get them right.",
        "! Undefined control sequence.",
    ],
)
def test_a_broken_log_is_refused(line):
    assert pdf.log_problems(pdf.unwrapped(LOG + line + "\n")) == [line]


def test_a_warning_that_the_log_breaks_inside_a_word_is_refused():
    line = "LaTeX Warning: Reference `" + "a" * 60 + "' on page 3 undefined on line 5."
    wrapped = line[:79] + "\n" + line[79:] + "\n"
    assert pdf.log_problems(pdf.unwrapped(LOG + wrapped)) == [line]


PULLED = "Underfull \\hbox (badness 10000) in paragraph at lines 3--4\n"


def test_lines_pulled_apart_are_refused():
    assert pdf.log_problems(LOG + 30 * PULLED) == []
    assert pdf.log_problems(LOG + 90 * PULLED) == [
        "91 lines pulled apart, expected 80 at most"
    ]


WANTED = {
    "metadata": {"title": "A Title", "author": "the authors", "language": "en"},
    "chapters": ["One", "Two"],
    "pages": (2, 4),
}


def problems(path: Path, **changed) -> list[str]:
    return pdf.pdf_problems(path, **(WANTED | changed))


def test_a_sound_pdf_passes(tmp_path):
    assert problems(print_book(tmp_path / "a.pdf")) == []


def test_a_chapter_without_bookmark_is_refused(tmp_path):
    found = problems(print_book(tmp_path / "a.pdf", toc=("One",)))
    assert "no bookmark for the chapter 'Two'" in found


def test_missing_metadata_is_refused(tmp_path):
    path = print_book(tmp_path / "a.pdf", title="", language=None)
    assert problems(path) == [
        "title of the PDF is '', expected 'A Title'",
        "language of the PDF is 'null', expected 'en'",
    ]
    wanted = {"author": "somebody", "subject": "quantiles"}
    assert problems(path, metadata=wanted) == [
        "author of the PDF is 'the authors', expected 'somebody'",
        "subject of the PDF is '', expected 'quantiles'",
    ]


def test_a_wrong_number_of_pages_is_refused(tmp_path):
    path = print_book(tmp_path / "a.pdf")
    assert problems(path, pages=(5, 9)) == ["4 pages, expected 5 to 9"]
    assert problems(path, pages=(1, 2)) == ["4 pages, expected 1 to 2"]


def test_a_font_that_is_not_embedded_is_refused(tmp_path):
    found = problems(print_book(tmp_path / "a.pdf", embed=False))
    assert found == ["font Helvetica (Type1) is not embedded"]


def test_a_page_without_running_head_is_refused(tmp_path):
    found = problems(print_book(tmp_path / "a.pdf", head="Another head"))
    assert found == ["page 4 has no running head of the chapter 'two'"]


def test_parts_are_read_without_their_numbers(tmp_path):
    path = print_book(tmp_path / "a.pdf", toc=("Part I: One", "Appendix"))
    assert pdf.parts_of(path) == ["One", "Appendix"]


HTML = """<article class="bd-article"><section id="a-chapter"><span id="chapter"></span>
<h1><span class="section-number">2. </span>A chapter</h1>
<section id="part"><h2><span class="section-number">2.1. </span>Part</h2>
<figure id="fig-a"><figcaption><span class="caption-number">Fig. 2.1 </span>
</figcaption></figure>
<div class="math-block" id="equation-eq-a">x <span class="eqno">(2.1)</span></div>
<div class="proof theorem admonition" id="thm-a"><p>
<span class="caption-number">Theorem 2.1 </span></p></div>
<div class="exercise admonition" id="ex-a"><p>
<span class="caption-number">Exercise 2.1 </span></p></div>
<p>See <a class="reference internal" href="#equation-eq-a">(2.1)</a>,
<a class="reference internal" href="#fig-a">Fig. 2.1</a>,
<a class="reference internal" href="#thm-a">Theorem 2.1</a>.</p>
<section id="aside"><h3>Aside</h3></section></section></section></article>"""
AUX = r"""\relax
\newlabel{flows/one:a-chapter}{{2}{3}{A chapter}{chapter.2}{}}
\newlabel{flows/one:chapter}{{2}{3}{A chapter}{chapter.2}{}}
\newlabel{flows/one:part}{{2.1}{3}{Part}{section.2.1}{}}
\newlabel{flows/one:fig-a}{{2.1}{3}{Caption \(F(x)\) {\hyperref {a}}}{figure.2.1}{}}
\newlabel{equation:flows/one:eq-a}{{2.1}{4}{Part}{equation.2.1.1}{}}
\newlabel{flows/one:thm-a}{{2.1}{4}{Part}{equation.2.1.1}{}}
\newlabel{exercise:ex-a}{{2.7}{4}{Part}{section*.9}{}}
\newlabel{flows/one:aside}{{2.1}{4}{Aside}{subsection*.9}{}}
"""
TEX = r"""\label{flows/one:thm-a}
\begin{sphinxadmonition}{note}{Theorem 2.1 (A theorem)}
\phantomsection \label{exercise:ex-a}

\begin{sphinxadmonition}{note}{Exercise 2.1 (An exercise)}
"""


@pytest.fixture
def compare(tmp_path):
    """Differences of the little page and print after one change that must apply."""

    def run(old: str = "", new: str = "") -> list[str]:
        assert old in HTML + AUX + TEX
        (tmp_path / "flows").mkdir(exist_ok=True)
        (tmp_path / "flows" / "one.html").write_text(HTML.replace(old, new))
        on_site = numbers.of_site(tmp_path)
        in_print = numbers.of_print(AUX.replace(old, new), TEX.replace(old, new))
        told = numbers.differences(on_site, in_print)
        return told + numbers.stray_references(tmp_path, on_site)

    return run


def test_equal_numbers_pass(compare):
    assert compare() == []


@pytest.mark.parametrize(
    ("old", "new", "label"),
    [
        ("(2.1)</span>", "(4)</span>", "eq-a"),
        ("Fig. 2.1 ", "Fig. 2.2 ", "fig-a"),
        (">2.1. <", ">2.2. <", "part"),
        (">2. <", ">3. <", "chapter"),
        ("{note}{Theorem 2.1", "{note}{Theorem 2.2", "thm-a"),
        ("{note}{Exercise 2.1", "{note}{Exercise 2.2", "ex-a"),
        ("{{2.1}{4}{Part}{equation.2.1.1}", "{{2.9}{4}{Part}{equation.2.1.9}", "eq-a"),
        ("one:fig-a}", "one:fig-b}", "fig-a"),
        ("{section.2.1}", "{section*.1}", "part"),
    ],
)
def test_numbers_that_differ_are_found(compare, old, new, label):
    assert any(f": {label} is" in line for line in compare(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (">(2.1)</a>", ">(2.2)</a>"),
        (">Fig. 2.1</a>", ">Fig. 2.3</a>"),
        (">Theorem 2.1</a>", ">Theorem 1.1</a>"),
    ],
)
def test_references_to_another_number_are_found(compare, old, new):
    (told,) = compare(old, new)
    assert "leads to number 2.1" in told
