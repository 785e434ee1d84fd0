"""The website: nothing from another host, no script that a reader can do without."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

from sphinx.application import Sphinx

__all__ = ["polish", "setup"]

TEMPLATES = Path(__file__).parent / "templates"
UNUSED = ("thebe", "require.min", "embed-amd", "html-manager")

# What the theme writes into each page and no option turns off.
REPAIRS = (
    # 1.5 MB of script for icons that the web font draws as well
    (re.compile(r'<(script|link)[^>]*fontawesome\.js[^>]*>(</script>)?\s*'), ""),
    # thebe would ask another host for its code
    (re.compile(r'<script type="text/x-thebe-config">.*?</script>\s*', re.S), ""),
    (re.compile(r"<script>\s*const THEBE_JS_URL.*?</script>\s*", re.S), ""),
    (re.compile(r'<link[^>]*sphinx-thebe\.css[^>]*>\s*'), ""),
    # the name of the book stood outside every landmark
    (re.compile(r'<div class="sidebar-primary-item">(?=\s*<a class="navbar-brand)'),
     '<div class="sidebar-primary-item" role="navigation" aria-label="Home">'),
    # a first build has no digest of these, a later one has: leave it out of both
    (re.compile(r'((?:mystnb\.\w+|proof|exercise)\.css)\?v=\w+'), r"\1"),
    # roles that are deprecated, or not allowed where Sphinx puts them
    (re.compile(r' role="(doc-biblioentry|list)"(?=[^>]*>)'), ""),
)


def polish(text: str) -> str:
    """A written page with the theme's flaws mended."""
    for pattern, new in REPAIRS:
        text = pattern.sub(new, text)
    return text


def _polish_all(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        better = polish(text)
        if better != text:
            page.write_text(better, encoding="utf-8")


def _trim(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Drop scripts for widgets and thebe; tell the templates what exists."""
    scripts = context.get("script_files", [])
    context["script_files"] = [
        s for s in scripts if not any(w in str(getattr(s, "filename", s)) for w in UNUSED)
    ]
    context["default_mode"] = "auto"
    context["notebook_pages"] = {
        name for name, data in app.env.metadata.items() if "kernelspec" in data
    }


def repository_url(root: Path) -> str:
    """The address of the remote ``origin`` as a web page, or nothing."""
    asked = subprocess.run(["git", "-C", root, "remote", "get-url", "origin"],
                           capture_output=True, text=True)
    url = asked.stdout.strip()
    match = re.fullmatch(r"(?:https://|ssh://)?(?:git@)?([\w.-]+)[:/](.+?)(?:\.git)?/?", url)
    if not match or "." not in match[1]:
        return ""
    return f"https://{match[1]}/{match[2]}"


def _link_repository(app: Sphinx, config) -> None:
    url = repository_url(Path(config.mlph_root))
    if url:
        config.html_theme_options["repository_url"] = url
        config.html_theme_options["use_repository_button"] = True


def _own_templates(app: Sphinx, config) -> None:
    """Add ours, and make all paths relative: they enter a digest that two
    checkouts must share."""
    config.templates_path = [*config.templates_path, str(TEMPLATES)]
    for name in ("templates_path", "html_static_path"):
        config[name] = [
            os.path.relpath(Path(app.confdir, path), app.confdir)
            for path in config[name]
        ]


def prune(index: str) -> str:
    """The search index without words that no page has any more.

    Sphinx leaves them behind, so a second build would differ from a first one.
    """
    head, data = index[: index.index("{")], index[index.index("{") : -1]
    tables = json.loads(data)
    for name in ("terms", "titleterms"):
        tables[name] = {word: at for word, at in tables[name].items() if at != []}
    return head + json.dumps(tables, sort_keys=True, separators=(",", ":")) + ")"


def _prune_search(app: Sphinx, error: Exception | None) -> None:
    path = Path(app.outdir) / "searchindex.js"
    if not error and app.builder.name == "html" and path.is_file():
        path.write_text(prune(path.read_text(encoding="utf-8")), encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("config-inited", _own_templates, priority=999)
    app.connect("build-finished", _prune_search)
    app.connect("config-inited", _link_repository)
    app.connect("html-page-context", _trim, priority=990)
    app.connect("build-finished", _polish_all)
