"""The server: the Bot API over HTTP on loopback, webhooks called, faults on demand."""

import json
import threading
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep, time
from typing import Any

from helpdesk.demo.telegram import control
from helpdesk.demo.telegram.methods import Asked, answer
from helpdesk.demo.telegram.rules import Refused
from helpdesk.demo.telegram.state import Bot, State

_MOST_BODY = 60 * 1024 * 1024


@dataclass
class Fault:
    """What goes wrong with the next calls of a method. ``after``: carried out, its answer lost."""

    method: str
    code: int = 500
    description: str = "Internal Server Error"
    parameters: dict[str, Any] = field(default_factory=dict)
    times: int = 1
    after: bool = False
    hang_up: bool = False
    slow: float = 0.0


class FakeTelegram:
    """``url`` is the base address for TELEGRAM_API_URLS; ``calls`` what was asked, in order."""

    def __init__(self, state: State | None = None, *, port: int = 0) -> None:
        self.state = state or State()
        self.calls: deque[tuple[str, dict[str, Any]]] = deque(maxlen=2000)
        self.faults: list[Fault] = []
        self.polls: dict[str, int] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True),
            threading.Thread(target=self._call_webhooks, daemon=True),
        ]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> "FakeTelegram":
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        self._stopped.set()
        with self.state.changed:
            self.state.changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join(timeout=5)

    def fault(self, method: str) -> Fault | None:
        """The next one planned for this method."""
        for planned in self.faults:
            if planned.method.lower() == method.lower() and planned.times > 0:
                planned.times -= 1
                return planned
        return None

    def sent(self, method: str = "") -> list[dict[str, Any]]:
        return [params for name, params in self.calls if name.startswith(method or "send")]

    def ask(self, token: str, method: str, asked: Asked) -> Any:
        bot = self.state.bot(token)
        self.calls.append((method, dict(asked.params)))
        if method.lower() == "getupdates":
            # A second one takes the place of the first, which hears of it.
            with self.state.changed:
                turn = self.polls[token] = self.polls.get(token, 0) + 1
                self.state.changed.notify_all()
            asked.waits = lambda: self.polls[token] == turn and not self._stopped.is_set()
            found = answer(self.state, bot, method, asked)
            if self.polls[token] != turn:
                raise Refused(
                    409,
                    "Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )
            return found
        return answer(self.state, bot, method, asked)

    # --- webhooks ---------------------------------------------------------------------------------

    def _call_webhooks(self) -> None:
        while not self._stopped.is_set():
            for bot in list(self.state.bots.values()):
                if bot.webhook.get("url") and bot.updates:
                    self._deliver(bot)
            with self.state.changed:
                self.state.changed.wait(0.2)

    def _deliver(self, bot: Bot) -> None:
        """One after the other, as with max_connections=1; one that is refused comes again."""
        update = bot.updates[0]
        request = urllib.request.Request(  # noqa: S310  # http and https only, checked when it was set
            bot.webhook["url"],
            data=json.dumps(update).encode(),
            headers={
                "Content-Type": "application/json",
                "X-Telegram-Bot-Api-Secret-Token": bot.webhook.get("secret_token", ""),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=10):  # noqa: S310  # as above
                pass
        except (OSError, urllib.error.HTTPError) as error:
            bot.webhook["last_error_date"] = int(time())
            bot.webhook["last_error_message"] = str(error)[:200]
            sleep(0.3)
            return
        with self.state.changed:
            bot.updates = [one for one in bot.updates if one["update_id"] != update["update_id"]]
            self.state.save()


def _handler(server: FakeTelegram) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: Any) -> None:
            pass

        def do_GET(self) -> None:
            if self.path.startswith("/file/bot"):
                token, _slash, path = self.path.removeprefix("/file/bot").partition("/")
                self._file(path.rpartition("/")[2], token)
            elif self.path.startswith("/control/files/"):
                self._file(self.path.rpartition("/")[2])
            else:
                self._api({})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > _MOST_BODY:
                self._answer(413, {"ok": False, "error_code": 413, "description": "Request Entity Too Large"})
                self.close_connection = True
                return
            body = self.rfile.read(length)
            if self.path == "/control":
                self._control(body)
                return
            kind = self.headers.get("Content-Type", "")
            if kind.startswith("multipart/"):
                params, files = _multipart(kind, body)
                self._api(params, files)
            else:
                self._api(json.loads(body) if body else {})

        def _api(
            self, params: dict[str, Any], files: dict[str, tuple[str, str, bytes]] | None = None
        ) -> None:
            token, _slash, method = self.path.partition("?")[0].removeprefix("/bot").partition("/")
            fault = server.fault(method)
            if fault is not None:
                sleep(fault.slow)
                if fault.hang_up and not fault.after:
                    self.close_connection = True
                    return
                if not fault.after:
                    self._refuse(Refused(fault.code, fault.description, **fault.parameters))
                    return
            try:
                result = server.ask(token, method, Asked(params, files or {}))
            except Refused as refused:
                self._refuse(refused)
                return
            except (KeyError, TypeError, ValueError) as error:
                self._refuse(Refused(400, f"Bad Request: {error}"))
                return
            if fault is not None and fault.hang_up:
                self.close_connection = True
                return
            if fault is not None and fault.after:
                self._refuse(Refused(fault.code, fault.description))
                return
            self._answer(200, {"ok": True, "result": result})

        def _refuse(self, refused: Refused) -> None:
            told: dict[str, Any] = {
                "ok": False, "error_code": refused.code, "description": refused.description,
            }  # fmt: skip
            if refused.parameters:
                told["parameters"] = refused.parameters
            self._answer(refused.code, told)

        def _answer(self, code: int, told: dict[str, Any]) -> None:
            self._write(code, "application/json", json.dumps(told).encode())

        def _control(self, body: bytes) -> None:
            try:
                self._answer(200, control.act(server.state, json.loads(body)))
            except Refused as refused:
                self._refuse(refused)
            except (KeyError, TypeError, ValueError) as error:
                self._refuse(Refused(400, f"Bad Request: {error}"))

        def _file(self, file_id: str, token: str | None = None) -> None:
            try:
                if token is not None:
                    server.state.bot(token)
                data = server.state.content(file_id)
            except Refused as refused:
                self._refuse(refused)
                return
            self._write(200, "application/octet-stream", data)

        def _write(self, code: int, kind: str, body: bytes) -> None:
            try:
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # whoever asked has gone
                self.close_connection = True

    return Handler


def _multipart(kind: str, body: bytes) -> tuple[dict[str, Any], dict[str, tuple[str, str, bytes]]]:
    """Fields, read as JSON where they are, and files by their field."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    params: dict[str, Any] = {}
    files: dict[str, tuple[str, str, bytes]] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition") or "")
        data = part.get_payload(decode=True)
        data = data if isinstance(data, bytes) else b""
        if part.get_filename() is not None:
            files[name] = (str(part.get_filename()), part.get_content_type(), data)
            continue
        text = data.decode()
        try:
            value = json.loads(text) if name not in ("caption", "text") else text
        except ValueError:
            value = text
        params[name] = value
    return params, files
