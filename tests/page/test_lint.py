"""The sources of the book keep the rules, and each rule can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlph_lib.page.lint import EXTENSIONS, REMEDY, RULES, lint, lint_tree, main

BOOK = Path(__file__).resolve().parents[2] / "book"

CHAPTER = """\
---
kernelspec: {name: python3}
myst: {html_meta: {description: "What a little chapter is about."}}
---

(little)=
# A little chapter

- **You need**: the {ref}`table of symbols <symbols>`.
- **Time**: 40 minutes.
- **The question**: how little can a chapter be?

```{code-cell} ipython3
:tags: [hide-input]

fig, ax = subplots()
figure("little-line", fig, alt="A straight line that rises from zero.")
```

```{glue:figure} little-line
:name: fig-little

The line rises.
```

$$
\\begin{aligned} a &= 1.25 \\\\ b &= 1000 \\end{aligned}
$$ (eq-little)

## Takeaway

Very little.
"""


def rules(text: str) -> list[str]:
    return [finding.rule for finding in lint(text)]


def broken(old: str, new: str) -> list[tuple[int, str]]:
    """Findings of the chapter after one change that must apply."""
    assert CHAPTER.count(old) == 1
    return [(found.line, found.rule) for found in lint(CHAPTER.replace(old, new))]


def test_the_book_keeps_every_rule():
    found = lint_tree(BOOK)
    assert not found, "\n" + "\n".join(map(str, found))


def test_the_book_is_parsed_with_the_extensions_of_the_build():
    config = (BOOK.parent / "_config.yml").read_text("utf-8")
    listed = config.split("myst_enable_extensions: [")[1].split("]")[0]
    assert {name.strip() for name in listed.split(",")} == EXTENSIONS


def test_a_sound_chapter_passes():
    assert lint(CHAPTER) == []


def test_every_rule_has_a_remedy():
    assert set(RULES) == set(REMEDY)


@pytest.mark.parametrize(
    "prose",
    [
        "The error is 0.031.",
        "The error is .5 at most.",
        "The error is **0**.5 here.",
        "The error is 0\\.5 here.",
        "The error is &#48;.5 here.",
        "From −0.5 on.",
        "It is 1e-3.",
        "It is 1E5.",
        "It is 2.5e−7.",
        "It is 10^-3.",
        "It is 10^{-3}.",
        "It is 10**6.",
        "It is 10⁻³.",
        "It is 2 × 10⁴.",
        "It is 10{sup}`-3`.",
        "It is 10<sup>-3</sup>.",
        "It is ½.",
        "In 5 % of all cases.",
        "In 5% of all cases.",
        "In 99\u202f% of all cases.",
        "In 50 per cent of all cases.",
        "It takes 5 ms.",
        "It takes 5\u00a0µs.",
        "It takes 90 s.",
        "It takes 2 hours.",
        "It needs 3 GB.",
        "It needs 32 bits.",
        "It is 3x faster.",
        "It is 3× faster.",
        "It costs 5 € a day.",
        "With 100 draws.",
        "With 20000 draws.",
        "With 20,000 draws.",
        "With 20 000 draws.",
        "With 20\u202f000 draws.",
        "In 1958 it was found.",
        "# A heading with 0.5",
        "- An item with 0.5",
        "> A quotation with 0.5",
        "| a |\n|---|\n| 0.5 |",
        "A note.[^n]\n\n[^n]: It says 0.5.",
        "Term\n: of 0.5",
        "[a link of 0.5](https://example.org)",
        "{doc}`about 0.5 <other>`",
        "![The value 0.5 is marked](a.svg)",
        "<div>It is 0.5.</div>",
        "```{prf:theorem} The 0.5 law\n:label: half\n\nBody.\n```",
        "```{prf:theorem}\n:label: half\n\nIt is 0.5.\n```",
        "````{note}\n```{exercise}\n:label: e\n\nIt is 0.5.\n```\n````",
        ":::{note}\nIt is 0.5.\n:::",
        "```{glue:figure} k\n:name: fig-k\n\nIt is 0.5.\n```",
        "```{list-table}\n* - a\n* - 0.5\n```",
        "{quoted}`0.5` without a source.",
        "{quoted}`0.5` in this sentence.\nIn the next {cite:p}`devroye`.",
        "{quoted}`0.5`",
        "Both {cite:p}`devroye` {quoted}`0.5` in the wrong order.",
    ],
)
def test_typed_numbers_are_found(prose):
    assert set(rules(prose)) == {"typed-number"}


@pytest.mark.parametrize(
    "prose",
    [
        "Sheet 9, exercise 3e, 2 points, chapters 1 to 5, two of 12.",
        "In 1D and 2D, with float128, PCG64 and SHA-256, 64-bit.",
        "Maths $0.5$ and $$1000$$ and code `0.5`.",
        "$$\n0.5\n$$ (eq-half)",
        "Glued {glue:text}`half-0.5`, cited {cite:p}`box1958`, {eq}`eq-1000`.",
        "{ref}`sec-1000` and {numref}`fig-1000` and {doc}`page <a1000>`.",
        "[link](https://example.org/1000) and <https://example.org/0.5>",
        "See https://example.org/1000.5 for more.",
        "<!-- 0.5 -->",
        "% a comment of 0.5",
        "<style>a { width: 0.5em }</style>",
        "```{code-block} python\nx = 0.5\n```",
        "```\nx = 0.5\n```",
        "```{code-cell}\nx = 0.5\n```",
        "```{note}\n:class: w-100\n\nNothing.\n```",
        "```{note}\n---\nname: n1000\n---\nNothing.\n```",
        "```{prf:theorem}\n:label: thm-1000\n\nNothing.\n```",
        "- **Time**: about 40 minutes.",
        "{quoted}`0.5` {cite:p}`devroye`",
        "{quoted}`0.5` as {cite:t}`devroye` says.",
        "{quoted}`2.7 billion\nparameters`\n{cite:t}`llama`",
    ],
)
def test_what_is_no_result_passes(prose):
    page_frame_aside = [rule for rule in rules(prose) if rule != "page-frame"]
    assert page_frame_aside == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("One.\n\nTwo\nthree 0.5\nfour.", 4),
        ("Code `a\nb` and\n0.5.", 3),
        ("Maths $a\n+b$ and\n0.5.", 3),
        ("````{note}\n:class: tip\n\nText\n\n```{tip}\n0.5\n```\n````", 7),
        ("```{note}\n---\nclass: tip\n---\n0.5\n```", 5),
        ("- item\n\n  ```{note}\n  text\n  0.5\n  ```", 5),
        ("---\na: 1\n---\n\n0.5", 5),
    ],
)
def test_the_line_is_the_one_in_the_file(text, line):
    assert [found.line for found in lint(text)] == [line]


@pytest.mark.parametrize(
    "call",
    [
        'figure("little-line", fig)',
        'figure("little-line", fig, alt="")',
        'figure("little-line", fig, alt="A plot.")',
        'figure("little-line", fig, alt=f"{x}")',
        'figure("little-line", fig, alt=None)',
        'page.figure("little-line", fig)',
        'interactive("little-line", html, fig, alt="                      ")',
        'coloured_text("little-line", samples)',
        "plt.show()",
        "ax.plot([0, 1], [0, 1])",
    ],
)
def test_pictures_of_cells_need_words(call):
    old = 'figure("little-line", fig, alt="A straight line that rises from zero.")'
    assert {rule for _, rule in broken(old, call)} == {"alt-text"}


def test_plt_show_is_found_beside_a_good_figure():
    found = broken("fig, ax = subplots()", "fig, ax = subplots()\nplt.show()")
    assert found == [(17, "alt-text")]


def test_a_bare_pyplot_call_is_found():
    assert "alt-text" in rules("```{code-cell}\n%time 1\nplt.plot(x, y)\n```")


@pytest.mark.parametrize(
    "alt", ['f"A line from {a} to {b}, rising."', "words", '"A line that " "rises up."']
)
def test_words_may_be_computed(alt):
    assert broken('"A straight line that rises from zero."', alt) == []


@pytest.mark.parametrize(
    "image",
    [
        "![](a.svg)",
        "Text ![ ](a.svg) text.",
        "```{image} a.svg\n```",
        "```{figure} a.svg\n:name: fig-a\n\nCaption.\n```",
        '<img src="a.svg">',
        '<img src="a.svg" alt="">',
        'Text <img src="a.svg"> text.',
    ],
)
def test_images_need_words(image):
    assert rules(image) == ["alt-text"]


@pytest.mark.parametrize(
    "image",
    [
        "![A line that rises.](a.svg)",
        "```{image} a.svg\n:alt: A line that rises.\n```",
        "```{figure} a.svg\n---\nalt: A line that rises.\n---\nCaption.\n```",
        '<img src="a.svg" alt="A line that rises.">',
    ],
)
def test_images_with_words_pass(image):
    assert rules(image) == []


def test_a_glued_figure_needs_a_name_and_a_caption():
    assert broken(":name: fig-little\n", "") == [(20, "figure-caption")]
    assert broken("The line rises.\n", "") == [(20, "figure-caption")]


@pytest.mark.parametrize(
    "text",
    [
        "````{solution} e\n```{code-cell}\nx = 1\n```\n````",
        "````{note}\n```{code-cell}\nx = 1\n```\n````",
        "`````{note}\n````{tip}\n```{code-cell}\nx = 1\n```\n````\n`````",
        "- item\n\n  ```{code-cell}\n  x = 1\n  ```",
        "> ```{code-cell}\n> x = 1\n> ```",
        ":::{code-cell}\nx = 1\n:::",
    ],
)
def test_cells_that_would_never_run_are_found(text):
    assert "nested-cell" in rules(text)


@pytest.mark.parametrize("title", ["A `clm` row", "{cite:t}`a`", "{glue:text}`k` rows"])
def test_a_backtick_behind_backticks_breaks_the_fence(title):
    table = "{table} " + title + "\n\n| a |\n|:--|\n| b |\n"
    assert "broken-fence" in rules(f"````{table}````")
    assert "broken-fence" not in rules(f"::::{table}::::")
    assert "broken-fence" not in rules("```{table} Plain title\n\n| a |\n|:--|\n```")


def test_cells_between_solution_marks_run():
    text = (
        "```{solution-start} e\n```\n\n```{code-cell}\nx = 1\n```\n\n"
        "```{solution-end}\n```"
    )
    assert "nested-cell" not in rules(text)


@pytest.mark.parametrize(
    "maths",
    [
        "\\begin{equation}\na\n\\end{equation}",
        "\\begin{align*}\na\n\\end{align*}",
        "$$\n\\begin{align}\na\n\\end{align}\n$$",
        "$$\n\\begin{gather}\na\n\\end{gather}\n$$ (eq-a)",
        "$$\na \\label{eq-a}\n$$",
        "$$\na \\tag{1}\n$$",
        "$$\na \\tag*{1}\n$$",
        "Text $a \\tag{1}$ text.",
        "Text \\begin{equation} a \\end{equation}",
        "```{math}\n:label: eq-a\n\na\n```",
        "```{math}\n\\begin{multline}\na\n\\end{multline}\n```",
        "````{note}\n$$\na \\tag{1}\n$$\n````",
    ],
)
def test_other_numbered_maths_is_found(maths):
    assert set(rules(maths)) == {"numbered-environment"}


@pytest.mark.parametrize(
    "maths",
    [
        "$$\n\\begin{aligned}\na\n\\end{aligned}\n$$ (eq-a)",
        "$$\n\\begin{cases}\na\n\\end{cases}\n$$",
        "The code `\\begin{equation}` and `\\tag`.",
        "```latex\n\\begin{equation}\n```",
    ],
)
def test_dollars_with_a_label_pass(maths):
    assert rules(maths) == []


def test_a_cell_of_twelve_lines_passes_and_of_thirteen_fails():
    cell = "fig, ax = subplots()\n"
    assert broken(cell, cell + "a = 1\n\n" * 10) == []
    assert broken(cell, cell + "a = 1\n\n" * 11) == [(13, "cell-size")]


def test_a_line_of_78_columns_passes_and_of_79_fails():
    cell = "fig, ax = subplots()\n"
    assert broken(cell, cell + "#" * 78 + "\n") == []
    assert broken(cell, cell + "#" * 79 + "\n") == [(17, "cell-size")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("**You need**", "You need"),
        ("**Time**: 40 minutes", "Time: long"),
        ("**The question**", "**A question**"),
        ("## Takeaway", "## The end"),
        ("{ref}`table of symbols <symbols>`", "the symbols"),
        ('description: "What a little chapter is about."', "keywords: a"),
        ('"What a little chapter is about."', '""'),
    ],
)
def test_the_frame_of_a_page_is_demanded(old, new):
    assert [rule for _, rule in broken(old, new)] == ["page-frame"]


@pytest.mark.parametrize(
    "link", ["[symbols](../appendix/symbols.md)", "{doc}`/appendix/symbols`"]
)
def test_the_symbols_may_be_linked_in_any_way(link):
    assert broken("{ref}`table of symbols <symbols>`", link) == []


def test_pages_without_cells_need_no_frame():
    assert rules("# An index page\n\nWords.") == []


def test_the_appendix_needs_no_frame(tmp_path):
    page = tmp_path / "appendix" / "status.md"
    page.parent.mkdir()
    page.write_text("# Status\n\n```{code-cell}\n1\n```\n")
    assert lint(page) == []


@pytest.mark.parametrize("name", sorted(path.name for path in BOOK.rglob("*.md")))
def test_a_typed_number_in_a_real_page_is_found(name):
    path = next(BOOK.rglob(name))
    text = path.read_text("utf-8") + "\n\nThe measured error is 0.0123 here.\n"
    last = len(text.splitlines())
    assert (last, "typed-number") in [(found.line, found.rule) for found in lint(text)]


def test_text_or_path_is_expected():
    with pytest.raises(TypeError, match="expected a pathlib.Path or the text"):
        lint(3)


def test_an_empty_tree_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected pages"):
        lint_tree(tmp_path)


def test_the_command_prints_and_fails(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("Fine.\n\nIt is 0.5.\n")
    (tmp_path / "_ext").mkdir()
    (tmp_path / "_ext" / "notes.md").write_text("0.5")
    assert main([str(tmp_path)]) == 1
    line = capsys.readouterr().out
    assert line.startswith(f"{page}:3: typed-number: '0.5' in prose -- compute it")
    page.write_text("Fine.\n")
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""


def test_the_command_without_folders_says_how_it_is_used(capsys):
    assert main([]) == 2
    assert "usage:" in capsys.readouterr().err
