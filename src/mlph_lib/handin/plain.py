"""MyST to the Markdown of plain Jupyter: no directive, role or label stays visible.

Numbers of equations and figures, and the values of the cells, are not known yet: the
text carries marks such as ``⟦eq:eq-chain⟧`` in their place, which `filled` replaces.

The book writes one sentence a line. A line that refers to a place of the book which
is not handed in is left out; a parenthesis that holds nothing else loses itself only.
An equation from elsewhere is set below the paragraph that needs it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from mlph_lib.handin.citations import Citations
from mlph_lib.handin.index import Index
from mlph_lib.handin.sections import Piece

__all__ = ["Block", "Converter", "leftovers"]

ROLE = re.compile(r"\{([a-z][\w:-]*)\}(`+)(.+?)\2")
TITLED = re.compile(r"(.+?)\s*<([^<>]+)>$", re.S)
DIRECTIVE = re.compile(r"^\s*(`{3,}|:{3,})\{([\w:-]+)\}\s*(.*)$")
CODE = re.compile(r"^\s*(`{3,}|~{3,})")
HEADING = re.compile(r"^(#+) (.*)$")
OPTION = re.compile(r"^:([\w-]+):\s*(.*)$")
END = re.compile(r"[.:?!;)*|]\W*$|^\s*$")
PLACE = re.compile(r"\) \(((?:Table|Theorem|Section) [\d.]+) there\)")  # of a citation
LEAD_INS = {"note", "tip", "important", "warning", "caution", "hint", "seealso",
            "attention", "danger"}
WORDS = {"quoted", "term", "abbr", "guilabel"}
VISIBLE = re.compile(
    r"\{[a-z][\w:-]*\}`|^\s*(?:`{3,}|:{3,})\{|^\([\w-]+\)=$|^:::|\$\$ *\([\w-]+\)$"
    r"|⟦|\{\{ *\w+ *\}\}|^% ", re.M,
)


@dataclass
class Block:
    """A stretch of plain Markdown; a caption goes with the figure above it."""

    text: str
    caption: bool = False


@dataclass
class Converter:
    """Turns the text of one answer; the counts run over all of them.

    Attributes:
        index: the labels of the book.
        citations: its bibliography.
        here: the labels of what is handed in, equations, theorems and figures.
        tasks: the tasks that are handed in.
        macros: commands of TeX that are written out, since plain Jupyter has none.
        page: where the text is from, for what is refused.
        shift: by how much headings sink.
    """

    index: Index
    citations: Citations
    here: set[str]
    tasks: set[str]
    macros: dict[str, str]
    page: Path
    shift: int = 0
    pulled: list[str] = field(default_factory=list)

    def blocks(self, piece: Piece) -> list[Block]:
        """The plain text of a piece, each caption apart.

        Raises:
            ValueError: at a directive or role that plain Jupyter has no words for.
        """
        self.line = piece.line
        blocks = [Block("")]
        self._run(piece.text.split("\n"), blocks)
        return [Block(_tidy(b.text), b.caption) for b in blocks if b.text.strip()]

    def _run(self, lines: list[str], blocks: list[Block]) -> None:
        rest = list(lines)
        while rest:
            line = rest.pop(0)
            self.line += 1
            directive, code = DIRECTIVE.match(line), CODE.match(line)
            if directive:
                body = self._body(rest, directive[1])
                self._directive(directive[2], directive[3].strip(), body, blocks)
            elif code:
                body = self._body(rest, code[1])
                blocks[-1].text += "\n".join([line, *body, code[0]]) + "\n"
            elif line.startswith("$$"):
                self._formula(line, rest, blocks)
            else:
                blocks[-1].text += self._prose(line, blocks)
            if not rest or not rest[0].strip():
                self._pull(blocks)

    def _body(self, rest: list[str], fence: str) -> list[str]:
        body = []
        while rest:
            line = rest.pop(0)
            if line.strip() == fence:
                return body
            body.append(line)
        raise self._refusal(f"a block that begins with {fence} does not end")

    def _directive(self, name: str, title: str, body: list[str], blocks) -> None:
        options = {}
        while body and (option := OPTION.match(body[0])):
            options[option[1]] = option[2]
            body.pop(0)
        if name == "index":  # words for the index of the printed book
            return
        if name == "glue:figure":
            caption = Block("", caption=True)
            blocks += [caption, Block("")]
            inner = [Block(f"**⟦fig:{options.get('name', title)}⟧.** ")]
            self._run([b for b in body if b.strip()], inner)
            caption.text = inner[0].text
            return
        if name == "math":
            label = options.get("label")
            self._display("\n".join(body), label, blocks)
            return
        lead, end = self._lead(name, title)
        if name == "table" and "name" in options:
            lead = f"**⟦tab:{options['name']}⟧.** {self._inline(title)}"
        blocks[-1].text += f"\n{lead}\n\n" if lead else "\n"
        self._run(body, blocks)
        blocks[-1].text = blocks[-1].text.rstrip("\n") + f"{end}\n\n"

    def _lead(self, name: str, title: str) -> tuple[str, str]:
        """The bold words before, and the sign after, a box of the book."""
        shown = self._inline(title)
        if name == "prf:proof":
            return "*Proof.*", " $\\square$"
        if name.startswith("prf:"):
            word = name.removeprefix("prf:").capitalize()
            return (f"**{word} ({shown}).**" if shown else f"**{word}.**"), ""
        if name in LEAD_INS:
            return f"**{name.replace('seealso', 'see also').capitalize()}.**", ""
        if name in ("admonition", "dropdown", "table"):
            return (f"**{shown.rstrip('.')}.**" if shown else ""), ""
        if name in ("margin", "sidebar"):
            return (f"**{shown}.**" if shown else "**Aside.**"), ""
        raise self._refusal(f"the directive {{{name}}} has no form in plain Jupyter")

    def _formula(self, line: str, rest: list[str], blocks: list[Block]) -> None:
        body, tail = [], line[2:]
        while "$$" not in tail:
            body.append(tail)
            if not rest:
                raise self._refusal("a formula that begins with $$ does not end")
            tail = rest.pop(0)
        last, _, label = tail.partition("$$")
        label = label.strip().strip("()") or None
        self._display("\n".join([*body, last]), label, blocks)

    def _display(self, tex: str, label: str | None, blocks: list[Block]) -> None:
        tag = f" \\tag{{⟦tag:{label}⟧}}" if label else ""
        blocks[-1].text += f"$$\n{self._tex(tex.strip())}{tag}\n$$\n"

    def _pull(self, blocks: list[Block]) -> None:
        """Equations from elsewhere, below the paragraph that refers to them."""
        for label in self.pulled:
            blocks[-1].text = blocks[-1].text.rstrip("\n") + "\n"
            blocks[-1].text += f"\nHere equation (⟦eq:{label}⟧) is\n\n"
            self._display(self.index.equations[label], label, blocks)
            self.here.add(label)
        self.pulled = []

    def _prose(self, line: str, blocks: list[Block]) -> str:
        heading = HEADING.match(line)
        if heading:
            marks = "#" * (len(heading[1]) + self.shift)
            return f"{marks} {self._inline(heading[2])}\n"
        if line.startswith("% ") or re.fullmatch(r"\([\w-]+\)=", line):
            return ""
        line = self._lone_parentheses(line)
        table = line.lstrip().startswith("|")
        if not table and any(self._leads_away(m[1], m[3]) for m in ROLE.finditer(line)):
            above = blocks[-1].text.rsplit("\n", 2)[-2:][0] if blocks[-1].text else ""
            if not END.search(line) or not END.search(above):
                raise self._refusal(
                    "a sentence that leads out of the hand-in spans lines: write one "
                    "sentence a line, or mark the paragraph with '% hand-in: no'"
                )
            return ""
        return self._inline(line) + "\n"

    def _lone_parentheses(self, line: str) -> str:
        for role in list(ROLE.finditer(line)):
            if self._leads_away(role[1], role[3]):
                line = re.sub(rf" *\((?:see )?{re.escape(role[0])}\)", "", line)
        return line

    def _leads_away(self, role: str, content: str) -> bool:
        """Whether a reference leads to a place that is not handed in."""
        title, label = self._split(content)
        if role == "numref":
            return label not in self.here
        if role != "ref" or label.removeprefix("answer-") in self.tasks:
            return False
        if label in self.here:
            return False
        target = self.index.targets.get(label)
        return not (title and target and target.kind == "chapter")

    @staticmethod
    def _split(content: str) -> tuple[str, str]:
        titled = TITLED.fullmatch(content)
        return (titled[1], titled[2]) if titled else ("", content)

    def _inline(self, line: str) -> str:
        """The roles of a line as text, the book's commands of TeX written out."""
        told = ROLE.sub(lambda m: self._role(m[1], m[3]), _cited_once(line))
        return self._tex(PLACE.sub(r", \1)", told))

    def _tex(self, text: str) -> str:
        for command, meaning in self.macros.items():
            pattern = re.escape(command) + r"(?![A-Za-z])"
            text = re.sub(pattern, lambda _, meaning=meaning: meaning, text)
        return text

    def _role(self, role: str, content: str) -> str:
        title, label = self._split(content)
        if role == "glue:text":
            return f"⟦n:{content}⟧"
        if role == "eq":
            if label not in self.here and label not in self.pulled:
                if label not in self.index.equations:
                    raise self._refusal(f"no equation has the label {label}")
                self.pulled.append(label)
            return f"(⟦eq:{label}⟧)"
        if role == "numref":
            return f"⟦fig:{label}⟧"
        if role in ("ref", "prf:ref"):
            return self._reference(title, label)
        if role in ("cite:t", "cite:p", "cite"):
            return self.citations.cite(content, textual=role == "cite:t")
        if role.startswith("py:") or role in ("code", "kbd", "file"):
            return f"`{title or label.lstrip('~').rpartition('.')[2]}`"
        if role == "math":
            return f"${content}$"
        if role in WORDS:
            return title or content
        raise self._refusal(f"the role {{{role}}} has no form in plain Jupyter")

    def _reference(self, title: str, label: str) -> str:
        task = label.removeprefix("answer-")
        if title or task in self.tasks:
            return title or task
        target = self.index.targets.get(label)
        if target is None:
            raise self._refusal(f"nothing in the book has the label {label}")
        kind = target.kind.removeprefix("prf:")
        quoted = f"*{self._inline(target.title)}*"
        if kind in ("chapter", "section"):
            return quoted
        return f"{kind} {quoted}" + ("" if label in self.here else " of the book")

    def _refusal(self, words: str) -> ValueError:
        return ValueError(f"{self.page}, near line {self.line}: {words}")


def _cited_once(line: str) -> str:
    """A line, which is a sentence or a row of a table, without a citation's repeats.

    Example:
        >>> _cited_once("1 {cite:p}`a`, 2 {cite:p}`a` and 3 {cite:p}`b`.")
        '1 {cite:p}`a`, 2 and 3 {cite:p}`b`.'
    """
    seen: set[str] = set()

    def told(found: re.Match) -> str:
        known = found[1] in seen
        seen.add(found[1])
        return "" if known else found[0]

    line = re.sub(r"\{cite:t\}`([^`]+)`", lambda m: seen.add(m[1]) or m[0], line)
    return re.sub(r" *\{cite:p\}`([^`]+)`", told, line)


def _tidy(text: str) -> str:
    """One blank line between blocks; code keeps its own."""
    parts = re.split(r"(^```.*?^```$)", text.strip("\n"), flags=re.M | re.S)
    return "".join(p if i % 2 else re.sub(r"\n{3,}", "\n\n", p)
                   for i, p in enumerate(parts))


def leftovers(text: str) -> list[str]:
    """What of MyST would still be visible in plain Jupyter.

    Example:
        >>> leftovers("see {ref}`quantile`, $x$"), leftovers("see 3a, $x$")
        (['{ref}`'], [])
    """
    return [found[0] for found in VISIBLE.finditer(text)]
