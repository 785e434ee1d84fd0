"""The website: nothing from another host, no script that a reader can do without."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
from pathlib import Path

from sphinx.application import Sphinx

__all__ = ["polish", "prune", "repository_url", "setup"]

TEMPLATES = Path(__file__).parents[1] / "templates"

# What the theme writes into each page and no option turns off. Its scripts and
# stylesheets are none of this: bookext/site/finish.py replaces them all.
REPAIRS = (
    # thebe would ask another host for its code
    (re.compile(r'<script type="text/x-thebe-config">.*?</script>\s*', re.S), ""),
    # the name of the book stood outside every landmark
    (re.compile(r'<div class="sidebar-primary-item">(?=\s*<a class="navbar-brand)'),
     '<div class="sidebar-primary-item" role="navigation" aria-label="Home">'),
    # roles that are deprecated, or not allowed where Sphinx puts them
    (re.compile(r' role="(doc-biblioentry|list)"(?=[^>]*>)'), ""),
)


def polish(text: str) -> str:
    """A written page with the theme's flaws mended."""
    for pattern, new in REPAIRS:
        text = pattern.sub(new, text)
    return text


def _tell(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Tell the templates what exists."""
    context["default_mode"] = "auto"
    context["notebook_pages"] = {
        name for name, data in app.env.metadata.items() if "kernelspec" in data
    }
    if 'name="description"' not in context.get("metatags", ""):
        about = f"{context.get('title', '')}: {app.config.project}, an executable textbook."
        context["metatags"] = (
            f'{context.get("metatags", "")}\n'
            f'<meta name="description" content="{html.escape(about)}" />')


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
    app.connect("html-page-context", _tell, priority=990)
