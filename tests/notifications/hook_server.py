"""An HTTP server that keeps what it is told, and can be told to misbehave."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Told:
    path: str
    headers: dict[str, str]
    body: bytes


def _three(answer) -> tuple:
    """Status, headers and body of an answer that may name fewer."""
    given = answer if isinstance(answer, tuple) else (answer,)
    return (*given, *((200, {}, b"")[len(given) :]))


class HookServer:
    """On a free port of loopback. ``answers`` are given in turn, the last for ever: a status, or (status,
    headers) or (status, headers, body). ``delay`` waits first; ``drip`` sends a byte at a time."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.answers: list = [200]
        self.delay = 0.0
        self.drip = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the library's name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.told.append(Told(self.path, dict(self.headers), body))
                time.sleep(outer.delay)
                answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                status, headers, said = _three(answer)
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    if outer.drip:
                        for byte in said:
                            self.wfile.write(bytes([byte]))
                            time.sleep(outer.drip)
                    else:
                        self.wfile.write(said)
                except OSError:
                    pass  # nobody listens any more

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?x=1"

    def __enter__(self) -> HookServer:
        self.thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
