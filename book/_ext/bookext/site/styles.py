"""One stylesheet for the site: the theme's ten in one, less what no page can match.

A rule stays if each class, id and element of its selector occurs in some page or
script of the site; so what a script writes later is kept as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import tinycss2

__all__ = ["Vocabulary", "bundle", "purge", "sources", "vocabulary"]

# As the theme orders them. A page that asks for another one is an error.
SHEETS = ("basic.css", "styles/pydata-sphinx-theme.css", "pygments.css",
          "styles/sphinx-book-theme.css", "mystnb.*.css", "proof.css", "exercise.css",
          "katex/katex.min.css")  # book.css comes last
# What these style is not there: folds are <details>, the copy button is our own,
# no page has tabs or cards, and theme.css only imports the first one.
DROPPED = ("styles/theme.css", "togglebutton.css", "copybutton.css", "sphinx-thebe.css",
           "sphinx-design.min.css")
# Folded solutions are <details> with a <summary>; the sheets know <div> and <p>.
FOLDS = ((re.compile(r"\bdiv\.(admonition|solution|proof)\b"), r":is(div,details).\1"),
         (re.compile(r"\bp\.admonition-title\b"), r":is(p,summary).admonition-title"))
NAME = r"-?[A-Za-z_][\w-]*"
CALLS = re.compile(r":(?:not|is|where|has|nth-[\w-]+|lang|dir)\((?:[^()]|\([^()]*\))*\)")
PSEUDO = re.compile(r"::?[\w-]+(\([^()]*\))?|\[[^\]]*\]")
MARK = re.compile(rf"([.#]?)({NAME})")
DECLARED = re.compile(r"(?<![\w-])(--[\w-]+)\s*:")
USED = re.compile(r"var\(\s*(--[\w-]+)")


class Vocabulary(NamedTuple):
    """Words that a selector may ask for, as they occur in the site."""

    elements: set[str]
    words: set[str]  # classes, ids, and every word of a script
    text: str  # inline styles and scripts, which may use custom properties

    def known_to(self, sheets: Iterable[str]) -> Vocabulary:
        """The words that ``sheets`` know: a new name on a page changes no style."""
        css = set(re.findall(r"[\w-]+", "\n".join(sheets)))
        asked = css.intersection(re.findall(r"[\w-]+", self.text))
        low = {word.lower() for word in css}
        return Vocabulary(self.elements & low, self.words & css, "\n".join(sorted(asked)))


def vocabulary(pages: Iterable[str], scripts: Iterable[str]) -> Vocabulary:
    """What occurs in ``pages`` and ``scripts``."""
    elements, words, loose = set(), set(), []
    scripts = list(scripts)
    for page in pages:
        elements.update(re.findall(r"<([a-zA-Z][\w-]*)", page))
        for names in re.findall(r'\s(?:class|id)="([^"]*)"', page):
            words.update(names.split())
        loose += re.findall(r'style="([^"]*var\([^"]*)"', page)
        loose += re.findall(r"<style[^>]*>(.*?)</style>", page, re.S)
        scripts += re.findall(r"<script[^>]*>(.+?)</script>", page, re.S)
    for script in scripts:
        words.update(re.findall(NAME, script))
        elements.update(re.findall(NAME, script))
    return Vocabulary({e.lower() for e in elements}, words, "\n".join(loose + scripts))


def sources(static: Path) -> list[str]:
    """The sheets of ``static`` in the theme's order, their addresses as seen from it."""
    return [
        _relocated(path.read_text(encoding="utf-8"), path.parent.relative_to(static))
        for pattern in SHEETS
        for path in sorted(static.glob(pattern))
    ]


def bundle(sheets: list[str], known: Vocabulary) -> str:
    """All ``sheets`` in one, purged."""
    css = "\n".join(sheets)
    for pattern, new in FOLDS:
        css = pattern.sub(new, css)
    return purge(css, known)


def _relocated(css: str, folder: Path) -> str:
    """Addresses in a sheet of ``folder`` as seen from the bundle beside it."""
    def moved(match: re.Match) -> str:
        address = match[1].strip("'\"")
        if address.startswith(("data:", "#")):
            return match[0]
        parts: list[str] = []
        for part in (folder / address).parts:
            if part == ".." and parts:
                parts.pop()
            else:
                parts.append(part)
        return f"url({'/'.join(parts)})"
    return re.sub(r"url\(([^)]+)\)", moved, css)


def purge(css: str, known: Vocabulary) -> str:
    """``css`` without rules, custom properties, faces and keyframes that none uses."""
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    text = "".join(_kept(rules, known))
    while (less := _without_idle(text, known.text)) != text:
        text = less
    return text


def _kept(rules: list, known: Vocabulary) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [s for s in _selectors(rule.prelude) if _possible(s, known)]
            if selectors:
                yield f"{','.join(selectors)}{{{_body(rule.content)}}}\n"
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
            inner = tinycss2.parse_rule_list(
                rule.content, skip_comments=True, skip_whitespace=True)
            if text := "".join(_kept(inner, known)):
                head = " ".join(tinycss2.serialize(rule.prelude).split())
                yield f"@{rule.at_keyword} {head}{{{text}}}\n"
        elif rule.type == "at-rule" and rule.lower_at_keyword != "charset":
            head = tinycss2.serialize(rule.prelude).strip()
            yield f"@{rule.at_keyword} {head}{{{_body(rule.content or [])}}}\n"


def _selectors(prelude: list) -> list[str]:
    """The selectors between the commas that stand in no bracket."""
    parts: list[list] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        elif token.type != "comment":
            parts[-1].append(token)
    return [" ".join(tinycss2.serialize(part).split()) for part in parts]


def _possible(selector: str, known: Vocabulary) -> bool:
    """Whether each name outside ``:not(...)`` and its like occurs in the site."""
    plain = PSEUDO.sub(" ", CALLS.sub(" ", selector)).replace("\\", "")
    return all(
        name in known.words if mark else name.lower() in known.elements
        for mark, name in MARK.findall(plain)
    )


def _body(content: list) -> str:
    """Declarations in short: no comments, one space where there was more."""
    tokens = [t for t in content if t.type != "comment"]
    text = " ".join(tinycss2.serialize(tokens).split())
    return re.sub(r"\s*([;{}])\s*|(?<=[\w-]):\s+", lambda m: m[1] or ":", text).strip(";")


RULE = re.compile(r"(@font-face|@keyframes [\w-]+)\s*\{((?:[^{}]|\{[^{}]*\})*)\}\n")


def _without_idle(css: str, elsewhere: str) -> str:
    """``css`` less properties, faces and animations that nothing asks for."""
    used = set(USED.findall(css)) | set(re.findall(r"--[\w-]+", elsewhere))
    idle = set(DECLARED.findall(css)) - used
    if idle:
        css = _without_declarations(css, idle)
    plain = RULE.sub("", css)

    def asked(match: re.Match) -> str:
        face = re.search(r"font-family:\s*[\"']?([^;\"'}]+)", match[2])
        name = face[1].strip() if face else match[1].split()[-1]
        wanted = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", plain + elsewhere)
        return match[0] if wanted else ""

    return RULE.sub(asked, css)


def _without_declarations(css: str, names: set[str]) -> str:
    """Cut ``--name: value`` at a semicolon outside brackets and quotes."""
    value = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\((?:[^()]|\([^()]*\))*\)|[^;{}"'()])*"""
    declaration = re.compile(rf"(?<=[{{;])\s*(--[\w-]+):{value};?")
    css = declaration.sub(lambda m: "" if m[1] in names else m[0], css)
    return re.sub(r"(?:^|(?<=\{))[^{};\n]*\{\}\n?", "", css, flags=re.M)
