"""What the bot understands by itself: commands and buttons. Everything else is for people."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from channels_in import conversing
from channels_in.kinds.telegram import deep_link, presence
from channels_in.kinds.telegram.buttons import Press, keyboard, menu, read
from channels_in.kinds.telegram.parsing import Update
from channels_in.kinds.telegram.speaking import say
from channels_in.kinds.telegram.tying import tie
from channels_in.kinds.telegram.who import language_for, sender_of
from channels_in.models import Inbound, TelegramBot, Thread
from channels_in.protocol import Incoming
from channels_in.settled import Settled
from common.text import one_line
from journal.actor import Actor
from people.models import Contact
from tickets import commands
from tickets.content import Content
from tickets.errors import TicketError
from tickets.models import Category, Ticket
from tickets.status import default_status

MOST_SHOWN = 5
# Shown in Telegram's menu, in both languages (``connecting.introduce``).
COMMANDS = {
    "new": gettext_noop("Begin a new request"),
    "status": gettext_noop("My open requests"),
    "help": gettext_noop("What this bot can do"),
}


@dataclass(frozen=True)
class Talk:
    """One exchange: who, where, and what to answer with."""

    inbound: Inbound
    update: Update
    thread: Thread
    contact: Contact

    def answer(self, text: str, buttons: list[list[dict[str, str]]] | None = None) -> None:
        markup = {"reply_markup": keyboard(buttons)} if buttons else {}
        say(self.inbound.inbox, "sendMessage", chat_id=self.chat_id, text=text, **markup)

    @property
    def chat_id(self) -> int:
        return int(self.thread.external_id)

    @property
    def is_private(self) -> bool:
        return self.update.chat is not None and self.update.chat.is_private


def is_for_us(update: Update, bot: TelegramBot) -> bool:
    """Whether a command is one of ours: in a group it may be meant for another bot."""
    command = update.command
    if command is None or (command.name != "start" and command.name not in COMMANDS):
        return False
    return not command.bot or command.bot == bot.username.lower()


def obey(inbound: Inbound, update: Update) -> Settled | None:
    """Do what a command of ours says."""
    assert update.command is not None
    name = update.command.name
    proof = _proof(inbound, update) if name == "start" and update.command.argument else None
    talk = _talk(inbound, update)
    with translation.override(language_for(talk.contact, inbound.inbox, update.sender)):
        if name == "start":
            _greet(talk, proof)
        else:
            _ANSWERS[name](talk)
    return Settled.obeyed(f"command:{name}")


def press(inbound: Inbound, update: Update) -> Settled:
    """A button was pressed. One that we do not know says what stands on it."""
    talk = _talk(inbound, update)
    say(inbound.inbox, "answerCallbackQuery", callback_query_id=update.callback_id)
    pressed = read(update.data)
    if pressed is None:
        return _said(talk)
    with translation.override(language_for(talk.contact, inbound.inbox, update.sender)):
        if pressed.ticket_id is None:
            _ANSWERS[pressed.name](talk)
        else:
            _about_ticket(talk, pressed)
    return Settled.obeyed(f"button:{pressed.name}")


def _talk(inbound: Inbound, update: Update) -> Talk:
    assert update.chat is not None
    assert update.sender is not None
    contact = conversing.contact_of(sender_of(update.sender))
    thread = conversing.thread_of(inbound.inbox, str(update.chat.id), contact)
    presence.seen(thread, update)
    return Talk(inbound, update, thread, contact)


@dataclass(frozen=True)
class Proof:
    """What came of a deep link: ``good``, and whose the account is by it, if that could be settled."""

    good: bool
    person: Contact | None = None


def _proof(inbound: Inbound, update: Update) -> Proof:
    """Whose deep link this is, tied to the Telegram account that followed it."""
    assert update.sender is not None
    assert update.command is not None
    if update.chat is None or not update.chat.is_private:
        return Proof(good=False)
    contact = deep_link.redeem(update.command.argument, telegram_id=str(update.sender.id))
    return Proof(good=False) if contact is None else Proof(True, tie(contact, sender_of(update.sender)))


def _greet(talk: Talk, proof: Proof | None) -> None:
    brand = talk.inbound.inbox.brand.name
    lines = [_("Hello! This is the support of %(brand)s.") % {"brand": brand}]
    if proof is not None and proof.person is not None:
        lines.append(
            _("We know you as %(name)s: your requests are here as well.") % {"name": proof.person.name}
        )
    elif proof is not None and proof.good:
        lines.append(_("A colleague will join your requests from here with the others."))
    elif proof is not None:
        lines.append(_("The link you came by has been used or has expired. You can write all the same."))
    lines.append(_("Write here what it is about; photos, files and voice messages are welcome."))
    talk.answer("\n\n".join(lines), menu())


def _help(talk: Talk) -> None:
    talk.answer(
        "\n".join(
            [
                _("Write here, and people answer. Photos, files up to 20 MB and voice messages are welcome."),
                "",
                *(f"/{name} – {_(words)}" for name, words in COMMANDS.items()),
                "",
                _("A message that you edit is edited with us, too."),
            ]
        ),
        menu(),
    )


def _new(talk: Talk) -> None:
    talk.thread.ticket = None
    talk.thread.save(update_fields=["ticket"])
    talk.answer(_("Good, a new request. Write what it is about."))


def _status(talk: Talk) -> None:
    if not talk.is_private:
        talk.answer(_("Ask me in private: others read here."))
        return
    mine = Ticket.objects.filter(
        requester__in=Contact.objects.family(talk.contact.pk),
        brand=talk.inbound.inbox.brand,
        category__lt=Category.RESOLVED,
    )
    rows = mine.filter(is_hidden=False).select_related("status").order_by("-active_at", "-pk")
    shown = list(rows[: MOST_SHOWN + 1])
    if not shown:
        talk.answer(_("You have no open requests."), menu())
        return
    lines = [_line(ticket) for ticket in shown[:MOST_SHOWN]]
    if len(shown) > MOST_SHOWN:
        lines.append(_("… and others, older than these."))
    talk.answer(_("Your open requests:") + "\n\n" + "\n\n".join(lines), menu())


def _line(ticket: Ticket) -> str:
    when = date_format(localtime(ticket.active_at), "DATE_FORMAT")
    subject = one_line(ticket.subject, 100)
    return f"#{ticket.pk} {subject}\n" + _("%(status)s, last news on %(date)s") % {
        "status": ticket.status, "date": when,
    }  # fmt: skip


_ANSWERS: dict[str, Callable[[Talk], None]] = {"new": _new, "status": _status, "help": _help}


def _about_ticket(talk: Talk, pressed: Press) -> None:
    """Under the answer that solved a request: it did, or it did not."""
    ticket = Ticket.objects.filter(
        pk=pressed.ticket_id or 0, requester__in=Contact.objects.family(talk.contact.pk)
    ).first()
    if ticket is None:
        talk.answer(_("This button belongs to a request that is not yours."))
        return
    if pressed.name == "thanks":
        talk.answer(_("Thank you! Write at any time."))
        return
    try:
        if ticket.category >= Category.RESOLVED:
            opened = default_status(Category.OPEN)
            commands.set_status(ticket.pk, status=opened, actor=Actor.contact(talk.contact))
    except TicketError:  # closed for good, or merged away: what they write next finds its way
        pass
    talk.thread.ticket = ticket
    talk.thread.save(update_fields=["ticket"])
    talk.answer(_("Sorry about that. Write what is still wrong, and we go on with #%(number)d.") % {
        "number": ticket.pk
    })  # fmt: skip


def _said(talk: Talk) -> Settled:
    """Somebody's choice among what they were offered is their message."""
    assert talk.update.sender is not None
    text = talk.update.text
    sender = sender_of(talk.update.sender)
    return conversing.receive(
        talk.inbound,
        Incoming(
            external_id=f"button:{talk.update.callback_id}",
            thread_id=talk.thread.external_id,
            sender=sender,
            content=Content(text=text, sender={"name": sender.name, "address": ""}),
            at=talk.inbound.received_at,
        ),
    )
