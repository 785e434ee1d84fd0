"""Figures of Lighthouse and axe, page by page, in one table."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import NamedTuple

__all__ = ["Figures", "Row", "below", "figures", "middle", "objections", "table", "write"]

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
HEAD = ("Page", "Device", "Performance", "Accessibility", "Best practices", "SEO", "kB",
        "CLS", "axe", "Speed")


class Figures(NamedTuple):
    """What one run of Lighthouse measured; scores of 100, bytes in 1000."""

    performance: float
    accessibility: float
    best_practices: float
    seo: float
    kilobytes: float
    shift: float
    speed: float  # Lighthouse's benchmark of the machine, during the run


class Row(NamedTuple):
    """One page on one device: medians over its runs, and what was objected to."""

    page: str
    device: str
    runs: int
    figures: Figures
    axe: int
    objections: list[str]


def figures(report: dict) -> Figures:
    """The figures of one report in Lighthouse's JSON.

    Raises:
        ValueError: for a run that failed, or a score that it could not give.
    """
    if error := report.get("runtimeError"):
        raise ValueError(f"Lighthouse failed on {report['requestedUrl']}: {error['message']}")
    scores = [report["categories"][name]["score"] for name in CATEGORIES]
    if None in scores:
        raise ValueError(f"Lighthouse gave {report['requestedUrl']} no score for "
                         f"{CATEGORIES[scores.index(None)]}: run it again")
    measured = {name: audit.get("numericValue") for name, audit in report["audits"].items()}
    return Figures(*(round(100 * score) for score in scores),
                   measured["total-byte-weight"] / 1000,
                   measured["cumulative-layout-shift"],
                   report["environment"]["benchmarkIndex"])


def middle(runs: list[Figures]) -> Figures:
    """The median of each figure."""
    return Figures(*(median(figure) for figure in zip(*runs, strict=True)))


def objections(report: dict) -> list[str]:
    """Names of the audits that keep a category below 100, performance left out."""
    refs = [ref for name in CATEGORIES[1:] for ref in report["categories"][name]["auditRefs"]]
    scores = {ref["id"]: report["audits"][ref["id"]]["score"] for ref in refs if ref["weight"]}
    return sorted(name for name, score in scores.items() if score is not None and score < 1)


def below(row: Row) -> bool:
    """Whether something is amiss that no slow machine explains."""
    return min(row.figures[1:4]) < 100 or row.axe > 0


def table(rows: list[Row]) -> str:
    """The rows in Markdown, with what was objected to below."""
    lines = [HEAD, ["---"] * 2 + ["--:"] * (len(HEAD) - 2), *map(_cells, rows)]
    text = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    told = [f"- {row.page}, {row.device}: {', '.join(row.objections)}"
            for row in rows if row.objections]
    note = ("Medians of {} for each page and device. Speed is Lighthouse's benchmark of the "
            "machine: below 1000 it lowers the performance that is measured.")
    runs = sorted({row.runs for row in rows})
    return "\n".join([text, "", note.format(_count(runs)), *([""] if told else []), *told, ""])


def _count(runs: list[int]) -> str:
    return " and ".join(f"{n} run{'s' if n > 1 else ''}" for n in runs)


def _cells(row: Row) -> list[str]:
    *scores, kilobytes, shift, speed = row.figures
    return [row.page, row.device, *(f"{score:g}" for score in scores),
            f"{kilobytes:.0f}", f"{shift:.3f}", str(row.axe), f"{speed:.0f}"]


def write(rows: list[Row], folder: Path) -> None:
    """The table as ``audit.md`` and ``audit.json``, each whole or not at all."""
    plain = [{**row._asdict(), "figures": row.figures._asdict()} for row in rows]
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("audit.md", table(rows)), ("audit.json", json.dumps(plain, indent=1))):
        part = folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)
