"""A site of somebody else's: a page or two with a chat's script tag, on a port of its own."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self

PAGE = """<!doctype html><html lang="ru"><meta charset="utf-8"><link rel="icon" href="data:,">
<title>{title}</title><h1>{title}</h1><p><a href="/cart">Корзина</a></p>{tag}</html>"""


class ShopSite:
    """``with ShopSite() as shop``: every address is a page; ``tag`` stands in all of them."""

    tag = ""

    def __enter__(self) -> Self:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the name is http.server's
                body = PAGE.format(title=f"Магазин {self.path}", tag=site.tag).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://localhost:{self.server.server_port}"
        self.thread = Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
