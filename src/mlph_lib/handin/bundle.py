"""One folder and one zip: everything is made aside and moved there when it is whole."""

from __future__ import annotations

import calendar
import datetime
import json
import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat

from mlph_lib.handin import pdf
from mlph_lib.handin.draft import Cell, draft, tools_cell
from mlph_lib.handin.facts import (
    facts_of,
    first_cell,
    long_date,
    sha256,
    title_note,
)
from mlph_lib.handin.fonts import font_for
from mlph_lib.handin.latex import settings
from mlph_lib.handin.names import folder_name, parse_names
from mlph_lib.handin.notebook import executed
from mlph_lib.handin.sections import find_sections
from mlph_lib.handin.skeleton import filled, open_skeleton

__all__ = ["hand_in", "move_together", "write_zip"]

Say = Callable[[str], None]


def hand_in(
    root: Path,
    names: str,
    *,
    date: str = "",
    samples: str = "",
    skeleton: str = "",
    out: Path | None = None,
    say: Say = print,
) -> Path:
    """Make the hand-in of a group of two; return its zip.

    Args:
        root: the checkout of the book.
        names: "First Last; First Last".
        date: year-month-day on the title page; today's by default.
        samples: path of the course's samples for 3b; own draws by default.
        skeleton: path of the course's notebook, to be filled in as well.
        out: where the folder and the zip go, ``handin/`` by default.
        say: is told the progress.

    Raises:
        ValueError: if the names are not those of a group of two, or anything given
            or built is not as it should be; nothing is left behind then.
        FileNotFoundError: if a file that was named, or XeLaTeX, is not there.
    """
    group = parse_names(names)
    for name in group:
        font_for(name)
    day = _day(date)
    course = open_skeleton(Path(skeleton)) if skeleton else None
    _prepare(samples)
    sections = find_sections(root / "book")
    facts = facts_of(root, group, day, sections)
    out = out or root / "handin"
    out.mkdir(parents=True, exist_ok=True)
    stem = folder_name(group)
    with tempfile.TemporaryDirectory(prefix=".part-", dir=out) as aside:
        folder = Path(aside, stem)
        folder.mkdir()
        _build(root, sections, facts, course, folder, say)
        write_zip(folder, Path(aside, f"{stem}.zip"), day)
        move_together(Path(aside), out, [stem, f"{stem}.zip"])
    say(f"the hand-in: {out / stem}.zip")
    return out / f"{stem}.zip"


def _day(date: str) -> datetime.date:
    if not date:
        return datetime.date.today()
    try:
        day = datetime.date.fromisoformat(date)
    except ValueError:
        raise ValueError(f"expected a date such as 2024-12-20, got {date!r}") from None
    if day.year < 1980:
        raise ValueError(f"a zip has no dates before 1980, got {date}")
    return day


def _prepare(samples: str) -> None:
    """Refuse what would fail late; the cells read the samples' path from here."""
    if samples and not Path(samples).is_file():
        raise FileNotFoundError(f"expected the course's samples, found no file {samples}")
    os.environ["SAMPLES"] = str(Path(samples).resolve()) if samples else ""
    if os.environ.get("LLAMA"):  # the reader's own checkpoint, as for the book
        os.environ["LLAMA"] = str(Path(os.environ["LLAMA"]).resolve())
    pdf.need_xelatex()


def _build(root, sections, facts, course, folder: Path, say: Say) -> None:
    names = tuple(facts["names"])
    for task in facts["not_answered"]:
        say(f"no page of the book answers {task}: the hand-in goes without it")
    say(f"[1/3] {len(sections)} answers from the book's pages")
    title = Cell("text", first_cell(facts, sections))
    answers = draft(root, sections)
    cells = [title, tools_cell(answers), *answers]
    with tempfile.TemporaryDirectory() as work:
        say("[2/3] the notebook: its cells run")
        notebook = executed(cells, Path(work), names, lambda text: say(f"      {text}"))
        nbformat.write(notebook, folder / "sheet09.ipynb")
        if course is not None:
            nbformat.write(filled(course, notebook), folder / "sheet09-skeleton.ipynb")
        say("[3/3] the PDF: XeLaTeX runs")
        day = datetime.date.fromisoformat(facts["date"])
        look = settings(root, names, long_date(day), title_note(facts))
        stamp = calendar.timegm(day.timetuple())
        made = pdf.make_pdf(notebook, look, Path(work, "print"), stamp)
        (folder / "sheet09.pdf").write_bytes(made.read_bytes())
    files = {f.name: sha256(f) for f in sorted(folder.iterdir())}
    manifest = json.dumps(facts | {"files": files}, indent=2, ensure_ascii=False)
    (folder / "manifest.json").write_text(manifest + "\n", encoding="utf-8")


def write_zip(folder: Path, archive: Path, day: datetime.date) -> None:
    """The folder as a zip whose bytes depend on names, contents and the day alone."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for file in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(
                f"{folder.name}/{file.name}", (day.year, day.month, day.day, 0, 0, 0)
            )
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, file.read_bytes())


def move_together(aside: Path, out: Path, names: list[str]) -> None:
    """Move all from ``aside`` to ``out``, or none; what was there is replaced."""
    kept = aside / "before"
    kept.mkdir()
    moved: list[str] = []
    try:
        for name in names:
            if (out / name).exists():
                (out / name).rename(kept / name)
            moved.append(name)
            (aside / name).rename(out / name)
    except BaseException:
        for name in moved:
            if (kept / name).exists():
                if (out / name).exists():
                    (out / name).rename(aside / f"undone-{name}")
                (kept / name).rename(out / name)
            elif (out / name).exists():
                (out / name).rename(aside / f"undone-{name}")
        raise
