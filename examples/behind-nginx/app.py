"""A page for signed-in users. The proxy has authenticated the request and names its user."""

import html
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Notes</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<h1>Hello, {name}</h1>
<p>Your user ID is {user}. <a href="/account">Your account</a></p>
<form method="post" action="/logout"><button>Sign out</button></form>
"""


class App(BaseHTTPRequestHandler):
    def do_GET(self):
        name = unquote(self.headers.get("Remote-Name", ""))
        user = self.headers.get("Remote-User", "")
        page = PAGE.format(name=html.escape(name), user=html.escape(user)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


# Clients must not reach the app without the proxy, so it listens on a loopback address.
address = os.environ.get("ADDRESS", "127.0.0.1")
ThreadingHTTPServer((address, 3000), App).serve_forever()
