"""What the stories do not tell by themselves: a merge, a split, a supplier, a bounce, a black bar."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from channels_in.commands import delivery_failed
from channels_in.models import Outbound
from helpdesk.demo.company import Company
from helpdesk.demo.stage import INTAKE, Played, Stage
from journal.actor import Actor
from people.commands.contacts import mark_bounced, resolve_contact
from people.models import Contact
from tickets import commands
from tickets.content import Content
from tickets.models import Message, Ticket


@dataclass
class Scenes:
    """``told`` are the stories already played, by the scenario's key."""

    stage: Stage
    told: dict[str, Played]
    now: datetime

    @property
    def company(self) -> Company:
        return self.stage.company

    def play(self) -> None:
        self._merged()
        self._split()
        self._linked()
        self._supplier()
        self._snoozed()
        self._blacked_out()
        self._spam()
        self._undelivered()
        self._followed()

    def _ago(self, **parts: float) -> datetime:
        return self.now - timedelta(**parts)

    def _actor(self, key: str) -> Actor:
        return Actor.user(self.company.users[key])

    def _mail(
        self, brand: str, address: str, subject: str, text: str, at: datetime
    ) -> tuple[Ticket, Message]:
        """A new ticket by mail, from a contact of the company's book or a stranger."""
        contact: Contact = self.company.contacts.get(address) or resolve_contact("email", address)
        ticket = commands.open_ticket(
            brand=self.company.brands[brand],
            channel="email",
            requester=contact,
            subject=subject,
            actor=INTAKE,
            team=self.company.teams["first-line"],
            at=at,
        )
        return ticket, self._add(ticket, brand, contact, address, text, at)

    def _add(
        self, ticket: Ticket, brand: str, contact: Contact, address: str, text: str, at: datetime
    ) -> Message:
        content = Content(
            text=text,
            subject=ticket.subject,
            sender={"name": contact.name, "address": address},
            to=[{"name": "", "address": self.company.inboxes[brand].address}],
        )
        message = commands.receive_message(
            ticket.pk, content=content, contact=contact, actor=INTAKE, channel="email", at=at
        )
        self.stage.post.received(message, content, brand, answers=None)
        return message

    def _merged(self) -> None:
        """The same customer asks twice; one conversation remains."""
        address, at = "petr.alyoshin@pochta.example", self._ago(hours=7)
        first, _message = self._mail(
            "tihiy-pomol", address, "Чайник «Журавль»: крышка",
            "Добрый день! У «Журавля» крышка закрывается только с третьего раза. Это лечится?", at,
        )  # fmt: skip
        second, _message = self._mail(
            "tihiy-pomol", address, "Ещё раз про крышку",
            "Пишу второй раз, первое письмо, кажется, не ушло. Крышка «Журавля» не закрывается "
            "с первого раза. Нашёл на ней заусенец, фото пришлю вечером.", at + timedelta(minutes=52),
        )  # fmt: skip
        at += timedelta(minutes=70)
        commands.assign(first.pk, to=self.company.users["alyona"], actor=self._actor("alyona"), at=at)
        commands.merge(second.pk, into=first.pk, actor=self._actor("alyona"), at=at + timedelta(minutes=1))

    def _split(self) -> None:
        """Two questions in one conversation become two tickets."""
        address = next(one["email"] for one in self.company.content["contacts"] if one["language"] == "en")
        at = self._ago(hours=26)
        ticket, _message = self._mail(
            "stockwren", address, "Adding a second warehouse",
            "Hello, we are taking the unit next door. Can one account hold two warehouses, or do we need a "
            "second subscription?", at,
        )  # fmt: skip
        contact = self.company.contacts[address]
        other = self._add(
            ticket, "stockwren", contact, address,
            "One more thing, nothing to do with the above: the May invoice still shows our old address.",
            at + timedelta(minutes=34),
        )  # fmt: skip
        actor = self._actor("daniel")
        at += timedelta(minutes=50)
        commands.assign(ticket.pk, to=self.company.users["daniel"], actor=actor, at=at)
        new = commands.split(
            ticket.pk, message_ids=[other.pk], subject="Old address on the May invoice", actor=actor,
            at=at + timedelta(minutes=2),
        )  # fmt: skip
        at += timedelta(minutes=3)
        commands.set_team(new.pk, team=self.company.teams["orders"], actor=actor, at=at)

    def _linked(self) -> None:
        one, other = self.told.get("open-en-sync-new"), self.told.get("en-open-sync-followup")
        if one and other:
            commands.link(
                one.ticket_id, other=other.ticket_id, actor=self._actor("katya"), at=self._ago(minutes=9)
            )

    def _supplier(self) -> None:
        """An engineer asks the supplier, whom the customer never sees."""
        played = self.told.get("open-ru-onhold-plate")
        if played is None:
            return
        timur, at = self.company.users["timur"], self._ago(days=2, hours=5)
        name, subject = "Склад «Термоплита»", "Плита подогрева ГП-40: срок поставки"
        supplier = resolve_contact("email", "sklad@termoplita.example", name=name, language="ru")
        side = commands.open_side_thread(
            played.ticket_id, contact=supplier, subject=subject, user=timur, at=at
        )
        asked = commands.post_reply(
            played.ticket_id,
            user=timur,
            content=Content(
                text="Добрый день! Нам нужна одна плита ГП-40 в ремонт, клиент ждёт. Когда ближайшая "
                "поставка и можно ли отправить её отдельно, курьером за наш счёт?"
            ),
            side_thread=side,
            at=at + timedelta(minutes=1),
        )
        self.stage.post.sent(asked, "tihiy-pomol")
        commands.receive_message(
            played.ticket_id,
            content=Content(
                text="Здравствуйте. Плиты придут в четверг, одну отложили. Курьер заберёт в пятницу утром.",
                sender={"name": supplier.name, "address": supplier.address},
            ),
            contact=supplier,
            actor=INTAKE,
            channel="email",
            side_thread=side,
            at=self._ago(hours=3),
        )

    def _snoozed(self) -> None:
        for key, agent, days in (
            ("open-en-onhold-kits", "daniel", 2),
            ("open-ru-promo-late", "anna", 1),
            ("open-en-slow-list", "katya", 3),
        ):
            if played := self.told.get(key):
                until = (self.now + timedelta(days=days)).replace(hour=9, minute=0, second=0, microsecond=0)
                commands.snooze(
                    played.ticket_id, until=until, actor=self._actor(agent), at=self._ago(minutes=50)
                )

    def _blacked_out(self) -> None:
        """A card number that should never have been written."""
        number = "2200 0000 1234 5674"
        ticket, message = self._mail(
            "tihiy-pomol", "vera@severgrad.example", "Списали дважды",
            f"Здравствуйте! За подписку деньги ушли два раза. Карта {number}, обе операции вчера вечером. "
            "Верните, пожалуйста, лишнее.", self._ago(hours=20),
        )  # fmt: skip
        actor = self._actor("marina")
        at = self._ago(hours=19)
        commands.set_team(ticket.pk, team=self.company.teams["orders"], actor=actor, at=at)
        commands.assign(ticket.pk, to=self.company.users["marina"], actor=actor, at=at)
        commands.redact(message.pk, text=number, actor=actor, at=at + timedelta(minutes=1))
        raw = self.stage.post.inbound[-1]
        raw.raw = bytes(raw.raw).replace(number.encode(), "█████".encode())

    def _spam(self) -> None:
        for hours, address, subject, text in (
            (4, "winner@prize-draw.example", "You have been selected!!!", "Claim your prize today."),
            (29, "bases@bases-optom.example", "База директоров, 1,2 млн адресов", "Обновление. Недорого."),
        ):
            ticket, _message = self._mail("stockwren", address, subject, text, self._ago(hours=hours))
            commands.mark_spam(ticket.pk, actor=self._actor("boris"), at=self._ago(hours=hours - 1))

    def _undelivered(self) -> None:
        """One address that does not exist any more, and one server that would not listen."""
        for key, status, code, words in (
            ("open-en-billing-wait", Outbound.Status.BOUNCED, "5.1.1", "550 5.1.1 No such user here"),
            ("open-ru-wrong-colour", Outbound.Status.FAILED, "4.4.1", "The server did not answer for 60 s."),
        ):
            played = self.told.get(key)
            rows = self.stage.post.outbound
            row = next((one for one in reversed(rows) if played and one.message in played.messages), None)
            if row is None or played is None:
                continue
            row.status, row.status_code, row.server_words = status, code, words
            row.attempts = 1 if status == Outbound.Status.BOUNCED else 8
            message, at = row.message, row.not_before + timedelta(minutes=3)
            address = played.requester.address
            if status == Outbound.Status.BOUNCED:
                self._bounce(row, address, words, at)
            delivery_failed(
                message, [address], words=words, status_code=code, permanent=status == Outbound.Status.BOUNCED
            )

    def _bounce(self, row: Outbound, address: str, words: str, at: datetime) -> None:
        reporter = resolve_contact("email", "mailer-daemon@mx.example", name="Mail Delivery System")
        row.bounce = commands.receive_message(
            row.message.ticket_id,
            content=Content(
                subject="Undelivered Mail Returned to Sender",
                text=f"Your message could not be delivered.\n\n<{address}>: {words}",
                sender={"name": reporter.name, "address": "mailer-daemon@mx.example"},
            ),
            contact=reporter,
            actor=INTAKE,
            channel="email",
            automatic_kind="bounce",
            at=at,
        )
        mark_bounced(address, reason=words, at=at)

    def _followed(self) -> None:
        olga = self.company.users["olga"]
        for key in ("open-ru-cafe-steam", "open-ru-angry-delivery", "open-en-cancel-save"):
            if played := self.told.get(key):
                commands.follow(played.ticket_id, user=olga, actor=Actor.user(olga))
