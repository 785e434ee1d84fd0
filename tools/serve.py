"""Serve a folder on localhost and open it in the browser; Ctrl-C stops it.

Text goes out compressed. What names its digest (``site.css?v=...``) is kept for a
year; all else is asked for again each time, and answered "not modified" if it is not.
"""

from __future__ import annotations

import gzip
import io
import sys
import webbrowser
from functools import lru_cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

__all__ = ["Site"]

TEXT = (".css", ".html", ".ipynb", ".js", ".json", ".md", ".svg", ".txt", ".xml")


@lru_cache(maxsize=256)
def compressed(path: Path, stamp: int) -> bytes:
    """The file in gzip; ``stamp`` is its time of change, so that an edit is seen."""
    return gzip.compress(path.read_bytes(), mtime=0)


class Site(SimpleHTTPRequestHandler):
    """Static files as a good host serves them: compressed, with a time to keep."""

    protocol_version = "HTTP/1.1"

    def send_head(self):
        path = Path(self.translate_path(self.path))
        if self.path.split("?")[0].endswith("/"):
            path /= "index.html"
        asked = self.headers.get("Accept-Encoding", "")
        fresh = "If-Modified-Since" in self.headers
        if "gzip" not in asked or path.suffix not in TEXT or fresh or not path.is_file():
            return super().send_head()
        data = compressed(path, path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", f"{self.guess_type(str(path))}; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Last-Modified", self.date_time_string(path.stat().st_mtime))
        self.end_headers()
        return io.BytesIO(data)

    def end_headers(self) -> None:
        kept = "?v=" in self.path
        life = "public, max-age=31536000, immutable" if kept else "no-cache"
        self.send_header("Cache-Control", life)
        self.send_header("Vary", "Accept-Encoding")
        super().end_headers()


def main(folder: str) -> None:
    handler = partial(Site, directory=folder)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", 8000), handler)
    except OSError:  # the port is taken: any free one will do
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    address = f"http://127.0.0.1:{server.server_port}/"
    print(f"the book is at {address} (Ctrl-C stops)")
    webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main(sys.argv[1])
