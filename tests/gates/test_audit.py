"""The table of Lighthouse's figures, from a report recorded on a page of the book."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from tools import audit
from tools.scores import Figures, Row, below, figures, middle, objections, table, write

REPORT = json.loads((Path(__file__).parent / "lighthouse.json").read_text("utf-8"))
SOUND = Figures(97, 100, 100, 100, 99.004, 0, 1500)


def changed(*path: str, to) -> dict:
    """The report with one value changed."""
    report = copy.deepcopy(REPORT)
    at = report
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = to
    return report


def row(**other) -> Row:
    return Row("flows/quantile.html", "mobile", 5, SOUND, 0, [])._replace(**other)


def test_figures_are_read_from_a_report():
    assert figures(REPORT) == Figures(67, 100, 100, 100, 99.004, 0, 161)
    assert objections(REPORT) == []


def test_what_lowers_a_score_is_named_but_not_what_does_not_apply():
    pale = ("audits", "color-contrast", "score")
    assert objections(changed(*pale, to=0)) == ["color-contrast"]
    assert objections(changed(*pale, to=None)) == []


def test_a_run_that_failed_is_an_error():
    with pytest.raises(ValueError, match="failed on http.*: no paint"):
        figures({**REPORT, "runtimeError": {"message": "no paint"}})
    with pytest.raises(ValueError, match="no score for performance: run it again"):
        figures(changed("categories", "performance", "score", to=None))


def test_each_figure_has_its_own_median():
    runs = [SOUND._replace(performance=p, shift=s) for p, s in ((90, 0.3), (80, 0.1), (99, 0.2))]
    assert middle(runs) == SOUND._replace(performance=90, shift=0.2)


def test_the_table_has_a_line_a_row_and_names_what_was_objected_to():
    rows = [row(), row(device="desktop", axe=2, runs=1, objections=["color-contrast"])]
    lines = table(rows).splitlines()
    cells = "flows/quantile.html | mobile | 97 | 100 | 100 | 100 | 99 | 0.000 | 0 | 1500"
    assert lines[2] == f"| {cells} |"
    assert len({line.count("|") for line in lines[:4]}) == 1
    assert lines[5].startswith("Medians of 1 run and 5 runs for each page and device.")
    assert lines[-1] == "- flows/quantile.html, desktop: color-contrast"


def test_a_slow_machine_is_no_fault_of_a_page_but_a_lost_point_is():
    assert not below(row(figures=SOUND._replace(performance=40)))
    assert below(row(figures=SOUND._replace(seo=99)))
    assert below(row(axe=1))


def test_both_forms_are_written_and_nothing_else(tmp_path):
    write([row()], tmp_path / "audit")
    assert {path.name for path in (tmp_path / "audit").iterdir()} == {"audit.md", "audit.json"}
    (kept,) = json.loads((tmp_path / "audit" / "audit.json").read_text())
    assert kept["figures"]["kilobytes"] == 99.004 and kept["page"] == "flows/quantile.html"


@pytest.fixture
def site(tmp_path):
    (tmp_path / "index.html").write_text("<title>A page</title>")
    return tmp_path


def told(capsys, *arguments) -> str:
    assert audit.main([*map(str, arguments), "--out", str(arguments[0] / "audit")]) == 2
    return capsys.readouterr().err


def test_a_missing_site_or_page_is_an_error_that_helps(capsys, site):
    assert "run `make book` first" in told(capsys, site / "none")
    assert "no page flows.html" in told(capsys, site, "flows")


def test_a_missing_browser_is_an_error_that_helps(capsys, site, monkeypatch):
    monkeypatch.setenv("MLPH_CHROMIUM", "no-such-browser")
    assert "set MLPH_CHROMIUM" in told(capsys, site)


def test_a_missing_npm_is_an_error_that_helps(capsys, site, monkeypatch):
    monkeypatch.setattr(audit.chromium, "find_chromium", lambda: "chromium")
    monkeypatch.setattr(audit, "NPM", site / "npm-cli.js")
    assert "no npm at " in told(capsys, site)


def test_what_npm_says_when_it_fails_is_told_and_half_a_fetch_is_not_used(
    capsys, site, monkeypatch
):
    monkeypatch.setattr(audit.chromium, "find_chromium", lambda: "chromium")
    npm = site / "npm-cli.js"
    npm.write_text("console.error('no network'); process.exit(1)")
    monkeypatch.setattr(audit, "NPM", npm)
    for _ in range(2):
        assert "needs a package registry:\nno network" in told(capsys, site)
