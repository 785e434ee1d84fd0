"""The hand-in's print: the document for Sphinx's LaTeX, its title page and its look."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx

from mlph_lib.handin.fonts import printed
from mlph_lib.handin.names import in_tex

__all__ = ["settings", "setup"]

RAISED = [*zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True), ("⁻", "$-$")]
MOST_LINES = 45  # of code or output that must not be split
ROW = 90  # letters in a line of a table, all columns together
LINE = 0.77  # height of a line of code, in lines of text
TITLE = r"""
\begin{titlepage}\centering\vspace*{0.06\textheight}
{\large Machine Learning and Physics\par}\vspace{0.8em}
{\sffamily\bfseries\Huge Sheet 9\par}\vspace{1.6em}
{\Large %(names)s\par}\vspace{1em}
{\large %(date)s\par}\vspace{2.5em}
\begin{minipage}{0.82\textwidth}\small %(note)s\end{minipage}\par\vspace{2em}
\begin{minipage}{0.82\textwidth}\makeatletter\@starttoc{toc}\makeatother\end{minipage}\par
\vfill\end{titlepage}
"""
PREAMBLE = r"""
\usepackage{newunicodechar,amssymb,float}
\setcounter{secnumdepth}{-2}
\setcounter{tocdepth}{2}
\setlength{\headheight}{14pt}
\fancypagestyle{normal}{\fancyhf{}\fancyhead[L]{\small Machine Learning and Physics, sheet 9}
\fancyhead[R]{\small\groupnames}\fancyfoot[C]{\thepage}
\renewcommand{\headrulewidth}{0.3pt}}
\newcommand{\codesize}{\fontsize{8.6}{10.4}\selectfont}
\fvset{fontsize=\codesize,baselinestretch=0.86}
\AtBeginDocument{\setlength{\abovedisplayskip}{5pt plus 2pt minus 2pt}
\setlength{\belowdisplayskip}{5pt plus 2pt minus 2pt}
\setlength{\parskip}{3.4pt plus 1pt}}
\titlespacing*{\section}{0pt}{12pt plus 3pt}{4pt}
\titlespacing*{\subsection}{0pt}{10pt plus 3pt}{3pt}
\titlespacing*{\subsubsection}{0pt}{8pt plus 3pt}{2pt}
\setlength{\intextsep}{6pt plus 2pt}\setlength{\textfloatsep}{8pt plus 2pt}
\setlength{\abovecaptionskip}{4pt}
\newcolumntype{T}{L} % ragged right in tables
\makeatletter
\@secpenalty=0 % a heading may begin low on a page: the pages get fuller
% a new page if what follows does not fit; the penalty brings \pagetotal up to date
\newcommand{\keepwhole}[1]{\par\penalty0\begingroup\setlength{\dimen@}{#1}%
\dimen@ii\pagegoal\advance\dimen@ii-\pagetotal
\ifdim\dimen@>\dimen@ii\ifdim\dimen@ii>\z@\vfil\fi\break\fi\endgroup}
\makeatother
\renewcommand{\topfraction}{0.85}\renewcommand{\textfraction}{0.1}
\AtBeginDocument{\let\setminus\smallsetminus} % Pagella Math has no U+29F5
"""


def settings(
    root: Path, names: Sequence[str], date: str, note: str
) -> dict[str, Any]:
    """Sphinx's configuration for the one document ``sheet09``.

    Args:
        root: the checkout, whose ``_config.yml`` has the book's fonts.
        names: those of the group.
        date: as the title page shows it.
        note: a paragraph below it.
    """
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    book = config["sphinx"]["config"]["latex_elements"]
    return {
        "root_doc": "sheet09",
        "project": "Sheet 9",
        "author": ", ".join(names),
        "extensions": ["myst_nb", "mlph_lib.handin.latex"],
        "source_suffix": {".ipynb": "myst-nb"},
        "myst_enable_extensions": ["amsmath", "dollarmath"],
        "nb_execution_mode": "off",
        "nb_merge_streams": True,
        "numfig": True,
        "numfig_secnum_depth": 0,
        "numfig_format": {"figure": "Figure %s"},
        "latex_engine": "xelatex",
        "latex_use_xindy": False,
        "latex_show_urls": "no",
        "latex_domain_indices": False,
        "latex_documents": [
            ("sheet09", "sheet09.tex", "Sheet 9", in_tex(", ".join(names)), "howto")
        ],
        "latex_elements": {
            "papersize": book["papersize"],
            "pointsize": "10pt",
            "fontpkg": book["fontpkg"],
            "sphinxsetup": book["sphinxsetup"] + ", hmargin=2cm, vmargin=1.6cm, verbatimsep=2pt",
            "figure_align": "htbp",
            "tableofcontents": "",
            "printindex": "",
            "maketitle": _title_page(names, date, note),
            "preamble": PREAMBLE + _raised() + _facts(names) + _head(names),
        },
    }


def _title_page(names: Sequence[str], date: str, note: str) -> str:
    shown = r"\par\vspace{0.3em}".join(map(printed, names))
    return TITLE % {"names": shown, "date": date, "note": note}


def _head(names: Sequence[str]) -> str:
    """The names on every page, where they have the room."""
    fit = len(", ".join(names)) < 60
    shown = ", ".join(map(printed, names)) if fit else ""
    return rf"\newcommand{{\groupnames}}{{{shown}}}" + "\n"


def _raised() -> str:
    return "".join(
        rf"\newunicodechar{{{sign}}}{{\textsuperscript{{{plain}}}}}" + "\n"
        for sign, plain in RAISED
    )


def _facts(names: Sequence[str]) -> str:
    """The document's own description, for whoever files it."""
    author = in_tex(", ".join(names))
    return (
        r"\AtBeginDocument{\hypersetup{pdftitle={Machine Learning and Physics, sheet 9},"
        rf"pdfauthor={{{author}}}}}}}" + "\n"
    )


def _keep_tags(app: Sphinx, doctree: nodes.document) -> None:
    r"""Sphinx wraps formulas in ``split``, where ``\tag`` is not allowed."""
    for formula in doctree.findall(nodes.math_block):
        text = formula.astext()
        if re.search(r"\\tag\{", text):
            tex = f"\\begin{{equation*}}\n{text.strip()}\n\\end{{equation*}}"
            formula.children = [nodes.Text(tex)]
            formula["nowrap"] = True


def _small_appendix(app: Sphinx, doctree: nodes.document) -> None:
    """What stands behind the answers is for looking up: references and functions."""
    for section in doctree.findall(nodes.section):
        title = section[0].astext()
        if title == "References" or title.startswith("Appendix"):
            code = r"\small\fvset{fontsize=\footnotesize,baselinestretch=0.82}"
            small = r"\footnotesize" if title == "References" else code
            section.insert(1, nodes.raw("", small, format="latex"))


def _keep_together(app: Sphinx, doctree: nodes.document) -> None:
    """Code and output that fit on a page, and tables, are not split over two."""
    whole = set()
    for cell in list(doctree.findall(_is_cell)):
        blocks = list(cell.findall(nodes.literal_block))
        if len(blocks) > 1 and _kept(cell, blocks):
            whole |= set(map(id, blocks))
    for block in list(doctree.findall(nodes.literal_block)):
        if id(block) not in whole:
            _kept(block, [block])
    for table in list(doctree.findall(nodes.table)):
        title = table.parent[table.parent.index(table) - 1]
        if title.astext().startswith("Table "):
            rows = [len(row.astext()) for row in table.findall(nodes.row)]
            _keep_whole(title, 1.3 * sum(1 + n // ROW for n in rows) + 3)


def _is_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _kept(node: nodes.Element, blocks: list[nodes.literal_block]) -> bool:
    """Whether a cell, or a block, was short enough to be kept on one page."""
    lines = sum(block.astext().rstrip("\n").count("\n") + 1 for block in blocks)
    if lines <= MOST_LINES:
        first = _behind_heading(node)
        room = LINE * lines + 1.5 * len(blocks) + (0 if first is node else 2)
        _keep_whole(first, room)
    return lines <= MOST_LINES


def _keep_whole(node: nodes.Element, room: float) -> None:
    """Begin a new page before a node unless it finds so many lines on this one."""
    need = rf"\keepwhole{{{room:.1f}\baselineskip}}"
    node.parent.insert(node.parent.index(node), nodes.raw("", need, format="latex"))


def _behind_heading(block: nodes.Element) -> nodes.Element:
    """The section that a block opens, whose heading must stay with it; or the block."""
    node = block
    while not isinstance(node.parent, nodes.section):
        if node.parent is None or node.parent.index(node) > 0:
            return block
        node = node.parent
    at = node.parent.index(node)
    return node.parent if isinstance(node.parent[at - 1], nodes.title) else block


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", _keep_tags)
    app.connect("doctree-read", _small_appendix)
    app.connect("doctree-read", _keep_together)
    return {"version": "1", "parallel_read_safe": True}
