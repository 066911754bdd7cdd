"""Filling a database: all of it by verbs, nothing sent, nothing left to do; and a second time nothing."""

from __future__ import annotations

import time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from channels_in.models import Inbound, Inbox, Outbound
from helpdesk.demo import loader
from helpdesk.demo.cast import PASSWORD
from journal.models import Delivery, Entry
from people.models import Contact, Organization, Role, Team, User
from tests.support.load import allowed
from tickets.models import (
    Brand,
    Category,
    Link,
    Macro,
    Message,
    Problem,
    ReadMark,
    SideThread,
    Ticket,
    View,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def demo(settings, tmp_path):
    """A small demonstration: all of today's open work and twenty tickets of the past."""
    settings.MEDIA_ROOT, settings.DEMO = tmp_path, True
    said = StringIO()
    call_command("demo", tickets=60, stdout=said, stderr=StringIO())
    return said.getvalue()


def test_the_company_is_there_and_all_is_said(demo):
    assert Brand.objects.count() == 2
    assert Team.objects.count() == 4
    assert User.objects.filter(role=Role.AGENT).count() == 11
    assert Organization.objects.count() == 40
    assert Contact.objects.count() >= 150
    assert User.objects.get(email="anna@steamshelf.example").check_password(PASSWORD)
    for words in (PASSWORD, "/demo/mail/", "send_demo_mail", "Administrator", "Manager", "Expert", "anna@"):
        assert words in demo

    # what is worth looking at
    assert Ticket.objects.count() >= 60
    assert Ticket.objects.filter(category__lt=Category.RESOLVED).count() > 30
    assert Ticket.objects.filter(is_spam=True).exists()
    assert Ticket.objects.exclude(merged_into=None).exists()
    assert Ticket.objects.exclude(snoozed_until=None).exists()
    assert Link.objects.filter(kind=Link.Kind.SPLIT).exists()
    assert SideThread.objects.exists()
    assert Message.objects.exclude(redacted_at=None).exists()
    assert not Message.objects.filter(text__contains="2200 0000 1234 5674").exists()
    assert not any(
        b"2200 0000 1234 5674" in bytes(raw) for raw in Inbound.objects.values_list("raw", flat=True)
    )
    assert ReadMark.objects.exists()
    # What the company has made for itself: macros in each brand's language, views, causes of many tickets.
    assert set(Macro.objects.values_list("brand__slug", flat=True)) == {"tihiy-pomol", "stockwren"}
    assert View.objects.filter(key="").count() == 2
    assert Problem.objects.filter(tickets__isnull=False).exists()
    assert set(Outbound.objects.values_list("status", flat=True)) == {"delivered", "bounced", "failed"}
    assert Inbound.objects.get(status="quarantined").cause == "too-deep"

    # nothing leaves, nothing waits, and the journal tells it in order
    assert not Delivery.objects.exists()
    assert not Inbound.objects.filter(status="pending").exists()
    assert not Entry.objects.filter(happened_at__gt=F("recorded_at")).exists()
    # The entry of a due time bears the second it was due, and may be written after the next act.
    due = r"^(sla_|promise_broken$|rule_time_reached$)"
    acts = Entry.objects.filter(stream_type="ticket").exclude(kind__regex=due)
    for ticket_id in Ticket.objects.values_list("pk", flat=True)[:20]:
        stream = acts.filter(stream_id=ticket_id).order_by("sequence")
        times = list(stream.values_list("happened_at", flat=True))
        assert times == sorted(times)

    # a second time
    tickets = Ticket.objects.count()
    Inbox.objects.update(smtp_port=1)
    began, said = time.monotonic(), StringIO()
    call_command("demo", stdout=said, stderr=StringIO())
    assert time.monotonic() - began < allowed(1)
    assert said.getvalue() == demo
    assert Ticket.objects.count() == tickets
    assert not Inbox.objects.filter(kind="email", smtp_port=1).exists()


def test_somebody_elses_work_is_left_alone(world):
    with pytest.raises(CommandError, match="not empty"):
        call_command("demo", stdout=StringIO(), stderr=StringIO())


def test_half_a_demonstration_is_none(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path

    def fail(company):
        raise RuntimeError("out of disk")

    monkeypatch.setattr(loader, "_mark_read", fail)
    with pytest.raises(RuntimeError):
        loader.load(tickets=3)
    assert not Ticket.objects.exists()
    assert not loader.is_there()


def test_info_alone_makes_nothing(db):
    with pytest.raises(CommandError, match="no demonstration"):
        call_command("demo", info=True, stdout=StringIO(), stderr=StringIO())
