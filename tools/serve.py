"""Serve a folder on localhost and open it in the browser; Ctrl-C stops it."""

import sys
import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

handler = partial(SimpleHTTPRequestHandler, directory=sys.argv[1])
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
