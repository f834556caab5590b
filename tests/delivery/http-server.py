#!/usr/bin/python3
"""A web server that misbehaves on request, for tests of fetch: http-server.py FOLDER PORT-FILE [CERT KEY]

On 127.0.0.1, at a port that the system chooses and that is written to PORT-FILE. /HOW/NAME gives FOLDER/NAME in the way
that HOW names (see the functions below). What was asked for is printed, one line each: METHOD PATH RANGE IF-RANGE."""
import http.server
import os
import ssl
import sys
import threading
import time

folder, port_file = sys.argv[1:3]
seen = {}
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def times(self):
        """How often this path was asked for, this time included."""
        with lock:
            seen[self.path] = seen.get(self.path, 0) + 1
            return seen[self.path]

    def do_GET(self):
        print("GET", self.path, self.headers.get("Range", "-"), self.headers.get("If-Range", "-"), flush=True)
        self.close_connection = True
        how, _, name = self.path.lstrip("/").partition("/")
        try:
            with open(os.path.join(folder, os.path.basename(name)), "rb") as f:
                self.body = f.read()
        except OSError:
            return self.status(404)
        getattr(self, "how_" + how.replace("-", "_"), self.how_404)()

    def status(self, code, **headers):
        self.send_response(code)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send(self, body, length=None, code=200, etag='"one"', **headers):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        if etag:
            self.send_header("ETag", etag)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        try:
            self.wfile.write(body)
            self.wfile.flush()
        except OSError:
            pass

    def asked_from(self):
        r = self.headers.get("Range", "")
        return int(r[6:-1]) if r.startswith("bytes=") and r.endswith("-") else None

    # --- the ways ---

    def how_ok(self):
        at = self.asked_from()
        if at is None or self.headers.get("If-Range", '"one"') != '"one"':
            return self.send(self.body)
        if at >= len(self.body):
            return self.status(416, Content_Range="bytes */%d" % len(self.body))
        self.send(self.body[at:], code=206, Content_Range="bytes %d-%d/%d" % (at, len(self.body) - 1, len(self.body)))

    def how_norange(self):
        self.send(self.body)

    def how_cut_once(self):
        """Half of it, and the line goes dead; afterwards well behaved."""
        if self.times() == 1:
            return self.send(self.body[:len(self.body) // 2], length=len(self.body))
        self.how_ok()

    def how_cut_norange(self):
        if self.times() == 1:
            return self.send(self.body[:len(self.body) // 2], length=len(self.body))
        self.send(self.body)

    def how_cut_always(self):
        self.send(self.body[:1000], length=len(self.body), etag=None)

    def how_changed(self):
        """The first half of one file; then another one has its name, as If-Range finds out."""
        if self.times() == 1:
            return self.send(bytes(len(self.body) // 2), length=len(self.body), etag='"old"')
        self.how_ok()

    def how_other_part(self):
        if self.times() == 1:
            return self.send(self.body[:len(self.body) // 2], length=len(self.body))
        if self.asked_from():
            return self.send(self.body[7:], code=206, Content_Range="bytes 7-%d/%d" % (len(self.body) - 1, len(self.body)))
        self.send(self.body)

    def how_stall(self):
        self.send(self.body[:len(self.body) // 2], length=len(self.body))
        time.sleep(20)

    def how_short(self):
        """Says that it is shorter than it is: the rest is never read."""
        self.send(self.body, length=len(self.body) - 100, etag=None)

    def how_long(self):
        self.send(self.body, length=len(self.body) + 100, etag=None)

    def how_endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(bytes(1 << 16))
        except OSError:
            pass

    def how_flip_middle(self):
        middle = len(self.body) // 2
        self.send(self.body[:middle] + bytes([self.body[middle] ^ 1]) + self.body[middle + 1:])

    def how_flip(self):
        self.send(self.body[:500] + bytes([self.body[500] ^ 1]) + self.body[501:])

    def how_empty(self):
        self.send(b"")

    def how_busy_once(self):
        if self.times() == 1:
            return self.status(503, Retry_After="1")
        self.how_ok()

    def how_500(self):
        self.status(500)

    def how_404(self):
        self.status(404)

    def how_403(self):
        self.status(403)

    def how_416(self):
        self.status(416)

    def how_redirect(self):
        self.status(302, Location="/ok/" + self.path.rpartition("/")[2])

    def how_loop(self):
        self.status(302, Location=self.path)

    def how_to_file(self):
        self.status(302, Location="file:///etc/passwd")

    def how_to_http(self):
        """TLS server only: leads to the plain one beside it, whose port is in the environment."""
        self.status(302, Location="http://127.0.0.1:%s/ok/%s" % (os.environ["PLAIN_PORT"], self.path.rpartition("/")[2]))

    def how_garbage(self):
        self.wfile.write(b"\x00\xffnot HTTP at all\r\n\r\n" * 10)

    def how_headers(self):
        """A header line of 2 MB."""
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"a" * (2 << 20) + b"\r\n\r\n")
        except OSError:
            pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(port_file + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
