"""An OAuth 2.0 token endpoint (RFC 6749, section 6)."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class TokenServer:
    """Gives ``token-1``, ``token-2``, … for the refresh token it knows; each is added to ``tokens``.

    ``answer`` (status, body) replaces the next answers. ``rotate`` gives a new refresh token each time.
    """

    def __init__(
        self, *, refresh_token: str = "refresh", rotate: bool = False, expires_in: int = 3600
    ) -> None:
        self.refresh_token = refresh_token
        self.rotate = rotate
        self.expires_in = expires_in
        self.answer: tuple[int, object] | None = None
        self.tokens: set[str] = set()
        self.requests: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                form = {
                    name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()
                }
                status, body = outer._respond(form)
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/token"

    def __enter__(self) -> TokenServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _respond(self, form: dict[str, str]) -> tuple[int, object]:
        self.requests.append(form)
        if self.answer is not None:
            return self.answer
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != self.refresh_token:
            return 400, {"error": "invalid_grant", "error_description": "Token has been revoked."}
        token = f"token-{len(self.requests)}"
        self.tokens.add(token)
        body = {"access_token": token, "expires_in": self.expires_in, "token_type": "Bearer"}
        if self.rotate:
            self.refresh_token = body["refresh_token"] = f"refresh-{len(self.requests)}"
        return 200, body
