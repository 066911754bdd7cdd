"""Notices by mail, through a real SMTP server."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from common import clock
from journal.actor import Actor
from notifications import mailing
from notifications.kinds import Wish
from notifications.models import Notice, NoticeMail
from notifications.preferences import save_quiet, save_wishes
from notifications.reading import mark_all_read
from people.models import User
from tests.support.smtp_sink import SmtpSink
from tickets import commands
from tickets.content import Content

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def sink(settings, monkeypatch):
    monkeypatch.setattr(mailing, "_resting_until", 0.0)
    with SmtpSink() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.BASE_URL = "https://desk.example"
        yield server


@pytest.fixture
def now(monkeypatch):
    """``now(minutes)``: let time pass for the clock that everything asks."""
    state = {"at": NOON}
    monkeypatch.setattr(clock, "now", lambda: state["at"])

    def pass_by(minutes: float) -> datetime:
        state["at"] += timedelta(minutes=minutes)
        return state["at"]

    return pass_by


@pytest.fixture
def mention(world, now, quiet_start, drain):
    """``mention(text)``: Maria mentions Anna in a note, on a ticket of its own or the given one."""

    def act(text: str = "@anna.lind, посмотри", ticket=None):
        ticket = ticket or quiet_start(team=world.first_line, assignee=world.anna)
        commands.post_note(ticket.pk, user=world.maria, content=Content(text=text))
        drain()
        return ticket

    return act


def send():
    mailing._resting_until = 0.0
    return mailing.send_due()


def text_of(mail, kind="plain"):
    return mail.message.get_body((kind,)).get_content()


def test_a_mail_is_held_for_a_minute_and_then_leaves(sink, now, mention, world):
    ticket = mention()
    now(0.9)
    assert send() == 0
    now(0.2)
    assert send() == 1
    (mail,) = sink.mails
    assert mail.recipients == ["anna@otklik.example"]
    message = mail.message
    assert message["Subject"] == f"[#{ticket.pk}] You are mentioned: {ticket.subject}"
    assert message["Auto-Submitted"] == "auto-generated"
    assert mail.message_id == NoticeMail.objects.get().external_id
    for part in ("plain", "html"):
        words = text_of(mail, part)
        assert "Maria Weber" in words
        assert "посмотри" in words
        assert f"https://desk.example/tickets/{ticket.pk}/" in words
    assert NoticeMail.objects.get().state == "sent"
    assert send() == 0


def test_many_are_one_digest(sink, now, mention):
    tickets = [mention() for _ in range(4)]
    now(2)
    assert send() == 1
    (mail,) = sink.mails
    assert mail.message["Subject"] == "4 notices: " + ", ".join(f"#{ticket.pk}" for ticket in tickets)
    words = text_of(mail)
    assert all(f"/tickets/{ticket.pk}/" in words for ticket in tickets)


def test_the_language_and_the_zone_are_the_readers(sink, now, mention, world):
    User.objects.filter(pk=world.anna.pk).update(language="ru")
    mention()
    now(2)
    send()
    html = text_of(sink.mails[0], "html")
    assert '<html lang="ru">' in html


def test_what_was_read_in_the_desk_meanwhile_is_not_mailed(sink, now, mention, world):
    mention()
    mark_all_read(world.anna)
    now(2)
    send()
    assert sink.mails == []
    assert NoticeMail.objects.get().state == "needless"
    mention()  # and the next one begins a mail of its own
    now(2)
    send()
    assert len(sink.mails) == 1


def test_what_one_may_no_longer_see_is_not_mailed(sink, now, mention, world):
    ticket = mention()
    commands.assign(ticket.pk, to=None, actor=Actor.user(world.maria))
    commands.set_team(ticket.pk, team=world.second_line, actor=Actor.user(world.maria))
    now(2)
    send()
    assert sink.mails == []


def test_quiet_hours_hold_back_and_then_everything_comes_at_once(sink, now, mention, world):
    User.objects.filter(pk=world.anna.pk).update(time_zone="Europe/Moscow")  # it is 15:00 there
    save_quiet(world.anna, weekdays=range(7), begins=time(14), ends=time(18))
    mention()
    now(2)
    send()
    mention()  # joins the mail that waits
    assert sink.mails == []
    assert [mail.not_before for mail in NoticeMail.objects.all()] == [NOON + timedelta(hours=3)]
    now(60)
    send()
    assert sink.mails == []
    now(119)
    send()
    (mail,) = sink.mails
    assert mail.message["Subject"].startswith("2 notices: ")


def test_a_server_that_is_away_is_tried_again_and_what_comes_meanwhile_joins(sink, now, mention):
    port = sink.port
    sink.stop()
    mention()
    now(2)
    assert send() == 1
    row = NoticeMail.objects.get()
    assert (row.state, row.attempts) == ("waiting", 1)
    assert row.not_before == clock.now() + timedelta(minutes=1)
    assert row.error
    mention()
    sink.start(port)
    now(2)
    send()
    (mail,) = sink.mails
    assert mail.message["Subject"].startswith("2 notices: ")


def test_a_server_that_was_away_is_left_alone_for_a_while(sink, now, mention, world):
    sink.stop()
    mention()
    now(2)
    assert mailing.send_due() == 1
    now(2)
    assert mailing.send_due() == 0  # it rests
    sink.start(sink.port)


def test_who_is_refused_for_good_is_a_visible_failure_that_can_be_sent_again(sink, now, mention):
    sink.refuse["anna@otklik.example"] = "550 5.1.1 No such user"
    mention()
    now(2)
    send()
    (row,) = mailing.failed()
    assert "No such user" in row.error
    now(60 * 24)
    assert send() == 0
    sink.refuse.clear()
    assert mailing.send_again(row.pk)
    assert not mailing.send_again(row.pk)
    send()
    assert len(sink.mails) == 1


def test_who_may_come_later_is_tried_again_until_it_has_failed(sink, now, mention):
    sink.refuse["anna@otklik.example"] = "451 4.2.1 Greylisted"
    mention()
    tries = 0
    for _ in range(20):
        now(60 * 13)
        tries += send()
    assert tries == len(mailing.BACKOFF) + 1
    assert NoticeMail.objects.get().state == "failed"


def test_a_worker_that_died_is_taken_over_under_the_same_message_id(sink, now, mention):
    mention()
    now(2)
    lease = mailing._claim()
    lease.update(handed_over_at=clock.now())
    assert send() == 0  # somebody's
    now(3)
    assert send() == 1
    row = NoticeMail.objects.get()
    assert (row.state, row.maybe_twice, row.attempts) == ("sent", True, 2)
    assert not lease.update(state="waiting")  # the dead one's claim is worth nothing
    assert sink.mails[0].message_id == row.external_id


def test_a_line_that_breaks_after_the_data_says_maybe_twice(sink, now, mention):
    sink.drop_after_data = 1
    mention()
    now(2)
    send()
    row = NoticeMail.objects.get()
    assert (row.state, row.maybe_twice) == ("waiting", True)
    now(2)
    send()
    assert len({mail.message_id for mail in sink.mails}) == 1


def test_preferences_decide(sink, now, mention, world):
    save_wishes(world.anna, {"mentioned": Wish(True, False)})
    mention()
    assert not NoticeMail.objects.exists()
    save_wishes(world.anna, {"mentioned": Wish(True, True)})
    mention()
    assert NoticeMail.objects.count() == 1


def test_a_digest_of_hundreds_is_cut_and_says_so(sink, now, mention, world):
    ticket = mention()
    mail = NoticeMail.objects.get()
    given = {"user": world.anna, "ticket": ticket, "entry_id": 1, "actor_kind": "system", "at": clock.now()}
    Notice.objects.bulk_create(
        Notice(kind="rule", about=str(n), mail=mail, data={"text": f"<b>№{n}</b>"}, **given)
        for n in range(200)
    )
    now(2)
    send()
    (received,) = sink.mails
    assert "And 161 more." in text_of(received)
    assert "<b>№1</b>" in text_of(received)
    assert "<b>" not in text_of(received, "html")


def test_a_subject_cannot_write_headers(sink, now, mention, world):
    ticket = world.ticket(subject="Тема\r\nBcc: all@evil.example", team=world.first_line, assignee=world.anna)
    mention(ticket=ticket)
    now(2)
    send()
    (mail,) = sink.mails
    assert mail.message["Bcc"] is None
    assert mail.recipients == ["anna@otklik.example"]
