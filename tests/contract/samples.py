"""What each kind of channel gives for the contract: its own way of saying the same things.

A kind is a class here with a line in ``KINDS``; ``test_contract.py`` runs everything over all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

from channels_in import intake
from channels_in.kinds.chat import sessions, uploads
from channels_in.kinds.chat.frames import raw_of
from channels_in.kinds.chat.sessions import Visit
from channels_in.models import ChatWidget, Inbound, Inbox
from tests.world import World


@dataclass(frozen=True)
class File:
    name: str
    content_type: str
    data: bytes


class Samples(Protocol):
    """``say`` delivers by the channel's own name for the message, and settles; the same ``name`` is the same
    message. ``garbage`` is something of the channel's that no message can be made of, or None where the
    door lets in nothing of the kind."""

    kind: str

    def __init__(self, world: World) -> None: ...

    def say(self, text: str, *, name: str, html: str = "", file: File | None = None) -> Inbound: ...

    def garbage(self) -> Inbound | None: ...

    def edit(self, text: str, *, of: str) -> Inbound | None: ...


def kept(inbox: Inbox, raw: bytes, external_id: str, via: str) -> Inbound:
    inbound, _new = intake.keep(inbox, raw, external_id=external_id, via=via)
    return intake.process(inbound.pk)


class Mail:
    """Says by a letter what others say in a line. Knows no edits."""

    kind = "email"

    def __init__(self, world: World) -> None:
        self.inbox = world.inbox
        self.first = ""

    def say(self, text: str, *, name: str, html: str = "", file: File | None = None) -> Inbound:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = (
            "Vera <vera@severgrad.example>",
            self.inbox.address,
            "Beans",
        )
        mail["Message-ID"], mail["Date"] = f"<{name}@severgrad.example>", "Mon, 02 Mar 2026 10:00:00 +0300"
        if self.first and self.first != mail["Message-ID"]:
            mail["References"] = self.first
        self.first = self.first or mail["Message-ID"]
        mail.set_content(text)
        if html:
            mail.add_alternative(html, subtype="html")
        if file:
            main, _slash, sub = file.content_type.partition("/")
            mail.add_attachment(file.data, maintype=main, subtype=sub, filename=file.name)
        inbound, _new = intake.store(
            self.inbox, mail.as_bytes(), via="smtp", envelope_from="vera@severgrad.example"
        )
        return intake.process(inbound.pk)

    def garbage(self) -> Inbound:
        inbound, _new = intake.store(self.inbox, b"\x00\xff nothing at all", via="pipe")
        return intake.process(inbound.pk)

    def edit(self, text: str, *, of: str) -> None:
        return None


class Chat:
    """A visitor's browser at a widget. What is empty or unknown its connection refuses."""

    kind = "chat"

    def __init__(self, world: World) -> None:
        self.inbox = Inbox.objects.create(kind="chat", brand=world.brand, name="Чат", team=world.first_line)
        widget = ChatWidget.objects.create(inbox=self.inbox, sites=["https://shop.example"])
        self.session = sessions.begin(
            widget,
            Visit(origin="https://shop.example", browser="Firefox", language="ru", address="203.0.113.7"),
        )

    def say(self, text: str, *, name: str, html: str = "", file: File | None = None) -> Inbound:
        files = [uploads.keep(self.session, file.name, file.content_type, file.data).key] if file else []
        return self._do({"type": "say", "text": html or text, "files": files}, name)

    def garbage(self) -> Inbound:
        return self._do({"type": "dance", "text": "?"}, "garbage-1")

    def edit(self, text: str, *, of: str) -> None:
        return None

    def _do(self, data: dict[str, object], name: str) -> Inbound:
        key = self.session.key
        raw = raw_of(data | {"id": f"client-{name}"}, key)
        return kept(self.inbox, raw, f"{key}:client-{name}", Inbound.Via.SOCKET)


KINDS: list[type[Samples]] = [Mail, Chat]
