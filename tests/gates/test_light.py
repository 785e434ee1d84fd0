"""What makes a page light, piece by piece: styles, fonts, folds, drawings, room."""

from __future__ import annotations

import html
import io
from pathlib import Path

import numpy as np
import pytest
from bookext import made
from bookext.site import facts, finish, fonts
from bookext.site.drawings import slim
from bookext.site.folds import fold
from bookext.site.parts import reachable, reserve
from bookext.site.styles import bundle, purge, sources, vocabulary
from fontTools.ttLib import TTFont
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[2]
PAGE = '<div class="used on" id="top"><p style="color: var(--c)">x</p></div>'
KNOWN = vocabulary([PAGE], ['element.classList.add("late")'])


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        (".used{a:b}", True),
        (".idle{a:b}", False),
        (".late{a:b}", True),  # a script adds it
        ("#top{a:b}", True),
        ("#bottom{a:b}", False),
        ("p{a:b}", True),
        ("table{a:b}", False),
        (".used .idle{a:b}", False),
        (".used:not(.idle){a:b}", True),
        (".used::before,.idle{content:'x, .y'}", True),
        ("div[data-x='1']:hover>p{a:b}", True),
        ("@media print{.used{a:b}}", True),
        ("@media print{.idle{a:b}}", False),
    ],
)
def test_a_rule_stays_if_the_site_can_match_it(rule, kept):
    assert bool(purge(rule, KNOWN).strip()) is kept


def test_of_a_list_of_selectors_the_possible_ones_stay():
    assert purge(".used, .idle, p { a: b }", KNOWN) == ".used,p{a:b}\n"


def test_properties_that_none_uses_go_with_those_only_they_used():
    css = "p{--c:1;--gone:var(--deep);--deep:url('a;b{}');color:var(--d)}\n.used{--d:2}"
    assert purge(css, KNOWN) == "p{--c:1;color:var(--d)}\n.used{--d:2}\n"


def test_a_word_that_no_sheet_knows_changes_no_style():
    sheets = [".used{--c:1}", "P.late{color:var(--c)}", "@font-face{font-family:In;src:u}"]
    more = vocabulary([PAGE, '<p class="new" style="x: var(--new)">'], ["late(In)"])
    less = more.known_to(sheets)
    assert less == vocabulary([PAGE], ["late(In)"]).known_to(sheets)
    assert "new" in more.words and less.words == {"used", "late", "In"}
    assert bundle(sheets, less) == bundle(sheets, more) != bundle(sheets, KNOWN)


def test_faces_and_keyframes_that_none_names_go():
    faces = "".join(f"@font-face{{font-family:{n};src:url(a)}}" for n in ("In", "Out"))
    moves = "@keyframes spin{from{a:b}to{a:c}}@keyframes rest{from{a:b}}"
    left = purge(faces + moves + "p{font-family:In;animation:spin 1s}", KNOWN)
    assert "In" in left and "spin" in left
    assert "Out" not in left and "rest" not in left


def test_values_are_kept_to_the_letter():
    rule = "p{width:calc(1px + 2px);content:'a : b';background:url(data:x;y)}\n"
    assert purge(rule, KNOWN) == rule.replace("'", '"')


def test_sheets_come_in_the_themes_order_and_their_addresses_still_lead_there(tmp_path):
    (tmp_path / "styles").mkdir()
    sheet = tmp_path / "styles" / "pydata-sphinx-theme.css"
    sheet.write_text("p{a:url(../img/x.svg);b:url(data:y)}")
    (tmp_path / "basic.css").write_text("p{first:1}")
    css = bundle(sources(tmp_path), KNOWN)
    assert css == "p{first:1}\np{a:url(img/x.svg);b:url(data:y)}\n"


def test_folds_know_the_rules_of_boxes():
    page = '<details class="proof"><summary class="admonition-title">x</summary></details>'
    css = bundle(["div.proof p.admonition-title{a:b}"], vocabulary([page + "<p><div>"], []))
    assert css == ":is(div,details).proof :is(p,summary).admonition-title{a:b}\n"


BOX = (
    '<div class="solution dropdown admonition" id="sol">\n<p class="admonition-title">'
    "Solution<a> of it</a></p><div>one <div>two</div></div></div><p>after</p>"
)


def test_a_box_to_fold_becomes_details_up_to_its_own_end():
    assert fold(BOX) == (
        '<details class="solution folded admonition" id="sol"><summary class='
        '"admonition-title">Solution of it</summary><div>one <div>two</div></div></details>'
        "<p>after</p>"
    )
    assert fold(fold(BOX)) == fold(BOX)
    assert fold(BOX.replace("dropdown", "open")) == BOX.replace("dropdown", "open")


def test_a_fold_without_title_or_end_is_an_error():
    with pytest.raises(ValueError, match="without a title"):
        fold(BOX.replace('<p class="admonition-title">', "<p>"))
    with pytest.raises(ValueError, match="does not end"):
        fold(BOX.replace("</div>", ""))


def drawing(inner: str) -> str:
    return f'<svg class="figure" role="img">{inner}</svg>'


def test_drawings_lose_digits_comments_and_idle_ids_but_no_shape():
    long = drawing('<!-- a --> <g id="idle"> <path id="used" d="M 1.23456 -0.001 L 3 4.5 z "/>'
                   ' </g> <use xlink:href="#used" x="0.998" y="7"/>')
    short = drawing('<g><path id="used" d="M1.23 0L3 4.5z"/></g>'
                    '<use xlink:href="#used" x="1" y="7"/>')
    assert slim(long) == short
    assert slim(short) == short
    assert slim(long.replace("figure", "other")) == long.replace("figure", "other")


LETTER = '<path id="{0}-a" d="M1 2L3 4z" transform="scale(0.1)"/>'
SHOWN = '<use xlink:href="#{0}-a"/>'


def test_drawings_of_a_page_share_their_letters():
    page = "".join(drawing((LETTER + SHOWN).format(name)) for name in "xy")
    once = drawing((LETTER + SHOWN).format("x")) + drawing(SHOWN.format("x"))
    assert slim(page) == once
    assert slim(once) == once


DISC = "M 0 0.75 " + "C 0 1 2 3 4 5 " * 8 + "z "


def cloud(style: str, shape: str = DISC, count: int = 9) -> str:
    points = (f'<use xlink:href="#m" x="{i}.5" y="2" style="{style}"/> '
              for i in range(count))
    return drawing(f'<defs><path id="m" d="{shape}"/></defs>{"".join(points)}')


def test_many_equal_discs_become_one_path_of_the_same_width():
    slimmed = slim(cloud("fill: #123456; stroke: #123456"))
    assert "<use" not in slimmed and slimmed.count("h0") == 9
    assert "stroke: #123456; stroke-width: 2.5; stroke-linecap: round" in slimmed


@pytest.mark.parametrize(
    "points",
    [
        cloud("fill: #123456; stroke: #ffffff"),
        cloud("fill: #123456; stroke: #123456; fill-opacity: 0.5"),
        cloud("fill: #123456; stroke: #123456", shape="M 0 0 L 1 1 z"),
        cloud("fill: #123456; stroke: #123456", count=3),
    ],
)
def test_other_points_stay_as_they_are(points):
    assert slim(points).count("<use") == points.count("<use")


def eight_curves(stretched: float) -> str:
    """A circle about (10, 20) with radius 2 in the curves of matplotlib; or an ellipse."""
    angles = np.pi * np.arange(9) / 4
    ends = zip(10 + 2 * stretched * np.sin(angles), 20 + 2 * np.cos(angles), strict=True)
    first, *others = [f"{x:.6f} {y:.6f}" for x, y in ends]
    curves = " ".join(f"C 1.5 2.5 3.5 4.5 {end}" for end in others)
    return drawing(f'<path d="M {first} {curves} z" style="fill: red"/>')


def test_a_circle_is_told_by_its_middle_and_radius_and_no_ellipse_is():
    circle = '<circle cx="10.00" cy="20.00" r="2.00" style="fill: red"/>'
    assert slim(eight_curves(1)) == drawing(circle)
    assert "<path" in slim(eight_curves(1.1))


def chapter(*parts: str) -> str:
    inner = "".join(f"<section id='s'>{part}</section>" for part in parts)
    return f"<section>x</section><article><section>{inner}</section></article>"


def test_each_section_below_the_chapter_gets_room_by_its_length():
    page = reserve(chapter("<p>short</p>", "<p>" + "long " * 400 + "<section>x</section>"))
    rooms = [int(part.split("px")[0]) for part in page.split("contain-intrinsic-size:auto ")[1:]]
    assert len(rooms) == 3 and rooms[0] < 300 < 1500 < rooms[1] < 3000
    assert rooms[2] < 300 and "<article><section style" not in page
    assert reserve(page) == page


def test_long_lines_of_code_can_be_reached_by_keyboard():
    wide, narrow = "<pre>" + "x" * 60 + "</pre>", "<pre><b class='long-name'>x</b>\ny</pre>"
    assert reachable(wide) == wide.replace("<pre>", '<pre tabindex="0">')
    assert reachable(narrow) == narrow
    table = reachable('<div class="pst-scrollable-table-container"><table></table></div>')
    assert 'container" tabindex="0"><table>' in table


def formula(*symbols: tuple[str, str]) -> str:
    spans = "".join(f'<span class="mord {name}">{html.escape(c)}</span>' for name, c in symbols)
    return f'<span class="katex-html" aria-hidden="true">{spans}</span>'


def test_a_face_gets_the_glyphs_of_its_class_alone():
    shown = fonts.glyphs([formula(("mathnormal", "x"), ("mathbb", "R"), ("", "&"))])
    assert shown[""] == set("xR&") and shown["mathnormal"] == {"x"}
    assert shown["mathbb"] == {"R"}


def test_a_class_around_several_symbols_gets_all_of_them():
    around = formula(("mathnormal", "x")) + '<span class="mathbf"><span>y</span></span>'
    assert fonts.glyphs([around])["mathbf"] == set("xy")


def test_a_font_is_cut_to_the_glyphs_and_embedded(tmp_path):
    css = ("@font-face{font-family:KaTeX_Math;src:url(katex/fonts/KaTeX_Math-Italic.woff2)}\n"
           "@font-face{font-family:KaTeX_AMS;src:url(katex/fonts/KaTeX_AMS-Regular.woff2)}\n")
    assets = ROOT / "book" / "_assets"
    out = fonts.embed(css, [assets], {"": {"x"}, "mathnormal": {"x"}}, tmp_path)
    assert "AMS" not in out and "url(data:font/woff2;base64," in out
    path = assets / "katex" / "fonts" / "KaTeX_Math-Italic.woff2"
    font = TTFont(io.BytesIO(fonts.subset_font(path, {"x"}, tmp_path)))
    assert set(font.getBestCmap()) == {ord("x")}
    assert len(out) < path.stat().st_size / 4


WHOLE = """<html data-content_root="../"><head><title>T</title>
<link rel="stylesheet" href="../_static/basic.css?v=1" />
<link href="../_static/styles/theme.css?digest=2" rel="stylesheet" />
<link rel="preload" as="script" href="../_static/scripts/bootstrap.js" />
<link rel="next" href="b.html" /><script src="../_static/doctools.js"></script>
</head><body><script>live()</script><script defer src="../_static/x.js"></script>
BODY</body></html>"""


def test_a_page_asks_for_one_sheet_and_one_script():
    page = finish.light(WHOLE)
    assert page.count('rel="stylesheet"') == page.count("src=") == 1
    assert 'href="../_static/site.css"' in page
    assert '<script defer src="../_static/page.js">' in page
    assert 'rel="next"' in page and "live()" in page
    assert finish.light(page) == page


def test_the_search_page_keeps_what_searches():
    page = finish.light(WHOLE.replace("BODY", '<div id="search-results"></div>'))
    assert page.count("<script defer src=") == 7 and "../searchindex.js" in page


def test_a_stylesheet_that_nobody_knows_is_an_error():
    with pytest.raises(ExtensionError, match="new.css: add it to SHEETS"):
        finish.light(WHOLE.replace("basic.css", "new.css"))


def test_what_made_an_output_is_found_by_page_and_digest(tmp_path):
    made.note(tmp_path, "a/b", "1" * 64)
    found = made.recall(tmp_path, "a/b", "1" * 64)
    assert found["by"][0].startswith("Python 3") and found["on"] == made.machine()
    assert made.recall(tmp_path, "a/b", "2" * 64) is None
    assert made.recall(tmp_path, "b", "1" * 64) is None


def test_a_page_is_cited_from_the_books_own_file():
    cited = facts.citation(ROOT, "flows/box-muller", "7. Box-Muller", "2024")
    assert cited["entry"].startswith("@incollection{one-uniform-number-flows-box-muller,")
    assert "{{One Uniform Number: Quantiles" in cited["entry"]
    assert "title     = {{7. Box-Muller}}" in cited["entry"]


def test_a_book_without_citation_file_can_be_cited(tmp_path):
    assert facts.citation(tmp_path, "a", "T", "2024")["author"] == "unknown"
