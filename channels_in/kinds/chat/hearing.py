"""What a visitor's connection calls for each thing they do: refused with a reason, or kept and settled."""

from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from channels_in import blocking, intake
from channels_in.kinds.chat import bot, lines, reception, sessions, talking, uploads
from channels_in.kinds.chat.frames import BadFrame, Frame, frame_of, raw_of
from channels_in.models import ChatLine, ChatSession, Inbound
from common import clock, rates
from common.rates import Rate

Stage = ChatSession.Stage
# Faster than anybody types, slower than a script that means harm.
RATES = (Rate(15, 10), Rate(300, 3600))


@dataclass(frozen=True)
class Heard:
    """``seq``: the line it has become; None while it is kept and not settled yet.

    ``last_seq`` and ``stage``: how the session is now, if the line is there.
    """

    client_id: str
    seq: int | None
    last_seq: int = 0
    stage: str = ""


class Refused(Exception):  # an answer, like tickets.errors
    """Nothing was kept. ``code`` for the browser, which asks for what is missing, ``words`` for people."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


def hear(session: ChatSession, data: dict[str, Any], *, via: str = Inbound.Via.SOCKET) -> Heard:
    """Keep what a visitor did, and do what follows from it. Raises ``Refused``; the same ``id`` again is
    once.

    ``session`` may be as it was a moment ago: what matters is read again behind its gate, bans too. While a
    talk goes on little else is looked at here, since every word comes this way.
    """
    with translation.override(session.language or "en"):
        try:
            frame = frame_of(data | {"session": session.key})
        except BadFrame as error:
            raise Refused(error.code, words_of(error.code)) from error
        try:
            _check(session, frame)
        except Refused:
            # A browser that comes back says once more whatever it had no answer to, be it the last that fits.
            if (known := _known(session, frame.client_id)) is not None:
                return known
            raise
        inbox = session.widget.inbox
        raw, name = raw_of(data, session.key), f"{session.key}:{frame.client_id}"
        inbound, settled = intake.keep_settled(inbox, raw, external_id=name, via=via)
        if settled is not None and isinstance(settled.answer, lines.Place):
            place = settled.answer
            return Heard(frame.client_id, place.seq, place.last_seq, place.stage)
        if settled is None and (known := _known(session, frame.client_id)) is not None:
            return known
        if Inbound.objects.filter(pk=inbound.pk, status=Inbound.Status.DISCARDED).exists():
            raise _refusal("banned")
        return Heard(frame.client_id, None)


def _known(session: ChatSession, client_id: str) -> Heard | None:
    """The line it has become already, if it has: then saying it was nothing that counts."""
    heard = _line(session, client_id)
    if heard is not None:
        rates.give_back("chat-say", session.key, *RATES)
    return heard


def _line(session: ChatSession, client_id: str) -> Heard | None:
    rows = ChatLine.objects.filter(session=session, client_id=client_id)
    row = rows.values_list("seq", "session__last_seq", "session__stage").first()
    return Heard(client_id, *row) if row is not None else None


def _check(session: ChatSession, frame: Frame) -> None:
    """What can be said before anything is kept, so that the visitor can mend it."""
    if not rates.take("chat-say", session.key, *RATES):
        raise _refusal("too-fast")
    if frame.files and len(uploads.of(session, frame.files)) < len(frame.files):
        raise _refusal("unknown-file")
    if session.stage in sessions.GOING_ON:
        # A bot greets whoever opens the window, before anybody has agreed to anything.
        if sessions.lacks_consent(session):
            raise _refusal("introduce")
        return
    if sessions.is_banned(session.address, session):
        raise _refusal("banned")
    if blocking.blocked_by(talking.address_of(session)) is not None:
        raise _refusal("banned")
    missing = [name for name in sessions.missing(session) if name != "email" or frame.type != "leave"]
    if missing:
        raise _refusal("introduce")
    if frame.type == "leave":
        if not frame.email and not talking.address_of(session):
            raise _refusal("no-email")
        return
    can_wait = bot.is_on(session) or talking.address_of(session)
    if not can_wait and not reception.reception(session.widget, clock.now()).is_open:
        raise _refusal("away")


def _refusal(code: str) -> Refused:
    return Refused(code, words_of(code))


def words_of(code: str) -> str:
    match code:
        case "banned":
            return _("This chat is closed for you.")
        case "too-fast":
            return _("That was very fast. Please wait a moment.")
        case "too-long":
            return _("This is longer than one message may be (10,000 characters).")
        case "too-many-files":
            return _("One message may have up to ten files.")
        case "unknown-file":
            return _("A file has not arrived. Please attach it again.")
        case "introduce":
            return _("Please tell us first who you are.")
        case "away":
            return _("Nobody is here now. Leave an e-mail address, and we will answer by mail.")
        case "no-email" | "bad-email":
            return _("Please enter an e-mail address that we can answer to.")
        case "empty":
            return _("There is nothing in this message.")
    return _("This could not be sent.")
