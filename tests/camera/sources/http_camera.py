"""An HTTP camera as a separate process: http_camera.py FOLDER DIALECT PORT [USER PASSWORD]

FOLDER has the JPEGs, sent one after the other, 50 a second. `serving PORT` is printed once it listens.

Dialects:
plain     length and boundary as in the book
dashes    the boundary is announced with its dashes
unsized   no Content-Length
chunked   HTTP/1.1
short     ends after three pictures
empty     no pictures
newlines  without carriage returns
digest    instead of basic authentication
several   Negotiate, then both in one header
between   Negotiate, then basic authentication in the same header
unknown   Negotiate alone
redirect  to another path first
away      to another camera: the port is that of the path, as `/8080`
away-tls  the same, with https
tls       with a certificate that nobody knows
circle    from each path to the next
mixed     another kind of multipart
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import trustme
from PIL import Image

FOLDER, DIALECT, PORT, *CREDENTIALS = sys.argv[1:]
PICTURES = [path.read_bytes() for path in sorted(Path(FOLDER).iterdir())]
_out = io.BytesIO()
Image.radial_gradient("L").resize((83, 61)).save(_out, "PNG")
PNG = _out.getvalue()
PERIOD = 0.02
NONCE = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
ELSEWHERE = {
    "away": "http://127.0.0.1:{}/stream",
    "away-tls": "https://127.0.0.1:{}/stream",
    "circle": "/{}x",
}
BASIC, DIGEST = 'Basic realm="camera"', f'Digest realm="camera", nonce="{NONCE}"'
CHALLENGES = {
    "digest": [DIGEST],
    "several": [
        "Negotiate",
        f"{DIGEST.replace('Digest', 'Digest algorithm=SHA-512-256,')}, {BASIC}, {DIGEST}",
    ],
    "between": [f"Negotiate, NTLM, {BASIC}"],
    "unknown": ["Negotiate"],
}


class Camera(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1" if DIALECT == "chunked" else "HTTP/1.0"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if CREDENTIALS and not self.allowed():
            self.send_response(401)
            for challenge in CHALLENGES.get(DIALECT, [BASIC]):
                self.send_header("WWW-Authenticate", challenge)
            self.end_headers()
        elif DIALECT == "redirect" and path != "/moved":
            self.send_response(302)
            self.send_header("Location", "/moved")
            self.end_headers()
        elif DIALECT in ELSEWHERE:
            self.send_response(302)
            self.send_header("Location", ELSEWHERE[DIALECT].format(path[1:]))
            self.end_headers()
        elif path == "/picture.png":
            self.answer("image/png", PNG)
        elif path == "/broken.png":
            self.answer("image/png", PNG[:-30])
        elif path == "/page":
            self.answer("text/html", b"<html>")
        elif path == "/snapshot.jpg":
            self.answer("image/jpeg", PICTURES[int(time.time() * 100) % len(PICTURES)])
        elif path in ("/stream", "/moved"):
            self.stream()
        else:
            self.send_error(404)

    def answer(self, content_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self) -> None:
        self.send_response(200)
        announced = "--frame" if DIALECT == "dashes" else "frame"
        subtype = "mixed" if DIALECT == "mixed" else "x-mixed-replace"
        self.send_header("Content-Type", f"multipart/{subtype}; boundary={announced}")
        if DIALECT == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        number = 0
        try:
            while DIALECT != "empty" and not (DIALECT == "short" and number == 3):
                self.part(PICTURES[number % len(PICTURES)])
                number += 1
                time.sleep(PERIOD)
        except OSError:
            return

    def part(self, jpeg: bytes) -> None:
        length = "" if DIALECT == "unsized" else f"Content-Length: {len(jpeg)}\r\n"
        before, after = f"--frame\r\nContent-Type: image/jpeg\r\n{length}\r\n".encode(), b"\r\n"
        if DIALECT == "newlines":
            before, after = (text.replace(b"\r\n", b"\n") for text in (before, after))
        data = before + jpeg + after
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n" if DIALECT == "chunked" else data)

    def allowed(self) -> bool:
        given = self.headers.get("Authorization", "")
        user, password = CREDENTIALS
        if DIALECT not in ("digest", "several"):
            return given == "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        fields = dict(re.findall(r'(\w+)="?([^",]*)"?', given))
        first = hashlib.md5(f"{user}:camera:{password}".encode()).hexdigest()
        second = hashlib.md5(f"GET:{fields.get('uri')}".encode()).hexdigest()
        return fields.get("response") == hashlib.md5(f"{first}:{NONCE}:{second}".encode()).hexdigest()

    def log_message(self, *_: object) -> None:
        """Silent."""


server = ThreadingHTTPServer(("127.0.0.1", int(PORT)), Camera)
if DIALECT == "tls":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
print("serving", server.server_port, flush=True)
server.serve_forever()
