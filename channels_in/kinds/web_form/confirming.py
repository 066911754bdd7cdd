"""Is it really theirs? A link by mail proves the address that somebody typed into a form.

One link for two cases: the ticket is there already and only its sender unproved, or a form that looked like a
machine's work waits for it. Following it opens nothing to read: for that one signs in.
"""

from datetime import timedelta
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from channels_in import blocking, budget, draining
from channels_in.directory import Directory
from channels_in.kinds.web_form.opening import PASSED, UNCONFIRMED
from channels_in.models import FormConfirmation, Inbound
from common import clock
from common.system_mail import send_waiting
from journal.actor import Actor
from journal.record import record
from people.commands.contacts import prove_address
from tickets.commands.base import survivor_id
from tickets.events import SenderConfirmed
from tickets.models import Ticket

LIFE = timedelta(days=7)
AGAIN = timedelta(seconds=20)  # after a temporary failure
MOST_ATTEMPTS = 20
_SALT = "web_form.confirm"

State = FormConfirmation.State


def link(inbound: Inbound) -> str:
    """The address that proves whoever opens it to be the owner of the mailbox it was sent to."""
    return settings.BASE_URL + reverse("form_confirmation", args=[signing.dumps(inbound.pk, salt=_SALT)])


def opened(token: str) -> Inbound | None:
    """What a link is about; None when it is wrong or too old."""
    if len(token) > 200:
        return None
    try:
        pk = signing.loads(token, salt=_SALT, max_age=LIFE)
    except signing.BadSignature:
        return None
    rows = Inbound.objects.filter(pk=pk, inbox__kind="form").select_related("inbox__brand").defer("raw")
    return rows.first()


def confirm(inbound_id: int) -> Inbound:
    """The owner of the address says that it was them: process what waited for it. Twice changes nothing."""
    with transaction.atomic():
        rows = Inbound.objects.select_for_update(no_key=True, of=("self",)).defer("raw")
        inbound = rows.get(pk=inbound_id)
        address = str(inbound.verdict.get("address") or "")
        if inbound.verdict.get("state") == PASSED or not address:
            return inbound
        inbound.verdict |= {"state": PASSED, "confirmed_at": clock.now().isoformat()}
        columns = ["verdict"]
        if waits(inbound):
            inbound.status, inbound.cause, inbound.attempts = Inbound.Status.PENDING, "", 0
            columns += ["status", "cause", "attempts"]
        inbound.save(update_fields=columns)
    contact = prove_address(address)
    if inbound.status == Inbound.Status.PENDING:
        return draining.process(inbound_id)
    if inbound.message_id is not None and inbound.ticket_id is not None:
        with transaction.atomic():
            ticket = Ticket.objects.lock(survivor_id(inbound.ticket_id))
            record(SenderConfirmed(ticket.pk, inbound.message_id), actor=Actor.contact(contact))
    return inbound


def waits(inbound: Inbound) -> bool:
    """Whether nothing has become of it because its address is not confirmed."""
    return inbound.status == Inbound.Status.DISCARDED and inbound.cause == UNCONFIRMED


@transaction.atomic
def ask_to_confirm(inbound: Inbound) -> FormConfirmation:
    """Have the mail sent, once for each form, within the budget for automatic mail."""
    address = str(inbound.verdict.get("address") or "")
    existing = FormConfirmation.objects.filter(inbound=inbound).first()
    if existing is not None:
        return existing
    never = Directory.load().is_own(address) or blocking.blocked_by(address) is not None
    withheld = never or budget.take(address) is not None
    return FormConfirmation.objects.create(
        inbound=inbound,
        address=address,
        language=translation.get_language() or settings.LANGUAGE_CODE,
        state=State.WITHHELD if withheld else State.WAITING,
        created_at=clock.now(),
    )


def send_due() -> int:
    """Send what waits; how many left."""
    rows = FormConfirmation.objects.select_related("inbound__inbox__brand").defer("inbound__raw")
    return send_waiting(rows, _send, again=AGAIN)


def _send(row: FormConfirmation, server: BaseEmailBackend) -> bool:
    mine = FormConfirmation.objects.filter(pk=row.pk, state=State.WAITING)
    if not waits(row.inbound) or row.attempts > MOST_ATTEMPTS:
        mine.update(state=State.FAILED)
        return False
    _compose(row, server).send()
    mine.update(state=State.SENT)
    return True


def _compose(row: FormConfirmation, server: BaseEmailBackend) -> EmailMultiAlternatives:
    """Says nothing that a stranger wrote: whoever gets it may never have heard of us."""
    brand = row.inbound.inbox.brand
    with translation.override(row.language):
        facts = {"brand": brand.name, "link": link(row.inbound), "language": row.language}
        message = EmailMultiAlternatives(
            subject=_("Please confirm your request to %(brand)s") % {"brand": brand.name},
            body=render_to_string("emails/form_confirmation.txt", facts),
            from_email=formataddr((brand.name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
            to=[row.address],
            connection=server,
            headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        )
        message.attach_alternative(render_to_string("emails/form_confirmation.html", facts), "text/html")
    return message
