"""Scenes of work that passes between people: promises, dates set by hand, lines, experts, the waiting list.

The past of some hours, and what is about to happen: a promise that falls due in ten minutes, a gold customer
whose first answer is nearly late.
"""

from datetime import timedelta

from calendars import versions
from helpdesk.demo.direction import Direction
from people.commands.contacts import resolve_contact
from routing.commands import request_rule
from routing.models import Rule
from sla.commands import make_promise, set_due
from tickets import commands
from tickets.models import Priority

POMOL, STOCKWREN = "tihiy-pomol", "stockwren"

_PATIENT = "dean@kilnbrook.example"  # a customer of the silver tier

# In which story, who, how many minutes ago, and what they say to whom.
_MENTIONS = (
    ("open-ru-refund-third-day", "marina", 44, (
        "@Ольга Князева, банк держит возврат третий день. Можно закрыть вопрос баллами на следующий заказ, "
        "если клиент согласится?"
    )),
    ("open-ru-exchange-no-receipt", "alyona", 33, (
        "@Анна Соколова, чека нет, но заказ нашёлся по телефону. Принимаем обмен?"
    )),
    ("open-en-import-help", "katya", 21, (
        "@Daniel Okafor, the supplier file is in Windows-1252, that is all. Ask them to save it as UTF-8, or "
        "import it with the encoding set by hand."
    )),
    ("open-en-api-new", "katya", 52, (
        "@Илья Рудаков, у клиента ответ 422 на корректировку остатка. Посмотрите, пожалуйста, не кончился ли "
        "у них ключ: похоже на это."
    )),
)  # fmt: skip


class Work(Direction):
    """One after the other; each brings its ticket up to its own time."""

    def play(self) -> None:
        self._promise_due_soon()
        self._promise_kept()
        self._promise_broken()
        self._due_by_hand()
        self._breach_withdrawn()
        self._up_and_back()
        self._still_upstairs()
        self._expert()
        self._at_night()
        self._late_and_passed_on()
        self._nearly_late()
        self._nobody_reads_german()
        self._handed_over()
        self._mentioned()
        self._summaries()

    # --- promises ----------------------------------------------------------------------------------

    def _promise_due_soon(self) -> None:
        """Anna has promised an answer, has been warned, and has ten minutes left."""
        at = self.ago(minutes=95)
        ticket, _message = self.mail(
            POMOL, "zharov@dom.example", "Сыч: ручка прокручивается",
            "Здравствуйте! У ручной мельницы «Сыч» ручка проворачивается, зерно не мелет. Магазин говорит "
            "писать вам. Завтра улетаю, хотелось бы понять, чинить её или брать новую.",
            at, topic="warranty",
        )  # fmt: skip
        due_at = self.now + timedelta(minutes=10)
        until = self.clock_time(due_at, POMOL)
        self.take(ticket, "anna", at + timedelta(minutes=12))
        said = self.ago(minutes=70)
        message = self.reply(
            ticket.pk, POMOL, "anna",
            "Роман, добрый день! Скорее всего, слетела шестигранная втулка: это решается за пять минут. "
            f"Проверю наличие втулки на складе и вернусь к вам до {until}, чтобы вы успели до отлёта.",
            said,
        )  # fmt: skip
        with self.at(ticket.pk, said):
            make_promise(
                ticket.pk, user=self.user("anna"), due_at=due_at, message=message, at=said,
                text="Сказать, есть ли втулка на складе",
            )  # fmt: skip

    def _promise_kept(self) -> None:
        at = self.ago(hours=27)
        ticket, _message = self.mail(
            STOCKWREN, "tom@harbouroak.example", "Can the count be exported per room?",
            "Hi, our insurer wants the stock value by showroom. Can a count be exported per room rather than "
            "for the whole site?",
            at, topic="reports",
        )  # fmt: skip
        self.take(ticket, "daniel", self.soonest(ticket.pk, at + timedelta(minutes=20)))
        said, due_at = at + timedelta(minutes=40), at + timedelta(hours=4)
        message = self.reply(
            ticket.pk, STOCKWREN, "daniel",
            "Hi Tom, I believe it can, through a saved filter. Let me try it on a copy of your account: you "
            f"will have the steps by {self.clock_time(due_at, STOCKWREN)}.",
            said,
        )  # fmt: skip
        with self.at(ticket.pk, said):
            make_promise(
                ticket.pk, user=self.user("daniel"), due_at=due_at, message=message, at=said,
                text="Steps for an export by room",
            )  # fmt: skip
        self.reply(
            ticket.pk, STOCKWREN, "daniel",
            "It works, Tom. Open the count, filter by location, pick the showroom, then Export. Save the "
            "filter once and next year it is two clicks.",
            at + timedelta(hours=3), status="resolved",
        )  # fmt: skip

    def _promise_broken(self) -> None:
        """Priya said "by the end of the day", and yesterday is over."""
        at = self.ago(hours=31)
        ticket, _message = self.mail(
            STOCKWREN, _PATIENT, "Credit note for the duplicate seat",
            "Good morning, we were billed for 41 seats and have 40. Could you send a credit note for the one "
            "too many? Our books close this week.",
            at, team="orders", topic="billing",
        )  # fmt: skip
        self.take(ticket, "priya", self.soonest(ticket.pk, at + timedelta(minutes=30)))
        said = self.soonest(ticket.pk, at + timedelta(minutes=50))
        message = self.reply(
            ticket.pk, STOCKWREN, "priya",
            "Good morning Dean, you are right, the seat was removed a day before the invoice. I will send "
            "the credit note today.",
            said,
        )  # fmt: skip
        with self.at(ticket.pk, said):
            make_promise(
                ticket.pk, user=self.user("priya"), due_at=said + timedelta(hours=8), message=message,
                at=said, text="Send the credit note",
            )  # fmt: skip
        self.add(
            ticket, STOCKWREN, self.company.contacts[_PATIENT], _PATIENT,
            "Hello again, the credit note has not arrived yet. Is it on its way?", self.ago(hours=2),
        )  # fmt: skip

    # --- dates and breaches ------------------------------------------------------------------------

    def _due_by_hand(self) -> None:
        """The spare part comes on a day that no policy knows of."""
        played = self.told.get("open-ru-onhold-plate")
        if played is None:
            return
        at = self.soonest(played.ticket_id, self.ago(hours=2, minutes=40))
        day = (self.now + timedelta(days=5)).replace(hour=12, minute=0, second=0, microsecond=0)
        with self.at(played.ticket_id, at):
            set_due(
                played.ticket_id, target="resolution", due_at=day, actor=self.actor("timur"), at=at,
                reason="Плиту привезёт поставщик; с клиентом договорились, что чиним в день доставки",
            )  # fmt: skip

    def _breach_withdrawn(self) -> None:
        """It was no emergency: with the right priority the first answer was not late after all."""
        at = self.ago(hours=9)
        ticket, _message = self.mail(
            STOCKWREN, "joanne@brightwell.example", "Label printer prints tiny labels",
            "Hello, since the new rolls arrived every label comes out at half its size. We can still read "
            "them with a magnifying glass, so no panic.",
            at, topic="scanning",
        )  # fmt: skip
        soon = self.soonest(ticket.pk, at + timedelta(minutes=5))
        with self.at(ticket.pk, soon):
            commands.set_priority(ticket.pk, priority=Priority.URGENT, actor=self.actor("daniel"), at=soon)
        later = self.ago(hours=6)
        with self.at(ticket.pk, later):
            commands.set_priority(ticket.pk, priority=Priority.LOW, actor=self.actor("olga"), at=later)
        self.note(
            ticket.pk, "olga",
            "Это не авария, а настройка размера этикетки: важность вернула на низкую, срок пересчитан. "
            "@Daniel Okafor, ответьте, пожалуйста, когда дойдут руки.",
            later + timedelta(minutes=2),
        )  # fmt: skip

    def _nearly_late(self) -> None:
        """Two gold customers whose first answer is due within the half hour: the lead has been warned."""
        self.mail(
            POMOL, "alla@pristan-hotel.example", "Помол поплыл на обоих «Филинах»",
            "Добрый день! На завтраках второй день кислит: помол на обеих мельницах стал крупнее, а "
            "регулировка на месте. Завтра заезд на сорок человек. Что проверить, прежде чем звать мастера?",
            self.ago(hours=5, minutes=48), topic="wholesale",
        )  # fmt: skip
        self.mail(
            STOCKWREN, "liam@lowfellauto.example", "Two bins show each other's stock",
            "Morning. Bins C-14 and C-15 have swapped contents on screen since the move, and the pickers "
            "follow the screen. Can you swap them back, or tell us how?",
            self.ago(hours=5, minutes=37), topic="reports",
        )  # fmt: skip

    def _at_night(self) -> None:
        """A café writes when the office is closed, and the night shift answers shortly."""
        office = versions.working_time(self.stage.service.calendars["moscow"].current.pk)
        at = self.ago(hours=5)
        while office.is_working(at):
            at -= timedelta(hours=1)
        ticket, _message = self.mail(
            POMOL, "safina@tri-stupeni.example", "«Про» на Баумана не включается",
            "Доброй ночи! Снимали кассу, заметили: «Гольфстрим Про» на Баумана погас и не включается. "
            "Автомат на месте. Открываемся в семь, что можно проверить самим?",
            at, topic="wholesale",
        )  # fmt: skip
        answered = self.soonest(ticket.pk, at + timedelta(minutes=35))
        if ticket.assignee_id is None:
            self.take(ticket, "rodion", answered)
        self.reply(
            ticket.pk, POMOL, "rodion",
            "Эльвира, доброй ночи! Проверьте предохранитель за нижней крышкой, слева: чёрная кнопка, нажмите "
            "до щелчка. Если щёлкает и гаснет снова, не включайте: утром приедет Тимур, я его предупредил.",
            answered + timedelta(minutes=3), status="pending",
        )  # fmt: skip

    def _late_and_passed_on(self) -> None:
        """Nobody of the first line has answered a gold customer in time: a rule passes it on."""
        self.mail(
            STOCKWREN, "sanne@greyheron.example", "Web shop shows sold-out frames as available",
            "Hello, three frame sizes are at zero with you and at two in our web shop. We had to turn away a "
            "customer this morning. The other sizes are right.",
            self.ago(hours=7, minutes=30), topic="sync",
        )  # fmt: skip

    # --- lines and experts -------------------------------------------------------------------------

    def _up_and_back(self) -> None:
        """To the second line with a reason, and back with an answer for whoever speaks to the customer."""
        at = self.ago(hours=22)
        ticket, _message = self.mail(
            POMOL, "irina.koval@dom.example", "«Соло» просит промывку после каждой чашки",
            "Здравствуйте. «Гольфстрим Соло» после обновления требует промывку после каждой чашки. "
            "Сбрасывала на заводские настройки, не помогло.",
            at, topic="warranty",
        )  # fmt: skip
        self.take(ticket, "anna", at + timedelta(minutes=25))
        with self.at(ticket.pk, up := at + timedelta(minutes=45)):
            commands.set_attribute(
                ticket.pk, field=self.stage.service.fields["machine"], value="Гольфстрим Соло",
                actor=self.actor("anna"), at=up,
            )  # fmt: skip
            commands.set_summary(
                ticket.pk, actor=self.actor("anna"), at=up,
                text="«Соло», прошивка 2.4.1, куплена весной. Сброс делали. Клиентка пьёт по две чашки "
                "в день и готова прислать видео.",
            )  # fmt: skip
            commands.escalate(
                ticket.pk, team=self.company.teams["engineers"], actor=self.actor("anna"), at=up,
                reason="Похоже на ошибку счётчика в 2.4.1, первой линии тут смотреть нечего",
            )  # fmt: skip
        answered = self.soonest(ticket.pk, self.ago(hours=3, minutes=10))
        self.note(
            ticket.pk, "timur",
            "Так и есть: счётчик литров после 2.4.1 хранится в старых единицах. Лечится обнулением "
            "в сервисном меню, шаги ниже. Прошивка с исправлением выйдет на следующей неделе.\n\n"
            "1. Выключить, зажать «пар» и «вода», включить.\n2. Пункт 7, ввести 0.\n3. Перезапустить.",
            answered,
        )  # fmt: skip
        with self.at(ticket.pk, back := answered + timedelta(minutes=4)):
            commands.escalate(
                ticket.pk, team=self.company.teams["first-line"], actor=self.actor("timur"), at=back,
                reason="Нашли причину и обход, осталось рассказать клиентке",
            )  # fmt: skip
            commands.assign(ticket.pk, to=self.user("anna"), actor=self.actor("timur"), at=back)

    def _still_upstairs(self) -> None:
        """Escalated and not back yet."""
        at = self.ago(hours=6, minutes=30)
        ticket, _message = self.mail(
            STOCKWREN, "liam@lowfellauto.example", "Nightly sync sends every product twice",
            "Hi, since last night our web shop gets each stock update twice, some seconds apart. Nothing "
            "breaks, but the shop's log is filling up.",
            at, topic="sync",
        )  # fmt: skip
        start = self.soonest(ticket.pk, at + timedelta(minutes=15))
        self.take(ticket, "daniel", start)
        with self.at(ticket.pk, up := start + timedelta(minutes=20)):
            commands.set_summary(
                ticket.pk, actor=self.actor("daniel"), at=up,
                text="Two workers seem to run the same export. Started last night after their shop moved "
                "servers. Not urgent for them, but it will not go away by itself.",
            )  # fmt: skip
            commands.escalate(
                ticket.pk, team=self.company.teams["engineers"], actor=self.actor("daniel"), at=up,
                reason="Needs somebody who can see the export queue",
            )  # fmt: skip

    def _expert(self) -> None:
        """Gleb is asked twice: once he has answered and was thanked, once everybody still waits for him."""
        for key, asker, ago in (
            ("open-en-scan-cold", "katya", timedelta(hours=2, minutes=20)),
            ("open-ru-service-visit", "timur", timedelta(minutes=35)),
        ):
            played = self.told.get(key)
            if played is None:
                continue
            english = asker == "katya"
            number, at = played.ticket_id, self.soonest(played.ticket_id, self.now - ago)
            with self.at(number, at):
                commands.call_in(
                    number, user=self.user("gleb"), actor=self.actor(asker), at=at,
                    question="Can the app keep yesterday's cache when the phone's clock runs behind?"
                    if english
                    else "Можно ли перед выездом прочитать журнал ошибок «Про» удалённо, без мастера?",
                )  # fmt: skip
            if english:
                answered = at + timedelta(minutes=55)
                self.note(
                    number, "gleb",
                    "Yes, it can: the cache is dated by the phone's clock, and a phone that runs a day "
                    "behind thinks it is fresh. Ask them to set the time automatically; the next build dates "
                    "it by the server.",
                    answered,
                )  # fmt: skip
                with self.at(number, done := answered + timedelta(minutes=6)):
                    commands.release(number, user=self.user("gleb"), actor=self.actor(asker), at=done)
        rule = Rule.objects.filter(versions__definition__trigger__on="manual").first()
        played = self.told.get("open-ru-firmware-ask")
        if rule is not None and played is not None:
            at = self.soonest(played.ticket_id, self.ago(minutes=75))
            with self.at(played.ticket_id, at):
                request_rule(played.ticket_id, rule_id=rule.pk, user=self.user("katya"), at=at)

    # --- the queue, and words between colleagues ---------------------------------------------------

    def _nobody_reads_german(self) -> None:
        """The only colleague who reads German is on holiday, so the ticket waits for him."""
        address = "werkstatt@fahrradhalle.example"
        resolve_contact("email", address, name="Jutta Ahlers", language="de")
        self.mail(
            STOCKWREN, address, "Frage zur Inventur",
            "Guten Tag, wir sind eine kleine Fahrradwerkstatt und möchten die Inventur mit Ihrer App machen. "
            "Können wir die Ersatzteile auch ohne Strichcode zählen, und ist die Probezeit wirklich "
            "kostenlos? Vielen Dank und freundliche Grüße, Jutta Ahlers",
            self.ago(hours=4, minutes=20), topic="onboarding", language="de",
        )  # fmt: skip

    def _handed_over(self) -> None:
        """What Olga and Boris have given to Anna and to Daniel just now."""
        for key, giver, taker, minutes, summary in (
            (
                "open-ru-order-friday", "olga", "anna", 6,
                "День рождения в пятницу, подарок. Если склад не успевает, предложите самовывоз.",
            ),
            ("open-en-questions-mix", "boris", "daniel", 18, ""),
            (
                "open-ru-privacy-new", "boris", "anna", 27,
                "Ответ по закону за 10 рабочих дней; черновик у юриста.",
            ),
        ):  # fmt: skip
            played = self.told.get(key)
            if played is None:
                continue
            at = self.soonest(played.ticket_id, self.ago(minutes=minutes))
            with self.at(played.ticket_id, at):
                if summary:
                    commands.set_summary(played.ticket_id, text=summary, actor=self.actor(giver), at=at)
                commands.assign(played.ticket_id, to=self.user(taker), actor=self.actor(giver), at=at)

    def _mentioned(self) -> None:
        for key, who, minutes, text in _MENTIONS:
            if played := self.told.get(key):
                at = self.soonest(played.ticket_id, self.ago(minutes=minutes))
                self.note(played.ticket_id, who, text, at)

    def _summaries(self) -> None:
        """A line or two for whoever takes over."""
        for key, who, text in (
            ("open-en-perishable", "katya", "Every hour counts: we paused the sync at their wish."),
            ("open-en-refund-wait", "priya", "Refund approved, the bank takes 5 to 7 days. Second reminder."),
            (
                "open-ru-upd-today",
                "marina",
                "УПД нужен сегодня до 17:00: бухгалтер ждёт скан.",
            ),
        ):
            if played := self.told.get(key):
                at = self.soonest(played.ticket_id, self.ago(minutes=15))
                with self.at(played.ticket_id, at):
                    commands.set_summary(played.ticket_id, text=text, actor=self.actor(who), at=at)
