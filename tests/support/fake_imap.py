"""A small IMAP server (RFC 3501, 2177, 4315, 6851, XOAUTH2) that keeps its mail in memory.

Real enough for a client library: literals, UIDs, UIDVALIDITY, IDLE, flags, MOVE and UIDPLUS when they are
offered. One user, several folders.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import re
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.load import PATIENCE

CRLF = b"\r\n"


@dataclass
class Mail:
    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)
    arrived: datetime.date = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).date())


@dataclass
class Folder:
    uidvalidity: int = 1
    uidnext: int = 1
    mails: list[Mail] = field(default_factory=list)

    def add(self, raw: bytes, *, seen: bool = False) -> int:
        uid = self.uidnext
        self.uidnext += 1
        self.mails.append(Mail(uid, raw, {r"\Seen"} if seen else set()))
        return uid


class FakeImap:
    """Runs in threads on a free port of 127.0.0.1; use it as a context manager.

    ``capabilities`` can be changed at any time. ``log`` holds the commands in the order they came. ``refuse``
    maps the beginning of a command to the server's answer, e.g. {"UID MOVE": "NO no such right"}.
    """

    def __init__(
        self,
        *,
        user: str = "support@acme.example",
        password: str = "secret",
        tokens: set[str] | None = None,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
    ) -> None:
        self.user = user
        self.password = password
        self.tokens = tokens or set()
        self.folders: dict[str, Folder] = {"INBOX": Folder()}
        self.capabilities = {"IMAP4rev1", "IDLE", "UIDPLUS", "MOVE", "SASL-IR", "AUTH=XOAUTH2"}
        self.login_failure = "NO [AUTHENTICATIONFAILED] Invalid credentials"
        self.refuse: dict[str, str] = {}
        self.log: list[str] = []
        self.logins = 0
        self.on_fetch: Callable[[], None] = lambda: None
        self.on_idle: Callable[[], None] = lambda: None
        self.tls = tls
        self.starttls = starttls
        self.lock = threading.RLock()
        self.sessions: set[_Session] = set()
        imap = self

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            server_imap = imap

            def handle_error(self, request, client_address):
                """Clients that go away in the middle are part of the tests."""

        self._server_class = Server
        self.port = 0

    def __enter__(self) -> FakeImap:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self, port: int = 0) -> None:
        self._server = self._server_class(("127.0.0.1", port), _Session)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.hang_up()
        self._thread.join(5)

    def hang_up(self) -> None:
        """Close every connection without a word."""
        for session in list(self.sessions):
            session.close()

    def deliver(self, raw: bytes, *, folder: str = "INBOX", seen: bool = False) -> int:
        """A new mail arrives, and whoever idles hears of it."""
        with self.lock:
            uid = self.folders[folder].add(raw, seen=seen)
            for session in list(self.sessions):
                if session.selected is self.folders[folder]:
                    session.tell_exists()
        return uid

    def renumber(self, folder: str = "INBOX") -> None:
        """What a server does that has rebuilt a mailbox: new UIDs, new UIDVALIDITY."""
        with self.lock:
            found = self.folders[folder]
            found.uidvalidity += 1
            for number, mail in enumerate(found.mails, start=1):
                mail.uid = number
            found.uidnext = len(found.mails) + 1

    def wait_until(self, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        ends = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < ends, f"not within {seconds} s; the server heard {self.log[-8:]}"
            time.sleep(0.01)


class _Session(socketserver.BaseRequestHandler):
    server: socketserver.ThreadingTCPServer

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.imap: FakeImap = self.server.server_imap  # type: ignore[attr-defined]
        self.selected: Folder | None = None
        self.idle_tag = b""
        self.known = 0
        self.writing = threading.Lock()
        if self.imap.tls is not None:
            self.request = self.imap.tls.wrap_socket(self.request, server_side=True)
        self.file = self.request.makefile("rb")
        self.imap.sessions.add(self)

    def finish(self) -> None:
        self.imap.sessions.discard(self)
        self.close()
        self.file.close()  # holds the socket open as long as it lives

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.request.shutdown(2)
        self.request.close()

    def write(self, *lines: bytes) -> None:
        with self.writing:
            self.request.sendall(b"".join(line + CRLF for line in lines))

    def tell_exists(self) -> None:
        """Unasked only while the client idles; otherwise with the next NOOP."""
        if self.idle_tag and self.selected is not None:
            self.known = len(self.selected.mails)
            with contextlib.suppress(OSError):  # hung up on a moment ago; its thread has not noticed yet
                self.write(b"* %d EXISTS" % self.known)

    def handle(self) -> None:
        self.write(b"* OK ready")
        while True:
            line = self.read_line()
            if line is None:
                return
            if self.idle_tag and line.upper() == b"DONE":
                tag, self.idle_tag = self.idle_tag, b""
                self.write(tag + b" OK IDLE ended")
                continue
            tag, _, rest = line.partition(b" ")
            command = rest.decode("utf-8", "replace")
            self.imap.log.append(re.sub(r"^(LOGIN|AUTHENTICATE) .*", r"\1", command))
            refusal = next(
                (said for begin, said in self.imap.refuse.items() if command.startswith(begin)), ""
            )
            if refusal:
                self.write(tag + b" " + refusal.encode())
                continue
            name = command.split(" ")[0].upper()
            if name == "UID":
                name = "UID_" + command.split(" ")[1].upper()
            method = getattr(self, f"do_{name.lower()}", None)
            if method is None:
                self.write(tag + b" BAD unknown command")
                continue
            with self.imap.lock:
                answer = method(tag, command)
            if answer is not None:
                self.write(tag + b" " + answer.encode())
            if name == "STARTTLS":
                self.request = self.imap.starttls.wrap_socket(self.request, server_side=True)  # type: ignore[union-attr]
                self.file = self.request.makefile("rb")
            if name == "LOGOUT":
                return

    def read_line(self) -> bytes | None:
        """A command with its literals put back in place as quoted strings."""
        line = b""
        while True:
            part = self.file.readline()
            if not part:
                return None
            line += part.rstrip(CRLF)
            literal = re.search(rb"\{(\d+)\+?\}$", line)
            if literal is None:
                return line
            self.write(b"+ go on")
            line = line[: literal.start()] + b'"' + self.file.read(int(literal[1])) + b'"'

    # --- any time ---

    def do_capability(self, tag, command):
        extra = {"STARTTLS"} if self.imap.starttls is not None else set()
        self.write(("* CAPABILITY " + " ".join(sorted(self.imap.capabilities | extra))).encode())
        return "OK done"

    def do_noop(self, tag, command):
        if self.selected is not None and len(self.selected.mails) != self.known:
            self.known = len(self.selected.mails)
            with contextlib.suppress(OSError):  # hung up on a moment ago; its thread has not noticed yet
                self.write(b"* %d EXISTS" % self.known)
        return "OK done"

    def do_starttls(self, tag, command):
        return "OK begin TLS"

    def do_logout(self, tag, command):
        self.write(b"* BYE bye")
        return "OK bye"

    def do_login(self, tag, command):
        user, password = re.findall(r'"((?:[^"\\]|\\.)*)"|(?<= )(\S+)', command)[-2:]
        self.imap.logins += 1
        good = ("".join(user), "".join(password)) == (self.imap.user, self.imap.password)
        return "OK welcome" if good else self.imap.login_failure

    def do_authenticate(self, tag, command):
        self.imap.logins += 1
        parts = command.split(" ")
        if len(parts) < 3:
            self.write(b"+ ")
            parts.append(self.file.readline().strip().decode())
        said = base64.b64decode(parts[2]).decode()
        token = said.partition("auth=Bearer ")[2].rstrip("\x01")
        if f"user={self.imap.user}\x01" in said and token in self.imap.tokens:
            return "OK welcome"
        self.write(b"+ " + base64.b64encode(b'{"status":"400"}'))
        self.file.readline()
        return self.imap.login_failure

    # --- folders ---

    def do_list(self, tag, command):
        pattern = _strings(command)[-1]
        for name in self.imap.folders:
            if pattern in ("*", "%", name):
                self.write(f'* LIST (\\HasNoChildren) "/" "{name}"'.encode())
        return "OK done"

    def do_create(self, tag, command):
        self.imap.folders[_strings(command)[-1]] = Folder()
        return "OK created"

    def do_select(self, tag, command):
        folder = self.imap.folders.get(_strings(command)[-1])
        if folder is None:
            return "NO [NONEXISTENT] no such folder"
        self.selected = folder
        self.known = len(folder.mails)
        self.write(
            b"* %d EXISTS" % len(folder.mails),
            b"* 0 RECENT",
            b"* OK [UIDVALIDITY %d] valid" % folder.uidvalidity,
            b"* OK [UIDNEXT %d] next" % folder.uidnext,
            rb"* FLAGS (\Seen \Deleted)",
        )
        return "OK [READ-WRITE] selected"

    do_examine = do_select

    def do_idle(self, tag, command):
        self.imap.on_idle()
        with self.imap.lock:
            self.idle_tag = tag
            news = b""
            if self.selected is not None and len(self.selected.mails) != self.known:
                self.known = len(self.selected.mails)
                news = b"\r\n* %d EXISTS" % self.known
            self.write(b"+ idling" + news)

    # --- mails ---

    def do_uid_search(self, tag, command):
        folder = self._folder()
        wanted = command.partition("SEARCH ")[2]
        found = folder.mails
        if "UNSEEN" in wanted:
            found = [mail for mail in found if r"\Seen" not in mail.flags]
        if re.search(r"\bDELETED", wanted):
            found = [mail for mail in found if r"\Deleted" in mail.flags]
        if since := re.search(r"SINCE (\S+)", wanted):
            day = datetime.datetime.strptime(since[1].strip('"'), "%d-%b-%Y").date()  # noqa: DTZ007
            found = [mail for mail in found if mail.arrived >= day]
        if numbers := re.search(r"UID (\S+)", wanted):
            uids = self._uids(numbers[1])
            found = [mail for mail in found if mail.uid in uids]
        self.write(("* SEARCH " + " ".join(str(mail.uid) for mail in found)).rstrip().encode())
        return "OK done"

    def do_uid_fetch(self, tag, command):
        self.imap.on_fetch()
        _, _, numbers, items = command.split(" ", 3)
        uids = self._uids(numbers)
        for sequence, mail in enumerate(self._folder().mails, start=1):
            if mail.uid not in uids:
                continue
            parts = [b"UID %d" % mail.uid]
            if "RFC822.SIZE" in items:
                parts.append(b"RFC822.SIZE %d" % len(mail.raw))
            if body := re.search(r"BODY(\.PEEK)?\[\](?:<(\d+)\.(\d+)>)?", items):
                begin, count = int(body[2] or 0), int(body[3] or len(mail.raw))
                piece = mail.raw[begin : begin + count]
                label = b"BODY[]<%d>" % begin if body[2] else b"BODY[]"
                parts.append(label + b" {%d}\r\n" % len(piece) + piece)
                if not body[1]:
                    mail.flags.add(r"\Seen")
            self.write(b"* %d FETCH (" % sequence + b" ".join(parts) + b")")
        return "OK done"

    def do_uid_store(self, tag, command):
        _, _, numbers, action, flags = command.split(" ", 4)
        uids = self._uids(numbers)
        for mail in self._folder().mails:
            if mail.uid in uids:
                changed = set(re.findall(r"\\\w+", flags))
                mail.flags = mail.flags | changed if action.startswith("+") else mail.flags - changed
        return "OK done"

    def do_uid_copy(self, tag, command):
        target = self.imap.folders.get(_strings(command)[-1])
        if target is None:
            return "NO [TRYCREATE] no such folder"
        uids = self._uids(command.split(" ")[2])
        for mail in self._folder().mails:
            if mail.uid in uids:
                target.add(mail.raw, seen=r"\Seen" in mail.flags)
        return "OK copied"

    def do_uid_move(self, tag, command):
        answer = self.do_uid_copy(tag, command)
        if answer.startswith("OK"):
            self._drop(self._uids(command.split(" ")[2]))
        return answer

    def do_uid_expunge(self, tag, command):
        uids = self._uids(command.split(" ")[2])
        self._drop({mail.uid for mail in self._folder().mails if r"\Deleted" in mail.flags} & uids)
        return "OK expunged"

    def do_expunge(self, tag, command):
        self._drop({mail.uid for mail in self._folder().mails if r"\Deleted" in mail.flags})
        return "OK expunged"

    def _drop(self, uids: set[int]) -> None:
        folder = self._folder()
        for sequence in range(len(folder.mails), 0, -1):
            if folder.mails[sequence - 1].uid in uids:
                del folder.mails[sequence - 1]
                self.write(b"* %d EXPUNGE" % sequence)
        self.known = len(folder.mails)

    def _folder(self) -> Folder:
        assert self.selected is not None, "no folder is selected"
        return self.selected

    def _uids(self, numbers: str) -> set[int]:
        """Of a sequence set. n:* always holds the last one, whatever n is (RFC 3501, 6.4.8)."""
        last = max((mail.uid for mail in self._folder().mails), default=0)
        found: set[int] = set()
        for part in numbers.strip("()").split(","):
            begin, colon, end = part.partition(":")
            low = last if begin == "*" else int(begin)
            high = (last if end == "*" else int(end)) if colon else low
            found |= set(range(min(low, high), max(low, high) + 1))
        return found


def _strings(command: str) -> list[str]:
    """The words of a command, quoted or not."""
    return [quoted or bare for quoted, bare in re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', command)]
