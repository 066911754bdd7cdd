"""What becomes of a thing the visitor did: a line in their window, words of the bot, a message of a ticket.

Everything happens in the open transaction, with the session's gate held, in the order thread, ticket, session
row. Before a person is asked for, the bot and the visitor talk in lines only; handing over makes a ticket of
them, and from then on each line is a message.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction

from channels_in import blocking, conversing
from channels_in.conversing import Opening
from channels_in.events import BotSpoke, HandedToPerson
from channels_in.kinds.chat import bot, lines, reception, sessions, uploads
from channels_in.kinds.chat.announce import announce
from channels_in.kinds.chat.bot import BotAct, BotEvent, Finish, HandOver, OpenTicket, Say
from channels_in.kinds.chat.frames import Frame
from channels_in.models import ChatLine, ChatSession, Inbound
from channels_in.protocol import Incoming, Sender
from channels_in.settled import Settled, Unusable
from common import clock
from common.text import number
from journal.actor import Actor
from journal.record import record
from people.models import Identity, Team
from tickets import commands, errors
from tickets.commands.base import survivor_id
from tickets.content import Content, FileContent
from tickets.models import CustomField, Message, Topic

BOT = Actor.system("chat-bot")
Stage = ChatSession.Stage
# What is said after a talk that was solved is another matter a day later.
FRESH_FOR = timedelta(days=1)
_SHOWN_NAME = 200
_BOT_PATIENCE = timedelta(minutes=10)  # then we look whether the visitor has left the bot in the middle


def settle(inbound: Inbound, frame: Frame) -> Settled:
    """Decide and act. Raises ``Unusable`` where the session is unknown or the widget another's."""
    session = sessions.gate(frame.session)
    if session is None or session.widget_id != inbound.inbox.chat_widget.pk:
        raise Unusable("unknown-session", frame.session)
    session.widget = inbound.inbox.chat_widget
    banned, line_id = sessions.look(session, frame.client_id)
    if banned:
        return Settled.discarded("banned")
    # Whoever is in a talk already is kept out by a ban; looking up their addresses each time costs too much.
    if (
        session.stage not in sessions.GOING_ON
        and (blocked := blocking.blocked_by(address_of(session))) is not None
    ):
        blocking.count_hit(blocked)
        return Settled.discarded("blocked", blocked.pattern)
    if line_id is not None:
        line = ChatLine.objects.select_related("message").get(pk=line_id)
        return Settled.done(line.message, "known") if line.message else _without_ticket("known")
    return Talk(session, inbound).hear(frame)


def _without_ticket(cause: str) -> Settled:
    return Settled(Inbound.Status.DONE, cause)


class Talk:
    """One session in one transaction."""

    def __init__(self, session: ChatSession, inbound: Inbound) -> None:
        self.session = session
        self.inbound = inbound
        self.at = inbound.received_at
        self.settled: Settled | None = None
        self.heard: ChatLine | None = None
        self.last_seq = session.last_seq
        self.changed: set[str] = set()

    # --- what came -------------------------------------------------------------------------------

    def hear(self, frame: Frame) -> Settled:
        if frame.type == "leave":
            self._leave(frame)
        else:
            if self.session.stage not in sessions.GOING_ON:
                self._begin()
            if self.session.stage == Stage.BOT:
                self._with_bot(frame)
            else:
                self._to_people(frame)
        self._save()
        settled = self.settled or _without_ticket("bot")
        if self.heard is not None:
            settled.answer = lines.Place(self.heard.seq, self.last_seq, self.session.stage)
        return settled

    def _begin(self) -> None:
        """A new talk: with the bot if there is one, else a person is asked for with the first words."""
        session = self.session
        self._set(first_seq=session.last_seq, ended_at=None, taken_at=None, queued_at=None, bot_state={})
        self._set(rating={}, offered_to=None, pick_up_by=None)
        ticket = session.ticket
        if ticket is not None and ticket.resolved_at and self.at - ticket.resolved_at > FRESH_FOR:
            assert session.thread is not None  # the ticket is the thread's
            session.thread.ticket = None
            session.thread.save(update_fields=["ticket"])
        self._set(stage=Stage.BOT if bot.is_on(session) else Stage.IDLE)

    def _with_bot(self, frame: Frame) -> None:
        event = _event_of(frame)
        chosen = _label(self.session, frame) if frame.type == "choose" else ""
        data: dict[str, Any] = {}
        if frame.files:
            rows = uploads.of(self.session, frame.files)
            data = {"files": [row.key for row in rows], "names": [row.name for row in rows]}
        if frame.type != "say":
            data["choice"] = frame.choice or frame.type
        self._hears(frame.client_id, text=chosen or frame.text, data=data)
        self._set(follow_at=self.at + _BOT_PATIENCE)
        self.perform([HandOver("asked")] if frame.type == "person" else bot.answer(self.session, event))

    def _to_people(self, frame: Frame) -> None:
        if frame.type == "choose":  # a button of a talk that has gone on without it
            frame = replace(frame, text=frame.text or frame.choice)
        if not frame.text and not frame.files:
            frame = replace(frame, text="…")
        message = self._receive(self._incoming(frame.client_id, frame.text, self._files(frame.files)))
        self._hears(frame.client_id, message=message)
        if self.session.stage not in {Stage.WAITING, Stage.TALKING}:
            self._ask_for_person()

    def _leave(self, frame: Frame) -> None:
        """A message for later: it becomes a ticket whatever the bot was at, and is answered by mail."""
        session = self.session
        if session.stage not in sessions.GOING_ON:
            self._begin()
        said = {"email": frame.email, "name": frame.name}
        session.answers = session.answers | {name: text for name, text in said.items() if text}
        self.changed.add("answers")
        self._open_from_lines()
        message = self._receive(self._incoming(frame.client_id, frame.text, self._files(frame.files)))
        self._hears(frame.client_id, message=message)
        self._left()

    def _hears(self, client_id: str, **what: Any) -> None:
        """A line of the visitor's, by the name their browser has given it."""
        self.heard = self._add(ChatLine.By.VISITOR, client_id=client_id, **what)

    def _add(self, by: str, **what: Any) -> ChatLine:
        line = lines.add(self.session.pk, by=by, at=self.at, **what)
        self.last_seq = line.seq
        return line

    # --- what the bot does -----------------------------------------------------------------------

    def perform(self, acts: Sequence[BotAct]) -> None:
        self.changed |= {"bot_state", "answers"}
        for act in acts:
            match act:
                case Say():
                    data = {**act.data}
                    if act.choices:
                        data["choices"] = [{"id": one.id, "label": one.label} for one in act.choices]
                    if act.expects:
                        data["expects"] = act.expects
                    text = bot.with_number(act.text, self.session)
                    self._add(ChatLine.By.BOT, text=text, data=data)
                case OpenTicket():
                    self._open_from_lines(act)
                case HandOver():
                    self._hand_over(act)
                    return
                case Finish():
                    self._set(stage=Stage.ENDED, ended_at=self.at)
                    return

    def leave_to_people(self, act: HandOver) -> None:
        """The visitor has gone in the middle: a ticket of what they said, nobody waiting."""
        ticket_id = self._open_from_lines(act)
        if ticket_id is not None:
            record(HandedToPerson(ticket_id, self.session.pk, act.reason), actor=BOT)
        self._left()
        self._save()

    def _hand_over(self, act: HandOver) -> None:
        ticket_id = self._open_from_lines(act)
        if ticket_id is not None:
            record(HandedToPerson(ticket_id, self.session.pk, act.reason), actor=BOT)
        self._ask_for_person()

    def _open_from_lines(self, act: HandOver | OpenTicket | None = None) -> int | None:
        """Make messages of what was said before there was a ticket, in its order; None if nothing was."""
        said = ChatLine.objects.filter(
            session=self.session, seq__gt=self.session.first_seq, message=None
        ).exclude(by=ChatLine.By.NOTICE)
        rows = list(said.order_by("seq"))
        first = next((at for at, row in enumerate(rows) if row.by == ChatLine.By.VISITOR), None)
        if first is None:
            return None

        def greetings(ticket_id: int) -> None:
            for row in rows[:first]:
                self._put_bot(row, ticket_id)

        opening = _opening(act) if act else Opening()
        message = self._receive(self._of_line(rows[first]), opening, before=greetings if first else None)
        _put(rows[first], message)
        ticket_id = survivor_id(message.ticket_id)
        for row in rows[first + 1 :]:
            if row.by == ChatLine.By.VISITOR:
                assert self.session.thread is not None  # made by the first
                contact = self.session.thread.contact
                _put(row, conversing.add(self.session.thread, ticket_id, contact, self._of_line(row)))
            else:
                self._put_bot(row, ticket_id)
        began = next((row for row in rows if row.by == ChatLine.By.BOT), None)
        if began is not None:
            record(BotSpoke(ticket_id, self.session.pk, began.at.isoformat()), actor=BOT)
        if act is not None:
            _set_attributes(ticket_id, act.attributes)
        if isinstance(act, OpenTicket):
            _set_more(ticket_id, act)
        return ticket_id

    def _put_bot(self, row: ChatLine, ticket_id: int) -> None:
        posted = commands.post_automatic(
            ticket_id,
            content=Content(text=_with_choices(row)),
            actor=BOT,
            automatic_kind="bot",
            channel="chat",
        )
        _put(row, posted)

    # --- to people -------------------------------------------------------------------------------

    def _ask_for_person(self) -> None:
        """Join the queue, or, where nobody is there, be told that the answer comes by mail."""
        if not reception.reception(self.session.widget, self.at).is_open:
            self._left()
            return
        self._set(stage=Stage.WAITING, queued_at=self.at, taken_at=None)
        ticket = self.session.ticket
        if ticket is not None and ticket.assignee_id is not None:
            # It is somebody's already: theirs to take.
            due = self.at + timedelta(seconds=self.session.widget.pick_up_seconds)
            self._set(offered_to=ticket.assignee, pick_up_by=due)

    def _left(self) -> None:
        self._set(stage=Stage.LEFT, queued_at=None)
        email = address_of(self.session)
        data = {"code": "left", "email": email} if email else {"code": "left-nowhere"}
        self._add(ChatLine.By.NOTICE, data=data)

    def _receive(
        self,
        incoming: Incoming,
        opening: Opening | None = None,
        before: Callable[[int], None] | None = None,
    ) -> Message:
        """Through the intake all messengers share; the session remembers its thread."""
        opening = self._full(opening or Opening())
        known = self.session.thread
        settled = conversing.receive(self.inbound, incoming, opening=opening, before=before, known=known)
        message = settled.message
        if message is None:
            raise Unusable(settled.cause, settled.detail)
        if known is None:
            assert message.author_contact is not None  # a customer's message has one
            thread = conversing.thread_of(self.inbound.inbox, self.session.key, message.author_contact)
            self.session.thread = thread
            self.changed.add("thread")
            sessions.claim(self.session, thread.contact)
        self.settled = settled
        return message

    def _full(self, opening: Opening) -> Opening:
        """With what the visitor said of it before the talk."""
        topic = opening.topic
        if topic is None and (topic_id := number(str(self.session.answers.get("topic") or ""))):
            brand = self.session.widget.inbox.brand_id
            topic = Topic.objects.filter(pk=topic_id, brand__in=[brand]).first() or (
                Topic.objects.filter(pk=topic_id, brand=None).first()
            )
        return replace(opening, topic=topic, language=opening.language or self.session.language)

    def _incoming(self, client_id: str, text: str, files: list[FileContent]) -> Incoming:
        session = self.session
        contact = session.contact
        name = session.answers.get("name") or (contact.name if contact else sessions.default_name(session))
        sender = Sender(
            kind=session.identity_kind,
            value=session.identity_value or session.key,
            name=name[:_SHOWN_NAME],
            language=session.language,
            is_verified=session.is_known or session.identity_kind == Identity.Kind.VISITOR,
        )
        shown = {"name": name, "address": ""}
        content = Content(text=text, files=files, sender=shown)
        return Incoming(client_id, session.key, sender, content, self.at)

    def _of_line(self, row: ChatLine) -> Incoming:
        return self._incoming(row.client_id, row.text, self._files(row.data.get("files", [])))

    def _files(self, keys: list[str]) -> list[FileContent]:
        return uploads.take(self.session, keys) if keys else []

    # --- the session row -------------------------------------------------------------------------

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self.session, name, value)
        self.changed |= set(values)

    def _save(self) -> None:
        if self.changed:
            self.session.save(update_fields=sorted(self.changed))
        if "stage" in self.changed:
            announce(self.session.pk, "state")


@transaction.atomic
def greet(session_key: str) -> bool:
    """The window of a new talk was opened: the bot may speak first. Whether it did."""
    session = sessions.gate(session_key)
    if session is None or session.stage in sessions.GOING_ON:
        return False
    if not bot.is_on(session) or sessions.is_banned(session.address, session):
        return False
    talk = Talk(session, Inbound(inbox=session.widget.inbox, received_at=clock.now()))
    talk._begin()
    acts = [act for act in bot.answer(session, BotEvent("opened")) if isinstance(act, Say)]
    if not acts:
        return False
    talk.perform(acts)
    talk._save()
    return True


def address_of(session: ChatSession) -> str:
    """Where mail reaches the visitor: the contact's address, else the one they gave."""
    contact = session.contact
    return (contact.any_address if contact else "") or str(session.answers.get("email") or "")


def _event_of(frame: Frame) -> BotEvent:
    if frame.type == "choose":
        return BotEvent("chose", text=frame.text, choice=frame.choice, line=frame.line)
    if frame.type == "person":
        return BotEvent("person")
    return BotEvent("said", text=frame.text, has_files=bool(frame.files))


def _label(session: ChatSession, frame: Frame) -> str:
    """What stands on the button that was pressed: ours, not what a browser says stands there."""
    row = ChatLine.objects.filter(session=session, seq=frame.line, by=ChatLine.By.BOT).first()
    choices = row.data.get("choices", []) if row else []
    found = (one["label"] for one in choices if one.get("id") == frame.choice)
    return str(next(found, frame.choice))


def _with_choices(row: ChatLine) -> str:
    """The bot's words with its buttons, for people who read the talk later."""
    labels = [one["label"] for one in row.data.get("choices", [])]
    return "\n".join([row.text, *(f"▸ {label}" for label in labels)])


def _opening(act: HandOver | OpenTicket) -> Opening:
    team = Team.objects.filter(pk=act.team_id, is_active=True).first() if act.team_id else None
    topic = Topic.objects.filter(pk=act.topic_id).first() if act.topic_id else None
    return Opening(subject=act.subject, team=team, topic=topic)


def _set_attributes(ticket_id: int, values: dict[str, Any]) -> None:
    """What the bot has collected into custom fields; what does not fit a field was said in words anyway."""
    for field in CustomField.objects.filter(key__in=values):
        with suppress(errors.Invalid):
            commands.set_attribute(ticket_id, field=field, value=values[field.key], actor=BOT)


def _set_more(ticket_id: int, act: OpenTicket) -> None:
    if act.priority is not None:
        commands.set_priority(ticket_id, priority=act.priority, actor=BOT)
    for name in act.tags:
        commands.add_tag(ticket_id, name=name, actor=BOT)


def _put(row: ChatLine, message: Message) -> None:
    row.message = message
    row.save(update_fields=["message"])
