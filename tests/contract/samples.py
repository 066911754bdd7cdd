"""What each kind of channel gives for the contract: its own way of saying the same things.

A kind is a class here with a line in ``KINDS``; ``test_contract.py`` runs everything over all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from time import sleep
from typing import Protocol
from zlib import crc32

from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from channels_in import intake
from channels_in.kinds.chat import sessions, uploads
from channels_in.kinds.chat.frames import raw_of
from channels_in.kinds.chat.sessions import Visit
from channels_in.kinds.telegram import arriving, bots, connecting, fetching
from channels_in.kinds.web_form.submission import Submission, encode
from channels_in.models import ChatWidget, Inbound, Inbox, WebForm
from journal.actor import Actor
from tests.support.fake_telegram import TOKEN, FakeTelegram
from tests.telegram import updates
from tests.world import World
from tickets.content import FileContent
from tickets.models import Brand


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
    goes_on: bool  # what is said next is said in the same ticket

    def __init__(self, world: World, server: FakeTelegram) -> None: ...

    def say(self, text: str, *, name: str, html: str = "", file: File | None = None) -> Inbound: ...

    def garbage(self) -> Inbound | None: ...

    def edit(self, text: str, *, of: str) -> Inbound | None: ...

    def knock(self, client: Client) -> HttpResponseBase | None:
        """Say something at the channel's HTTP door without its proof; None where it has no such door."""


def kept(inbox: Inbox, raw: bytes, external_id: str, via: str) -> Inbound:
    inbound, _new = intake.keep(inbox, raw, external_id=external_id, via=via)
    return intake.process(inbound.pk)


class Mail:
    """Says by a letter what others say in a line. Knows no edits."""

    kind = "email"
    goes_on = True

    def __init__(self, world: World, server: FakeTelegram) -> None:
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

    def knock(self, client: Client) -> None:
        """Mail comes over SMTP; whose it is, its signatures and its own tokens say (tests/intake)."""


class Chat:
    """A visitor's browser at a widget. What is empty or unknown its connection refuses."""

    kind = "chat"
    goes_on = True

    def __init__(self, world: World, server: FakeTelegram) -> None:
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

    def knock(self, client: Client) -> None:
        """A visitor's door is a socket (tests/chat)."""

    def _do(self, data: dict[str, object], name: str) -> Inbound:
        key = self.session.key
        raw = raw_of(data | {"id": f"client-{name}"}, key)
        return kept(self.inbox, raw, f"{key}:client-{name}", Inbound.Via.SOCKET)


class Form:
    """A form of the portal, sent by somebody who is not signed in. Each one sent is a ticket."""

    kind = "form"
    goes_on = False

    def __init__(self, world: World, server: FakeTelegram) -> None:
        Brand.objects.filter(pk=world.brand.pk).update(portal_is_on=True)
        self.brand = world.brand
        self.inbox = Inbox.objects.create(kind="form", brand=world.brand, name="Формы", team=world.first_line)
        self.form = WebForm.objects.create(inbox=self.inbox, plain_posts=True)

    def say(self, text: str, *, name: str, html: str = "", file: File | None = None) -> Inbound:
        said = {"key": "what", "kind": "long_text", "labels": {"ru": "Что случилось"}, "value": html or text,
                "choices": {}, "fills": "details"}  # fmt: skip
        files = [FileContent(file.name, file.content_type, file.data)] if file else []
        submission = Submission(
            key=f"form-{name}", email="vera@severgrad.example", language="ru", answers=[said], files=files
        )
        return kept(self.inbox, encode(submission), submission.key, Inbound.Via.WEB)

    def garbage(self) -> Inbound:
        return kept(self.inbox, b"{", "form-garbage", Inbound.Via.WEB)

    def edit(self, text: str, *, of: str) -> None:
        return None

    def knock(self, client: Client) -> HttpResponseBase:
        return client.post("/forms/nobody/general/post/", {"email": "vera@severgrad.example"})


class Telegram:
    """A private chat with a bot; files wait at the Bot API server until they are fetched."""

    kind = "telegram"
    goes_on = True

    def __init__(self, world: World, server: FakeTelegram) -> None:
        self.server = server
        server.state.add_bot(TOKEN, username="zerno_bot", name="Зерно")
        self.inbox = bots.create_bot(
            me=connecting.look(TOKEN, ""),
            actor=Actor.user(world.oleg),
            brand=world.brand,
            name="Бот",
            team=world.first_line,
            token=TOKEN,
        )

    def say(self, text: str, *, name: str, html: str = "", file: File | None = None) -> Inbound:
        number = crc32(name.encode())
        more = {}
        if file:
            held = self.server.state.add_file(file.name, file.content_type, file.data)
            more = {"document": held | {"file_name": file.name, "mime_type": file.content_type}}
        said = html or text
        body = updates.message("" if file else said, number=number, **more)
        if file and said:
            body["caption"] = said
        return self._arrive({"update_id": number, "message": body})

    def garbage(self) -> Inbound:
        return self._arrive({"update_id": 5, "poll": {"id": "7", "question": "?"}})

    def edit(self, text: str, *, of: str) -> Inbound:
        body = updates.message(text, number=crc32(of.encode()), edit_date=1_790_000_060)
        return self._arrive({"update_id": crc32(of.encode()) + 1, "edited_message": body})

    def knock(self, client: Client) -> HttpResponseBase:
        return client.post(
            reverse("telegram_webhook", args=[self.inbox.telegram.path_key]),
            {"update_id": 9, "message": updates.message("Пустите")},
            content_type="application/json",
            headers={"X-Telegram-Bot-Api-Secret-Token": "guessed"},
        )

    def _arrive(self, update: dict[str, object]) -> Inbound:
        inbound = arriving.store(self.inbox, update, via=Inbound.Via.WEBHOOK)
        for _chance in range(50):
            inbound = intake.process(inbound.pk)
            if inbound.status != Inbound.Status.PENDING:
                break
            for row in fetching.waiting():
                fetching.fetch(row)
            sleep(0.05)
        return inbound


KINDS: list[type[Samples]] = [Mail, Form, Chat, Telegram]
