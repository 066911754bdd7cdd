"""Sessions: made, proved to be somebody, told where the visitor is. Nothing here talks."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from channels_in.kinds.chat import tokens
from channels_in.models import ChatSession, ChatWidget, Thread
from common import clock
from common.crypto import reveal
from common.statements import Prepared, Statement
from common.text import storable
from journal.actor import Actor
from people.commands.contacts import normalised, resolve_contact
from people.commands.identities import claim_identity, prove_identity
from people.errors import PeopleError
from people.models import ClaimSource, Contact, Identity, Proof

MOST_PAGES = 20
NEW_VISIT = timedelta(minutes=30)  # away for so long: what follows is another visit
_GATE = 0x63686174  # "chat": our advisory locks among others'
STAGES_WITH_PEOPLE = (ChatSession.Stage.WAITING, ChatSession.Stage.TALKING)
GOING_ON = (ChatSession.Stage.BOT, *STAGES_WITH_PEOPLE)


@dataclass(frozen=True)
class Visit:
    """Where a browser is, as it says itself."""

    origin: str = ""
    referrer: str = ""
    browser: str = ""
    address: str | None = None
    language: str = ""


_FOUND: Prepared[ChatSession] = Prepared(
    lambda key: (
        ChatSession.objects.filter(key=key)
        .select_related("widget__inbox", "thread__contact")
        .defer("widget__identity_secret")
    ),
    key=str,
)
# Of what hangs on it only whose it is.
_GATED: Prepared[ChatSession] = Prepared(
    lambda key: ChatSession.objects.filter(key=key).select_related("thread__contact"), key=str
)


def find(key: str) -> ChatSession | None:
    """A session with its widget and whose it is; nothing joined that only some of its users need."""
    return _FOUND.first(key=key)


_LOCK = Statement(
    "channels_in_chatsession",
    "SELECT pg_advisory_xact_lock(%s, (id %% 2147483648)::int) FROM channels_in_chatsession WHERE key = %s",
)


def gate(key: str) -> ChatSession | None:
    """The session, for whoever acts in the visitor's name: one at a time, to the end of the transaction.

    Passed with every word of every visitor, so that of what hangs on it only whose it is is read with it.
    """
    with connection.cursor() as cursor:
        _LOCK.run(cursor, [_GATE, key])
        if cursor.fetchone() is None:
            return None
    # Only now: what whoever was before us did is in it.
    return _GATED.get(key=key)


def begin(widget: ChatWidget, visit: Visit) -> ChatSession:
    """A session for a browser that has none."""
    now = clock.now()
    return ChatSession.objects.create(
        widget=widget,
        origin=visit.origin[:255],
        referrer=storable(visit.referrer)[:1000],
        browser=storable(visit.browser)[:400],
        address=visit.address,
        language=visit.language,
        visit_at=now,
        seen_at=now,
        left_at=now,
    )


def come_back(session: ChatSession, visit: Visit) -> None:
    """The same browser again: after half an hour away it is another visit."""
    now = clock.now()
    away_since = session.left_at or session.seen_at
    session.address = visit.address
    session.browser = storable(visit.browser)[:400]
    session.language = visit.language or session.language
    changed = ["address", "browser", "language"]
    if now - away_since > NEW_VISIT:
        session.visits += 1
        session.visit_at = now
        session.referrer = storable(visit.referrer)[:1000]
        session.pages = []
        changed += ["visits", "visit_at", "referrer", "pages"]
    session.save(update_fields=changed)


@transaction.atomic
def identify(session: ChatSession, token: str) -> ChatSession:
    """Make the session that of the customer whom the site proves it is; raises ``IdentityRefused``.

    A session that has been another customer's is left alone and a new one begun: two people at one computer
    never see each other's talk. What an anonymous visitor has said goes along with them.
    """
    proved = tokens.read_identity(token, reveal(session.widget.identity_secret), clock.now())
    kind, value = (
        (Identity.Kind.EXTERNAL, proved.external_id)
        if proved.external_id
        else (Identity.Kind.EMAIL, proved.email)
    )
    gated = gate(session.key)
    assert gated is not None  # nobody deletes a session in use
    session = gated
    value = normalised(kind, value)
    if session.is_known and (session.identity_kind, session.identity_value) != (kind, value):
        session = begin(
            session.widget,
            Visit(session.origin, session.referrer, session.browser, session.address, session.language),
        )
    contact = _contact_of(proved, kind, value, session.language)
    Thread.objects.bulk_create(
        [Thread(inbox=session.widget.inbox, external_id=session.key, contact=contact)], ignore_conflicts=True
    )
    thread = Thread.objects.get(inbox=session.widget.inbox, external_id=session.key)
    if thread.contact_id != contact.pk:
        thread.contact = contact
        thread.save(update_fields=["contact"])
    session.thread = thread
    session.is_known = True
    session.identity_kind, session.identity_value = kind, value
    session.attributes = proved.attributes
    known = {"name": proved.name, "email": proved.email, "phone": proved.phone}
    session.answers = session.answers | {name: text for name, text in known.items() if text}
    session.save(
        update_fields=["thread", "is_known", "identity_kind", "identity_value", "attributes", "answers"]
    )
    return session


def _contact_of(proved: tokens.Identity, kind: str, value: str, language: str) -> Contact:
    """One person for the site's own number and their address; the number decides where both are known."""
    contact = resolve_contact(kind, value, name=proved.name, language=language, proof=Proof.SIGNATURE)
    if kind == Identity.Kind.EXTERNAL and proved.email:
        # Somebody else's address stays theirs: that they are one person is for people to decide.
        with suppress(PeopleError):
            prove_identity(
                contact.pk,
                kind=Identity.Kind.EMAIL,
                value=proved.email,
                proof=Proof.SIGNATURE,
                source=ClaimSource.CHAT,
                actor=Actor.contact(contact),
            )
    return contact


@transaction.atomic
def introduce(session: ChatSession, said: dict[str, Any], *, consents: bool = False) -> ChatSession:
    """What the visitor says of themselves before or during the talk; bad addresses raise ``ValueError``."""
    gated = gate(session.key)
    assert gated is not None
    session = gated
    answers = dict(session.answers)
    for name in ("name", "email", "phone", "topic"):
        value = said.get(name)
        if isinstance(value, str) and (text := " ".join(storable(value).split())[:200]):
            answers[name] = text
    if (email := answers.get("email")) and not tokens.is_address(email):
        raise ValueError("email")
    if session.is_known:  # the site has proved these
        answers |= {name: session.answers[name] for name in ("name", "email") if session.answers.get(name)}
    session.answers = answers
    if consents and session.consented_at is None:
        session.consented_at = clock.now()
    session.save(update_fields=["answers", "consented_at"])
    if session.contact is not None:
        claim(session, session.contact)
    return session


def claim(session: ChatSession, contact: Contact) -> None:
    """Keep with the contact what the visitor says of themselves: claims, since anybody can type them in.

    Whoever reads the ticket sees them; they find nobody, and open nothing.
    """
    answers = session.answers
    if answers.get("name") and contact.name in {"", default_name(session)}:
        contact.name = answers["name"]
        contact.save(update_fields=["name"])
    claimed = [
        (Identity.Kind.EMAIL, answers.get("email", "").lower()),
        (Identity.Kind.PHONE, answers.get("phone")),
    ]
    for kind, value in claimed:
        if value:
            with suppress(PeopleError):  # what is no address, or no number
                claim_identity(
                    contact.pk,
                    kind=kind,
                    value=value,
                    source=ClaimSource.CHAT,
                    actor=Actor.contact(contact),
                )


def default_name(session: ChatSession) -> str:
    """What somebody is called who has not said their name."""
    with translation.override(session.widget.inbox.brand.language):
        return _("Visitor %(number)d") % {"number": session.pk}


def missing(session: ChatSession) -> list[str]:
    """What the visitor has to say before the talk: names of fields, and consent."""
    widget = session.widget
    wanted = [
        name for name, how in widget.asks.items() if how == "required" and not session.answers.get(name)
    ]
    if lacks_consent(session):
        wanted.append("consent")
    return wanted


def lacks_consent(session: ChatSession) -> bool:
    """Whether there is something to agree to, and the visitor has not."""
    return session.consented_at is None and bool(consent_of(session.widget, session.language))


def consent_of(widget: ChatWidget, language: str) -> str:
    """The administrator's text that visitors agree to; empty when there is none."""
    return text_of(widget, "consent", language)


def text_of(widget: ChatWidget, name: str, language: str) -> str:
    """One of the administrator's words in a language, failing that in the brand's, failing that in any."""
    texts = widget.texts
    for wanted in (language, widget.inbox.brand.language, "en", *texts):
        if text := (texts.get(wanted) or {}).get(name):
            return str(text)
    return ""


def note_page(session: ChatSession, url: str, title: str) -> bool:
    """The visitor has gone to another page. False for what is no page, or the one they are on."""
    url = storable(url)[:1000]
    parts = urlsplit(url) if url.startswith(("https://", "http://")) else None
    if parts is None or not parts.netloc:
        return False
    if session.pages and session.pages[-1]["url"] == url:
        return False
    page = {"url": url, "title": storable(title)[:200], "at": clock.now().isoformat()}
    session.pages = [*session.pages, page][-MOST_PAGES:]
    session.save(update_fields=["pages"])
    return True


# --- presence and marks -------------------------------------------------------------------------


def arrived(session_id: int) -> None:
    ChatSession.objects.filter(pk=session_id).update(seen_at=clock.now(), left_at=None)


def still_here(session_ids: Iterable[int]) -> None:
    """One statement for everybody who is connected, twice a minute."""
    ChatSession.objects.filter(pk__in=list(session_ids)).update(seen_at=clock.now())


def left(session_id: int) -> None:
    now = clock.now()
    ChatSession.objects.filter(pk=session_id).update(seen_at=now, left_at=now)


_MARK = Statement(
    "channels_in_chatsession",
    """
    UPDATE channels_in_chatsession
       SET got_seq = GREATEST(got_seq, %(got)s), read_seq = GREATEST(read_seq, %(read)s)
     WHERE id = %(session)s AND last_seq >= %(got)s AND (got_seq < %(got)s OR read_seq < %(read)s)
    """,
)


def mark(session_id: int, *, got: int = 0, read: int = 0) -> bool:
    """How far lines have come; marks only move forward. Whether one did."""
    with connection.cursor() as cursor:
        _MARK.run(cursor, {"session": session_id, "got": max(got, read), "read": read})
        return bool(cursor.rowcount)


# --- who is not let in --------------------------------------------------------------------------


_BAN = """EXISTS (
        SELECT 1 FROM channels_in_chatban
         WHERE (address = %(address)s OR session_id = %(session)s OR contact_id = %(contact)s)
           AND (until IS NULL OR until > %(now)s)
    )
"""
_BANNED = Statement("channels_in_chatban", f"SELECT {_BAN}")
_LOOK = Statement(
    "channels_in_chatban",
    f"""
    SELECT {_BAN}, (
        SELECT id FROM channels_in_chatline
         WHERE session_id = %(session)s AND client_id = %(client)s AND client_id <> ''
    )
    """,  # noqa: S608 - made of constants
)


def is_banned(address: str | None, session: ChatSession | None = None) -> bool:
    """Whether a ban is in force for an address or a session, or for the person behind it."""
    with connection.cursor() as cursor:
        _BANNED.run(cursor, _who(address, session))
        return bool(cursor.fetchone()[0])


def look(session: ChatSession, client_id: str) -> tuple[bool, int | None]:
    """(``is_banned`` where they are, the line that the browser calls ``client_id``)."""
    with connection.cursor() as cursor:
        _LOOK.run(cursor, {**_who(session.address, session), "client": client_id})
        banned, line_id = cursor.fetchone()
    return bool(banned), line_id


def _who(address: str | None, session: ChatSession | None) -> dict[str, Any]:
    return {
        "address": address or None,
        "session": session.pk if session else None,
        "contact": session.contact.pk if session and session.contact else None,
        "now": clock.now(),
    }


def forget_stale(at: datetime, *, keep: timedelta = timedelta(days=90)) -> int:
    """Delete sessions that nobody has used for three months: their tickets stay."""
    old = ChatSession.objects.filter(seen_at__lt=at - keep).order_by("seen_at").values_list("pk", flat=True)
    return ChatSession.objects.filter(pk__in=list(old[:1000])).delete()[0]
