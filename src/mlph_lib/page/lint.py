"""Rules for the sources of the pages, held before anything is built.

``python -m mlph_lib.page.lint book/`` prints one line a finding and exits with 1
if there are any. The sources are read with MyST's own parser, so that maths, code,
roles and directives are what the build takes them for.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

__all__ = ["RULES", "Finding", "lint", "lint_tree", "main"]

CELL_LINES = 12
CELL_COLUMNS = 78
ALT_LETTERS = 20
EXTENSIONS = {"amsmath", "colon_fence", "deflist", "dollarmath", "substitution"}


class Finding(NamedTuple):
    """One broken rule: where, which, and what to do about it.

    Examples
    --------
    >>> print(Finding("a.md", 3, "cell-size", "a cell of 13 lines"))
    a.md:3: cell-size: a cell of 13 lines -- move work into mlph_lib, or split the cell
    """

    file: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        remedy = REMEDY[self.rule]
        return f"{self.file}:{self.line}: {self.rule}: {self.message} -- {remedy}"


REMEDY = {
    "typed-number": "compute it in a cell and show it by {glue:text}, or mark it "
    "{quoted}`...` {cite:p}`source`",
    "alt-text": "show it by figure(key, fig, alt=...) and say in alt what is seen",
    "figure-caption": "give :name: and a caption that states the conclusion",
    "nested-cell": "it never executes: put it at the top level, solutions between "
    "solution-start and solution-end",
    "numbered-environment": "write $$ ... $$ (label) with aligned inside",
    "broken-fence": "fence it by colons, ::::{name} ...",
    "cell-size": "move work into mlph_lib, or split the cell",
    "page-frame": "see an existing chapter for the frame of a page",
}


# The page, read once: every token with its line and the directives around it.


class Directive(NamedTuple):
    """A fenced directive taken apart: ``{name} argument``, options, body."""

    name: str
    argument: str
    options: dict[str, str]
    body: str
    skipped: int  # lines between the opening fence and the body


class Located(NamedTuple):
    """A token with its first and last line in the file and what it stands in."""

    token: Token
    line: int
    end: int
    inside: tuple[str, ...]
    directive: Directive | None


class Page(NamedTuple):
    """A source file: its name, lines and all its tokens."""

    file: str
    lines: list[str]
    tokens: list[Located]

    def find(self, rule: str, line: int, message: str) -> Finding:
        """A finding of this page."""
        return Finding(self.file, line, rule, message)

    def directives(self) -> Iterator[tuple[Located, Directive]]:
        """Every directive of the page, the nested ones too."""
        for located in self.tokens:
            if located.directive is not None:
                yield located, located.directive

    def cells(self) -> Iterator[tuple[Located, Directive]]:
        """Every code cell of the page."""
        for located, directive in self.directives():
            if directive.name == "code-cell":
                yield located, directive


@functools.cache
def _parser() -> MarkdownIt:
    return create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), RendererHTML)


def read(text: str, file: str) -> Page:
    """Parse ``text``, directive bodies included."""
    return Page(file, text.splitlines(), list(_walk(text, 0, ())))


# Bodies that are no Markdown: code, maths, lists of files, data.
OPAQUE = {
    "bibliography",
    "code",
    "code-block",
    "code-cell",
    "literalinclude",
    "math",
    "meta",
    "raw",
    "sourcecode",
    "tableofcontents",
    "toctree",
}


def _walk(text: str, offset: int, inside: tuple[str, ...]) -> Iterator[Located]:
    containers: list[str] = []
    for token in _parser().parse(text, {}):
        if token.type in ("list_item_open", "blockquote_open"):
            containers.append(token.type.split("_")[0])
        elif token.type in ("list_item_close", "blockquote_close"):
            containers.pop()
        line, end = (token.map or (0, 0))[0] + offset + 1, (token.map or (0, 1))[1]
        around = (*inside, *containers)
        directive = _directive(token)
        yield Located(token, line, max(end + offset, line), around, directive)
        if directive is not None and directive.name not in OPAQUE:
            below = line + directive.skipped
            yield from _walk(directive.body, below, (*around, directive.name))


def _directive(token: Token) -> Directive | None:
    head = re.match(r"\{([^}\s]+)\}\s*(.*)$", token.info or "")
    if token.type not in ("fence", "colon_fence") or head is None:
        return None
    lines = token.content.splitlines()
    options, skipped = _options(lines)
    body = "\n".join(lines[skipped:])
    return Directive(head[1], head[2].strip(), options, body, skipped)


def _options(lines: list[str]) -> tuple[dict[str, str], int]:
    """The options of a directive, in either form, and how many lines they take."""
    if lines and lines[0].strip() == "---":
        rest = [line.strip() for line in lines[1:]]
        stop = rest.index("---") + 1 if "---" in rest else len(lines) - 1
        return _mapping("\n".join(lines[1:stop])), stop + 1
    found: dict[str, str] = {}
    for count, line in enumerate(lines):
        option = re.match(r":([\w-]+):\s*(.*)$", line)
        if option is None:
            return found, count
        found[option[1]] = option[2].strip()
    return found, len(lines)


def _mapping(text: str) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError:  # the build reports it, with its own words
        return {}
    return loaded if isinstance(loaded, dict) else {}


# Rule: no number typed into prose.

UNITS = (
    r"(?:[nµμum]?s|secs?|seconds?|milliseconds?|microseconds?|nanoseconds?|mins?"
    r"|minutes?|h|hours?|days?|weeks?|years?|bits?|bytes?|[kKMGTP]i?B|[kMG]?Hz"
    r"|[KMGTP]?FLOPs?(?:/s)?|[nµμcmk]?m|[kmµμ]?g|[mk]?Wh?|[kM]?eV|px|pt|°C?|°F|dB"
    r"|nats?|×)"
)
TYPED_NUMBER = re.compile(
    rf"""
      \d[\d.,]*\s?(?:[eE][-+−]?\d+            # 1e-3
        | \s?(?:\^|\*\*)\s?[-+−({{]*\d+       # 10^-3, 10**-3
        | [⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)                  # 10⁻³
    | (?:\d[\d,]*)?(?<![A-Za-z])[.·]\d+       # 0.5, .5
    | [½⅓⅔¼¾⅕⅛]
    | \d+(?:[,.]\d+)?\s?(?:%|‰|per\s?cent\b|percentage\b)
    | [€£]\s?\d+ | \d+\s?[€£]
    | (?<![A-Za-z\d])\d+(?:x|\s?{UNITS})(?![\w'’])  # 5 ms, 3x
    | (?<![A-Za-z\d])(?<![A-Z]-)              # not: float128, SHA-256
      \d{{1,3}}(?:[,'’_\s]\d{{3}})+(?!\d)     # 10,000
    | (?<![A-Za-z\d])(?<![A-Z]-)\d{{3,}}      # 100
    """,
    re.VERBOSE,
)
GAP = "\ufffc"  # stands where maths, code or a role was
FRAME = "\ufff9"  # opens a bold word
TIME_LINE = re.compile(rf"{FRAME}Time\b[^\n]*")
ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
TEXT_ROLES = {"abbr", "dfn", "kbd", "sub", "term", "quoted-text", "strong", "emphasis"}


def typed_number(page: Page) -> Iterator[Finding]:
    """Results belong to cells; a typed one goes stale without a sound."""
    for located, first, text in _prose(page):
        for hit in TYPED_NUMBER.finditer(_masked(text)):
            line = _line_of(page, located, first + text.count("\n", 0, hit.start()),
                            hit[0])
            yield page.find("typed-number", line, f"{hit[0].strip()!r} in prose")
    for located in page.tokens:
        yield from _unsourced(page, located)


def _masked(text: str) -> str:
    """``text`` without addresses and reading times, of the same length."""
    for pattern in (ADDRESS, TIME_LINE):
        text = pattern.sub(lambda hit: GAP * len(hit[0]), text)
    return text


def _line_of(page: Page, located: Located, guess: int, fragment: str) -> int:
    """Code spans lose their line breaks: look onward for the fragment itself."""
    needle = fragment.split("\n")[0]
    for line in range(guess, located.end + 1):
        if needle in page.lines[line - 1]:
            return line
    return guess


def _prose(page: Page) -> Iterator[tuple[Located, int, str]]:
    """Everything a reader reads as words: token, first line, text."""
    for located in page.tokens:
        token, directive = located.token, located.directive
        if token.type == "inline":
            yield located, located.line, _words(token.children or [])
        elif token.type == "html_block":
            yield located, located.line, _untagged(token.content)
        elif directive is not None and _has_title(directive):
            title = _parser().parseInline(directive.argument, {})[0]
            yield located, located.line, _words(title.children or [])


def _has_title(directive: Directive) -> bool:
    """Whether the argument is shown, not the name of a file, label or key."""
    names = {"figure", "figure-md", "image", "include", "iframe", "solution"}
    names |= {"solution-start", "div", "container", "grid", "class"} | OPAQUE
    known = directive.name in names or directive.name.startswith(("glue:", "auto"))
    return bool(directive.argument) and not known


def _untagged(markup: str) -> str:
    """HTML without comments, scripts, styles and tags; lines stay."""
    hidden = r"<!--.*?-->|<(script|style|svg)\b.*?</\1>|<[^>]+>"
    keep_lines = lambda hit: "\n" * hit[0].count("\n")  # noqa: E731
    return re.sub(hidden, keep_lines, markup, flags=re.DOTALL)


def _words(children: list[Token]) -> str:
    """The text of a paragraph: marks dropped, maths, code and roles as gaps."""
    automatic, out = False, []
    for child, after in pairwise([*children, None]):
        if child.type in ("link_open", "link_close"):
            automatic = child.type == "link_open" and child.markup == "autolink"
        elif child.type == "strong_open":
            bold = after is not None and after.content.startswith("Time")
            out.append(FRAME if bold else "")
        elif not automatic:
            out.append(_word(child))
    return "".join(out)


def _word(child: Token) -> str:
    if child.type in ("text", "image"):
        return child.content
    if child.type in ("softbreak", "hardbreak"):
        return "\n"
    if child.type == "html_inline":
        return "^" if child.content.startswith("<sup") else ""
    if child.type == "myst_role":
        return _role_words(child.meta["name"], child.content)
    if child.type.endswith(("_open", "_close")):
        return ""
    return GAP + "\n" * child.content.count("\n")


def _role_words(name: str, content: str) -> str:
    """``title <target>`` shows its title; most other roles show what is computed."""
    if name in ("sup", "superscript"):
        return "^" + content
    titled = re.match(r"(.*\S)\s*<[^<>]+>$", content, re.DOTALL)
    if titled and not name.startswith(("glue", "cite")):
        return titled[1]
    return content if name in TEXT_ROLES else GAP + "\n" * content.count("\n")


def _unsourced(page: Page, located: Located) -> Iterator[Finding]:
    """A quoted number needs its source behind it, in the same sentence."""
    children = located.token.children or []
    for at, child in enumerate(children, 1):
        if _role(child) == "quoted" and not _is_sourced(children[at:]):
            line = _line_of(page, located, located.line, child.content)
            message = f"{child.content!r} is quoted without a source"
            yield page.find("typed-number", line, message)


def _is_sourced(after: list[Token]) -> bool:
    """Whether a citation comes next, or later on the line, which is a sentence."""
    following = next((c for c in after if c.type != "softbreak" and c.content != " "), None)
    sentence = takewhile(lambda c: c.type != "softbreak", after)
    return any(_role(c) in ("cite:p", "cite:t") for c in (following, *sentence))


def _role(token: Token | None) -> str | None:
    return token.meta["name"] if token and token.type == "myst_role" else None


# Rule: whoever cannot see a figure is told what it shows.


def alt_text(page: Page) -> Iterator[Finding]:
    """Figures of cells, images and picture directives say what they show."""
    for located, cell in page.cells():
        first = located.line + 1 + cell.skipped
        for line, message in _cell_pictures(cell.body):
            yield page.find("alt-text", first + line - 1, message)
    for located, directive in page.directives():
        if directive.name in ("image", "figure") and not directive.options.get("alt"):
            message = f"{{{directive.name}}} {directive.argument} without :alt:"
            yield page.find("alt-text", located.line, message)
    yield from _bare_images(page)


def _bare_images(page: Page) -> Iterator[Finding]:
    for located in page.tokens:
        for child in located.token.children or []:
            if child.type == "image" and not child.content.strip():
                source = child.attrs.get("src")
                line = _line_of(page, located, located.line, f"({source}")
                yield page.find("alt-text", line, f"image {source} without alt text")
        if located.token.type in ("inline", "html_block"):
            for hit in re.finditer(r"<img\b[^>]*>", located.token.content):
                if not re.search(r"""\balt=["'][^"']""", hit[0]):
                    yield page.find("alt-text", located.line, f"{hit[0]} without alt")


def _cell_pictures(code: str) -> Iterator[tuple[int, str]]:
    """(line, message) for each picture of a cell that has no words."""
    # magics are no Python; the lines stay so that the counts hold
    python = re.sub(r"^\s*[%!].*$", "pass", code, flags=re.MULTILINE)
    try:
        tree = ast.parse(python)
    except SyntaxError:  # the build stops at this cell anyway
        return
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    shown = any(_called(call) in SHOWS for call in calls)
    for call in sorted(calls, key=lambda call: call.lineno):
        name = _called(call)
        if name in SHOWS and not _says_enough(call):
            message = f"{name}() needs alt=, {ALT_LETTERS} letters or more"
            yield call.lineno, message
        elif name.endswith(".show") or (not shown and _draws(name)):
            yield call.lineno, f"{name}() leaves a picture without words"


GLUES = {"figure", "interactive", "coloured_text"}
SHOWS = GLUES | {f"page.{name}" for name in GLUES}


def _called(call: ast.Call) -> str:
    name = ast.unparse(call.func)
    return name if re.fullmatch(r"[\w.]+", name) else ""


def _draws(name: str) -> bool:
    """Calls that leave a figure open, which the notebook then shows bare."""
    quiet = {"plt.close", "plt.get_cmap", "plt.style.use", "plt.rcParams.update"}
    if name.startswith(("plt.", "pyplot.")):
        return name not in quiet
    return name in ("subplots", "page.subplots")


def _says_enough(call: ast.Call) -> bool:
    alt = next((word.value for word in call.keywords if word.arg == "alt"), None)
    if isinstance(alt, ast.Constant):
        return isinstance(alt.value, str) and len(alt.value.strip()) >= ALT_LETTERS
    if isinstance(alt, ast.JoinedStr):
        return len(ast.unparse(alt)) >= ALT_LETTERS
    return alt is not None


def figure_caption(page: Page) -> Iterator[Finding]:
    """A glued figure has a name to refer to and a caption."""
    for located, directive in page.directives():
        if directive.name != "glue:figure":
            continue
        key = directive.argument
        if not directive.options.get("name"):
            yield page.find("figure-caption", located.line, f"{key} without :name:")
        if not directive.body.strip():
            yield page.find("figure-caption", located.line, f"{key} without a caption")


# Rule: what looks like a cell runs, and stays small.


def nested_cell(page: Page) -> Iterator[Finding]:
    """Only cells fenced at the top level of a page are executed."""
    for located, _ in page.cells():
        if located.inside:
            message = f"a code cell inside {located.inside[-1]}"
            yield page.find("nested-cell", located.line, message)
        elif located.token.type == "colon_fence":
            message = "a code cell fenced by colons, not by backticks"
            yield page.find("nested-cell", located.line, message)


BROKEN_FENCE = re.compile(r"\s*(`{3,}\{[\w:-]+\})[^`]*`")


def broken_fence(page: Page) -> Iterator[Finding]:
    """No backtick behind a fence of backticks: it opens nothing, and no cell below runs.

    Source: CommonMark 0.31, section 4.5, info strings.
    """
    for number, line in enumerate(page.lines, 1):
        if fence := BROKEN_FENCE.match(line):
            message = f"a backtick in the line of {fence[1]}"
            yield page.find("broken-fence", number, message)


def cell_size(page: Page) -> Iterator[Finding]:
    """Cells a reader takes in at a glance, and that print."""
    for located, cell in page.cells():
        lines = cell.body.splitlines()
        count = sum(bool(line.strip()) for line in lines)
        if count > CELL_LINES:
            message = f"a cell of {count} lines, {CELL_LINES} is the most"
            yield page.find("cell-size", located.line, message)
        for number, line in enumerate(lines, located.line + 1 + cell.skipped):
            if len(line) > CELL_COLUMNS:
                message = f"a line of {len(line)} columns, {CELL_COLUMNS} is the most"
                yield page.find("cell-size", number, message)


# Rule: one way to number an equation, so that site and print agree.

NUMBERED = re.compile(
    r"\\(?:label|tag)\b\*?"
    r"|\\begin\{(?:equation|align|gather|multline|eqnarray|flalign|alignat)\*?\}"
)


def numbered_environment(page: Page) -> Iterator[Finding]:
    """``$$ ... $$ (label)`` is the only numbered maths."""
    for located in page.tokens:
        for first, text in _maths(located):
            for hit in NUMBERED.finditer(text):
                line = first + text.count("\n", 0, hit.start())
                yield page.find("numbered-environment", line, f"{hit[0]} in maths")


def _maths(located: Located) -> Iterator[tuple[int, str]]:
    """(line, text) of the formulas, and of text where one may hide unread."""
    token, directive = located.token, located.directive
    if token.type in ("math_block", "math_block_label", "amsmath"):
        yield located.line, token.content
    if directive is not None and directive.name == "math":
        label = "\\label" if directive.options.get("label") else ""
        yield located.line, f"{label}\n{directive.body}"
    line = located.line
    for child in token.children or []:
        if child.type in ("text", "math_inline", "math_inline_double"):
            yield line, child.content
        breaks = child.type in ("softbreak", "hardbreak")
        line += breaks + child.content.count("\n")


# Rule: every chapter opens and closes in the same way.

FRAME_WORDS = ("You need", "Time", "The question")


def page_frame(page: Page) -> Iterator[Finding]:
    """What you need, how long, which question; a takeaway; symbols; a description."""
    if not _is_chapter(page):
        return
    bold, headings = _emphasised(page)
    for words in FRAME_WORDS:
        if words not in bold:
            yield page.find("page-frame", 1, f"no **{words}**")
    if not any("takeaway" in heading.lower() for heading in headings):
        yield page.find("page-frame", len(page.lines), "no heading with Takeaway")
    if not _described(page):
        yield page.find("page-frame", 1, "no html_meta description in the front matter")
    if not _links_symbols(page):
        yield page.find("page-frame", 1, "no link to the table of symbols")


def _is_chapter(page: Page) -> bool:
    """Pages with cells; the appendix looks things up and asks no question."""
    return any(page.cells()) and "appendix" not in Path(page.file).parts


def _front_matter(page: Page) -> dict[str, Any]:
    first = page.tokens[0].token
    return _mapping(first.content) if first.type == "front_matter" else {}


def _described(page: Page) -> bool:
    myst = _front_matter(page).get("myst") or {}
    meta = myst.get("html_meta") or {}
    return any(key.split()[0] == "description" and meta[key] for key in meta)


def _emphasised(page: Page) -> tuple[set[str], list[str]]:
    """The bold phrases of a page (without their stops) and its headings."""
    bold, headings, before = set(), [], ""
    for located in page.tokens:
        children = located.token.children or []
        if before == "heading_open":
            headings.append(located.token.content)
        for child, after in pairwise(children):
            if child.type == "strong_open":
                bold.add(after.content.strip(" .:?"))
        before = located.token.type
    return bold, headings


def _links_symbols(page: Page) -> bool:
    for located in page.tokens:
        for child in located.token.children or []:
            target = str(child.attrs.get("href", ""))
            if child.type == "myst_role":
                target = re.sub(r".*<(.*)>$", r"\1", child.content, flags=re.DOTALL)
            if re.search(r"(^|[/#])(sec-)?symbols(\.md|\.html)?($|#)", target):
                return True
    return False


RULES: dict[str, Callable[[Page], Iterator[Finding]]] = {
    "typed-number": typed_number,
    "alt-text": alt_text,
    "figure-caption": figure_caption,
    "nested-cell": nested_cell,
    "broken-fence": broken_fence,
    "cell-size": cell_size,
    "numbered-environment": numbered_environment,
    "page-frame": page_frame,
}


def lint(source: Path | str) -> list[Finding]:
    """All findings of one page, given as a file or as its text.

    Parameters
    ----------
    source : Path or str
        A ``Path`` is read; a ``str`` is the text itself.

    Returns
    -------
    list of Finding
        Sorted by line; empty if every rule holds.

    Raises
    ------
    TypeError
        If ``source`` is neither.

    Examples
    --------
    >>> [(found.line, found.rule) for found in lint("The error is 0.031.")]
    [(1, 'typed-number')]
    >>> lint("The error is {glue:text}`ks-error`.")
    []
    """
    if not isinstance(source, (Path, str)):
        raise TypeError(
            f"expected a pathlib.Path or the text of a page, got "
            f"{type(source).__name__}: wrap a file name in Path()"
        )
    text = source.read_text("utf-8") if isinstance(source, Path) else source
    page = read(text, str(source) if isinstance(source, Path) else "<text>")
    found = [finding for rule in RULES.values() for finding in rule(page)]
    return sorted(found, key=lambda finding: (finding.line, finding.rule))


def lint_tree(folder: Path) -> list[Finding]:
    """All findings of the ``.md`` files under ``folder`` (or of one file).

    Folders whose name starts with an underscore hold no pages and are left out.

    Raises
    ------
    FileNotFoundError
        If there is no page at all: an empty tree would pass unseen.
    """
    folder = Path(folder)
    pages = [folder] if folder.is_file() else sorted(folder.rglob("*.md"))
    pages = [page for page in pages if not _is_aside(page.relative_to(folder))]
    if not pages:
        raise FileNotFoundError(f"expected pages (*.md) under {folder}, found none")
    return [finding for page in pages for finding in lint(page)]


def _is_aside(path: Path) -> bool:
    return any(part.startswith(("_", ".")) for part in path.parts)


def main(arguments: list[str] | None = None) -> int:
    """Print the findings of the named files and folders; 1 if there are any."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments:
        print("usage: python -m mlph_lib.page.lint book/", file=sys.stderr)
        return 2
    found = [finding for name in arguments for finding in lint_tree(Path(name))]
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
