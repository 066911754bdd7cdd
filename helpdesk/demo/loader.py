"""Fills an empty database with the demonstration: all of it in one transaction, or nothing."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from django.db import connection, transaction

from channels_in import intake
from channels_in.models import Inbox
from common import clock
from helpdesk.demo import quarantined
from helpdesk.demo.company import Company, found, post_office_settings
from helpdesk.demo.desk import settle_in
from helpdesk.demo.epilogue import settle_notices, try_draft
from helpdesk.demo.portals import open_portals
from helpdesk.demo.pulse import Pulse, savepoints
from helpdesk.demo.rules import make_rules
from helpdesk.demo.scenes import Scenes
from helpdesk.demo.script import acts, write
from helpdesk.demo.service import organise
from helpdesk.demo.stage import Stage
from helpdesk.demo.telegram.connected import connect
from helpdesk.demo.work import Work
from journal.models import Delivery
from people.models import Role, User
from sla.forecast import forecast
from tickets.models import Brand, ReadMark, Ticket

TICKETS = 600
_EVERY = 200  # acts between two lines of progress
Say = Callable[[str], None]


class NotEmptyError(Exception):
    """The database holds somebody's own work; the demonstration stays out of it."""


def is_there() -> bool:
    """Whether the demonstration has been loaded. Raises ``NotEmptyError`` if something else is there."""
    if Brand.objects.filter(slug__in=["tihiy-pomol", "stockwren"]).count() == 2:
        return True
    if Brand.objects.exists() or Ticket.objects.exists() or User.objects.exists():
        raise NotEmptyError
    return False


def load(*, tickets: int = TICKETS, say: Say = lambda line: None) -> float:
    """Load everything; returns the seconds it took."""
    began, now = time.monotonic(), clock.now()
    with transaction.atomic(), savepoints(wanted=False):
        company = found()
        connect(company.brands, company.teams["first-line"])
        open_portals(company)
        service = organise(company, now)
        stories = write(company.content, now=now, count=tickets)
        pulse = Pulse(now, switch_on=partial(make_rules, company, service))
        stage = Stage(company, service, pulse, now=now)
        said = 0
        for number, act in enumerate(acts(stories), 1):
            stage.perform(act)
            _keep_quiet()
            if number % _EVERY == 0 and len(stage.played) - said > 90:
                said = len(stage.played)
                say(f"{said} of {len(stories)} tickets …")
        told = {story.scenario["key"]: stage.played[id(story)] for story in stories}
        Scenes(stage, told, now).play()
        Work(stage, told, now).play()
        settle_in(company, now)
        pulse.finish()
        forecast(now)
        stage.post.automatic()
        stage.post.store()
        _mark_read(company)
        settle_notices(now)
        try_draft(company, now)
        # What else the past has to tell, nobody has to hear: no reply is mailed, no screen moves.
        Delivery.objects.all().delete()
        _keep_quiet()
    _quarantine(company)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return time.monotonic() - began


def _keep_quiet() -> None:
    """Forget what the commit would ask of the queue and of open pages."""
    connection.run_on_commit.clear()


def _mark_read(company: Company) -> None:
    """What was solved has been read by everybody; of open work its holder has read all but the newest."""
    lots = random.Random(3)
    staff = [user for user in company.users.values() if user.role != Role.ADMINISTRATOR]
    marks = []
    for ticket in Ticket.objects.exclude(last_message_id=None).only(
        "pk", "assignee_id", "category", "last_message_id", "waiting_since", "last_public_id"
    ):
        newest = ticket.last_message_id or 0
        for user in staff:
            if not ticket.is_open or (ticket.waiting_since is None and ticket.assignee_id == user.pk):
                marks.append(ReadMark(ticket=ticket, user=user, message_id=newest))
            elif ticket.assignee_id == user.pk:
                marks.append(ReadMark(ticket=ticket, user=user, message_id=newest - 1))
            elif lots.random() < 0.35:
                marks.append(ReadMark(ticket=ticket, user=user, message_id=newest))
    ReadMark.objects.bulk_create(marks, batch_size=2000)


def _quarantine(company: Company) -> None:
    """Mails that pass a limit take intake's own way, and stop where an administrator finds them."""
    for slug, raw, sender in quarantined.mails():
        inbox = company.inboxes[slug]
        inbound, _created = intake.store(
            inbox, raw, via="smtp", envelope_from=sender, envelope_to=[inbox.address]
        )
        with suppress(Exception):  # it is then found by the sweep, like any other
            intake.process(inbound.pk)


def meet_post_office() -> None:
    """The post office may have had to take another port since the last start."""
    Inbox.objects.filter(brand__slug__in=["tihiy-pomol", "stockwren"], smtp_host="localhost").update(
        **post_office_settings()
    )
