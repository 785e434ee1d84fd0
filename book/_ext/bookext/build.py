"""Build the book: ``python -m bookext.build html|latex``; strict, parallel, timed."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

EXTENSION = Path(__file__).resolve().parents[1]
STEADY = {"PYTHONHASHSEED": "0", "TZ": "UTC", "SOURCE_DATE_EPOCH": "1704067200",
          "FORCE_SOURCE_DATE": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
          "OPENBLAS_NUM_THREADS": "1", "JUPYTER_PLATFORM_DIRS": "1",
          "PYDEVD_DISABLE_FILE_VALIDATION": "1",
          # no page asks a model hub; a progress bar on stderr, or the
          # missing widget for one, would stop the build
          "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
          "TRANSFORMERS_VERBOSITY": "error",
          "PYTHONWARNINGS": "ignore:IProgress not found"}


def build(root: Path, builder: str, jobs: int = 1) -> int:
    """Build ``root``'s book into ``root/_build/<builder>``; 0 when nothing is amiss."""
    # two seconds of grammars for a check of addresses that no schema here asks for
    sys.modules.setdefault("rfc3987_syntax", None)
    from jupyter_book.sphinx import build_sphinx

    out = root / "_build"
    overrides = {
        "latex_individualpages": False,
        "external_toc_path": str(root / "_toc.yml"),
        "nb_execution_cache_path": str(out / ".jupyter_cache"),
        "mlph_root": str(root),
        "mlph_build": str(out),
    }
    result = build_sphinx(
        root / "book", out / builder, path_config=root / "_config.yml", noconfig=True,
        confoverrides=overrides, doctreedir=out / ".doctrees", builder=builder,
        warningiserror=True, keep_going=True, jobs=jobs,
    )
    if isinstance(result, Exception):
        print(f"\nthe build stopped: {result}", file=sys.stderr)
        return 1
    return result


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bookext.build", description=__doc__)
    parser.add_argument("builder", choices=("html", "latex"))
    parser.add_argument("--root", type=Path, default=EXTENSION.parents[1])
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Run a build under a steady environment, so that equal inputs give equal bytes."""
    if any(os.environ.get(name) != value for name, value in STEADY.items()):
        os.environ.update(STEADY)  # the hash seed counts only at the start
        os.execv(sys.executable, [sys.executable, "-m", "bookext.build", *argv])
    ask = _arguments(argv)
    _quiet_kernels(ask.root.resolve())
    for name in ("SAMPLES", "LLAMA"):  # cells run in the folder of their page
        if os.environ.get(name):
            os.environ[name] = str(Path(os.environ[name]).resolve())
    started = time.monotonic()
    code = build(ask.root.resolve(), ask.builder, ask.jobs)
    if code == 0 and ask.builder == "html":
        site = ask.root.resolve() / "_build" / "html" / "index.html"
        print(f"\nbuilt in {time.monotonic() - started:.1f} s: {site}")
    return code


def _quiet_kernels(root: Path) -> None:
    """Kernels of our own: no start-up files of the reader's, no chatter about TCP."""
    profile = root / "_build" / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text(
        'c.IPKernelApp.log_level = "ERROR"\n'
        'c.HistoryManager.enabled = False\n'
    )
    os.environ["IPYTHONDIR"] = str(profile.parent)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
