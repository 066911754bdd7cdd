"""What the stories do not tell by themselves: a merge, a split, a supplier, a bounce, a black bar."""

from datetime import datetime, timedelta

from channels_in.commands import delivery_failed
from channels_in.models import Outbound
from helpdesk.demo.direction import Direction
from helpdesk.demo.stage import INTAKE
from people.commands.contacts import mark_bounced, resolve_contact
from tickets import commands
from tickets.content import Content


class Scenes(Direction):
    """One after the other; each brings its tickets up to its own time."""

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

    def _merged(self) -> None:
        """The same customer asks twice; one conversation remains."""
        address, at = "petr.alyoshin@pochta.example", self.ago(hours=7)
        first, _message = self.mail(
            "tihiy-pomol", address, "Чайник «Журавль»: крышка",
            "Добрый день! У «Журавля» крышка закрывается только с третьего раза. Это лечится?", at,
        )  # fmt: skip
        second, _message = self.mail(
            "tihiy-pomol", address, "Ещё раз про крышку",
            "Пишу второй раз, первое письмо, кажется, не ушло. Крышка «Журавля» не закрывается "
            "с первого раза. Нашёл на ней заусенец, фото пришлю вечером.", at + timedelta(minutes=52),
        )  # fmt: skip
        at += timedelta(minutes=70)
        self.take(first, "alyona", at)
        at += timedelta(minutes=1)
        with self.at(first.pk, at):
            commands.merge(second.pk, into=first.pk, actor=self.actor("alyona"), at=at)

    def _split(self) -> None:
        """Two questions in one conversation become two tickets."""
        address = next(one["email"] for one in self.company.content["contacts"] if one["language"] == "en")
        at = self.ago(hours=26)
        ticket, _message = self.mail(
            "stockwren", address, "Adding a second warehouse",
            "Hello, we are taking the unit next door. Can one account hold two warehouses, or do we need a "
            "second subscription?", at,
        )  # fmt: skip
        contact = self.company.contacts[address]
        other = self.add(
            ticket, "stockwren", contact, address,
            "One more thing, nothing to do with the above: the May invoice still shows our old address.",
            at + timedelta(minutes=34),
        )  # fmt: skip
        actor = self.actor("daniel")
        at += timedelta(minutes=50)
        self.take(ticket, "daniel", at)
        at += timedelta(minutes=2)
        with self.at(ticket.pk, at):
            new = commands.split(
                ticket.pk,
                message_ids=[other.pk],
                subject="Old address on the May invoice",
                actor=actor,
                at=at,
            )
        at += timedelta(minutes=1)
        with self.at(new.pk, at):
            commands.set_team(new.pk, team=self.company.teams["orders"], actor=actor, at=at)

    def _linked(self) -> None:
        one, other = self.told.get("open-en-sync-new"), self.told.get("en-open-sync-followup")
        if one and other:
            at = self.soonest(one.ticket_id, self.ago(minutes=9))
            with self.at(one.ticket_id, at):
                commands.link(one.ticket_id, other=other.ticket_id, actor=self.actor("katya"), at=at)

    def _supplier(self) -> None:
        """An engineer asks the supplier, whom the customer never sees."""
        played = self.told.get("open-ru-onhold-plate")
        if played is None:
            return
        timur, at = self.user("timur"), self.soonest(played.ticket_id, self.ago(days=2, hours=5))
        name, subject = "Склад «Термоплита»", "Плита подогрева ГП-40: срок поставки"
        supplier = resolve_contact("email", "sklad@termoplita.example", name=name, language="ru")
        with self.at(played.ticket_id, at):
            side = commands.open_side_thread(
                played.ticket_id, contact=supplier, subject=subject, user=timur, at=at
            )
        at += timedelta(minutes=1)
        with self.at(played.ticket_id, at):
            asked = commands.post_reply(
                played.ticket_id,
                user=timur,
                content=Content(
                    text="Добрый день! Нам нужна одна плита ГП-40 в ремонт, клиент ждёт. Когда ближайшая "
                    "поставка и можно ли отправить её отдельно, курьером за наш счёт?"
                ),
                side_thread=side,
                at=at,
            )
            self.stage.post.sent(asked, "tihiy-pomol")
        at = self.soonest(played.ticket_id, self.ago(hours=3))
        with self.at(played.ticket_id, at):
            commands.receive_message(
                played.ticket_id,
                content=Content(
                    text="Здравствуйте. Плиты придут в четверг, одну отложили. Курьер заберёт в пятницу "
                    "утром.",
                    sender={"name": supplier.name, "address": supplier.address},
                ),
                contact=supplier,
                actor=INTAKE,
                channel="email",
                side_thread=side,
                at=at,
            )

    def _snoozed(self) -> None:
        for key, agent, days in (
            ("open-en-onhold-kits", "daniel", 2),
            ("open-ru-promo-late", "anna", 1),
            ("open-en-slow-list", "katya", 3),
        ):
            if played := self.told.get(key):
                until = (self.now + timedelta(days=days)).replace(hour=9, minute=0, second=0, microsecond=0)
                at = self.soonest(played.ticket_id, self.ago(minutes=50))
                with self.at(played.ticket_id, at):
                    commands.snooze(played.ticket_id, until=until, actor=self.actor(agent), at=at)

    def _blacked_out(self) -> None:
        """A card number that should never have been written."""
        number = "2200 0000 1234 5674"
        ticket, message = self.mail(
            "tihiy-pomol", "vera@severgrad.example", "Списали дважды",
            f"Здравствуйте! За подписку деньги ушли два раза. Карта {number}, обе операции вчера вечером. "
            "Верните, пожалуйста, лишнее.", self.ago(hours=20),
        )  # fmt: skip
        actor = self.actor("marina")
        at = self.ago(hours=19)
        with self.at(ticket.pk, at):
            commands.set_team(ticket.pk, team=self.company.teams["orders"], actor=actor, at=at)
            commands.assign(ticket.pk, to=self.company.users["marina"], actor=actor, at=at)
        at += timedelta(minutes=1)
        with self.at(ticket.pk, at):
            commands.redact(message.pk, text=number, actor=actor, at=at)
        raw = self.stage.post.inbound[-1]
        raw.raw = bytes(raw.raw).replace(number.encode(), "█████".encode())

    def _spam(self) -> None:
        for hours, address, subject, text in (
            (4, "winner@prize-draw.example", "You have been selected!!!", "Claim your prize today."),
            (29, "bases@bases-optom.example", "База директоров, 1,2 млн адресов", "Обновление. Недорого."),
        ):
            ticket, _message = self.mail("stockwren", address, subject, text, self.ago(hours=hours))
            at = self.ago(hours=hours - 1)
            with self.at(ticket.pk, at):
                commands.mark_spam(ticket.pk, actor=self.actor("boris"), at=at)

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
            at = self.soonest(played.ticket_id, row.not_before + timedelta(minutes=3))
            address, permanent = played.requester.address, status == Outbound.Status.BOUNCED
            with self.at(played.ticket_id, at):
                if permanent:
                    self._bounce(row, address, words, at)
                delivery_failed(row.message, [address], words=words, status_code=code, permanent=permanent)

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
        for key in ("open-ru-cafe-steam", "open-ru-angry-delivery", "open-en-cancel-save"):
            if played := self.told.get(key):
                at = self.soonest(played.ticket_id, self.ago(minutes=2))
                with self.at(played.ticket_id, at):
                    commands.follow(played.ticket_id, user=self.user("olga"), actor=self.actor("olga"), at=at)
