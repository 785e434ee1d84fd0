"""The website: nothing from another host, no script that a reader can do without."""

from __future__ import annotations

from sphinx.application import Sphinx

__all__ = ["setup"]

UNUSED = ("thebe", "fontawesome", "require.min", "embed-amd", "html-manager")


def _trim(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Drop thebe (asks another host), widgets and the 1.5 MB icon script."""
    scripts = context.get("script_files", [])
    context["script_files"] = [
        s for s in scripts if not any(w in str(getattr(s, "filename", s)) for w in UNUSED)
    ]
    context["default_mode"] = "auto"


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", _trim, priority=990)
