"""One folder and one zip: everything is made aside and moved there when it is whole."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat

from mlph_lib.handin import pdf
from mlph_lib.handin.draft import EXERCISES, Cell, draft, tools_cell
from mlph_lib.handin.fonts import font_for
from mlph_lib.handin.latex import settings
from mlph_lib.handin.names import folder_name, in_markdown, parse_names
from mlph_lib.handin.notebook import executed
from mlph_lib.handin.sections import TASKS, Section, find_sections
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
    facts = _facts(root, group, day, sections)
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
    pdf.need_xelatex()


def _facts(
    root: Path, names: tuple[str, str], day: datetime.date, sections: list[Section]
) -> dict:
    """What the manifest, the title page and the first cell say."""
    samples, answered = os.environ["SAMPLES"], {s.task for s in sections}
    return {
        "course": "Machine Learning and Physics",
        "sheet": 9,
        "names": list(names),
        "date": day.isoformat(),
        "commit": _git(root, "rev-parse", "HEAD") or "not recorded",
        "uncommitted_changes": bool(
            _git(root, "status", "--porcelain", "--untracked-files=no")
        ),
        "samples": _sha256(Path(samples)) if samples else "own draws from p(x) = x/2",
        "answers": {s.task: f"{s.page.relative_to(root).as_posix()}" for s in sections},
        "not_answered": [task for task in TASKS if task not in answered],
    }


def _git(root: Path, *command: str) -> str:
    asked = subprocess.run(["git", "-C", root, *command], capture_output=True, text=True)
    return asked.stdout.strip()


def _build(root, sections, facts, course, folder: Path, say: Say) -> None:
    names = tuple(facts["names"])
    for task in facts["not_answered"]:
        say(f"no page of the book answers {task}: the hand-in goes without it")
    say(f"[1/3] {len(sections)} answers from the book's pages")
    title = Cell("text", _first_cell(facts, sections))
    cells = [title, tools_cell(), *draft(root, sections)]
    with tempfile.TemporaryDirectory() as work:
        say("[2/3] the notebook: its cells run")
        notebook = executed(cells, Path(work), names, lambda text: say(f"      {text}"))
        nbformat.write(notebook, folder / "sheet09.ipynb")
        if course is not None:
            nbformat.write(filled(course, notebook), folder / "sheet09-skeleton.ipynb")
        say("[3/3] the PDF: XeLaTeX runs")
        day = datetime.date.fromisoformat(facts["date"])
        look = settings(root, names, _long(day), _tex_note(facts))
        stamp = int(datetime.datetime(*day.timetuple()[:3], tzinfo=datetime.UTC).timestamp())
        made = pdf.make_pdf(notebook, look, Path(work, "print"), stamp)
        (folder / "sheet09.pdf").write_bytes(made.read_bytes())
    files = {f.name: _sha256(f) for f in sorted(folder.iterdir())}
    manifest = json.dumps(facts | {"files": files}, indent=2, ensure_ascii=False)
    (folder / "manifest.json").write_text(manifest + "\n", encoding="utf-8")


def _long(day: datetime.date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def _first_cell(facts: dict, sections: list[Section]) -> str:
    rows = "\n".join(
        f"| {s.task} | {EXERCISES[s.task[0]]} | {s.points}{' (bonus)' * s.bonus} |"
        for s in sections
    )
    return (
        "# Machine Learning and Physics, sheet 9\n\n"
        f"**{'** and **'.join(map(in_markdown, facts['names']))}**, "
        f"{_long(datetime.date.fromisoformat(facts['date']))}\n\n"
        f"{' '.join(_note(facts))}\n\n"
        "To run it again, open it in the environment of the book (`make lab`); "
        "`SAMPLES=path/to/samples_1d.npy` names the course's samples.\n\n"
        f"| Task | Exercise | Points |\n|:--|:--|:--|\n{rows}"
    )


def _note(facts: dict) -> list[str]:
    """What a reader must know of the whole, in sentences."""
    commit = facts["commit"][:12] + (", changed" if facts["uncommitted_changes"] else "")
    ran = (
        "on own draws from the same law, since the course's file was not given"
        if facts["samples"].startswith("own") else "on the course's samples"
    )
    told = [
        "Each solution is the answer section of our executable book *One Uniform "
        f"Number* (commit {commit}), with the code that it runs.",
        "`mlph_lib` is the book's library; its functions are printed where they are "
        "first used.",
        f"3b was run {ran}.",
    ]
    missing = facts["not_answered"]
    return [*told, f"Not answered: {', '.join(missing)}."] if missing else told


def _tex_note(facts: dict) -> str:
    """The note in print, where the functions stand at the end."""
    text = " ".join(_note(facts)).replace("where they are first used", "at the end")
    return (
        text.replace("*One Uniform Number*", r"\emph{One Uniform Number}")
        .replace("`mlph_lib`", r"\texttt{mlph\_lib}")
    )


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


def _sha256(file: Path) -> str:
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
